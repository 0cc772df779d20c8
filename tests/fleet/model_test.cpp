#include "random_scenarios.hpp"
#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/model.hpp>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

/// The law of opens of a scenario of 30 days with this profile.
[[nodiscard]] open_law opens_with(std::vector<double> profile) {
    auto s = test::rotation_of_days(30, 1);
    s.daily_profile = std::move(profile);
    return compile(s).opens;
}

/// Weights for 24 hours: steep, with idle hours at both ends.
[[nodiscard]] std::vector<double> day_people() {
    std::vector<double> weights(24, 0);
    for (std::size_t hour = 7; hour < 21; ++hour)
        weights[hour] = static_cast<double>(hour * hour % 11) + 0.01;
    return weights;
}

/// Is first_word_at the exact inverse of offset at these moments?
[[nodiscard]] bool is_inverse(open_law const& law, ms_t at, std::uint32_t length) {
    auto const first = std::min<std::uint64_t>(certain, law.first_word_at(at, length));
    bool const not_before =
        first == certain || law.offset(static_cast<std::uint32_t>(first), length) >= at;
    bool const smallest =
        first == 0 || law.offset(static_cast<std::uint32_t>(first - 1), length) < at;
    return not_before && smallest;
}

void check_inverse(open_law const& law) {
    test::dice dice(17);
    for (int n = 0; n < 20'000; ++n) {
        auto const length = static_cast<std::uint32_t>(dice.whole(1, dice.chance(0.5) ? 3 : 900));
        // Moments of random words are the hard ones: a border exactly at an open.
        auto const word = static_cast<std::uint32_t>(dice.word());
        ms_t const open = law.offset(word, length);
        for (ms_t const at : {open, open + 1, dice.whole(0, length * ms_per_day - 1)})
            BOOST_REQUIRE(is_inverse(law, at, length));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_model)

// ---- opens ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(first_word_at_is_the_exact_inverse_of_offset_without_a_profile) {
    check_inverse(opens_with({}));
}

BOOST_AUTO_TEST_CASE(first_word_at_is_the_exact_inverse_of_offset_with_a_profile) {
    check_inverse(opens_with(day_people()));
}

