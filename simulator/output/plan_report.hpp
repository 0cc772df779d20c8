/// @file plan_report.hpp
/// Everything that the report of `plan` tells, as plain data.
#pragma once

#include <cryptoperiod/fleet/remedies.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cryptoperiod::output {

/// One line of the table: a day on which the set could be deleted.
struct plan_row {
    fleet::retirement_row what;
    std::int64_t shared_days = 0;  ///< days of the horizon with at least two live sets
    bool is_planned = false;       ///< the scenario's own date
    bool is_answer = false;
};

/// The answer and why it is the answer.
struct plan_report {
    fleet::retirement plan;
    std::size_t versions = 0, sets = 0;
    std::optional<time_point> planned;  ///< when the scenario deletes the set
    std::vector<plan_row> rows;
};

/// What to know beside the answer, and what to do about it.
struct plan_advice {
    std::vector<fleet::promise_verdict> promises;  ///< the others, judged at the planned date
    std::string unjudged;                          ///< or why they could not be judged
    fleet::remedies remedies;
    std::vector<std::string> next;  ///< commands
};

}  // namespace cryptoperiod::output
