/// @file plan_text.hpp
/// The report of `plan` for a person: the answer, then why, then what to do next.
#pragma once

#include <string>

#include "plan_report.hpp"
#include "screen.hpp"

namespace cryptoperiod::output {

/// The answer, the table, the picture.
[[nodiscard]] std::string answer_text(screen const& on, plan_report const& report);

/// The other promises, what would help, and the next commands.
[[nodiscard]] std::string advice_text(screen const& on, plan_report const& report,
                                      plan_advice const& advice);

/// "Next: cryptoperiod ...", one command a line.
[[nodiscard]] std::string next_text(std::vector<std::string> const& commands);

}  // namespace cryptoperiod::output
