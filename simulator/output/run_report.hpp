/// @file run_report.hpp
/// Everything that the report of `simulate` tells, as plain data.
#pragma once

#include <cryptoperiod/fleet/simulate.hpp>
#include <string>
#include <vector>

namespace cryptoperiod::output {

/// A run, and where the scenario file says what broke its promises.
struct run_report {
    fleet::run run;
    time_point start{};
    std::vector<std::string> causes;  ///< "file:line:col: sentence" or empty, one a promise
    std::string reproduce;            ///< command
    std::vector<std::string> next;    ///< commands
};

/// "< 5 %": the promise as it was written, or made from its parts.
[[nodiscard]] std::string limit_text(fleet::promise const& promise);

}  // namespace cryptoperiod::output
