#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/counters.hpp>
#include <functional>
#include <set>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

[[nodiscard]] model small_model() { return compile(test::rotation_of_days(3, 10)); }

/// One change for each kind of counter.
[[nodiscard]] std::vector<std::function<void(counters&)>> changes() {
    return {[](counters& c) { ++c.accepted[5]; }, [](counters& c) { ++c.accepted[6]; },
            [](counters& c) { ++c.rejected[5]; }, [](counters& c) { ++c.broken[5]; },
            [](counters& c) { ++c.blocked[5]; },  [](counters& c) { ++c.update_required[5]; },
            [](counters& c) { ++c.fetches[5]; },  [](counters& c) { ++c.change[5]; },
            [](counters& c) { --c.change[5]; },   [](counters& c) { ++c.devices; },
            [](counters& c) { ++c.installs; },    [](counters& c) { ++c.forced_installs; }};
}

/// The day whose midnight first sees an install at `t`; -1 when none does.
[[nodiscard]] int day_of(ms_t t) {
    counters c(small_model());
    c.install(t, 1, 0);
    for (std::size_t day = 0; day <= c.days; ++day)
        if (c.change[(c.days + 1) + day] != 0) return static_cast<int>(day);
    return -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_counters)

BOOST_AUTO_TEST_CASE(every_counter_has_its_part_in_the_digest) {
    std::set<std::uint64_t> digests{counters(small_model()).digest()};
    for (auto const& change : changes()) {
        counters c(small_model());
        change(c);
        digests.insert(c.digest());
    }
    BOOST_TEST(digests.size() == changes().size() + 1);
}

BOOST_AUTO_TEST_CASE(every_counter_has_its_part_in_equality) {
    for (auto const& change : changes()) {
        counters c(small_model());
        change(c);
        BOOST_TEST(!(c == counters(small_model())));
    }
}

BOOST_AUTO_TEST_CASE(shards_add_up_in_any_order) {
    counters a(small_model()), b(small_model()), ab(small_model()), ba(small_model());
    for (auto const& change : changes()) change(a);
    for (std::size_t i = 0; i < b.accepted.size(); ++i) b.accepted[i] = i * i;
    b.devices = 7;
    ab.add(a);
    ab.add(b);
    ba.add(b);
    ba.add(a);
    BOOST_TEST((ab == ba));
    BOOST_TEST(ab.accepted[5] == 26U);
    BOOST_TEST(ab.devices == 8U);
    BOOST_TEST(ab.installs == 1U);
}

BOOST_AUTO_TEST_CASE(an_install_shows_from_the_next_midnight_on) {
    BOOST_TEST(day_of(1) == 1);
    BOOST_TEST(day_of(ms_per_day - 1) == 1);
    BOOST_TEST(day_of(ms_per_day) == 1);
    BOOST_TEST(day_of(ms_per_day + 1) == 2);
    BOOST_TEST(day_of(3 * ms_per_day - 1) == 3);
}

BOOST_AUTO_TEST_CASE(an_install_before_the_start_shows_from_the_start_on) {
    BOOST_TEST(day_of(beginning) == 0);
    BOOST_TEST(day_of(-1) == 0);
    BOOST_TEST(day_of(0) == 0);
}

BOOST_AUTO_TEST_CASE(an_install_after_the_horizon_is_not_counted) {
    BOOST_TEST(day_of(3 * ms_per_day + 1) == -1);
}

BOOST_AUTO_TEST_CASE(an_install_takes_the_device_from_its_former_version) {
    counters c(small_model());
    c.install(beginning, 0, 0);
    c.install(ms_per_day + 1, 1, 0);
    BOOST_TEST(c.change[0] == 1);
    BOOST_TEST(c.change[2] == -1);
    BOOST_TEST(c.change[4 + 2] == 1);
}

BOOST_AUTO_TEST_CASE(an_attempt_is_counted_in_the_hour_in_which_it_happens) {
    counters const c(small_model());
    BOOST_TEST(c.at(0, 0) == 0U);
    BOOST_TEST(c.at(0, ms_per_hour - 1) == 0U);
    BOOST_TEST(c.at(0, ms_per_hour) == 1U);
    BOOST_TEST(c.at(1, 0) == 72U);
}

BOOST_AUTO_TEST_SUITE_END()
