#include "random_scenarios.hpp"
#include "scale.hpp"
#include "shapes.hpp"
#include "walk_everything.hpp"

#include <atomic>
#include <boost/math/distributions/binomial.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/retirement.hpp>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

[[nodiscard]] run_options with_seed(std::uint64_t seed, unsigned threads = 1) {
    run_options options;
    options.seed = seed;
    options.threads = threads;
    return options;
}

/// A random scenario in which only the deletion of k0 can refuse anybody, and an app that is
/// refused stops: then a device breaks when it presents k0 after the deletion, and not otherwise.
[[nodiscard]] scenario watched_scenario(std::uint64_t seed) {
    auto s = test::random_scenario(seed);
    s.devices = std::min<std::uint64_t>(s.devices, 60);
    s.horizon = std::min(s.horizon, milliseconds{days{12}});
    s.net.drop_live = false;
    for (auto& r : s.releases) r.on_reject = reject_policy::stop;
    for (auto& set : s.credential_sets) {
        set.deleted.reset();
        set.created.reset();
        set.activated.reset();
    }
    return s;
}

/// Devices that break when k0 is deleted at the midnight of `day`: by living through it.
[[nodiscard]] std::uint64_t broken_by_deletion(scenario s, std::uint64_t seed, std::size_t day) {
    s.credential_sets[0].deleted = s.start + days{day};
    model const m = compile(s);
    return sum(queue_engine(m, random_stream{seed}).run().broken);
}

[[nodiscard]] retirement plan_of(scenario const& s, double share, std::uint64_t seed = 1) {
    auto plan = plan_retirement(s, {}, {share, 0.95}, with_seed(seed));
    BOOST_REQUIRE(plan.has_value());
    return *std::move(plan);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_retirement)

// ---- the curve --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_curve_counts_the_devices_that_break_when_the_deletion_is_lived_through) {
    unsigned compared = 0, used = 0;
    for (std::uint64_t seed = 1; compared < test::scaled(60, 20); ++seed) {
        auto const s = watched_scenario(seed);
        if (first_problem(s)) continue;
        auto const curve = find_retirement_curve(compile(s), 0, with_seed(seed));
        for (std::size_t day = 0; day < curve.broken.size(); ++day)
            BOOST_TEST(curve.broken[day] == broken_by_deletion(s, seed, day),
                       "scenario " << seed << ", day " << day);
        ++compared;
        used += curve.broken[0] > 0;
    }
    BOOST_TEST(used >= compared / 3);
}

