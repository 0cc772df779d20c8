/// What a connection meets, counted by hand and by every engine.
#include "engines.hpp"
#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/metrics.hpp>
#include <cryptoperiod/fleet/model.hpp>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// Nobody updates; everybody has version 1 with k1, which is deleted on day 5 of 10.
[[nodiscard]] scenario stuck_fleet(std::uint64_t devices) {
    auto s = test::rotation_of_days(10, devices);
    s.update_law = adoption_law{{}, days{1}, {}, 0, 0, 1};
    s.net.propagation = milliseconds{0};
    s.credential_sets[0].deleted = test::day(5);
    return s;
}

/// All opens of a device, in order.
[[nodiscard]] std::vector<open> opens_of(model const& m, std::uint64_t seed, std::uint32_t device) {
    std::vector<open> opens;
    for (std::uint32_t b = 0; b < m.opens.blocks; ++b)
        draw_opens(m, random_stream{seed}, device, {}, b, opens);
    return opens;
}

/// How many opens of the fleet are in [from, to).
[[nodiscard]] std::uint64_t opens_between(model const& m, std::uint64_t seed, ms_t from, ms_t to) {
    std::uint64_t count = 0;
    for (std::uint32_t d = 0; d < m.devices; ++d)
        for (auto const& o : opens_of(m, seed, d)) count += from <= o.at && o.at < to;
    return count;
}

constexpr std::uint64_t seed = 12;
constexpr ms_t day5 = 5 * ms_per_day;

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_connections)

// ---- refusals ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_app_that_stops_tries_once_at_each_open) {
    auto const m = compile(stuck_fleet(50));
    auto const before = opens_between(m, seed, 0, day5),
               after = opens_between(m, seed, day5, m.horizon);
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.accepted) == before, name);
        BOOST_TEST(sum(c.rejected) == after, name);
    }
}

BOOST_AUTO_TEST_CASE(every_retry_of_a_refused_open_is_counted) {
    auto s = stuck_fleet(50);
    s.releases[0].on_reject = reject_policy::retry;
    s.net.retry_attempts = 4;
    auto const m = compile(s);
    // The retries take 15 s; the last opens of the horizon may not finish theirs.
    auto const after = opens_between(m, seed, day5, m.horizon - 15'000);
    auto const unfinished = opens_between(m, seed, m.horizon - 15'000, m.horizon);
    BOOST_REQUIRE(unfinished == 0U);
    for (auto const& [name, c] : test::on_every_engine(m, seed))
        BOOST_TEST(sum(c.rejected) == 5 * after, name);
}

BOOST_AUTO_TEST_CASE(a_looping_app_tries_until_its_session_is_over) {
    auto s = stuck_fleet(30);
    s.releases[0].on_reject = reject_policy::loop;
    s.net.session = minutes{1};
    s.net.retry_first = seconds{10};
    auto const m = compile(s);
    auto const after = opens_between(m, seed, day5, m.horizon);
    BOOST_REQUIRE(opens_between(m, seed, m.horizon - 60'000, m.horizon) == 0U);
    for (auto const& [name, c] : test::on_every_engine(m, seed))
        BOOST_TEST(sum(c.rejected) == 6 * after, name);
}

BOOST_AUTO_TEST_CASE(a_device_breaks_once_at_its_first_lost_open) {
    auto const m = compile(stuck_fleet(40));
    std::vector<std::uint64_t> expected(m.hours);
    for (std::uint32_t d = 0; d < m.devices; ++d)
        for (auto const& o : opens_of(m, seed, d))
            if (o.at >= day5) {
                ++expected[static_cast<std::size_t>(o.at / ms_per_hour)];
                break;
            }
    for (auto const& [name, c] : test::on_every_engine(m, seed))
        BOOST_TEST(c.broken == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_open_is_lost_when_the_last_of_its_retries_is_refused) {
    auto s = stuck_fleet(1);
    s.releases[0].on_reject = reject_policy::retry;
    s.net.retry_attempts = 2;
    s.net.retry_first = std::chrono::hours{2};
    s.net.retry_longest = std::chrono::hours{2};
    auto const m = compile(s);
    ms_t first = forever;
    for (auto const& o : opens_of(m, seed, 0))
        if (o.at >= day5) first = std::min(first, o.at);
    BOOST_REQUIRE(first < m.horizon - 4 * ms_per_hour);
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(c.broken[static_cast<std::size_t>(first / ms_per_hour) + 4] == 1U, name);
        BOOST_TEST(sum(c.broken) == 1U, name);
    }
}

BOOST_AUTO_TEST_CASE(deleting_one_set_touches_no_other) {
    auto s = stuck_fleet(50);
    s.credential_sets[0].deleted.reset();
    s.credential_sets[1].deleted = test::day(5);
    auto const m = compile(s);
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.rejected) == 0U, name);
        BOOST_TEST(sum(c.accepted) == opens_between(m, seed, 0, m.horizon), name);
    }
}

// ---- served sets ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_app_without_a_cache_asks_at_each_open_and_misses_no_switch) {
    auto s = stuck_fleet(40);
    s.credential_sets[0].served = test::day(-300);
    s.credential_sets[1].served = test::day(5);
    s.releases = {test::serves("1", test::day(-200), milliseconds{0})};
    auto const m = compile(s);
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.fetches) == opens_between(m, seed, 0, m.horizon), name);
        BOOST_TEST(sum(c.rejected) == 0U, name);
        std::uint64_t with_k2 = 0;
        for (std::size_t h = 0; h < c.hours; ++h) with_k2 += c.accepted[c.hours + h];
        BOOST_TEST(with_k2 == opens_between(m, seed, day5, m.horizon), name);
    }
}

