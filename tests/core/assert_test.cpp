#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/assert.hpp>
#include <string>

#include "died_with.hpp"

using cryptoperiod::test::died_with;

namespace {

constexpr int checked_half(int number) {
    CRYPTOPERIOD_ASSERT(number % 2 == 0);
    return number / 2;
}
static_assert(checked_half(6) == 3);  // usable in constant expressions

template <class A, class B>
constexpr bool same_size = sizeof(A) == sizeof(B);

}  // namespace

BOOST_AUTO_TEST_SUITE(assert_test)

BOOST_AUTO_TEST_CASE(a_condition_that_holds_lets_the_program_go_on) {
    BOOST_TEST(!died_with([] { CRYPTOPERIOD_ASSERT(1 + 1 == 2); }).has_value());
}

BOOST_AUTO_TEST_CASE(a_condition_that_does_not_hold_aborts_with_its_text_and_place) {
    auto const line = std::to_string(__LINE__ + 1);
    auto const said = died_with([] { CRYPTOPERIOD_ASSERT(1 + 1 == 3); });
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(said->find("assert_test.cpp:" + line + ": ") != std::string::npos, *said);
    BOOST_TEST(said->find("assertion failed: 1 + 1 == 3\n") != std::string::npos, *said);
}

BOOST_AUTO_TEST_CASE(a_failing_assertion_inside_a_constexpr_function_aborts_at_run_time) {
    BOOST_TEST(died_with([] { static_cast<void>(checked_half(7)); }).has_value());
}

BOOST_AUTO_TEST_CASE(a_condition_may_hold_commas) {
    auto const said = died_with([] { CRYPTOPERIOD_ASSERT(same_size<char, long>); });
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(said->find("same_size<char, long>") != std::string::npos, *said);
}

BOOST_AUTO_TEST_CASE(the_condition_is_evaluated_once) {
    int evaluations = 0;
    CRYPTOPERIOD_ASSERT(++evaluations > 0);
    BOOST_TEST(evaluations == 1);
}

BOOST_AUTO_TEST_SUITE_END()
