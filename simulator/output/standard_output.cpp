#include "standard_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace cryptoperiod::output {
namespace {

/// 0, or the number of the error that kept the text from being written.
int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        auto const count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

}  // namespace

void secure_standard_streams() {
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for this signal
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (fcntl(descriptor, F_GETFD) != -1) continue;  // NOLINT: the only interface there is
        // The lowest free number is this one. Reading from an output fails, as it should: what is
        // written there is lost.
        int const mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (open("/dev/null", mode) != descriptor) return;  // NOLINT: the same
    }
}

void write_out(std::string_view text) {
    if (int const failed = write_all(STDOUT_FILENO, text); failed != 0)
        throw output_failure(failed);
}

void write_error(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

}  // namespace cryptoperiod::output
