// Your next key rotation as a test of your own CI.
//
// The key of a desktop app has leaked. Version 4.2 carries a new one; the old one is to be deleted
// on the first of June. Will everybody have updated by then? This test simulates the fleet and
// fails when somebody moves a date, or slows the rollout down, so far that a promise is broken.
#define BOOST_TEST_MODULE rotation
#include <boost/test/included/unit_test.hpp>  // header-only; link Boost.Test in a project of your own
#include <cryptoperiod/fleet/retirement.hpp>
#include <iostream>

using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

scenario our_rotation() {
    scenario s;
    s.name = "desktop app, key k1 leaked";
    s.start = civil(2026, 1, 5);
    s.horizon = days{365};

    // The fleet: how many, how often they open the app, how fast they update (nine measured
    // presets).
    s.devices = 100'000;
    s.opens_per_day = 1.5;
    s.update_law = find_adoption_preset("auto_fast")->law;

    // The credential sets, and what we do with them on which day.
    credential_set_plan old_set, new_set;
    old_set.id = "k1";
    old_set.compromised = civil(2026, 1, 5);
    old_set.deleted = civil(2026, 6, 1);
    new_set.id = "k2";
    new_set.created = civil(2026, 1, 6);
    s.credential_sets = {old_set, new_set};

    // The versions of the app, and the set that each of them carries.
    release today, next;
    today.version = "4.1";
    today.date = civil(2025, 6, 2);
    today.delivery = credentials::embedded{"k1"};
    next.version = "4.2";
    next.date = civil(2026, 1, 7);
    next.stages = play_staged();
    next.delivery = credentials::embedded{"k2"};
    s.releases = {today, next};

    // What must hold. A promise that is broken fails the test below.
    s.promises = {{"devices.broken.share", comparison::less, 0.02, "< 2 %"},
                  {"credential_sets.live", comparison::at_most, 2, "<= 2"}};
    return s;
}

// Same seed, same result: on every compiler, processor and number of threads.
run_options const options{.seed = 1};

}  // namespace

BOOST_AUTO_TEST_CASE(deleting_the_old_key_on_our_date_keeps_every_promise) {
    auto const run = simulate(our_rotation(), options);
    BOOST_REQUIRE(run.has_value());  // a scenario that contradicts itself is an error
    for (auto const& promise : run->promises) BOOST_TEST(promise.held, promise.cause);
    std::cout << "devices cut off on 2026-06-01: " << run->metric("devices.broken") << " of "
              << run->devices << "\n";
}

BOOST_AUTO_TEST_CASE(our_date_is_not_before_the_earliest_one) {
    auto const plan = plan_retirement(our_rotation(), "k1", {.share = 0.02}, options);
    BOOST_REQUIRE(plan.has_value());
    BOOST_REQUIRE(plan->kind == answer_kind::date);  // else "never", or "censored": look further
    BOOST_TEST(to_date(plan->date) <= "2026-06-01");
    std::cout << "earliest date for less than 2 %: " << to_date(plan->date) << "\n";
}

BOOST_AUTO_TEST_CASE(a_hasty_deletion_would_not_get_past_this_test) {
    auto hasty = our_rotation();
    hasty.credential_sets[0].deleted = civil(2026, 1, 19);
    auto const run = simulate(hasty, options);
    BOOST_REQUIRE(run.has_value());
    BOOST_TEST(!run->kept());
    std::cout << "on 2026-01-19: " << run->promises[0].cause << "\n";
}