BOOST_AUTO_TEST_CASE(at_risk_are_those_who_use_the_set_later_and_those_who_hold_it_at_the_end) {
    for (std::uint64_t seed = 1; seed < 40; ++seed) {
        auto const s = watched_scenario(seed);
        if (first_problem(s)) continue;
        auto const m = compile(s);
        auto const curve = find_retirement_curve(m, 0, with_seed(seed));
        counters unused(m);
        device_walk walk(m, random_stream{seed}, engine::kernel_for(isa::portable), unused);
        std::vector<std::uint64_t> at_risk(m.days);
        for (std::uint32_t d = 0; d < m.devices; ++d) {
            auto const use = walk.run(d, test::traits_of(m, random_stream{seed}, d),
                                      test::release_words(random_stream{seed}, d), 0, 0)
                                 .use;
            for (std::size_t day = 0; day < m.days; ++day)
                at_risk[day] += use.holds_at_end ||
                                use.at >= static_cast<ms_t>(day) * ms_per_day + m.propagation;
        }
        BOOST_TEST(curve.at_risk == at_risk, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(the_curve_is_the_same_on_any_number_of_threads_and_instruction_set) {
    auto const m = compile(test::leaked_key(3'000));
    auto const expected = find_retirement_curve(m, 0, with_seed(4));
    for (unsigned const threads : {1U, 2U, 3U})
        for (auto const set : {isa::portable, isa::avx2, isa::avx512}) {
            if (set > best_isa()) continue;
            auto options = with_seed(4, threads);
            options.instruction_set = set;
            auto const curve = find_retirement_curve(m, 0, options);
            BOOST_TEST(curve.broken == expected.broken, boost::test_tools::per_element());
            BOOST_TEST(curve.at_risk == expected.at_risk, boost::test_tools::per_element());
            BOOST_TEST(curve.stuck == expected.stuck);
        }
}

// ---- the plan and the simulation --------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_row_of_the_scenarios_own_deletion_date_is_what_simulate_counts) {
    for (auto const& s : {test::leaked_key(5'000), test::chrome_cadence(3'000),
                          test::never_updaters(3'000), test::edge_replay(3'000)}) {
        auto const plan = plan_retirement(s, "k1", {0.01, 0.95}, with_seed(9));
        auto const run = simulate(s, with_seed(9));
        BOOST_REQUIRE(plan.has_value());
        BOOST_REQUIRE(run.has_value());
        auto const day =
            static_cast<std::size_t>((*s.credential_sets[0].deleted - s.start) / days{1});
        auto const& row = plan->curve[day];
        BOOST_TEST(row.broken_devices == static_cast<std::uint64_t>(run->metric("devices.broken")),
                   s.name);
        BOOST_TEST(row.broken_devices > 0U);
        BOOST_TEST((row.date == *s.credential_sets[0].deleted));
    }
}

BOOST_AUTO_TEST_CASE(without_propagation_the_failed_connections_of_that_row_are_simulates_too) {
    auto s = test::leaked_key(5'000);
    s.net.propagation = milliseconds{0};
    auto const plan = plan_of(s, 0.01, 9);
    auto const run = simulate(s, with_seed(9));
    BOOST_REQUIRE(run.has_value());
    BOOST_TEST(plan.curve[100].failed_connections ==
               static_cast<std::uint64_t>(run->metric("connections.failed")));
    BOOST_TEST(plan.curve[100].failed_connections > 0U);
}

BOOST_AUTO_TEST_CASE(the_curve_has_one_row_a_day_and_never_rises) {
    auto const plan = plan_of(test::leaked_key(2'000), 0.01);
    BOOST_REQUIRE(plan.curve.size() == 720U);
    for (std::size_t d = 1; d < plan.curve.size(); ++d) {
        BOOST_REQUIRE(plan.curve[d].day == d);
        BOOST_REQUIRE(plan.curve[d].broken_devices <= plan.curve[d - 1].broken_devices);
        BOOST_REQUIRE(plan.curve[d].failed_connections <= plan.curve[d - 1].failed_connections);
        BOOST_REQUIRE(plan.curve[d].upper_bound >= plan.curve[d].broken_share);
    }
}

// ---- the bound --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(at_the_upper_bound_so_few_would_be_seen_with_five_percent) {
    for (std::uint64_t const n : {50U, 1'000U, 100'000U})
        for (std::uint64_t const count : {0U, 1U, 7U, 30U}) {
            double const bound = upper_bound(count, n, 0.95);
            boost::math::binomial_distribution<> const law(static_cast<double>(n), bound);
            BOOST_TEST(std::abs(boost::math::cdf(law, static_cast<double>(count)) - 0.05) < 1e-9);
        }
}

BOOST_AUTO_TEST_CASE(the_rule_of_three_takes_2995_devices_for_one_in_a_thousand) {
    BOOST_TEST(upper_bound(0, 2'994, 0.95) > 0.001);
    BOOST_TEST(upper_bound(0, 2'995, 0.95) <= 0.001);
}

BOOST_AUTO_TEST_CASE(who_has_seen_everybody_break_or_nobody_at_all_has_no_bound_below_one) {
    BOOST_TEST(upper_bound(10, 10, 0.95) >= 1);
    BOOST_TEST(upper_bound(0, 0, 0.95) >= 1);
}

// ---- the answers ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_answer_is_the_first_day_whose_bound_is_within_the_target) {
    retirement_curve curve;
    curve.devices = 10'000;
    curve.at_risk = {9'000, 120, 85, 84, 0};
    curve.broken = curve.at_risk;
    // 84 of 10,000 are bounded by 1.006 %, 83 by 0.995 %.
    BOOST_TEST(upper_bound(84, 10'000, 0.95) > 0.01);
    BOOST_TEST((earliest_retirement(curve, {0.01, 0.95}).kind == answer_kind::date));
    BOOST_TEST(earliest_retirement(curve, {0.01, 0.95}).day == 4U);
    BOOST_TEST(earliest_retirement(curve, {0.01, 0.5}).day == 2U);
}

BOOST_AUTO_TEST_CASE(
    devices_that_hold_the_set_at_the_end_count_even_when_they_were_not_seen_again) {
    retirement_curve curve;
    curve.devices = 10'000;
    curve.broken = {500, 10, 0};
    curve.at_risk = {500, 500, 500};
    auto const answer = earliest_retirement(curve, {0.01, 0.95});
    BOOST_TEST((answer.kind == answer_kind::censored));
    curve.stuck = 101;
    BOOST_TEST((earliest_retirement(curve, {0.01, 0.95}).kind == answer_kind::never));
    curve.stuck = 100;
    BOOST_TEST((earliest_retirement(curve, {0.01, 0.95}).kind == answer_kind::censored));
}

BOOST_AUTO_TEST_CASE(the_date_of_the_answer_is_its_day) {
    auto s = test::rotation_of_days(300, 5'000);
    s.update_law = adoption_law{{}, days{5}, {}, 1, 0, 0};
    auto const plan = plan_of(s, 0.01);
    BOOST_TEST((plan.kind == answer_kind::date));
    BOOST_TEST((plan.date == s.start + days{plan.day}));
    BOOST_TEST(plan.curve[plan.day].upper_bound <= 0.01);
}

// ---- the question -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_set_in_question_is_the_compromised_one_or_the_one_deleted_or_the_first) {
    auto s = test::rotation_of_days(30, 1);
    BOOST_TEST(retiring_set(s) == "k1");
    s.credential_sets[1].compromised = test::day(3);
    BOOST_TEST(retiring_set(s) == "k2");
    s.credential_sets[1].compromised.reset();
    s.credential_sets[0].deleted.reset();
    s.credential_sets[1].deleted = test::day(20);
    BOOST_TEST(retiring_set(s) == "k2");
    s.credential_sets[1].deleted.reset();
    BOOST_TEST(retiring_set(s) == "k1");
}

BOOST_AUTO_TEST_CASE(an_unknown_set_is_an_error) {
    auto const plan = plan_retirement(test::leaked_key(10), "k3", {0.01, 0.95});
    BOOST_REQUIRE(plan.has_error());
    BOOST_TEST(to_string(plan.error()) == "unknown_name: the scenario has no credential set 'k3'");
}

BOOST_AUTO_TEST_CASE(a_share_or_a_confidence_outside_0_and_100_percent_is_an_error) {
    for (auto const& target :
         {retirement_target{0, 0.95}, retirement_target{1, 0.95}, retirement_target{0.01, 0},
          retirement_target{0.01, 1}, retirement_target{std::nan(""), 0.95},
          retirement_target{-1, 0.95}}) {
        auto const plan = plan_retirement(test::leaked_key(10), {}, target);
        BOOST_REQUIRE(plan.has_error());
        BOOST_TEST(
            to_string(plan.error()) ==
            "out_of_range: the share and the confidence of a target lie between 0 and 100 %");
    }
}

// ---- devices that cannot leave ----------------------------------------------------------------

namespace {

[[nodiscard]] answer_kind answer_for(scenario const& s, std::string_view set) {
    auto const plan = plan_retirement(s, set, {0.01, 0.95});
    BOOST_REQUIRE_MESSAGE(plan.has_value(), "no answer");
    return plan->kind;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_set_of_the_newest_version_is_never_retired) {
    BOOST_TEST((answer_for(test::rotation_of_days(100, 2'000), "k2") == answer_kind::never));
}

BOOST_AUTO_TEST_CASE(a_halted_rollout_leaves_its_set_in_use_for_ever) {
    auto s = test::rotation_of_days(100, 2'000);
    s.update_law = adoption_law{{}, days{1}, days{1}, 1, 0, 0};  // nobody who never updates
    s.releases[1].stages = {{milliseconds{0}, 0.5}};
    BOOST_TEST((answer_for(s, "k1") == answer_kind::never));
    s.releases[1].stages = {{milliseconds{0}, 0.5}, {days{200}, 1}};  // paused beyond the horizon
    BOOST_TEST((answer_for(s, "k1") == answer_kind::censored));
}

BOOST_AUTO_TEST_CASE(a_set_that_the_server_hands_out_for_ever_is_never_retired) {
    auto s = test::rotation_of_days(100, 2'000);
    for (auto& r : s.releases) r.delivery = credentials::served{std::chrono::hours{6}};
    s.credential_sets[0].served = test::day(-200);
    BOOST_TEST((answer_for(s, "k1") == answer_kind::never));
    s.credential_sets[1].served = test::day(20);
    BOOST_TEST((answer_for(s, "k1") == answer_kind::date));
}

BOOST_AUTO_TEST_CASE(an_interrupted_plan_gives_no_date) {
    std::atomic<bool> const stop{true};
    run_options options;
    options.stop = &stop;
    auto const plan = plan_retirement(test::leaked_key(10'000), "k1", {0.5, 0.95}, options);
    BOOST_REQUIRE(plan.has_value());
    BOOST_TEST(!plan->finished);
    BOOST_TEST((plan->kind == answer_kind::censored));
}

BOOST_AUTO_TEST_SUITE_END()
