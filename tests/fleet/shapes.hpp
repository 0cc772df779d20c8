/// @file shapes.hpp
/// Scenarios in C++ for the tests of this room: a small one to start from, and the shapes of the
/// scenarios that are shipped in simulator/scenarios (those files have tests of their own).
#pragma once

#include <cryptoperiod/fleet/scenario.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::test {

inline constexpr time_point day_zero = civil(2026, 1, 5);

[[nodiscard]] inline time_point day(double days_after) {
    return day_zero + milliseconds{static_cast<std::int64_t>(days_after * ms_per_day)};
}

[[nodiscard]] inline fleet::adoption_law preset(std::string_view name) {
    return fleet::find_adoption_preset(name)->law;
}

[[nodiscard]] inline fleet::release embeds(std::string version, time_point date, std::string set) {
    fleet::release r;
    r.version = std::move(version);
    r.date = date;
    r.delivery = credentials::embedded{std::move(set)};
    return r;
}

[[nodiscard]] inline fleet::release serves(std::string version, time_point date,
                                           milliseconds cache) {
    fleet::release r;
    r.version = std::move(version);
    r.date = date;
    r.delivery = credentials::served{cache};
    return r;
}

[[nodiscard]] inline fleet::credential_set_plan set_named(std::string id) {
    fleet::credential_set_plan plan;
    plan.id = std::move(id);
    return plan;
}

/// Version 1 with k1 since long ago, version 2 with k2 from day 10; k1 is deleted on day 60.
[[nodiscard]] inline fleet::scenario rotation_of_days(std::int64_t horizon, std::uint64_t devices) {
    fleet::scenario s;
    s.name = "rotation";
    s.start = day_zero;
    s.horizon = days{horizon};
    s.devices = devices;
    s.update_law = preset("store");
    s.adoption_name = "store";
    s.opens_per_day = 1.2;
    s.releases = {embeds("1", day(-200), "k1"), embeds("2", day(10), "k2")};
    s.credential_sets = {set_named("k1"), set_named("k2")};
    s.credential_sets[0].deleted = day(60);
    return s;
}

// ---- the shipped shapes -----------------------------------------------------------------------

[[nodiscard]] inline fleet::scenario leaked_key(std::uint64_t devices) {
    auto s = rotation_of_days(720, devices);
    s.name = "leaked-key";
    s.releases = {embeds("4.1", civil(2025, 6, 2), "k1"), embeds("4.2", civil(2026, 1, 7), "k2")};
    s.releases[1].review = days{1};
    s.releases[1].stages = fleet::app_store_phased();
    s.credential_sets[0].compromised = civil(2026, 1, 5);
    s.credential_sets[0].deleted = civil(2026, 4, 15);
    s.credential_sets[1].created = civil(2026, 1, 6);
    return s;
}

/// Releases on given days, the first `old_ones` with k1 and the others with k2.
[[nodiscard]] inline std::vector<fleet::release> releases_on(
    std::initializer_list<time_point> dates, std::size_t old_ones) {
    std::vector<fleet::release> list;
    for (auto const date : dates) {
        auto const version = std::to_string(list.size() + 1);
        list.push_back(embeds(version, date, list.size() < old_ones ? "k1" : "k2"));
    }
    return list;
}

[[nodiscard]] inline fleet::scenario chrome_cadence(std::uint64_t devices) {
    auto s = rotation_of_days(600, devices);
    s.name = "chrome-cadence";
    s.start = civil(2020, 1, 1);
    s.update_law = preset("auto");
    s.opens_per_day = 2;
    s.releases =
        releases_on({civil(2019, 12, 10), civil(2020, 2, 5), civil(2020, 4, 8), civil(2020, 5, 19),
                     civil(2020, 7, 14), civil(2020, 8, 25), civil(2020, 10, 6),
                     civil(2020, 11, 17), civil(2021, 1, 19), civil(2021, 3, 1), civil(2021, 4, 13),
                     civil(2021, 5, 26), civil(2021, 7, 20)},
                    6);
    s.credential_sets[0].deleted = civil(2021, 1, 4);
    s.credential_sets[1].created = civil(2020, 9, 22);
    return s;
}

