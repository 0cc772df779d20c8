#include <fmt/core.h>
#include <toml++/impl/version.h>
#include <CLI/Version.hpp>
#include <boost/version.hpp>

#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/version.hpp>

#include <fmt/format.h>

#include "json.hpp"
#include "json_text.hpp"

namespace cryptoperiod::output {
namespace {

#if defined(__clang__)
constexpr char const* compiler = "clang " __clang_version__;
#else
constexpr char const* compiler = "g++ " __VERSION__;
#endif

}  // namespace

std::string validation_json(std::vector<checked_file> const& files) {
    auto list = json::array();
    for (auto const& checked : files)
        for (auto const& one : checked.found.sorted())
            list.push_back({{"file", checked.found.source(one.where.file).name()},
                            {"line", one.where.line == 0 ? json() : json(one.where.line)},
                            {"column", one.where.line == 0 ? json() : json(one.where.column)},
                            {"severity", "error"},
                            {"code", to_string(one.code)},
                            {"message", one.message},
                            {"help", one.help.empty() ? json() : json(one.help)}});
    return to_line({{"format_version", json_format_version}, {"problems", std::move(list)}});
}

std::string machines_json(std::vector<machine_listing> const& machines) {
    auto list = json::array();
    for (auto const& machine : machines)
        list.push_back({{"name", machine.name},
                        {"states", machine.states},
                        {"events", machine.events},
                        {"transitions", machine.transitions}});
    return to_line({{"format_version", json_format_version}, {"machines", std::move(list)}});
}

std::string diagram_json(std::string_view machine, std::string_view format,
                         std::string_view picture) {
    return to_line({{"format_version", json_format_version},
                    {"machine", machine},
                    {"format", format},
                    {"diagram", picture}});
}

std::string template_json(std::string_view file, std::string_view text) {
    json out{{"format_version", json_format_version}, {"file", file.empty() ? json() : json(file)}};
    if (file.empty()) out["text"] = text;
    return to_line(out);
}

std::string versions_json() {
    auto const version = [](int major, int minor, int patch) {
        return fmt::format("{}.{}.{}", major, minor, patch);
    };
    return to_line(
        {{"format_version", json_format_version},
         {"version", version(CRYPTOPERIOD_VERSION_MAJOR, CRYPTOPERIOD_VERSION_MINOR,
                             CRYPTOPERIOD_VERSION_PATCH)},
         {"libraries",
          {{"boost",
            version(BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
           {"cli11", CLI11_VERSION},
           {"fmt", version(FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
           {"nlohmann_json", version(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                     NLOHMANN_JSON_VERSION_PATCH)},
           {"tomlplusplus", version(TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH)}}},
         {"compiler", compiler},
         {"isa", to_string(best_isa())}});
}

}  // namespace cryptoperiod::output
