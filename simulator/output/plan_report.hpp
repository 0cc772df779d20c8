/// @file plan_report.hpp
/// Everything that the report of `plan` tells, as plain data.
#pragma once

#include <cryptoperiod/fleet/retirement.hpp>
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

/// A change of the scenario, and the date it leads to.
struct remedy {
    std::string what, price;
    time_point date{};
};

/// The answer and why it is the answer.
struct plan_report {
    fleet::retirement plan;
    std::size_t versions = 0, sets = 0;
    std::optional<time_point> planned;  ///< when the scenario deletes the set
    std::vector<plan_row> rows;
};

/// What to do about it.
struct plan_advice {
    std::vector<remedy> remedies;
    std::uint64_t devices = 0;      ///< of the fleets that changes of the app were tried on
    double larger_budget = 0;       ///< a share with an answer that comes sooner; 0: none is known
    std::vector<std::string> next;  ///< commands
};

}  // namespace cryptoperiod::output