BOOST_AUTO_TEST_CASE(a_larger_word_never_means_an_earlier_open) {
    for (auto const& law : {opens_with({}), opens_with(day_people())}) {
        ms_t before = -1;
        for (std::uint64_t word = 0; word < certain; word += 100'003) {
            ms_t const now = law.offset(static_cast<std::uint32_t>(word), 30);
            BOOST_REQUIRE(now >= before);
            before = now;
        }
        BOOST_TEST(law.offset(0xFFFF'FFFFU, 30) < 30 * ms_per_day);
    }
}

BOOST_AUTO_TEST_CASE(hours_without_weight_get_no_opens_and_the_others_their_share) {
    auto const weights = day_people();
    auto const law = opens_with(weights);
    double total = 0;
    for (double const w : weights) total += w;
    std::vector<double> seen(24);
    test::dice dice(5);
    int const draws = 200'000;
    for (int n = 0; n < draws; ++n) {
        auto const at = law.offset(static_cast<std::uint32_t>(dice.word()), 30);
        ++seen[static_cast<std::size_t>(at / ms_per_hour % 24)];
    }
    for (std::size_t hour = 0; hour < 24; ++hour) {
        double const share = weights[hour] / total;
        if (weights[hour] > 0)
            BOOST_TEST(std::abs(seen[hour] / draws - share) < 5 * std::sqrt(share / draws), hour);
        else
            BOOST_TEST(seen[hour] < 1, hour);
    }
}

BOOST_AUTO_TEST_CASE(the_blocks_of_opens_cover_the_horizon_exactly) {
    for (double const per_day : {0.0001, 0.05, 0.9, 1.2, 7.0, 40.0, 1000.0})
        for (std::int64_t const length : {1, 2, 7, 30, 365, 719, 720, 7305}) {
            auto s = test::rotation_of_days(length, 1);
            s.opens_per_day = per_day;
            auto const law = compile(s).opens;
            std::uint32_t days_seen = 0;
            for (std::uint32_t b = 0; b < law.blocks; ++b) {
                BOOST_TEST(law.start_of(b) == days_seen * ms_per_day);
                BOOST_TEST(law.block_of(law.start_of(b)) == b);
                days_seen += law.days_of(b);
            }
            BOOST_TEST(days_seen == length, per_day << " a day, " << length << " days");
        }
}

// ---- releases and laws ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_release_is_public_after_its_review_and_offered_by_stages_from_then) {
    auto s = test::rotation_of_days(30, 1);
    s.releases[1].review = hours{30};
    s.releases[1].stages = {{hours{0}, 0.25}, {hours{12}, 0.5}};
    auto const m = compile(s);
    auto const& r = m.releases[1];
    BOOST_TEST(r.public_at == 10 * ms_per_day + 30 * ms_per_hour);
    BOOST_REQUIRE(r.stages.size() == 2U);
    BOOST_TEST(r.stages[0].at == r.public_at);
    BOOST_TEST(r.stages[0].until == certain / 4);
    BOOST_TEST(r.stages[1].at == r.public_at + 12 * ms_per_hour);
    BOOST_TEST(r.stages[1].until == certain / 2);
}

BOOST_AUTO_TEST_CASE(weights_that_do_not_add_up_to_one_are_normalised) {
    auto s = test::rotation_of_days(30, 1);
    s.update_law = adoption_law{{}, days{1}, days{9}, 0.5, 0.3, 0.21};
    auto const m = compile(s);
    BOOST_TEST(m.updates.prompt_until == to_threshold(0.5 / 1.01));
    BOOST_TEST(m.updates.laggard_until == to_threshold(0.8 / 1.01));
}

BOOST_AUTO_TEST_CASE(without_never_updaters_every_word_is_prompt_or_laggard) {
    auto s = test::rotation_of_days(30, 1);
    s.update_law = test::preset("os_desktop");
    BOOST_TEST(compile(s).updates.laggard_until == certain);
}

BOOST_AUTO_TEST_CASE(a_probability_is_a_threshold_on_words) {
    BOOST_TEST(to_threshold(0) == 0U);
    BOOST_TEST(to_threshold(0.5) == certain / 2);
    BOOST_TEST(to_threshold(1) == certain);
    BOOST_TEST(to_threshold(0x1p-32) == 1U);
}

BOOST_AUTO_TEST_CASE(the_newest_public_version_is_the_one_whose_review_is_over) {
    auto s = test::rotation_of_days(30, 1);
    s.releases[1].review = days{2};
    auto const m = compile(s);
    BOOST_TEST(m.newest_public(12 * ms_per_day - 1) == 0U);
    BOOST_TEST(m.newest_public(12 * ms_per_day) == 1U);
}

// ---- what a connection meets ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_deletion_is_felt_to_the_millisecond_after_the_propagation) {
    auto const m = compile(test::rotation_of_days(100, 1));
    BOOST_TEST(m.accepts(0, 60 * ms_per_day + 59'999));
    BOOST_TEST(!m.accepts(0, 60 * ms_per_day + 60'000));
    BOOST_TEST(!m.accepts(credentials::no_set, 0));
}

BOOST_AUTO_TEST_CASE(the_server_hands_out_the_set_that_was_served_last) {
    auto s = test::rotation_of_days(100, 1);
    s.credential_sets[0].served = test::day(-5);
    s.credential_sets[1].served = test::day(20);
    auto const m = compile(s);
    BOOST_TEST(m.served_at(-6 * ms_per_day) == credentials::no_set);
    BOOST_TEST(m.served_at(20 * ms_per_day - 1) == 0U);
    BOOST_TEST(m.served_at(20 * ms_per_day) == 1U);
}

BOOST_AUTO_TEST_CASE(retries_wait_twice_as_long_each_time_up_to_the_longest_wait) {
    auto s = test::rotation_of_days(10, 1);
    s.net.retry_attempts = 5;
    s.net.retry_first = seconds{1};
    s.net.retry_longest = seconds{3};
    auto const m = compile(s);
    std::vector<ms_t> const expected{1'000, 3'000, 6'000, 9'000, 12'000};
    BOOST_TEST(m.retry_after == expected, boost::test_tools::per_element());
    BOOST_TEST(m.retries(reject_policy::stop).empty());
}

BOOST_AUTO_TEST_CASE(a_looping_app_tries_until_its_session_ends) {
    auto s = test::rotation_of_days(10, 1);
    s.net.session = seconds{4};
    s.net.retry_first = seconds{1};
    BOOST_TEST(compile(s).loop_after.empty());  // nobody loops: no list as long as a session
    s.releases[0].on_reject = reject_policy::loop;
    auto const m = compile(s);
    std::vector<ms_t> const expected{1'000, 2'000, 3'000};
    BOOST_TEST(m.retries(reject_policy::loop) == expected, boost::test_tools::per_element());
}

// ---- measured shares --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(measured_shares_become_shares_of_a_version_or_newer_that_never_fall) {
    auto s = test::rotation_of_days(30, 1);
    measured_shares shares;
    shares.versions = {"2", "1"};  // in the order of the file
    shares.rows = {
        {test::day(0), {0.2, 0.8}}, {test::day(10), {0.5, 0.5}}, {test::day(40), {0.4, 0.6}}};
    s.update_law = shares;
    auto const m = compile(s);
    BOOST_REQUIRE(m.measured.size() == 3U);
    for (auto const& row : m.measured) BOOST_TEST(row.newer[0] == certain);
    BOOST_TEST(m.measured[0].newer[1] == to_threshold(0.2));
    BOOST_TEST(m.measured[1].newer[1] == certain / 2);
    BOOST_TEST(m.measured[2].newer[1] == certain / 2);
}

BOOST_AUTO_TEST_SUITE_END()
