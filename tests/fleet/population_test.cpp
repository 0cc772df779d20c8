#include "random_scenarios.hpp"
#include "scale.hpp"
#include "shapes.hpp"
#include "statistics.hpp"
#include "walk_everything.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/population.hpp>
#include <map>
#include <random>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

constexpr ms_t h = ms_per_hour;

/// When a device has been offered each release.
[[nodiscard]] std::vector<ms_t> offers_of(model const& m, random_stream stream,
                                          std::uint32_t device) {
    std::vector<ms_t> offers{beginning};
    auto const word = test::release_words(stream, device);
    for (std::size_t r = 1; r < m.releases.size(); ++r)
        offers.push_back(offer_time(m, r, word(r, 0)));
    return offers;
}

/// The version at each of `moments`, by update_clock.
[[nodiscard]] std::vector<int> by_clock(model const& m, random_stream stream, std::uint32_t device,
                                        std::vector<ms_t> const& moments) {
    update_clock clock(m);
    clock.start(test::traits_of(m, stream, device), test::release_words(stream, device));
    std::vector<int> versions;
    for (ms_t const now : moments) {
        while (clock.next() <= now) static_cast<void>(clock.step());
        versions.push_back(clock.installed());
    }
    return versions;
}

/// The same by the words of the model: a Poisson clock of opportunities, all of them simulated,
/// most of which find nothing new. The clock stands still in a break.
[[nodiscard]] std::vector<int> by_every_tick(model const& m, random_stream stream,
                                             std::uint32_t device, std::vector<ms_t> const& moments,
                                             std::mt19937_64& words) {
    auto const traits = test::traits_of(m, stream, device);
    auto const offers = offers_of(m, stream, device);
    std::vector<int> versions(moments.size(), 0);
    if (traits.type == device_type::never) return versions;
    double const tau = static_cast<double>(m.updates.tau[static_cast<std::size_t>(traits.type)]);
    int installed = 0;
    std::size_t next = 0;
    for (double awake = -100.0 * ms_per_day; next < moments.size();) {
        awake -= std::log((static_cast<double>(words() >> 11U) + 0.5) * 0x1p-53) * tau;
        auto now = static_cast<ms_t>(awake);
        if (now >= traits.asleep.from) now += traits.asleep.length();
        while (next < moments.size() && moments[next] < now) versions[next++] = installed;
        for (std::size_t r = 1; r < offers.size(); ++r)
            if (offers[r] <= now) installed = std::max(installed, static_cast<int>(r));
    }
    return versions;
}

/// Four releases by several rollouts, one of them halted, in a fleet with breaks.
[[nodiscard]] scenario busy_updates() {
    auto s = test::rotation_of_days(60, 1);
    s.update_law = adoption_law{days{1}, days{3}, days{25}, 0.5, 0.4, 0.1};
    s.breaks = dormancy{0.5, days{10}, 1.5};
    s.releases = {test::embeds("1", test::day(-90), "k1"), test::embeds("2", test::day(-8), "k1"),
                  test::embeds("3", test::day(3), "k1"), test::embeds("4", test::day(6), "k1"),
                  test::embeds("5", test::day(30), "k1")};
    s.releases[2].stages = app_store_phased();
    s.releases[3].stages = {{days{0}, 0.2}, {days{4}, 0.6}};  // halted
    s.releases[4].stages = play_staged();
    return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_population)

// ---- breaks -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(waking_time_before_a_break_is_plain_time) {
    BOOST_TEST(awake_after({100, 200}, 10, 89) == 99);
}

BOOST_AUTO_TEST_CASE(what_would_fall_into_a_break_comes_later_by_its_length) {
    BOOST_TEST(awake_after({100, 200}, 10, 90) == 200);
    BOOST_TEST(awake_after({100, 200}, 10, 95) == 205);
}

BOOST_AUTO_TEST_CASE(what_begins_in_a_break_is_counted_from_waking_up) {
    BOOST_TEST(awake_after({100, 200}, 100, 5) == 205);
    BOOST_TEST(awake_after({100, 200}, 199, 5) == 205);
    BOOST_TEST(awake_after({100, 200}, 200, 5) == 205);
}

