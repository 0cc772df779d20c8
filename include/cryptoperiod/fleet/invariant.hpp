/// @file invariant.hpp
/// Promises judged: held or not, since when not, and which act of the operator did it.
#pragma once

#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fleet/metrics.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace cryptoperiod::fleet {

/// A promise and what became of it.
struct promise_verdict {
    promise asked;
    double value = 0;
    bool held = true;
    std::optional<time_point> first_violation;  ///< the hour; none when only the end shows it
    std::string cause_path;  ///< where the scenario does it ("credential_set[0].deleted"), or empty
    std::string cause;       ///< a sentence, or empty
};

[[nodiscard]] constexpr bool holds(double value, comparison op, double limit) noexcept {
    switch (op) {
        case comparison::less:
            return value < limit;
        case comparison::at_most:
            return value <= limit;
        case comparison::greater:
            return value > limit;
        case comparison::at_least:
            return value >= limit;
        case comparison::equal:
            break;
    }
    return !(value < limit) && !(value > limit);
}

namespace detail {

/// The first hour at whose end the running total breaks the promise.
inline std::optional<ms_t> first_broken_hour(std::vector<std::uint64_t> const& hourly, double of,
                                             promise const& p) {
    bool const upper = p.op == comparison::less || p.op == comparison::at_most;
    if (!upper || of <= 0) return std::nullopt;
    std::uint64_t total = 0;
    for (std::size_t h = 0; h < hourly.size(); ++h) {
        total += hourly[h];
        if (!holds(static_cast<double>(total) / of, p.op, p.limit))
            return static_cast<ms_t>(h) * ms_per_hour;
    }
    return std::nullopt;
}

/// The set most rejected up to the end of that hour.
inline std::optional<std::size_t> most_rejected(counters const& c, ms_t until) {
    auto const hours = static_cast<std::size_t>(until / ms_per_hour) + 1;
    std::optional<std::size_t> most;
    std::uint64_t highest = 0;
    for (std::size_t set = 0; set * c.hours < c.rejected.size(); ++set) {
        std::uint64_t count = 0;
        for (std::size_t h = 0; h < hours; ++h) count += c.rejected[set * c.hours + h];
        if (count > highest) {
            highest = count;
            most = set;
        }
    }
    return most;
}

/// "k1 is deleted here while 22.31 % of the devices still present it (4.1: 22.31 %)".
inline std::string describe_deletion(scenario const& s, model const& m, counters const& c,
                                     std::size_t set) {
    auto const percent = [&](std::uint64_t n) {
        auto const hundredths = (n * 20'000 + c.devices) / (2 * c.devices);  // rounded
        return std::to_string(hundredths / 100) + "." +
               cryptoperiod::detail::padded(static_cast<std::int64_t>(hundredths % 100), 2) + " %";
    };
    std::uint64_t total = 0;
    std::string list;
    ms_t const at = (*s.credential_sets[set].deleted - s.start).count();
    for (auto const& version : presenting(m, c, set, at)) {
        total += version.devices;
        list += (list.empty() ? "" : ", ") + s.releases[version.release].version + ": " +
                percent(version.devices);
    }
    return s.credential_sets[set].id + " is deleted here while " + percent(total) +
           " of the devices present it" + (list.empty() ? "" : " (" + list + ")");
}

/// What a metric counts by the hour, or nothing for one that is not counted so.
inline std::vector<std::uint64_t> hourly(std::string_view metric, counters const& c) {
    if (metric.starts_with("devices.broken")) return c.broken;
    if (metric.starts_with("devices.blocked")) return c.blocked;
    if (metric.starts_with("connections.failed")) return rejected_by_hour(c);
    if (metric == "connections.attempts") return attempts_by_hour(c);
    if (metric == "opens.update_required") return c.update_required;
    if (metric == "server.fetches") return c.fetches;
    return {};
}

/// Since when a broken promise is broken; nothing when only the end of the horizon shows it.
inline std::optional<ms_t> first_violation(scenario const& s, counters const& c, promise const& p,
                                           double attempts) {
    if (p.metric == "credential_sets.live") {
        bool const upper = p.op == comparison::less || p.op == comparison::at_most;
        for (auto const& moment : live_sets_over_time(s))
            if (upper && !holds(static_cast<double>(moment.sets), p.op, p.limit)) return moment.at;
        return std::nullopt;
    }
    double of = 1;
    if (p.metric.ends_with(".share"))
        of = p.metric.starts_with("devices.") ? static_cast<double>(c.devices) : attempts;
    return first_broken_hour(hourly(p.metric, c), of, p);
}

/// The act of the operator behind a violation in the hour `first`: its path in the scenario, and a
/// sentence. Empty when no act can be named.
inline std::pair<std::string, std::string> cause_of(scenario const& s, model const& m,
                                                    counters const& c, promise const& p,
                                                    ms_t first) {
    auto const until = s.start + milliseconds{first + ms_per_hour};
    if (p.metric.starts_with("devices.broken") || p.metric.starts_with("connections.failed")) {
        auto const set = most_rejected(c, first);
        if (set && s.credential_sets[*set].deleted && *s.credential_sets[*set].deleted < until)
            return {"credential_set[" + std::to_string(*set) + "].deleted",
                    describe_deletion(s, m, c, *set)};
    }
    if (p.metric.starts_with("devices.blocked") || p.metric == "opens.update_required")
        for (std::size_t f = s.forced_updates.size(); f-- > 0;)
            if (s.forced_updates[f].date < until)
                return {"forced_update[" + std::to_string(f) + "].date",
                        "versions older than " + s.forced_updates[f].minimum +
                            " are refused from here on"};
    return {};
}

}  // namespace detail

/// What became of every promise of the scenario. `values` is what `measure` returned.
[[nodiscard]] inline std::vector<promise_verdict> judge(scenario const& s, model const& m,
                                                        counters const& c,
                                                        std::vector<metric_value> const& values) {
    std::vector<promise_verdict> verdicts;
    auto const value_of = [&](std::string_view name) {
        for (auto const& v : values)
            if (v.name == name) return v.value;
        return 0.0;
    };
    for (auto const& p : s.promises) {
        promise_verdict verdict{p, value_of(p.metric), true, {}, {}, {}};
        verdict.held = holds(verdict.value, p.op, p.limit);
        if (!verdict.held) {
            auto const first = detail::first_violation(s, c, p, value_of("connections.attempts"));
            if (first) {
                verdict.first_violation = s.start + milliseconds{*first};
                std::tie(verdict.cause_path, verdict.cause) = detail::cause_of(s, m, c, p, *first);
            }
        }
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

}  // namespace cryptoperiod::fleet
