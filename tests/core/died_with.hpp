/// @file died_with.hpp
/// Runs something that must abort, in a child process, and gives back what it wrote to stderr.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

namespace cryptoperiod::test {

/// stderr of `run`, when it ended by SIGABRT; nullopt when it returned or ended otherwise.
template <class Run>
[[nodiscard]] std::optional<std::string> died_with(Run&& run) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return std::nullopt;
    ::pid_t const child = ::fork();
    if (child == 0) {
        ::rlimit const no_core_file{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core_file);
        std::signal(SIGABRT, SIG_DFL);  // the test framework's own handler would write, too
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[0]);
        run();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 512> part{};
    for (::ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return std::nullopt;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return std::nullopt;
    return text;
}

}  // namespace cryptoperiod::test