BOOST_AUTO_TEST_CASE(after_a_break_or_without_one_nothing_is_added) {
    BOOST_TEST(awake_after({100, 200}, 300, 5) == 305);
    BOOST_TEST(awake_after({}, 300, 5) == 305);
}

BOOST_AUTO_TEST_CASE(breaks_have_the_pareto_tail_they_are_asked_for) {
    auto s = test::rotation_of_days(400, 1);
    s.breaks = dormancy{0.22, days{50}, 1.51};
    auto const m = compile(s);
    auto const devices = test::scaled(100'000, 10'000);
    std::map<int, double> longer;
    double begins_early = 0, sleepers = 0;
    for (std::uint32_t d = 0; d < devices; ++d) {
        auto const asleep = test::traits_of(m, random_stream{3}, d).asleep;
        if (asleep.from == forever) continue;
        ++sleepers;
        begins_early += asleep.from < 100 * ms_per_day;
        for (int const days_long : {50, 60, 90, 200})
            longer[days_long] += asleep.length() >= days_long * ms_per_day - 1;
    }
    // The measured shares of adoption.md section 6: 22, 16.7, 9.1, 2.7 %.
    for (auto const& [days_long, count] : longer) {
        double const share = 0.22 * std::pow(days_long / 50.0, -1.51);
        BOOST_TEST(std::abs(test::z_of_share(count, devices, share)) < test::z_limit, days_long);
    }
    BOOST_TEST(std::abs(test::z_of_share(begins_early, sleepers, 0.25)) < test::z_limit);
}

// ---- types ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(types_come_with_their_weights) {
    auto s = test::rotation_of_days(30, 1);
    s.update_law = test::preset("store_slow");
    auto const m = compile(s);
    auto const devices = test::scaled(100'000, 10'000);
    std::vector<double> counts(3);
    for (std::uint32_t d = 0; d < devices; ++d)
        ++counts[static_cast<std::size_t>(test::traits_of(m, random_stream{4}, d).type)];
    double const total = .707 + .183 + .1099;
    std::vector<double> const expected{devices * .707 / total, devices * .183 / total,
                                       devices * .1099 / total};
    BOOST_TEST(test::goodness_of_fit_p(counts, expected) > test::p_limit);
}

// ---- offers -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(each_stage_offers_a_version_to_the_devices_below_its_share) {
    auto s = test::rotation_of_days(30, 1);
    s.update_law = adoption_law{days{1}, days{3}, {}, 1, 0, 0};
    s.releases[1].stages = {{days{0}, 0.25}, {days{2}, 0.5}};
    auto const m = compile(s);
    constexpr auto quarter = static_cast<std::uint32_t>(certain / 4);
    BOOST_TEST(offer_time(m, 1, 0) == 11 * ms_per_day);
    BOOST_TEST(offer_time(m, 1, quarter - 1) == 11 * ms_per_day);
    BOOST_TEST(offer_time(m, 1, quarter) == 13 * ms_per_day);
    BOOST_TEST(offer_time(m, 1, 2 * quarter) == forever);
}

// ---- updates ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_update_clock_has_the_law_of_a_clock_whose_every_tick_is_simulated) {
    auto const m = compile(busy_updates());
    random_stream const stream{21};
    std::mt19937_64 words(5);
    std::vector<ms_t> moments;
    for (int day : {0, 5, 8, 12, 25, 33, 50}) moments.push_back(day * ms_per_day);
    auto const devices = test::scaled(60'000, 6'000);
    std::map<std::vector<int>, double> clock, ticks;
    for (std::uint32_t d = 0; d < devices; ++d) {
        ++clock[by_clock(m, stream, d, moments)];
        ++ticks[by_every_tick(m, stream, devices + d, moments, words)];
    }
    BOOST_TEST(clock.size() > 20U);
    double const p = test::same_law_p(clock, ticks);
    BOOST_TEST_MESSAGE("update_clock against every tick: p = " << p << ", " << clock.size()
                                                               << " histories");
    BOOST_TEST(p > test::p_limit);
}

