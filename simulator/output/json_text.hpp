/// @file json_text.hpp
/// How a JSON value becomes bytes here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cryptoperiod::output {

using json = nlohmann::ordered_json;

inline constexpr char const* json_format_version = "1.0";

/// One line. Everything beyond ASCII is escaped, and what is not UTF-8 replaced: no terminal can be
/// commanded by it.
[[nodiscard]] inline std::string to_line(json const& value) {
    return value.dump(-1, ' ', true, json::error_handler_t::replace) + '\n';
}

}  // namespace cryptoperiod::output