BOOST_AUTO_TEST_CASE(a_cached_set_is_presented_until_it_is_refused_and_then_forgotten) {
    auto s = stuck_fleet(60);
    s.credential_sets[0].served = test::day(-300);
    s.credential_sets[1].served = test::day(4);
    s.releases = {test::serves("1", test::day(-200), days{300})};
    auto const m = compile(s);
    std::uint64_t fetches = 0, refused = 0;
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        auto const opens = opens_of(m, seed, d);
        if (opens.empty()) continue;
        bool const old = opens.front().at < 4 * ms_per_day, lasts = opens.back().at >= day5;
        refused += old && lasts;  // once: the next open asks again
        std::size_t after = 0;
        for (auto const& o : opens) after += o.at >= day5;
        fetches += 1 + (old && after >= 2);
    }
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.rejected) == refused, name);
        BOOST_TEST(sum(c.fetches) == fetches, name);
    }
}

BOOST_AUTO_TEST_CASE(an_app_that_retries_is_not_broken_by_a_cached_set) {
    auto s = stuck_fleet(60);
    s.credential_sets[0].served = test::day(-300);
    s.credential_sets[1].served = test::day(4);
    s.releases = {test::serves("1", test::day(-200), days{300})};
    s.releases[0].on_reject = reject_policy::retry;
    auto const m = compile(s);
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.rejected) > 0U, name);
        BOOST_TEST(sum(c.broken) == 0U, name);
    }
}

// ---- dropped connections ----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_deletion_that_drops_connections_makes_those_who_had_one_connect_again) {
    auto s = stuck_fleet(400);
    s.net.drop_live = true;
    s.net.session = days{1};
    auto const m = compile(s);
    std::uint64_t dropped = 0;
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        bool live = false;
        for (auto const& o : opens_of(m, seed, d)) live |= o.at > day5 - ms_per_day && o.at < day5;
        dropped += live;
    }
    auto const after = opens_between(m, seed, day5, m.horizon);
    BOOST_TEST(dropped > 200U);
    for (auto const& [name, c] : test::on_every_engine(m, seed))
        BOOST_TEST(sum(c.rejected) == after + dropped, name);
}

// ---- forced updates ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(who_complies_with_a_forced_update_has_the_newest_version_at_the_next_open) {
    auto s = stuck_fleet(80);
    s.releases[1].date = test::day(1);
    s.forced_updates = {{test::day(3), "2", 1.0}};
    auto const m = compile(s);
    std::uint64_t updated = 0;
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        auto const opens = opens_of(m, seed, d);
        updated += !opens.empty() && opens.back().at >= 3 * ms_per_day;
    }
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(c.forced_installs == updated, name);
        BOOST_TEST(c.installs == updated, name);
        BOOST_TEST(sum(c.rejected) == 0U, name);
        BOOST_TEST(devices_by_version(c)[1][10] == updated, name);
    }
}

BOOST_AUTO_TEST_CASE(who_does_not_comply_cannot_open_the_app_and_is_asked_each_time_anew) {
    auto s = stuck_fleet(80);
    s.releases[1].date = test::day(1);
    s.forced_updates = {{test::day(3), "2", 0.25}};
    auto const m = compile(s);
    std::uint64_t refused = 0, blocked = 0;
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        std::uint64_t times = 0;
        for (auto const& o : opens_of(m, seed, d)) {
            if (o.at < 3 * ms_per_day) continue;
            if (complies(random_stream{seed}, d, o, to_threshold(0.25))) break;
            ++times;
        }
        refused += times;
        blocked += times > 0;
    }
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.update_required) == refused, name);
        BOOST_TEST(sum(c.blocked) == blocked, name);
    }
}

// ---- breaks -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_sleeping_device_opens_nothing_and_updates_nothing) {
    auto s = test::rotation_of_days(30, 200);
    s.update_law = adoption_law{{}, days{1}, {}, 1, 0, 0};
    s.breaks = dormancy{1, days{400}, 1};
    auto const m = compile(s);
    std::uint64_t awake_opens = 0, awake_at_release = 0;
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        auto const asleep = test::traits_of(m, random_stream{seed}, d).asleep;
        for (auto const& o : opens_of(m, seed, d)) awake_opens += o.at < asleep.from;
        awake_at_release += asleep.from > 10 * ms_per_day;
    }
    for (auto const& [name, c] : test::on_every_engine(m, seed)) {
        BOOST_TEST(sum(c.accepted) + sum(c.rejected) == awake_opens, name);
        BOOST_TEST(c.installs <= awake_at_release, name);
        BOOST_TEST(c.installs > awake_at_release / 2, name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
