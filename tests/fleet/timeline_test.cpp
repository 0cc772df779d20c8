#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/timeline.hpp>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using std::chrono::hours;

namespace {

/// One set, as connections see it: "from beginning: yes, from 5h: no".
[[nodiscard]] std::string seen(credential_set_plan const& plan, milliseconds propagation) {
    scenario s;
    s.start = test::day_zero;
    s.net.propagation = propagation;
    s.credential_sets = {plan};
    std::string text;
    auto const lists = acceptance(s);
    for (auto const& change : lists.front())
        text += (text.empty() ? "from " : ", from ") +
                (change.at == beginning ? "beginning" : to_text(milliseconds{change.at})) +
                (change.accepted ? ": yes" : ": no");
    return text;
}

[[nodiscard]] time_point at(int hour) { return test::day_zero + hours{hour}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_timeline)

// ---- acceptance -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_set_without_dates_is_accepted_for_ever) {
    BOOST_TEST(seen(test::set_named("k"), hours{1}) == "from beginning: yes");
}

BOOST_AUTO_TEST_CASE(a_created_set_is_accepted_after_the_propagation) {
    auto k = test::set_named("k");
    k.created = at(5);
    BOOST_TEST(seen(k, hours{1}) == "from beginning: no, from 6h: yes");
}

BOOST_AUTO_TEST_CASE(an_activated_set_is_accepted_from_its_activation_and_not_its_creation) {
    auto k = test::set_named("k");
    k.created = at(5);
    k.activated = at(9);
    BOOST_TEST(seen(k, hours{0}) == "from beginning: no, from 9h: yes");
}

BOOST_AUTO_TEST_CASE(a_deleted_set_is_refused_after_the_propagation) {
    auto k = test::set_named("k");
    k.deleted = at(5);
    BOOST_TEST(seen(k, hours{2}) == "from beginning: yes, from 7h: no");
}

BOOST_AUTO_TEST_CASE(a_retired_set_is_still_accepted) {
    auto k = test::set_named("k");
    k.retired = at(5);
    BOOST_TEST(seen(k, hours{0}) == "from beginning: yes");
}

BOOST_AUTO_TEST_CASE(a_compromised_set_is_still_accepted_until_it_is_deleted) {
    auto k = test::set_named("k");
    k.compromised = at(2);
    k.deleted = at(9);
    BOOST_TEST(seen(k, hours{0}) == "from beginning: yes, from 9h: no");
}

BOOST_AUTO_TEST_CASE(a_set_deleted_before_its_activation_is_never_accepted) {
    auto k = test::set_named("k");
    k.created = at(1);
    k.activated = at(9);
    k.deleted = at(5);
    BOOST_TEST(seen(k, hours{0}) == "from beginning: no");
}

BOOST_AUTO_TEST_CASE(a_set_activated_and_deleted_at_the_same_moment_is_never_accepted) {
    auto k = test::set_named("k");
    k.created = at(5);
    k.deleted = at(5);
    BOOST_TEST(seen(k, hours{1}).find("yes") == std::string::npos);
}

// ---- order ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(at_equal_times_a_set_is_activated_served_marked_retired_and_then_deleted) {
    scenario s;
    s.start = test::day_zero;
    auto k = test::set_named("k");
    k.created = k.served = k.compromised = k.retired = k.deleted = at(3);
    s.credential_sets = {k};
    std::vector<int> order;
    for (auto const& e : operator_events(s)) order.push_back(static_cast<int>(e.what));
    BOOST_TEST(order == (std::vector<int>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(acts_come_in_order_of_time_over_all_sets) {
    scenario s;
    s.start = test::day_zero;
    s.credential_sets = {test::set_named("a"), test::set_named("b")};
    s.credential_sets[0].deleted = at(8);
    s.credential_sets[1].created = at(2);
    auto const events = operator_events(s);
    BOOST_REQUIRE(events.size() == 3U);
    BOOST_TEST(events[0].at == beginning);
    BOOST_TEST(events[1].at == 2 * ms_per_hour);
    BOOST_TEST(events[1].set == 1U);
    BOOST_TEST(events[2].at == 8 * ms_per_hour);
}

// ---- sets alive at once -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_peak_of_live_sets_is_where_the_old_and_the_new_one_overlap) {
    auto s = test::rotation_of_days(30, 10);
    s.credential_sets[1].created = at(50);
    s.credential_sets[0].deleted = at(90);
    auto const history = live_sets_over_time(s);
    BOOST_REQUIRE(history.size() == 3U);
    BOOST_TEST(history[1].sets == 2U);
    BOOST_TEST(history[1].at == 50 * ms_per_hour);
    BOOST_TEST(history[2].sets == 1U);
    BOOST_TEST(live_sets_peak(s) == 2U);
}

BOOST_AUTO_TEST_CASE(sets_that_are_replaced_before_the_start_do_not_count) {
    auto s = test::rotation_of_days(30, 10);
    s.credential_sets[0].deleted = at(-10);
    BOOST_TEST(live_sets_peak(s) == 1U);
}

BOOST_AUTO_TEST_CASE(a_set_deleted_at_the_very_start_does_not_count) {
    auto s = test::rotation_of_days(30, 10);
    s.credential_sets[0].deleted = at(0);
    BOOST_TEST(live_sets_peak(s) == 1U);
}

BOOST_AUTO_TEST_CASE(a_set_created_at_the_end_of_the_horizon_does_not_count) {
    auto s = test::rotation_of_days(2, 10);
    s.credential_sets[0].deleted.reset();
    s.credential_sets[1].created = at(48);
    BOOST_TEST(live_sets_peak(s) == 1U);
}

BOOST_AUTO_TEST_CASE(the_time_with_two_live_sets_is_that_of_the_overlap_within_the_horizon) {
    auto s = test::rotation_of_days(30, 10);
    s.credential_sets[1].created = at(50);
    s.credential_sets[0].deleted = at(90);
    BOOST_TEST((time_with_live_sets(s, 2) == std::chrono::hours{40}));
    BOOST_TEST((time_with_live_sets(s, 1) == days{30}));
    BOOST_TEST((time_with_live_sets(s, 3) == days{0}));
    s.credential_sets[1].created = at(-50);
    BOOST_TEST((time_with_live_sets(s, 2) == std::chrono::hours{90}));
    s.credential_sets[0].deleted.reset();
    BOOST_TEST((time_with_live_sets(s, 2) == days{30}));
    s.credential_sets[1].created = at(31 * 24);
    BOOST_TEST((time_with_live_sets(s, 2) == days{0}));
}

// ---- a live set -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_live_set_counts_its_uses_and_asking_does_not) {
    live_set k;
    BOOST_TEST((k.apply({beginning, 0, operator_event::kind::activate}) == fsm::verdict::taken));
    BOOST_TEST(k.accepts());
    BOOST_TEST(k.record.uses == 0U);
    BOOST_TEST(k.present(7));
    BOOST_TEST(k.record.uses == 1U);
}

BOOST_AUTO_TEST_CASE(an_act_that_the_table_refuses_changes_nothing) {
    live_set k;
    BOOST_TEST((k.apply({0, 0, operator_event::kind::retire}) == fsm::verdict::no_row));
    BOOST_TEST(k.state == set_engine::initial);
}

BOOST_AUTO_TEST_SUITE_END()
