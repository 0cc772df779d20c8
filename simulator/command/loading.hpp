/// @file loading.hpp
/// The scenario of a command, or the complaint about it.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "input/scenario_file.hpp"
#include "session.hpp"

namespace cryptoperiod::command {

/// Reads a scenario; "-" is a file that does not exist. Promises may use every metric.
[[nodiscard]] std::variant<input::loaded, input::diagnostics> load(std::string const& file);

/// The same; what is wrong goes to standard error.
[[nodiscard]] std::optional<input::loaded> load_or_complain(session const& call,
                                                            std::string const& file);

/// "cryptoperiod COMMAND FILE", and the seed if it is not the usual one.
[[nodiscard]] std::string command_text(session const& call, std::string_view command);

}  // namespace cryptoperiod::command
