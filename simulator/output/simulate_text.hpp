/// @file simulate_text.hpp
/// The report of `simulate` for a person: the promises, what broke them, the numbers, what next.
#pragma once

#include <string>

#include "run_report.hpp"
#include "screen.hpp"

namespace cryptoperiod::output {

[[nodiscard]] std::string simulate_text(screen const& on, run_report const& report);

}  // namespace cryptoperiod::output
