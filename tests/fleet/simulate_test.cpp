#include "shapes.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <numeric>
#include <string>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

[[nodiscard]] run run_of(scenario const& s) {
    run_options options;
    options.seed = 3;
    options.threads = 1;
    auto result = simulate(s, options);
    BOOST_REQUIRE(result.has_value());
    return *std::move(result);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_simulate)

BOOST_AUTO_TEST_CASE(
    a_deletion_while_in_use_comes_with_the_procedures_refusal_and_whom_it_strands) {
    auto const out = run_of(test::leaked_key(20'000));
    BOOST_REQUIRE(out.deletions.size() == 1U);
    auto const& deletion = out.deletions.front();
    BOOST_TEST(deletion.credential_set == "k1");
    BOOST_REQUIRE(deletion.refusal.has_value());
    BOOST_TEST(to_string(deletion.refusal->code) == "credential_in_use");
    auto const holders =
        static_cast<std::uint64_t>(std::lround(out.versions[0].share_by_day[100] * 20'000));
    BOOST_TEST(deletion.stranded == holders);
    BOOST_TEST(deletion.refusal->detail.find("of which " + thousands(holders) + " are left") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_deletion_after_a_long_rest_is_not_refused_and_strands_nobody) {
    auto s = test::rotation_of_days(300, 500);
    s.update_law = adoption_law{{}, days{2}, {}, 1, 0, 0};
    s.credential_sets[0].deleted = test::day(250);
    auto const out = run_of(s);
    BOOST_REQUIRE(out.deletions.size() == 1U);
    BOOST_TEST(!out.deletions.front().refusal.has_value());
    BOOST_TEST(out.deletions.front().stranded == 0U);
    BOOST_TEST(out.metric("devices.broken") < 0.5);
}

BOOST_AUTO_TEST_CASE(a_deletion_outside_the_horizon_is_not_reported) {
    auto s = test::rotation_of_days(30, 100);
    BOOST_TEST(run_of(s).deletions.empty());
}

BOOST_AUTO_TEST_CASE(series_and_metrics_tell_the_same) {
    auto const out = run_of(test::leaked_key(2'000));
    auto const total = [](std::vector<std::uint64_t> const& list) {
        return static_cast<double>(std::accumulate(list.begin(), list.end(), std::uint64_t{0}));
    };
    BOOST_TEST(std::abs(total(out.attempts) - out.metric("connections.attempts")) < 0.5);
    BOOST_TEST(std::abs(total(out.failures) - out.metric("connections.failed")) < 0.5);
    BOOST_TEST(out.attempts.size() == 720U * 24);
}

BOOST_AUTO_TEST_CASE(the_shares_of_all_versions_add_up_to_one_every_day) {
    auto const out = run_of(test::chrome_cadence(1'000));
    for (std::size_t day = 0; day < 600; ++day) {
        double sum = 0;
        for (auto const& version : out.versions) sum += version.share_by_day[day];
        BOOST_REQUIRE(std::abs(sum - 1) < 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(the_fleet_enters_the_scenario_with_the_mix_of_its_own_past) {
    auto s = test::rotation_of_days(2, 20'000);
    s.releases[1].date = test::day(-95);  // onset 5 d: on offer for 90 days
    s.credential_sets[0].deleted.reset();
    double const old = run_of(s).versions[0].share_by_day[0];
    BOOST_TEST(std::abs(old - test::preset("store").share_on_older(days{95})) < 0.013);
}

BOOST_AUTO_TEST_CASE(kept_says_whether_every_promise_was_held) {
    auto s = test::leaked_key(500);
    s.promises = {{"credential_sets.live", comparison::at_most, 2, {}}};
    BOOST_TEST(run_of(s).kept());
    s.promises.push_back({"devices.broken", comparison::less, 1, {}});
    BOOST_TEST(!run_of(s).kept());
}

BOOST_AUTO_TEST_CASE(a_contradiction_is_an_error_with_its_place) {
    auto s = test::leaked_key(0);
    auto const out = simulate(s);
    BOOST_REQUIRE(out.has_error());
    BOOST_TEST(to_string(out.error().code) == "no_devices");
    BOOST_TEST(out.error().detail.starts_with("fleet.devices: "));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_stopped_says_that_it_is_not_finished) {
    std::atomic<bool> const stop = true;
    for (auto const engine : {engine_kind::devices, engine_kind::queue}) {
        run_options options;
        options.stop = &stop;
        options.engine = engine;
        auto const out = simulate(test::rotation_of_days(10, 50), options);
        BOOST_REQUIRE(out.has_value());
        BOOST_TEST(!out->finished);
    }
}

BOOST_AUTO_TEST_CASE(progress_is_told_up_to_the_end) {
    double last = -1;
    run_options options;
    options.threads = 1;
    options.progress = [&](double share) {
        BOOST_TEST(share > last);
        last = share;
    };
    BOOST_TEST(simulate(test::rotation_of_days(10, 5'000), options).has_value());
    BOOST_TEST(std::abs(last - 1) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
