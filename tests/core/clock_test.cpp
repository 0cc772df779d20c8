#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cryptoperiod/core/clock.hpp>
#include <string>
#include <type_traits>

#include "died_with.hpp"

using namespace cryptoperiod;
using cryptoperiod::test::died_with;
using namespace std::chrono_literals;

namespace {

struct tells_seconds {
    [[nodiscard]] std::chrono::sys_seconds now() const { return {}; }
};
struct changes_when_read {
    time_point now() { return {}; }
};

static_assert(clock_source<system_clock_source>);
static_assert(clock_source<manual_clock>);
static_assert(!clock_source<tells_seconds>);
static_assert(!clock_source<changes_when_read>);
static_assert(!clock_source<int>);

static_assert(!std::is_copy_constructible_v<manual_clock>);
static_assert(!std::is_copy_assignable_v<manual_clock>);
static_assert(!std::is_convertible_v<time_point, manual_clock>);

constexpr time_point start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5};

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_test)

BOOST_AUTO_TEST_CASE(a_manual_clock_starts_where_told_and_stands_still) {
    manual_clock const clock(start);
    BOOST_TEST((clock.now() == start));
    BOOST_TEST((clock.now() == start));
}

BOOST_AUTO_TEST_CASE(a_manual_clock_starts_at_the_epoch_unless_told) {
    BOOST_TEST(manual_clock{}.now().time_since_epoch().count() == 0);
}

BOOST_AUTO_TEST_CASE(advancing_adds_up) {
    manual_clock clock(start);
    clock.advance(1ms);
    clock.advance(24h);
    clock.advance(0ms);
    BOOST_TEST((clock.now() - start == 24h + 1ms));
}

BOOST_AUTO_TEST_CASE(setting_moves_to_the_very_moment) {
    manual_clock clock(start);
    clock.set(start + 90min);
    BOOST_TEST((clock.now() == start + 90min));
    clock.set(clock.now());
    BOOST_TEST((clock.now() == start + 90min));
}

BOOST_AUTO_TEST_CASE(setting_a_clock_back_aborts) {
    manual_clock clock(start);
    auto const said = died_with([&] { clock.set(start - 1ms); });
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(said->find("to >= now_") != std::string::npos, *said);
}

BOOST_AUTO_TEST_CASE(advancing_by_a_negative_step_aborts) {
    manual_clock clock(start);
    auto const said = died_with([&] { clock.advance(-1ms); });
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(said->find("step >= ") != std::string::npos, *said);
}

BOOST_AUTO_TEST_CASE(advancing_past_the_end_of_time_aborts_and_up_to_it_does_not) {
    manual_clock clock(start);
    BOOST_TEST(died_with([&] { clock.advance(time_point::max() - start + 1ms); }).has_value());
    clock.advance(time_point::max() - start);
    BOOST_TEST((clock.now() == time_point::max()));
    BOOST_TEST(died_with([&] { clock.advance(1ms); }).has_value());
}

BOOST_AUTO_TEST_CASE(the_system_clock_tells_the_systems_time) {
    auto const before = std::chrono::system_clock::now();
    auto const now = system_clock_source{}.now();
    auto const after = std::chrono::system_clock::now();
    // Rounded down to a millisecond; a day of slack, because the machine's clock may be set.
    BOOST_TEST((now <= after + 24h));
    BOOST_TEST((now + 1ms >= before - 24h));
}

BOOST_AUTO_TEST_SUITE_END()
