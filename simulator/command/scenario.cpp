#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "commands.hpp"
#include "input/template.hpp"
#include "input/utf8.hpp"
#include "loading.hpp"
#include "output/json.hpp"
#include "output/plan_text.hpp"
#include "output/standard_output.hpp"
#include "output/text.hpp"

namespace cryptoperiod::command {
namespace {

/// Writes a file that did not exist. The error number, or 0.
int write_new_file(std::string const& file, std::string_view text) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "wx"),
                                                           &std::fclose);
    if (stream == nullptr) return errno;
    if (std::fwrite(text.data(), 1, text.size(), stream.get()) != text.size()) return errno;
    return std::fclose(stream.release()) == 0 ? 0 : errno;
}

std::string valid_line(session const& call, input::loaded const& file, std::string const& name) {
    auto const& s = file.scenario;
    return fmt::format(
        "{} {}: {}, {}, {}, {} from {}\n",
        output::paint(call.out, output::ink::good, call.out.signs().kept), input::printable(name),
        output::counted(s.devices, "device"), output::counted(s.releases.size(), "version"),
        output::counted(s.credential_sets.size(), "credential set"),
        output::counted(static_cast<std::uint64_t>(s.horizon / days{1}), "day"), to_date(s.start));
}

}  // namespace

exit_code write_template(session const& call) {
    auto const& files = call.asked.files;
    if (files.empty() || files.front() == "-") {
        output::write_out(call.asked.json ? output::template_json({}, input::scenario_template)
                                          : std::string(input::scenario_template));
        return exit_code::done;
    }
    auto const& file = files.front();
    if (file.empty()) {
        complain(call, "init: the name of the file is empty", "name a new file: rotation.toml");
        return exit_code::wrong_input;
    }
    if (int const failed = write_new_file(file, input::scenario_template); failed != 0) {
        bool const exists = failed == EEXIST;
        complain(call,
                 exists ? fmt::format("{} exists already", file)
                        : fmt::format("{} cannot be written: {}", file,
                                      std::generic_category().message(failed)),
                 exists ? "choose another name, or remove it first" : "choose another place");
        return failed == ENOSPC || failed == EIO ? exit_code::failed : exit_code::wrong_input;
    }
    auto const word = output::shell_word(file);
    output::write_out(
        call.asked.json
            ? output::template_json(file, {})
            : fmt::format("wrote {}\n{}", input::printable(file),
                          output::next_text({fmt::format("cryptoperiod plan {}", word),
                                             fmt::format("cryptoperiod simulate {}", word)})));
    return exit_code::done;
}

exit_code validate(session const& call) {
    std::vector<output::checked_file> wrong;
    for (auto const& file : call.asked.files) {
        auto read = load(file);
        if (auto const* const good = std::get_if<input::loaded>(&read)) {
            if (!call.asked.json) output::write_out(valid_line(call, *good, file));
        } else {
            auto& found = std::get<input::diagnostics>(read);
            if (!call.asked.json)
                output::write_error(found.to_text(call.error.colour, call.error.columns));
            wrong.push_back({file, std::move(found)});
        }
    }
    if (call.asked.json) output::write_out(output::validation_json(wrong));
    return wrong.empty() ? exit_code::done : exit_code::wrong_input;
}

}  // namespace cryptoperiod::command