/// Measured shares, in which version v rises and falls again as its successors come.
[[nodiscard]] inline fleet::scenario edge_replay(std::uint64_t devices) {
    auto s = rotation_of_days(360, devices);
    s.name = "edge-replay";
    s.releases.clear();
    fleet::measured_shares measured;
    for (int v = 0; v < 10; ++v) {
        auto const version = std::to_string(80 + v);
        s.releases.push_back(embeds(version, day(-60 + 40 * v), v < 5 ? "k1" : "k2"));
        measured.versions.push_back(version);
    }
    for (int month = -1; month <= 13; ++month) {
        fleet::measured_shares::row row{day(30 * month), {}};
        double left = 1;
        for (int v = 9; v >= 0; --v) {
            double const age = 30.0 * month - (-60 + 40 * v);
            double const taken = v == 0 ? left : age <= 0 ? 0 : left * (0.9 - 12 / (age + 16));
            row.shares.insert(row.shares.begin(), taken);
            left -= taken;
        }
        measured.rows.push_back(row);
    }
    s.update_law = measured;
    s.opens_per_day = 1;
    s.credential_sets[0].deleted = day(270);
    s.credential_sets[1].created = day(100);
    return s;
}

[[nodiscard]] inline fleet::scenario samsung_store(std::uint64_t devices) {
    auto s = rotation_of_days(1816, devices);
    s.name = "samsung-store";
    s.start = civil(2021, 6, 1);
    s.releases =
        releases_on({civil(2021, 4, 16), civil(2021, 8, 16), civil(2021, 12, 29), civil(2022, 5, 5),
                     civil(2022, 8, 5), civil(2022, 11, 1), civil(2023, 2, 26), civil(2023, 5, 19),
                     civil(2023, 7, 14), civil(2023, 10, 18), civil(2024, 3, 27), civil(2024, 5, 8),
                     civil(2024, 6, 7), civil(2024, 9, 7), civil(2025, 5, 1), civil(2025, 10, 24),
                     civil(2026, 5, 20)},
                    5);
    s.credential_sets[0].deleted = civil(2024, 5, 1);
    s.credential_sets[1].created = civil(2022, 10, 24);
    return s;
}

[[nodiscard]] inline fleet::scenario server_supplied(std::uint64_t devices) {
    auto s = rotation_of_days(120, devices);
    s.name = "server-supplied";
    s.releases = {embeds("3.9", civil(2024, 9, 2), "k0"),
                  serves("4.0", civil(2025, 3, 3), std::chrono::hours{6})};
    for (auto& r : s.releases) r.on_reject = fleet::reject_policy::retry;
    s.releases[1].stages = fleet::play_staged();
    s.credential_sets = {set_named("k0"), set_named("k1"), set_named("k2")};
    auto& k1 = s.credential_sets[1];
    auto& k2 = s.credential_sets[2];
    k1.created = civil(2025, 2, 24);
    k1.served = civil(2025, 3, 3);
    k1.compromised = civil(2026, 1, 12);
    k1.deleted = civil(2026, 1, 13);
    k2.created = civil(2026, 1, 12) + std::chrono::hours{12};
    k2.served = civil(2026, 1, 12) + std::chrono::hours{13};
    return s;
}

[[nodiscard]] inline fleet::scenario never_updaters(std::uint64_t devices) {
    auto s = rotation_of_days(1080, devices);
    s.name = "never-updaters";
    s.update_law = preset("enterprise");
    s.opens_per_day = 3;
    s.releases = {embeds("10.0", civil(2025, 3, 3), "k1"),
                  embeds("10.1", civil(2026, 1, 12), "k2")};
    s.credential_sets[0].deleted = civil(2028, 1, 12);
    s.credential_sets[1].created = civil(2026, 1, 8);
    return s;
}

[[nodiscard]] inline std::vector<fleet::scenario> shipped_shapes(std::uint64_t devices) {
    return {leaked_key(devices),    chrome_cadence(devices),  edge_replay(devices),
            samsung_store(devices), server_supplied(devices), never_updaters(devices)};
}

}  // namespace cryptoperiod::test
