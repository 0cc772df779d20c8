#include "plan_report.hpp"

#include <algorithm>
#include <set>

namespace cryptoperiod::command {
namespace {

/// Days of the horizon, rounded, on which at least two sets are live when the set of the plan is
/// deleted at `date`.
std::int64_t shared_days(fleet::scenario const& s, fleet::retirement const& plan, time_point date) {
    auto const deleted = fleet::with_deletion(s, plan.credential_set, date);
    return std::chrono::round<days>(fleet::time_with_live_sets(deleted, 2)).count();
}

/// Up to six days: the scenario's own, two between it and the answer, the answer, one later;
/// without an answer, the way to the end of the horizon.
std::set<unsigned> days_to_show(std::optional<unsigned> planned, std::optional<unsigned> answer,
                                unsigned last) {
    std::set<unsigned> shown;
    unsigned const from = planned.value_or(0);
    if (!answer) {
        for (unsigned i = 0; i <= 4; ++i) shown.insert(from + (last - from) * i / 4);
        return shown;
    }
    unsigned const low = std::min(from, *answer), high = std::max(from, *answer);
    for (unsigned i = 0; i <= 3; ++i) shown.insert(low + (high - low) * i / 3);
    shown.insert(high + (last - high) / 2);
    return shown;
}

}  // namespace

output::plan_report make_plan_report(fleet::scenario const& s, fleet::retirement plan) {
    output::plan_report report{
        std::move(plan), s.releases.size(), s.credential_sets.size(), {}, {}};
    auto const& curve = report.plan.curve;
    for (auto const& set : s.credential_sets)
        if (set.id == report.plan.credential_set) report.planned = set.deleted;
    std::optional<unsigned> planned, answer;
    if (report.planned && *report.planned >= s.start && *report.planned < s.end())
        planned = static_cast<unsigned>((*report.planned - s.start) / days{1});
    if (report.plan.kind == fleet::answer_kind::date) answer = report.plan.day;
    auto const last = static_cast<unsigned>(curve.size() - 1);
    for (unsigned const day : days_to_show(planned, answer, last))
        report.rows.push_back({curve[day], shared_days(s, report.plan, curve[day].date),
                               planned == day, answer == day});
    return report;
}

}  // namespace cryptoperiod::command
