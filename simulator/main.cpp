#include <unistd.h>

#include <cryptoperiod/core/text.hpp>
#include <exception>
#include <new>

#include "command/commands.hpp"
#include "output/standard_output.hpp"

namespace {

using namespace cryptoperiod;
using command::exit_code;

/// Reads the call and obeys it. Exceptions: output_failure, and what the standard library throws.
exit_code obey(int count, char const* const* words, command::session& call) {
    auto read = command::read_arguments(count, words);
    if (auto* const end = std::get_if<command::early_end>(&read)) {
        call.error = output::look_at_screen(STDERR_FILENO, end->colour);
        if (!end->error.empty()) command::complain(call, end->error, end->remedy);
        output::write_out(end->text);
        return end->code;
    }
    call.asked = std::get<command::arguments>(std::move(read));
    call.out = output::look_at_screen(STDOUT_FILENO, call.asked.colour);
    call.error = output::look_at_screen(STDERR_FILENO, call.asked.colour);
    return command::run(call);
}

}  // namespace

int main(int count, char** words) {
    command::session call;
    exit_code code = exit_code::failed;
    try {
        output::secure_standard_streams();
        call.error = output::look_at_screen(STDERR_FILENO, output::colour_choice::automatic);
        code = obey(count, words, call);
    } catch (output::output_failure const& e) {
        if (!e.is_broken_pipe())
            command::complain(call,
                              concat("standard output cannot be written: ", e.code().message()),
                              "look whether it is closed, or the disk full");
    } catch (std::bad_alloc const&) {
        command::complain(call, "out of memory", "simulate fewer devices or a shorter horizon");
    } catch (std::exception const& e) {
        command::complain(call, concat("a mistake of this program: ", e.what()), {});
    }
    return static_cast<int>(code);
}
