/// @file retirement.hpp
/// When may a credential set be deleted? One pass over the fleet finds each device's last use of
/// the set; deleting at d cuts off exactly those that use it later. Answers: a date with its
/// confidence, `never`, or `censored` when the horizon is too short to tell.
#pragma once

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cryptoperiod/fleet/engine/last_use.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod::fleet {

/// At most `share` of the devices may be cut off, with this one-sided confidence.
struct retirement_target {
    double share = 0.001;
    double confidence = 0.95;
};

/// The upper end of the one-sided Clopper-Pearson interval for `count` of `n`. Source: Clopper and
/// Pearson, Biometrika 26 (1934).
[[nodiscard]] inline double upper_bound(std::uint64_t count, std::uint64_t n, double confidence) {
    if (n == 0 || count >= n) return 1;
    return boost::math::binomial_distribution<>::find_upper_bound_on_p(
        static_cast<double>(n), static_cast<double>(count), 1 - confidence);
}

/// As few devices as can show that the target is met: those of which none breaks.
[[nodiscard]] inline std::uint64_t devices_needed(retirement_target const& target) {
    return static_cast<std::uint64_t>(
        std::ceil(std::log1p(-target.confidence) / std::log1p(-target.share)));
}

/// Devices whose last use of a set is known by day.
struct retirement_curve {
    /// Of `devices`, those that present the set on or after the moment that belongs to day d.
    std::vector<std::uint64_t> broken;
    /// The same, and those that hold the set at the end of the horizon and did not use it since:
    /// the end of the horizon hides what they will do, so an honest answer counts them.
    std::vector<std::uint64_t> at_risk;
    std::uint64_t stuck = 0;  ///< hold the set at the end and never update
    std::uint64_t devices = 0;

    /// What can be promised of a deletion on day d: the upper bound of the share at risk, and never
    /// less than that share (a confidence below one half bounds from below).
    [[nodiscard]] double bound(std::size_t d, double confidence) const {
        auto const share = static_cast<double>(at_risk[d]) / static_cast<double>(devices);
        return std::max(share, upper_bound(at_risk[d], devices, confidence));
    }
};

/// The curve of a set that is never deleted in `m`. One pass; no opens but those around the last
/// use.
[[nodiscard]] inline retirement_curve find_retirement_curve(model const& m,
                                                            credentials::set_index set,
                                                            run_options const& options) {
    last_use_counts counts(m);
    isa const instructions = options.instruction_set.value_or(best_isa());
    random_stream const stream{options.seed};
    run_in_shards(
        m.devices, options,
        [&] { return std::make_unique<last_use_engine>(m, stream, instructions, set); },
        [&](last_use_engine const& engine) { counts.add(engine.counted()); });
    retirement_curve curve{std::vector<std::uint64_t>(m.days), std::vector<std::uint64_t>(m.days),
                           counts.stuck, m.devices};
    std::uint64_t holding = 0;
    for (auto const n : counts.holding) holding += n;
    std::uint64_t left_later = 0, held_later = 0;
    for (std::size_t d = m.days; d-- > 0;) {  // bin k: uses it at or after the moments of k days
        left_later += counts.leaving[d + 1];
        held_later += counts.holding[d + 1];
        curve.broken[d] = left_later + held_later;
        curve.at_risk[d] = left_later + holding;
    }
    return curve;
}

enum class answer_kind : std::uint8_t { date, never, censored };

inline constexpr std::array<std::string_view, 3> answer_names{"date", "never", "censored"};

[[nodiscard]] constexpr std::string_view to_string(answer_kind kind) noexcept {
    return answer_names[static_cast<std::size_t>(kind)];
}

/// The first day whose bound is within the target. Later days have smaller counts and the error
/// events are nested, so the confidence holds for the choice without a correction. `never`: the
/// devices that never leave the set exceed the target alone. `censored`: not within the horizon, or
/// only because the horizon ends.
struct retirement_answer {
    answer_kind kind = answer_kind::censored;
    unsigned day = 0;  ///< of answer_kind::date
};
[[nodiscard]] inline retirement_answer earliest_retirement(retirement_curve const& curve,
                                                           retirement_target const& target) {
    for (std::size_t d = 0; d < curve.at_risk.size(); ++d) {
        auto const share =
            static_cast<double>(curve.at_risk[d]) / static_cast<double>(curve.devices);
        if (share <= target.share && curve.bound(d, target.confidence) <= target.share)  // slow
            return {answer_kind::date, static_cast<unsigned>(d)};
    }
    double const stuck = static_cast<double>(curve.stuck) / static_cast<double>(curve.devices);
    return {stuck > target.share ? answer_kind::never : answer_kind::censored, 0};
}

/// One possible day of deletion. For apps that stop when they are rejected, these are the devices
/// and the connections that `simulate` counts for a deletion at that midnight; an app that retries
/// adds attempts, and one that fetches a good set when it retries is not broken at all.
struct retirement_row {
    unsigned day = 0;
    time_point date{};
    std::uint64_t broken_devices = 0;  ///< that present the set from then (+ propagation) on
    double broken_share = 0;
    double upper_bound = 0;  ///< of the share at risk: broken, or holding the set at the end;
                             ///< the answer is the first day on which it is within the target
    std::uint64_t failed_connections =
        0;  ///< made with the set from then to the end of the horizon
};

/// What `plan_retirement` answers.
struct retirement {
    std::string scenario, credential_set;
    std::uint64_t seed = 0, devices = 0;
    retirement_target target;
    answer_kind kind = answer_kind::censored;
    unsigned day = 0;  ///< of answer_kind::date, with `date`
    time_point date{};
    double stuck_share = 0;  ///< devices that never leave the set
    double stuck_bound = 0;  ///< the upper bound of that share
    bool finished = true;    ///< false: interrupted, the curve is partial and no date is given
    std::vector<retirement_row> curve;
};

/// The set that a plan is about when none is named: the compromised one; else the one that the
/// scenario deletes; else the one of the earliest version. Empty when there is no set.
[[nodiscard]] inline std::string retiring_set(scenario const& s) {
    for (auto const& set : s.credential_sets)
        if (set.compromised) return set.id;
    for (auto const& set : s.credential_sets)
        if (set.deleted) return set.id;
    if (!s.releases.empty())
        if (auto const* e = std::get_if<credentials::embedded>(&s.releases.front().delivery))
            return e->credential_set;
    return s.credential_sets.empty() ? std::string{} : s.credential_sets.front().id;
}

/// The place of a set in the scenario, if it has one of that name.
[[nodiscard]] inline std::optional<credentials::set_index> index_of_set(scenario const& s,
                                                                        std::string_view id) {
    for (std::size_t i = 0; i < s.credential_sets.size(); ++i)
        if (s.credential_sets[i].id == id) return static_cast<credentials::set_index>(i);
    return std::nullopt;
}

/// The scenario with another date of deletion of one set, or with none. A retirement that would
/// come after the deletion is left out.
[[nodiscard]] inline scenario with_deletion(scenario s, std::string_view credential_set,
                                            std::optional<time_point> date) {
    for (auto& set : s.credential_sets) {
        if (set.id != credential_set) continue;
        set.deleted = date;
        if (date && set.retired && *set.retired > *date) set.retired.reset();
    }
    return s;
}

/// The answer for another share, as planning anew would give it: read from the curve of the plan,
/// with its confidence.
[[nodiscard]] inline retirement_answer answer_with(retirement const& plan, double share) {
    if (!plan.finished) return {};
    for (auto const& row : plan.curve)
        if (row.upper_bound <= share) return {answer_kind::date, row.day};
    return {plan.stuck_share > share ? answer_kind::never : answer_kind::censored, 0};
}

/// Why an answer is censored.
enum class obstacle : std::uint8_t {
    few_devices,  ///< even if none broke, they could not show it: see devices_needed
    close_call,   ///< those that never leave are within the target, but not with its confidence
    horizon       ///< it ends too early
};
[[nodiscard]] inline obstacle obstacle_of(retirement const& plan) {
    if (plan.devices < devices_needed(plan.target)) return obstacle::few_devices;
    return plan.stuck_bound > plan.target.share ? obstacle::close_call : obstacle::horizon;
}

/// Answers when `credential_set` (empty: retiring_set) may be deleted. The scenario's own deletion
/// of it is left out: the question is what a deletion would do. Errors: as `simulate`; unknown_name
/// (no such set); out_of_range (a share or a confidence that is not between 0 and 1).
[[nodiscard]] inline result<retirement> plan_retirement(scenario const& s,
                                                        std::string_view credential_set,
                                                        retirement_target const& target,
                                                        run_options const& options = {}) {
    if (auto problem = first_problem(s)) return *std::move(problem);
    if (auto problem = unusable(options)) return *std::move(problem);
    if (!(target.share > 0 && target.share < 1 && target.confidence > 0 && target.confidence < 1))
        return error{errc::out_of_range,
                     "the share and the confidence of a target lie between 0 and 100 %"};
    retirement out;
    out.credential_set = credential_set.empty() ? retiring_set(s) : std::string(credential_set);
    auto const set = index_of_set(s, out.credential_set);
    if (!set)
        return error{errc::unknown_name,
                     "the scenario has no credential set '" + out.credential_set + "'"};
    model const m = compile(with_deletion(s, out.credential_set, std::nullopt));
    auto const curve = find_retirement_curve(m, *set, options);
    counters const c = detail::count(m, options);
    auto const answer = earliest_retirement(curve, target);
    out.scenario = s.name;
    out.seed = options.seed;
    out.devices = s.devices;
    out.target = target;
    out.kind = answer.kind;
    out.day = answer.day;
    out.date = s.start + days{answer.day};
    out.stuck_share = static_cast<double>(curve.stuck) / static_cast<double>(curve.devices);
    out.stuck_bound = upper_bound(curve.stuck, curve.devices, target.confidence);
    out.finished = options.stop == nullptr || !*options.stop;
    if (!out.finished) {  // devices are missing: any date would be too early
        out.kind = answer_kind::censored;
        out.day = 0;
        out.date = s.start;
    }
    std::uint64_t later = 0;
    std::size_t hour =
        c.hours;  // counted from here on; the hour in which the deletion takes effect too
    out.curve.resize(m.days);
    for (std::size_t d = m.days; d-- > 0;) {
        auto const from = static_cast<std::size_t>(
            (static_cast<ms_t>(d) * ms_per_day + m.propagation) / ms_per_hour);
        for (; hour > from; --hour)
            later += c.accepted[*set * c.hours + hour - 1] + c.rejected[*set * c.hours + hour - 1];
        out.curve[d] = {static_cast<unsigned>(d),
                        s.start + days{d},
                        curve.broken[d],
                        static_cast<double>(curve.broken[d]) / static_cast<double>(curve.devices),
                        curve.bound(d, target.confidence),
                        later};
    }
    return out;
}

}  // namespace cryptoperiod::fleet
