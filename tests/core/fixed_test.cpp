#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/core/fixed.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "died_with.hpp"

using namespace cryptoperiod;

namespace {

constexpr double one = 4294967296.0;  // 2^32, the unit of q32
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

static_assert(log2_q32(1) == 0 && log2_q32(2) == q32{1} << 32U);  // usable in constant expressions
static_assert(exp2_q32(q32{10} << 32U) == 1024);

double as_double(q32 value) { return static_cast<double>(value) / one; }

// |log2_q32(x) - log2(x)|. The difference is taken in long double: a double ends at 2^-47 here.
double log2_error(std::uint64_t x) {
    long double const got = static_cast<long double>(log2_q32(x)) / 4294967296.0L;
    return static_cast<double>(std::fabs(got - std::log2(static_cast<long double>(x))));
}

// Numbers of every magnitude, and both neighbours of every power of two.
std::vector<std::uint64_t> sample() {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t x = 1; x != 20000; ++x) numbers.push_back(x);
    for (unsigned power = 1; power != 64; ++power)
        for (std::uint64_t near = 0; near != 5; ++near)
            numbers.push_back((std::uint64_t{1} << power) + near - 2);
    std::mt19937_64 random(32);
    for (int i = 0; i != 100000; ++i) numbers.push_back((random() >> random() % 64) | 1U);
    numbers.push_back(largest);
    std::erase(numbers, 0U);
    return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fixed_test)

BOOST_AUTO_TEST_CASE(multiplication_is_exact_and_rounds_down) {
    BOOST_TEST(multiply_q32(7, q32{1} << 32U) == 7U);
    BOOST_TEST(multiply_q32(7, q32{1} << 31U) == 3U);
    BOOST_TEST(multiply_q32(largest, q32{1} << 32U) == largest);
    BOOST_TEST(multiply_q32(largest, 1) == 0xffffffffU);
    BOOST_TEST(multiply_q32(0, largest) == 0U);
    std::mt19937_64 random(1);
    for (int i = 0; i != 10000; ++i) {
        // a * b = (a_high * 2^32 + a_low) * b, with b below 2^32 nothing overflows
        std::uint64_t const a = random();
        std::uint64_t const b = random() & 0xffffffffU;
        std::uint64_t const expected = (a >> 32U) * b + ((a & 0xffffffffU) * b >> 32U);
        BOOST_TEST_REQUIRE(multiply_q32(a, b) == expected);
    }
}

BOOST_AUTO_TEST_CASE(the_logarithm_of_a_power_of_two_is_exact) {
    for (unsigned power = 0; power != 64; ++power)
        BOOST_TEST(log2_q32(std::uint64_t{1} << power) == q32{power} << 32U);
}

BOOST_AUTO_TEST_CASE(the_logarithm_is_as_close_as_promised) {
    for (auto const x : sample())
        BOOST_TEST_REQUIRE(log2_error(x) < std::ldexp(1.0, -30), "x = " << x);
}

BOOST_AUTO_TEST_CASE(the_logarithm_never_falls) {
    for (std::uint64_t x = 1; x != 100000; ++x)
        BOOST_TEST_REQUIRE(log2_q32(x) < log2_q32(x + 1), "x = " << x);
    std::mt19937_64 random(2);
    for (int i = 0; i != 100000; ++i) {
        std::uint64_t const x = (random() >> random() % 60) | 1U;
        if (x != largest) BOOST_TEST_REQUIRE(log2_q32(x) <= log2_q32(x + 1), "x = " << x);
    }
}

BOOST_AUTO_TEST_CASE(the_logarithm_of_zero_aborts) {
    volatile std::uint64_t zero = 0;
    BOOST_TEST(test::died_with([&] { static_cast<void>(log2_q32(zero)); }).has_value());
}

BOOST_AUTO_TEST_CASE(a_whole_power_is_exact) {
    for (unsigned power = 0; power != 64; ++power)
        BOOST_TEST(exp2_q32(q32{power} << 32U) == std::uint64_t{1} << power);
}

