#include "plan_report.hpp"

#include <algorithm>
#include <set>

namespace cryptoperiod::command {
namespace {

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

std::int64_t shared_days(fleet::scenario const& s, std::string_view credential_set,
                         time_point date) {
    auto changed = s;
    for (auto& set : changed.credential_sets)
        if (set.id == credential_set) set.deleted = date;
    std::vector<fleet::live_set> sets(changed.credential_sets.size());
    fleet::ms_t const end = s.horizon.count();
    fleet::ms_t shared = 0;
    fleet::ms_t since = 0;
    auto const advance = [&](fleet::ms_t until) {
        fleet::ms_t const to = std::clamp<fleet::ms_t>(until, 0, end);
        auto const live =
            std::count_if(sets.begin(), sets.end(), [](auto const& set) { return set.accepts(); });
        if (live >= 2) shared += to - since;
        since = to;
    };
    for (auto const& event : fleet::operator_events(changed)) {
        advance(event.at);
        sets[event.set].apply(event);
    }
    advance(end);
    return (shared + ms_per_day / 2) / ms_per_day;
}

output::plan_report make_plan_report(fleet::scenario const& s, fleet::retirement plan) {
    output::plan_report report{
        std::move(plan), s.releases.size(), s.credential_sets.size(), {}, {}};
    auto const& curve = report.plan.curve;
    for (auto const& set : s.credential_sets)
        if (set.id == report.plan.credential_set) report.planned = set.deleted;
    std::optional<unsigned> planned, answer;
    if (report.planned && *report.planned >= s.start && *report.planned < s.end())
        planned = static_cast<unsigned>((*report.planned - s.start) / days{1});
    if (report.plan.finished && report.plan.kind == fleet::answer_kind::date)
        answer = report.plan.day;
    auto const last = static_cast<unsigned>(curve.size() - 1);
    for (unsigned const day : days_to_show(planned, answer, last))
        report.rows.push_back({curve[day],
                               shared_days(s, report.plan.credential_set, curve[day].date),
                               planned == day, answer == day});
    return report;
}

}  // namespace cryptoperiod::command
