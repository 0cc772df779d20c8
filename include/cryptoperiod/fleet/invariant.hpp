/// @file invariant.hpp
/// Promises judged: held or not, since when not, and which act of the operator did it.
#pragma once

#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fleet/metrics.hpp>
#include <optional>
#include <string>
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
            auto const is = [&](std::string_view name) { return p.metric.starts_with(name); };
            bool const shared = p.metric.ends_with(".share");
            double const devices = shared ? static_cast<double>(c.devices) : 1;
            double const attempts = shared ? value_of("connections.attempts") : 1;
            std::optional<ms_t> first;
            if (is("devices.broken")) first = detail::first_broken_hour(c.broken, devices, p);
            if (is("devices.blocked")) first = detail::first_broken_hour(c.blocked, devices, p);
            if (is("connections.failed"))
                first = detail::first_broken_hour(rejected_by_hour(c), attempts, p);
            if (is("opens.update_required"))
                first = detail::first_broken_hour(c.update_required, 1, p);
            if (is("credential_sets.live")) first = live_sets_peak(s).at;
            if (first) verdict.first_violation = s.start + milliseconds{*first};
            if (first && (is("devices.broken") || is("connections.failed"))) {
                auto const set = detail::most_rejected(c, *first);
                if (set && s.credential_sets[*set].deleted) {
                    verdict.cause_path = "credential_set[" + std::to_string(*set) + "].deleted";
                    verdict.cause = detail::describe_deletion(s, m, c, *set);
                }
            }
            if (first && (is("devices.blocked") || is("opens.update_required")))
                verdict.cause_path = "forced_update[0].date",
                verdict.cause = "older versions are refused from here on";
        }
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

}  // namespace cryptoperiod::fleet
