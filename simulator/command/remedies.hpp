/// @file remedies.hpp
/// What would help most: the same fleet under a changed plan, each change with the date it leads
/// to.
#pragma once

#include <cryptoperiod/fleet/retirement.hpp>

#include "output/plan_report.hpp"

namespace cryptoperiod::command {

/// Tries the changes that apply to the scenario and keeps those that help, the earliest date first:
/// a forced update, a larger loss, a served key. Changes of the app are tried on a smaller fleet; a
/// larger loss is looked up on the whole one, so that `plan --max-broken` gives the same date.
/// Without `next`; empty when interrupted.
[[nodiscard]] output::plan_advice find_remedies(fleet::scenario const& s,
                                                fleet::retirement const& plan,
                                                fleet::run_options const& options);

}  // namespace cryptoperiod::command
