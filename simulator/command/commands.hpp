/// @file commands.hpp
/// The commands, one function each. What they answer goes to standard output, what keeps them from
/// answering to standard error.
#pragma once

#include "exit_code.hpp"
#include "session.hpp"

namespace cryptoperiod::command {

[[nodiscard]] exit_code simulate(session const& call);
[[nodiscard]] exit_code plan(session const& call);
[[nodiscard]] exit_code write_template(session const& call);
[[nodiscard]] exit_code validate(session const& call);
[[nodiscard]] exit_code diagram(session const& call);
[[nodiscard]] exit_code version(session const& call);

/// The one that was asked for.
[[nodiscard]] exit_code run(session const& call);

}  // namespace cryptoperiod::command
