#include "scenario_file.hpp"

#include <fmt/format.h>

#include <cryptoperiod/fleet/validation.hpp>
#include <optional>
#include <utility>

#include "reading.hpp"
#include "sections.hpp"
#include "toml_nesting.hpp"

namespace cryptoperiod::input {
namespace {

/// "Error while parsing date: expected ..." -> "cannot read date: expected ...".
std::string reworded(std::string_view description) {
    constexpr std::string_view opening = "Error while parsing ";
    if (description.starts_with(opening))
        return fmt::format("cannot read {}", description.substr(opening.size()));
    return std::string(description);
}

/// The table, or nothing and a diagnostic: after a syntax error nothing else can be said.
std::optional<toml::table> parse(reading& state) {
    auto const& source = state.out.source(0);
    if (auto const deep = find_deep_key(source.text())) {
        state.out.add(*deep, errc::out_of_range,
                      fmt::format("a key with more than {} dots", key_dots_max),
                      "no key of a scenario has more than two");
        return std::nullopt;
    }
    try {
        return toml::parse(source.text(), std::string_view(source.name()));
    } catch (toml::parse_error const& e) {
        auto where = place_of(e.source());
        if (where.line > source.lines()) where.line = static_cast<std::uint32_t>(source.lines());
        state.out.add(where, errc::malformed, reworded(e.description()), {});
        return std::nullopt;
    }
}

/// False when this build cannot know what the rest of the file means.
bool check_format(toml_table& top) {
    std::uint64_t format = scenario_format;
    if (!top.read("format", as_count, format, need::required)) return true;
    if (format == scenario_format) return true;
    top.refuse("format", *top.find("format"),
               {errc::unknown_version, fmt::format("format {} is not known to this build", format),
                fmt::format("it reads format = {}", scenario_format)});
    return false;
}

/// Reads every part of the file, whatever is wrong with the others.
fleet::scenario read_parts(toml_table& top, std::filesystem::path const& folder) {
    fleet::scenario s;
    top.read("name", as_text, s.name, need::required);
    top.read("start", as_date, s.start, need::required);
    top.read("horizon", as_duration, s.horizon, need::required);
    read_fleet(top, folder, s);
    read_releases(top, s);
    read_credential_sets(top, s);
    read_forced_updates(top, s);
    read_connections(top, s);
    read_promises(top, s);
    top.finish();
    return s;
}

}  // namespace

std::variant<loaded, diagnostics> load_scenario(std::filesystem::path const& path,
                                                std::span<std::string_view const> known_metrics) {
    reading state;
    auto read = read_source(path);
    if (auto* refused = std::get_if<refusal>(&read)) {
        if (refused->code == errc::missing)
            refused->help += "; 'cryptoperiod scenario init' writes a first scenario";
        auto const file = state.add_file({path.string(), {}});
        state.out.add({file, refused->line, refused->column, 1}, refused->code, refused->message,
                      refused->help);
        return std::move(state.out);
    }
    state.add_file(std::get<source_text>(std::move(read)));
    auto const table = parse(state);
    if (!table) return std::move(state.out);
    toml_table top(*table, {}, {}, state);
    if (!check_format(top)) return std::move(state.out);
    auto scenario = read_parts(top, path.parent_path());
    for (auto& problem : fleet::validate(scenario, known_metrics, state.unread))
        state.out.add(state.where.find(problem.path), problem.code, std::move(problem.message),
                      std::move(problem.help));
    if (!state.out.empty()) return std::move(state.out);
    return loaded{std::move(scenario), std::move(state.where)};
}

}  // namespace cryptoperiod::input
