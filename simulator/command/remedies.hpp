/// @file remedies.hpp
/// What would help most: the same fleet under a changed plan, each change with the date it leads
/// to.
#pragma once

#include <cryptoperiod/fleet/retirement.hpp>
#include <vector>

#include "output/plan_report.hpp"

namespace cryptoperiod::command {

/// The largest fleet on which a change of the app is tried. A larger loss is looked up on the whole
/// fleet, so that `plan --max-broken` gives the same date.
inline constexpr std::uint64_t remedy_devices_max = 100'000;

/// The changes that apply to the scenario, the one with the earliest date first: a forced update, a
/// larger loss, a served key. Empty when interrupted.
[[nodiscard]] std::vector<output::remedy> find_remedies(fleet::scenario const& s,
                                                        fleet::retirement const& plan,
                                                        fleet::run_options const& options);

}  // namespace cryptoperiod::command
