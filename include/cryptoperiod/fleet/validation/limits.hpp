/// @file limits.hpp
/// How large a scenario may be, and each of its numbers.
#pragma once

#include <cryptoperiod/core/time.hpp>
#include <cstddef>
#include <cstdint>

namespace cryptoperiod::fleet {

/// How large a scenario may be.
struct limits {
    static constexpr std::uint64_t devices = 4'294'967'295;  ///< what 32 bits can number
    static constexpr days horizon{7305};                     ///< 20 years; also of every wait
    static constexpr double opens_per_day_least = 0.0001;
    static constexpr double opens_per_day = 1000;
    static constexpr double exponent_least = 0.01;  ///< of a Pareto tail, of a Weibull law
    static constexpr double exponent = 100;
    static constexpr days law_wait{1'000'000};  ///< of a mean time between opportunities
    static constexpr std::size_t releases = 4000;
    static constexpr std::size_t credential_sets = 200;
    static constexpr std::size_t forced_updates = 1000;
    static constexpr std::size_t promises = 1000;
    static constexpr std::size_t rollout_stages = 1000;
    static constexpr std::size_t measured_cells = 16'000'000;      ///< dates times versions
    static constexpr double weight_tolerance = 0.02;               ///< of the sum of a law
    static constexpr double measured_tolerance = 0.005;            ///< of the sum of a date
    static constexpr std::int64_t attempts_per_session = 100'000;  ///< of reject_policy::loop
    static constexpr unsigned retry_attempts = 1000;
    static constexpr std::uint64_t counter_bytes = std::uint64_t{256} << 20U;  ///< of one thread
    static constexpr time_point first_date = civil(1970, 1, 1);
    static constexpr time_point last_date = civil(2999, 12, 31);
};

}  // namespace cryptoperiod::fleet
