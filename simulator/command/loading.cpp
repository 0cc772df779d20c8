#include "loading.hpp"

#include <fmt/format.h>

#include <cryptoperiod/fleet/metrics.hpp>

#include "output/standard_output.hpp"
#include "output/text.hpp"

namespace cryptoperiod::command {

std::variant<input::loaded, input::diagnostics> load(std::string const& file) {
    if (!file.empty() && file != "-") return input::load_scenario(file, fleet::metric_names);
    input::diagnostics found;
    auto const source = found.add_source(input::source_text(file.empty() ? "''" : file, ""));
    if (file.empty())
        found.add({source}, errc::missing, "the name of the file is empty",
                  "name a scenario; 'cryptoperiod scenario init' writes a first one");
    else
        found.add({source}, errc::missing, "a scenario is not read from standard input",
                  "write it to a file and name that");
    return found;
}

std::optional<input::loaded> load_or_complain(session const& call, std::string const& file) {
    auto read = load(file);
    if (auto* const good = std::get_if<input::loaded>(&read)) return std::move(*good);
    output::write_error(
        std::get<input::diagnostics>(read).to_text(call.error.colour, call.error.columns));
    return std::nullopt;
}

std::string command_text(session const& call, std::string_view command) {
    auto text =
        fmt::format("cryptoperiod {} {}", command, output::shell_word(call.asked.files.front()));
    if (call.asked.run.seed != 0) text += fmt::format(" --seed {}", call.asked.run.seed);
    return text;
}

}  // namespace cryptoperiod::command
