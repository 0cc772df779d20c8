/// @file simulate_text.hpp
/// The report of `simulate` for a person: the promises, what broke them, the numbers, what next.
#pragma once

#include <cryptoperiod/fleet/invariant.hpp>
#include <string>
#include <vector>

#include "run_report.hpp"
#include "screen.hpp"

namespace cryptoperiod::output {

/// What became of promises, one a line.
[[nodiscard]] std::string promises_text(screen const& on,
                                        std::vector<fleet::promise_verdict> const& promises);

[[nodiscard]] std::string simulate_text(screen const& on, run_report const& report);

}  // namespace cryptoperiod::output
