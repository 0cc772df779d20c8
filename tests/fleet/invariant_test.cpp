#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/invariant.hpp>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using std::chrono::hours;

namespace {

/// 1,000 devices, all on version 1 until 300 of them install version 2 on day 20. After the
/// deletion on day 60: in hour 1440, 4 devices break (10 attempts), an hour later 6 more (30
/// attempts).
struct sample {
    scenario s = test::rotation_of_days(100, 1'000);
    model m = compile(s);
    counters c{m};

    sample() {
        c.devices = 1'000;
        for (int d = 0; d < 1'000; ++d) c.install(beginning, 0, 0);
        for (int d = 0; d < 300; ++d) c.install(20 * ms_per_day, 1, 0);
        c.accepted[c.at(0, 5)] = 9'960;
        c.rejected[c.at(0, 1440 * ms_per_hour)] = 10;
        c.rejected[c.at(0, 1441 * ms_per_hour)] = 30;
        c.broken[1440] = 4;
        c.broken[1441] = 6;
        c.blocked[700] = 2;
        c.update_required[700] = 3;
    }
    [[nodiscard]] promise_verdict judged(std::string metric, comparison op, double limit) {
        s.promises = {{std::move(metric), op, limit, {}}};
        return judge(s, m, c, measure(s, m, c)).front();
    }
    [[nodiscard]] std::string hour_of(promise_verdict const& v) const {
        return v.first_violation ? to_text(*v.first_violation - s.start) : "none";
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_invariant)

// ---- comparisons ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(each_comparison_holds_where_it_should_and_nowhere_else) {
    struct line {
        comparison op;
        bool below, same, above;
    };
    for (auto const& [op, below, same, above] :
         {line{comparison::less, true, false, false}, line{comparison::at_most, true, true, false},
          line{comparison::greater, false, false, true},
          line{comparison::at_least, false, true, true},
          line{comparison::equal, false, true, false}}) {
        BOOST_TEST(holds(1, op, 2) == below);
        BOOST_TEST(holds(2, op, 2) == same);
        BOOST_TEST(holds(3, op, 2) == above);
    }
}

// ---- when -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_promise_that_holds_has_no_first_violation) {
    sample x;
    auto const v = x.judged("devices.broken", comparison::at_most, 10);
    BOOST_TEST(v.held);
    BOOST_TEST(!v.first_violation.has_value());
    BOOST_TEST(v.cause.empty());
}

BOOST_AUTO_TEST_CASE(the_first_violation_is_the_hour_whose_running_total_is_too_much) {
    sample x;
    BOOST_TEST(x.hour_of(x.judged("devices.broken", comparison::less, 4)) == "60d");
    BOOST_TEST(x.hour_of(x.judged("devices.broken", comparison::at_most, 4)) == "1441h");
    BOOST_TEST(x.hour_of(x.judged("devices.broken.share", comparison::less, 0.004)) == "60d");
    BOOST_TEST(x.hour_of(x.judged("devices.broken.share", comparison::less, 0.005)) == "1441h");
}

BOOST_AUTO_TEST_CASE(failed_connections_are_added_up_and_compared_with_all_attempts) {
    sample x;  // 40 of 10,000
    BOOST_TEST(x.judged("connections.failed.share", comparison::at_most, 0.004).held);
    BOOST_TEST(x.hour_of(x.judged("connections.failed.share", comparison::less, 0.004)) == "1441h");
    BOOST_TEST(x.hour_of(x.judged("connections.failed", comparison::less, 10)) == "60d");
}

BOOST_AUTO_TEST_CASE(
    blocked_devices_and_refused_opens_have_their_hour_and_the_forced_update_as_cause) {
    sample x;
    // The latest one in force, not the first of the file, nor one that is still to come.
    for (int const days_after : {1, 5, 80})
        x.s.forced_updates.push_back({x.s.start + days{days_after}, "2", 1});
    for (std::string const metric : {"devices.blocked", "opens.update_required"}) {
        auto const v = x.judged(metric, comparison::less, 1);
        BOOST_TEST(x.hour_of(v) == "700h");
        BOOST_TEST(v.cause_path == "forced_update[1].date");
        BOOST_TEST(v.cause == "versions older than 2 are refused from here on");
    }
}

BOOST_AUTO_TEST_CASE(too_many_live_sets_are_dated_by_the_first_excess_and_not_by_the_peak) {
    sample x;
    x.s.credential_sets[0].deleted.reset();
    x.s.credential_sets[1].created = x.s.start + days{10};
    x.s.credential_sets.push_back(x.s.credential_sets[1]);
    x.s.credential_sets[2].id = "third";
    x.s.credential_sets[2].created = x.s.start + days{20};
    auto const v = x.judged("credential_sets.live", comparison::at_most, 1);
    BOOST_TEST(x.hour_of(v) == "10d");
}

BOOST_AUTO_TEST_CASE(too_many_live_sets_are_dated_to_their_first_meeting) {
    sample x;
    x.s.credential_sets[1].created = test::day(7);
    auto const v = x.judged("credential_sets.live", comparison::at_most, 1);
    BOOST_TEST(!v.held);
    BOOST_TEST(x.hour_of(v) == "7d");
}

BOOST_AUTO_TEST_CASE(a_promise_that_only_the_end_can_break_has_no_hour) {
    sample x;
    auto const v = x.judged("devices.broken", comparison::at_least, 100);
    BOOST_TEST(!v.held);
    BOOST_TEST(!v.first_violation.has_value());
}

// ---- why --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_cause_is_the_deletion_of_the_set_that_was_refused_most) {
    sample x;
    auto const v = x.judged("devices.broken", comparison::less, 1);
    BOOST_TEST(v.cause_path == "credential_set[0].deleted");
    BOOST_TEST(v.cause ==
               "k1 is deleted here while 70.00 % of the devices present it (1: 70.00 %)");
}

BOOST_AUTO_TEST_CASE(a_set_that_is_refused_without_a_deletion_is_not_blamed) {
    sample x;
    x.s.credential_sets[0].deleted.reset();
    auto const v = x.judged("devices.broken", comparison::less, 1);
    BOOST_TEST(v.first_violation.has_value());
    BOOST_TEST(v.cause_path.empty());
}

BOOST_AUTO_TEST_CASE(the_set_refused_most_up_to_that_hour_is_blamed_and_not_a_later_one) {
    sample x;
    x.s.credential_sets[1].deleted = test::day(90);
    x.c.rejected[x.c.at(1, 90 * ms_per_day)] = 5'000;
    BOOST_TEST(x.judged("devices.broken", comparison::less, 1).cause_path ==
               "credential_set[0].deleted");
}

BOOST_AUTO_TEST_CASE(the_versions_that_present_the_set_are_listed_with_their_shares) {
    sample x;
    x.s.releases[1] = test::embeds("2", test::day(10), "k1");
    x.m = compile(x.s);
    BOOST_TEST(x.judged("devices.broken", comparison::less, 1).cause ==
               "k1 is deleted here while 100.00 % of the devices present it (1: 70.00 %, 2: "
               "30.00 %)");
}

BOOST_AUTO_TEST_CASE(verdicts_come_in_the_order_of_the_promises) {
    sample x;
    x.s.promises = {{"devices.broken", comparison::less, 1, {}},
                    {"devices.blocked", comparison::less, 5, {}}};
    auto const verdicts = judge(x.s, x.m, x.c, measure(x.s, x.m, x.c));
    BOOST_REQUIRE(verdicts.size() == 2U);
    BOOST_TEST(!verdicts[0].held);
    BOOST_TEST(verdicts[1].held);
    BOOST_TEST(verdicts[0].value > 9.5);
}

BOOST_AUTO_TEST_SUITE_END()
