/// @file metrics.hpp
/// The numbers that a run is judged by, each with its name, unit and meaning. Promises name them;
/// a name that is not in this table is an error.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cryptoperiod/fleet/timeline.hpp>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

namespace cryptoperiod::fleet {

struct metric_info {
    std::string_view name, unit, meaning;
};

/// Every metric, in the order of reports.
inline constexpr std::array metric_table{
    metric_info{"devices.broken", "devices",
                "devices with at least one open whose connection was rejected for good"},
    metric_info{"devices.broken.share", "share", "the same, of all devices"},
    metric_info{"devices.blocked", "devices",
                "devices with at least one open refused as update_required"},
    metric_info{"devices.blocked.share", "share", "the same, of all devices"},
    metric_info{"connections.attempts", "connections", "connection attempts, retries included"},
    metric_info{"connections.failed", "connections", "attempts that were rejected (4001)"},
    metric_info{"connections.failed.share", "share", "the same, of all attempts"},
    metric_info{"opens.update_required", "opens", "opens refused by a forced update"},
    metric_info{"credential_sets.live", "sets", "most sets live at once"},
    metric_info{"exposure.days", "days",
                "longest time that a compromised set went on being accepted"},
    metric_info{"updates.installed", "installs", "updates installed"},
    metric_info{"updates.forced", "installs", "of them, by a forced update"},
    metric_info{"server.fetches", "fetches", "questions to the app's own server"},
};

/// The metric called `name`, or nullptr.
[[nodiscard]] constexpr metric_info const* find_metric(std::string_view name) noexcept {
    for (auto const& metric : metric_table)
        if (metric.name == name) return &metric;
    return nullptr;
}

/// All names, for suggestions.
inline constexpr std::array<std::string_view, metric_table.size()> metric_names = [] {
    std::array<std::string_view, metric_table.size()> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = metric_table[i].name;
    return names;
}();

struct metric_value {
    std::string_view name;
    double value = 0;
};

[[nodiscard]] inline std::uint64_t sum(std::vector<std::uint64_t> const& list) {
    return std::accumulate(list.begin(), list.end(), std::uint64_t{0});
}

/// Rejected attempts per hour, over all sets; the same for all attempts with `accepted` added.
[[nodiscard]] inline std::vector<std::uint64_t> rejected_by_hour(counters const& c) {
    std::vector<std::uint64_t> hours(c.hours);
    for (std::size_t i = 0; i < c.rejected.size(); ++i) hours[i % c.hours] += c.rejected[i];
    return hours;
}
[[nodiscard]] inline std::vector<std::uint64_t> attempts_by_hour(counters const& c) {
    auto hours = rejected_by_hour(c);
    for (std::size_t i = 0; i < c.accepted.size(); ++i) hours[i % c.hours] += c.accepted[i];
    return hours;
}

/// For each compromised set, the span within the scenario in which it was still accepted.
[[nodiscard]] inline ms_t exposure(scenario const& s, model const& m) {
    ms_t longest = 0;
    for (std::size_t i = 0; i < s.credential_sets.size(); ++i) {
        if (!s.credential_sets[i].compromised) continue;
        ms_t const from = std::max<ms_t>(0, (*s.credential_sets[i].compromised - s.start).count());
        ms_t until = from;
        for (std::size_t k = 0; k < m.accepted[i].size(); ++k) {
            if (!m.accepted[i][k].accepted) continue;
            ms_t const end = k + 1 < m.accepted[i].size() ? m.accepted[i][k + 1].at : m.horizon;
            until = std::max(until, std::min(end, m.horizon));
        }
        longest = std::max(longest, until - from);
    }
    return longest;
}

/// Devices on each version at each midnight, from day 0: [release][day], days + 1 of them.
[[nodiscard]] inline std::vector<std::vector<std::uint64_t>> devices_by_version(counters const& c) {
    std::vector<std::vector<std::uint64_t>> versions;
    std::size_t const width = c.days + 1U;
    for (std::size_t r = 0; r * width < c.change.size(); ++r) {
        std::int64_t devices = 0;
        auto& days = versions.emplace_back();
        for (std::size_t d = 0; d < width; ++d) {
            devices += c.change[r * width + d];
            days.push_back(static_cast<std::uint64_t>(devices));
        }
    }
    return versions;
}

/// Devices on one version.
struct version_count {
    std::size_t release = 0;
    std::uint64_t devices = 0;
};

/// Who presents `set` at `at` (in the horizon, else at its nearer end), by version, at the midnight
/// before.
[[nodiscard]] inline std::vector<version_count> presenting(model const& m, counters const& c,
                                                           std::size_t set, ms_t at) {
    auto const versions = devices_by_version(c);
    auto const day = static_cast<std::size_t>(std::clamp<ms_t>(at / ms_per_day, 0, c.days));
    std::vector<version_count> out;
    for (std::size_t r = 0; r < versions.size(); ++r)
        if ((m.releases[r].served ? m.served_at(at - 1) : m.releases[r].set) == set &&
            versions[r][day] > 0)
            out.push_back({r, versions[r][day]});
    return out;
}

/// The value of every metric, in the order of metric_table.
[[nodiscard]] inline std::vector<metric_value> measure(scenario const& s, model const& m,
                                                       counters const& c) {
    auto const number = [](std::uint64_t x) { return static_cast<double>(x); };
    auto const share = [&](std::uint64_t x, std::uint64_t of) {
        return of == 0 ? 0.0 : number(x) / number(of);
    };
    std::uint64_t const broken = sum(c.broken), blocked = sum(c.blocked), failed = sum(c.rejected),
                        attempts = failed + sum(c.accepted);
    std::array const values{number(broken),
                            share(broken, c.devices),
                            number(blocked),
                            share(blocked, c.devices),
                            number(attempts),
                            number(failed),
                            share(failed, attempts),
                            number(sum(c.update_required)),
                            number(live_sets_peak(s)),
                            static_cast<double>(exposure(s, m)) / ms_per_day,
                            number(c.installs),
                            number(c.forced_installs),
                            number(sum(c.fetches))};
    static_assert(values.size() == metric_table.size());
    std::vector<metric_value> out;
    for (std::size_t i = 0; i < values.size(); ++i)
        out.push_back({metric_table[i].name, values[i]});
    return out;
}

}  // namespace cryptoperiod::fleet