BOOST_AUTO_TEST_CASE(a_tick_installs_the_newest_version_offered_until_then) {
    auto s = test::rotation_of_days(30, 1);
    s.update_law = adoption_law{{}, days{5}, {}, 1, 0, 0};
    s.releases.push_back(test::embeds("3", test::day(11), "k2"));
    auto const m = compile(s);
    update_clock clock(m);
    // The tick of version 2 comes after -ln(0.25) * 5 days, when version 3 has been offered.
    auto const word = [](std::size_t, std::size_t which) { return which == 0 ? 0U : 0x4000'0000U; };
    clock.start({}, word);
    BOOST_TEST(clock.next() == 10 * ms_per_day);
    BOOST_TEST(!clock.step());
    BOOST_TEST(clock.next() == 11 * ms_per_day);
    BOOST_TEST(!clock.step());
    BOOST_TEST(std::abs(static_cast<double>(clock.next()) / ms_per_day - (10 + 5 * std::log(4.0))) <
               0.001);
    BOOST_TEST(clock.step());
    BOOST_TEST(clock.installed() == 2U);
    BOOST_TEST(clock.next() == forever);
}

BOOST_AUTO_TEST_CASE(a_never_updater_is_offered_versions_and_installs_none) {
    auto const m = compile(test::rotation_of_days(30, 1));
    update_clock clock(m);
    device_traits traits;
    traits.type = device_type::never;
    clock.start(traits, [](std::size_t, std::size_t) { return 0U; });
    while (clock.next() != forever) BOOST_TEST(!clock.step());
    BOOST_TEST(clock.installed() == 0U);
}

BOOST_AUTO_TEST_CASE(a_forced_install_is_not_undone_by_an_older_offer) {
    auto s = test::rotation_of_days(30, 1);
    s.releases.push_back(test::embeds("3", test::day(20), "k2"));
    auto const m = compile(s);
    update_clock clock(m);
    clock.start({}, [](std::size_t, std::size_t) { return 0xF000'0000U - 1; });
    clock.force(2);
    while (clock.next() != forever) BOOST_TEST(!clock.step());
    BOOST_TEST(clock.installed() == 2U);
}

BOOST_AUTO_TEST_CASE(the_weibull_law_has_its_quantiles) {
    auto s = test::rotation_of_days(30, 1);
    s.update_law = weibull_law{{}, days{7}, 0.6, 0};
    auto const m = compile(s);
    for (double const p : {0.01, 0.1, 0.5, 0.9, 0.999}) {  // P(delay > x) = p
        auto const word = static_cast<std::uint32_t>(p * 0x1p32);
        double const delay =
            static_cast<double>(tick_delay(m.updates, device_type::prompt, exponential_q32(word))) /
            ms_per_day;
        double const exact = 7 * std::pow(-std::log(p), 1 / 0.6);
        BOOST_TEST(std::abs(delay - exact) < 0.001 * exact + 0.001, p);
    }
}

BOOST_AUTO_TEST_CASE(the_exponential_law_has_its_quantiles) {
    auto const m = compile(test::rotation_of_days(30, 1));
    for (double const p : {0.001, 0.1, 0.5, 0.9}) {
        auto const word = static_cast<std::uint32_t>(p * 0x1p32);
        double const delay = static_cast<double>(tick_delay(m.updates, device_type::laggard,
                                                            exponential_q32(word))) /
                             ms_per_day;
        BOOST_TEST(std::abs(delay + 300 * std::log(p)) < 0.001, p);
    }
}

// ---- measured shares --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_quicker_device_never_installs_a_measured_version_later) {
    auto const m = compile(test::edge_replay(1));
    for (std::size_t r = 1; r < m.releases.size(); ++r) {
        ms_t before = beginning;
        for (std::uint64_t rank = 0; rank < certain; rank += 9'999'991) {
            ms_t const at = measured_install(m, r, static_cast<std::uint32_t>(rank));
            BOOST_REQUIRE(at >= before);
            BOOST_REQUIRE(at >= m.releases[r].public_at);
            before = at;
        }
    }
}

BOOST_AUTO_TEST_CASE(measured_shares_are_replayed_and_linear_between_the_measurements) {
    auto s = test::rotation_of_days(30, 1);
    s.releases[1].date = test::day(-20);
    measured_shares shares;
    shares.versions = {"1", "2"};
    shares.rows = {
        {test::day(0), {0.75, 0.25}}, {test::day(10), {0.25, 0.75}}, {test::day(40), {0.25, 0.75}}};
    s.update_law = shares;
    auto const m = compile(s);
    constexpr auto quarter = static_cast<std::uint32_t>(certain / 4);
    BOOST_TEST(measured_install(m, 1, quarter - 1) == 0);
    BOOST_TEST(measured_install(m, 1, quarter) == 0);
    BOOST_TEST(measured_install(m, 1, 2 * quarter) == 5 * ms_per_day);
    BOOST_TEST(measured_install(m, 1, 3 * quarter - 1) == 10 * ms_per_day - 1);
    BOOST_TEST(measured_install(m, 1, 3 * quarter) == forever);
}

BOOST_AUTO_TEST_CASE(nobody_has_a_measured_version_before_it_is_public) {
    auto s = test::rotation_of_days(30, 1);
    measured_shares shares;
    shares.versions = {"1", "2"};
    shares.rows = {{test::day(0), {0.5, 0.5}}, {test::day(40), {0.4, 0.6}}};
    s.update_law = shares;
    auto const m = compile(s);
    BOOST_TEST(measured_install(m, 1, 0) == 10 * ms_per_day);
}

// ---- opens ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(opens_ascend_within_their_block_and_none_falls_into_a_break) {
    auto s = test::rotation_of_days(100, 1);
    s.daily_profile.assign(24, 1.0);
    auto const m = compile(s);
    span_ms const asleep{20 * ms_per_day, 50 * ms_per_day};
    std::size_t left_out = 0;
    for (std::uint32_t d = 0; d < 200; ++d)
        for (std::uint32_t b = 0; b < m.opens.blocks; ++b) {
            std::vector<open> opens, all;
            draw_opens(m, random_stream{8}, d, asleep, b, opens);
            draw_opens(m, random_stream{8}, d, {}, b, all);
            BOOST_REQUIRE(std::is_sorted(opens.begin(), opens.end()));
            for (auto const& o : opens) {
                BOOST_REQUIRE(!asleep.contains(o.at));
                BOOST_REQUIRE(m.opens.block_of(o.at) == b);
            }
            left_out += all.size() - opens.size();
        }
    BOOST_TEST(left_out > 200U * 25);
}

BOOST_AUTO_TEST_CASE(devices_open_the_app_as_often_as_asked_and_evenly) {
    auto const m = compile(test::rotation_of_days(100, 1));
    auto const devices = test::scaled(3'000, 1'000);
    std::vector<double> hours(100), expected(100, devices * 1.2);
    double total = 0;
    for (std::uint32_t d = 0; d < devices; ++d)
        for (std::uint32_t b = 0; b < m.opens.blocks; ++b) {
            std::vector<open> opens;
            draw_opens(m, random_stream{9}, d, {}, b, opens);
            for (auto const& o : opens) ++hours[static_cast<std::size_t>(o.at / ms_per_day)];
            total += static_cast<double>(opens.size());
        }
    double const mean = devices * 120.0;
    BOOST_TEST(std::abs(total - mean) / std::sqrt(mean) < test::z_limit);
    for (auto& day : expected) day *= total / mean;
    BOOST_TEST(test::goodness_of_fit_p(hours, expected) > test::p_limit);
}

// ---- forced updates ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(of_several_forced_updates_the_one_that_asks_for_the_newest_counts) {
    model m;
    m.forces = {{5 * h, 1, 10}, {9 * h, 3, 20}};
    BOOST_TEST((force_at(m, 5 * h - 1) == nullptr));
    BOOST_TEST(force_at(m, 5 * h)->minimum == 1U);
    BOOST_TEST(force_at(m, 9 * h)->minimum == 3U);
    m.forces.push_back({10 * h, 3, 30});  // the same minimum again: the later word counts
    BOOST_TEST(force_at(m, 11 * h)->comply == 30U);
}

BOOST_AUTO_TEST_CASE(people_comply_with_a_forced_update_as_often_as_asked_each_open_anew) {
    double const n = test::scaled(100'000, 10'000);
    double yes = 0;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(n); ++i)
        yes += complies(random_stream{1}, i % 10, {0, i / 100, i}, to_threshold(0.3));
    BOOST_TEST(std::abs(test::z_of_share(yes, n, 0.3)) < test::z_limit);
}

BOOST_AUTO_TEST_SUITE_END()