BOOST_AUTO_TEST_CASE(a_power_beyond_the_range_is_the_largest_number) {
    BOOST_TEST(exp2_q32(q32{64} << 32U) == largest);
    BOOST_TEST(exp2_q32(largest) == largest);
    BOOST_TEST(exp2_q32((q32{64} << 32U) - 1) < largest);
    BOOST_TEST(exp2_q32((q32{64} << 32U) - 1) > largest - (largest >> 28U));
}

BOOST_AUTO_TEST_CASE(a_power_is_as_close_as_promised) {
    std::mt19937_64 random(3);
    for (int i = 0; i != 200000; ++i) {
        q32 const x = random() % (q32{64} << 32U);
        auto const got = static_cast<long double>(exp2_q32(x));
        long double const wanted = std::exp2(static_cast<long double>(x) / 4294967296.0L);
        if (wanted > 268435456.0L)
            BOOST_TEST_REQUIRE(std::fabs(got - wanted) < std::ldexp(wanted, -28), "x = " << x);
        else  // rounded down
            BOOST_TEST_REQUIRE((got <= wanted && got > wanted - 1.001L), "x = " << x);
    }
}

BOOST_AUTO_TEST_CASE(power_and_logarithm_undo_each_other) {
    for (auto const x : sample()) {
        if (x < (std::uint64_t{1} << 32U)) continue;
        auto const back = static_cast<long double>(exp2_q32(log2_q32(x)));
        auto const wanted = static_cast<long double>(x);
        BOOST_TEST_REQUIRE(std::fabs(back - wanted) < std::ldexp(wanted, -27), "x = " << x);
    }
}

BOOST_AUTO_TEST_CASE(an_exponential_variate_is_minus_the_logarithm_of_the_middle_of_its_cell) {
    std::mt19937 random(4);
    for (int i = 0; i != 200000; ++i) {
        auto const word = static_cast<std::uint32_t>(random());
        double const wanted = -std::log(static_cast<double>(word | 1U) / one);
        BOOST_TEST_REQUIRE(
            std::fabs(as_double(exponential_q32(word)) - wanted) < std::ldexp(1.0, -29),
            "word = " << word);
        BOOST_TEST_REQUIRE(exponential_q32(word) == exponential_q32(word ^ 1U));
    }
}

BOOST_AUTO_TEST_CASE(exponential_variates_fall_from_22_2_to_zero) {
    BOOST_TEST(std::fabs(as_double(exponential_q32(0)) - 32 * std::log(2.0)) <
               std::ldexp(1.0, -29));
    BOOST_TEST(exponential_q32(0xffffffffU) < 4U);  // no wrap below zero at the last word
    // They fall but for the rounding of the series: 8 units of 2^-32 at most.
    auto const never_rises = [](std::uint32_t word, std::uint32_t step) {
        for (int i = 0; i != 100000; ++i, word += step)
            BOOST_TEST_REQUIRE(exponential_q32(word) + 8 >= exponential_q32(word + step));
    };
    never_rises(0, 1);
    never_rises(0, 42949);
    never_rises(0xffffffffU - 100000U, 1);
}

BOOST_AUTO_TEST_CASE(exponential_variates_have_mean_one_and_variance_one) {
    std::mt19937 random(5);
    constexpr int draws = 200000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i != draws; ++i) {
        double const x = as_double(exponential_q32(static_cast<std::uint32_t>(random())));
        sum += x;
        squares += x * x;
    }
    double const mean = sum / draws;
    BOOST_TEST(std::fabs(mean - 1) < 0.0135);  // six standard deviations: 6 / sqrt(200000)
    BOOST_TEST(std::fabs(squares / draws - mean * mean - 1) < 0.04);  // 6 * sqrt(8 / 200000)
}

BOOST_AUTO_TEST_SUITE_END()
