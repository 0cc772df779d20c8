#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/result.hpp>
#include <memory>
#include <string>

using namespace cryptoperiod;

namespace {

result<int> half(int number) {
    if (number % 2 != 0) return error{errc::out_of_range, std::to_string(number) + " is odd"};
    return number / 2;
}

result<int> quarter(int number) {
    CRYPTOPERIOD_TRY(int const once, half(number));
    CRYPTOPERIOD_TRY(int const twice, half(once));
    return twice;
}

result<std::unique_ptr<int>> boxed(int number) {
    CRYPTOPERIOD_TRY(auto value, half(number));
    auto box = std::make_unique<int>(value);
    return box;
}

result<int> unboxed(int number) {
    CRYPTOPERIOD_TRY(auto const box, boxed(number));
    return *box;
}

result<void> must_be_even(int number) {
    if (auto const r = half(number); !r) return r.error();
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(result_test)

BOOST_AUTO_TEST_CASE(a_value_is_reached_and_an_error_is_absent) {
    auto const r = half(6);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(*r == 3);
    BOOST_TEST(!r.has_error());
}

BOOST_AUTO_TEST_CASE(an_error_carries_its_code_and_detail) {
    auto const r = half(7);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error() == error{errc::out_of_range, "7 is odd"}));
}

BOOST_AUTO_TEST_CASE(errors_differ_when_code_or_detail_differs) {
    error const e{errc::malformed, "a"};
    BOOST_TEST((e != error{errc::missing, "a"}));
    BOOST_TEST((e != error{errc::malformed, "b"}));
}

BOOST_AUTO_TEST_CASE(an_error_is_one_line_code_then_detail) {
    BOOST_TEST(to_string(half(7).error()) == "out_of_range: 7 is odd");
}

BOOST_AUTO_TEST_CASE(try_binds_the_value_of_each_step) {
    auto const r = quarter(12);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(*r == 3);
}

BOOST_AUTO_TEST_CASE(try_leaves_with_the_error_of_the_step_that_failed) {
    BOOST_TEST(to_string(quarter(7).error()) == "out_of_range: 7 is odd");
    BOOST_TEST(to_string(quarter(6).error()) == "out_of_range: 3 is odd");
}

BOOST_AUTO_TEST_CASE(try_moves_a_value_that_cannot_be_copied) {
    BOOST_TEST(unboxed(10).value() == 5);
    BOOST_TEST(to_string(unboxed(11).error()) == "out_of_range: 11 is odd");
}

BOOST_AUTO_TEST_CASE(a_result_without_a_value_tells_success_from_failure) {
    BOOST_TEST(must_be_even(2).has_value());
    BOOST_TEST(!must_be_even(3).has_value());
}

BOOST_AUTO_TEST_CASE(asking_a_failed_result_for_its_value_throws_the_error) {
    auto const the_error_it_holds = [](bad_result const& thrown) {
        return thrown.get() == error{errc::out_of_range, "9 is odd"} &&
               thrown.what() == std::string("out_of_range: 9 is odd");
    };
    BOOST_CHECK_EXCEPTION(static_cast<void>(half(9).value()), bad_result, the_error_it_holds);
}

BOOST_AUTO_TEST_CASE(asking_a_good_result_for_its_value_does_not_throw) {
    BOOST_CHECK_NO_THROW(BOOST_TEST(half(8).value() == 4));
}

BOOST_AUTO_TEST_SUITE_END()
