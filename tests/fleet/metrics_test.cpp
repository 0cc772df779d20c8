#include "shapes.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/metrics.hpp>
#include <string_view>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

[[nodiscard]] double value(std::vector<metric_value> const& values, std::string_view name) {
    for (auto const& v : values)
        if (v.name == name) return v.value;
    return -1;
}

/// Counters of 1,000 devices with a number of its own in each kind.
[[nodiscard]] counters sample(model const& m) {
    counters c(m);
    c.devices = 1'000;
    c.accepted[c.at(0, 0)] = 70;
    c.accepted[c.at(1, 30 * ms_per_hour)] = 20;
    c.rejected[c.at(0, 30 * ms_per_hour)] = 6;
    c.rejected[c.at(1, 31 * ms_per_hour)] = 4;
    c.broken[30] = 5;
    c.broken[31] = 3;
    c.blocked[2] = 40;
    c.update_required[2] = 60;
    c.fetches[9] = 11;
    c.installs = 500;
    c.forced_installs = 12;
    return c;
}

[[nodiscard]] double exposure_days(scenario const& s) {
    return static_cast<double>(exposure(s, compile(s))) / ms_per_day;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_metrics)

BOOST_AUTO_TEST_CASE(every_metric_is_measured_under_its_own_name) {
    auto const s = test::rotation_of_days(3, 1'000);
    auto const m = compile(s);
    auto const values = measure(s, m, sample(m));
    BOOST_REQUIRE(values.size() == metric_table.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        BOOST_TEST(values[i].name == metric_table[i].name);
}

BOOST_AUTO_TEST_CASE(metrics_are_sums_and_shares_of_the_counters) {
    auto const s = test::rotation_of_days(3, 1'000);
    auto const m = compile(s);
    auto const values = measure(s, m, sample(m));
    auto const is = [&](std::string_view name, double expected) {
        BOOST_TEST(std::abs(value(values, name) - expected) < 1e-12, name);
    };
    is("devices.broken", 8);
    is("devices.broken.share", 0.008);
    is("devices.blocked", 40);
    is("devices.blocked.share", 0.04);
    is("connections.attempts", 100);
    is("connections.failed", 10);
    is("connections.failed.share", 0.1);
    is("opens.update_required", 60);
    is("credential_sets.live", 2);
    is("exposure.days", 0);
    is("updates.installed", 500);
    is("updates.forced", 12);
    is("server.fetches", 11);
}

BOOST_AUTO_TEST_CASE(without_attempts_no_share_of_them_failed) {
    auto const s = test::rotation_of_days(3, 10);
    auto const m = compile(s);
    BOOST_TEST(value(measure(s, m, counters(m)), "connections.failed.share") < 1e-12);
}

BOOST_AUTO_TEST_CASE(hours_add_up_over_all_sets) {
    auto const m = compile(test::rotation_of_days(3, 1'000));
    auto const c = sample(m);
    auto const failed = rejected_by_hour(c), all = attempts_by_hour(c);
    BOOST_TEST(failed.size() == 72U);
    BOOST_TEST(failed[30] == 6U);
    BOOST_TEST(failed[31] == 4U);
    BOOST_TEST(all[0] == 70U);
    BOOST_TEST(all[30] == 26U);
}

BOOST_AUTO_TEST_CASE(devices_by_version_are_running_sums_of_the_changes) {
    counters c(compile(test::rotation_of_days(3, 2)));
    for (int device = 0; device < 2; ++device) c.install(beginning, 0, 0);
    c.install(ms_per_day + 1, 1, 0);
    auto const versions = devices_by_version(c);
    std::vector<std::uint64_t> const old{2, 2, 1, 1}, fresh{0, 0, 1, 1};
    BOOST_TEST(versions[0] == old, boost::test_tools::per_element());
    BOOST_TEST(versions[1] == fresh, boost::test_tools::per_element());
}

// ---- exposure ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(exposure_lasts_from_the_leak_to_the_deletion_as_connections_feel_it) {
    auto s = test::rotation_of_days(100, 1);
    s.net.propagation = std::chrono::hours{12};
    s.credential_sets[0].compromised = test::day(50);
    BOOST_TEST(std::abs(exposure_days(s) - 10.5) < 1e-12);
}

BOOST_AUTO_TEST_CASE(exposure_of_a_set_that_is_not_deleted_lasts_to_the_end) {
    auto s = test::rotation_of_days(100, 1);
    s.credential_sets[0].deleted.reset();
    s.credential_sets[0].compromised = test::day(30);
    BOOST_TEST(std::abs(exposure_days(s) - 70) < 1e-12);
}

BOOST_AUTO_TEST_CASE(exposure_before_the_start_is_not_counted) {
    auto s = test::rotation_of_days(100, 1);
    s.net.propagation = milliseconds{0};
    s.credential_sets[0].compromised = test::day(-40);
    BOOST_TEST(std::abs(exposure_days(s) - 60) < 1e-12);
}

BOOST_AUTO_TEST_CASE(of_several_compromised_sets_the_longest_exposure_counts) {
    auto s = test::rotation_of_days(100, 1);
    s.credential_sets[0].compromised = test::day(50);
    s.credential_sets[1].compromised = test::day(80);
    BOOST_TEST(std::abs(exposure_days(s) - 20) < 1e-12);
}

// ---- names ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_metric_is_found_by_its_name_only) {
    for (auto const& metric : metric_table) BOOST_TEST(find_metric(metric.name) == &metric);
    BOOST_TEST((find_metric("devices.brokn") == nullptr));
}

BOOST_AUTO_TEST_CASE(no_two_metrics_have_the_same_name) {
    auto names = metric_names;
    std::sort(names.begin(), names.end());
    BOOST_TEST((std::adjacent_find(names.begin(), names.end()) == names.end()));
}

BOOST_AUTO_TEST_SUITE_END()
