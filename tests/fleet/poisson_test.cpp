#include "scale.hpp"
#include "statistics.hpp"

#include <boost/math/distributions/poisson.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/fleet/poisson.hpp>
#include <vector>

namespace test = cryptoperiod::test;
using cryptoperiod::random_stream;
using cryptoperiod::fleet::poisson_table;

namespace {

constexpr double two_32 = 4294967296.0;

/// How many of the 2^32 words give a number of at most `k`.
[[nodiscard]] std::uint64_t words_up_to(poisson_table const& table, std::uint32_t k) {
    std::uint64_t low = 0, high = std::uint64_t{1} << 32U;
    while (low < high) {
        std::uint64_t const middle = (low + high) / 2;
        if (table(static_cast<std::uint32_t>(middle)) > k)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_poisson)

BOOST_AUTO_TEST_CASE(the_integer_table_is_the_exact_distribution_within_two_to_the_minus_30) {
    for (double const mean :
         {0.0001, 0.05, 0.5, 1.0, 1.2, 7.0, 31.9, 32.0, 33.123456, 240.0, 1000.0}) {
        poisson_table const table(static_cast<std::uint64_t>(std::llround(mean * 1e6)));
        boost::math::poisson_distribution<long double> const law(mean);
        long double worst = 0;
        for (std::uint32_t k = 0; k <= table.largest() && k < 2000; ++k) {
            auto const share = static_cast<long double>(words_up_to(table, k)) / two_32;
            worst = std::max(worst, std::fabs(share - boost::math::cdf(law, k)));
        }
        BOOST_TEST(static_cast<double>(worst) < 0x1p-30, "mean " << mean << ": " << worst);
    }
}

BOOST_AUTO_TEST_CASE(a_mean_of_zero_always_gives_zero) {
    poisson_table const table(0);
    for (std::uint32_t const word : {0U, 1U, 0x8000'0000U, 0xFFFF'FFFEU, 0xFFFF'FFFFU})
        BOOST_TEST(table(word) == 0U);
}

BOOST_AUTO_TEST_CASE(a_larger_word_never_gives_a_smaller_number) {
    for (std::uint64_t const mean : {1U, 500'000U, 32'000'000U, 1'000'000'000U}) {
        poisson_table const table(mean);
        std::uint32_t before = table(0);
        for (std::uint64_t word = 0; word < std::uint64_t{1} << 32U; word += 65'521) {
            auto const now = table(static_cast<std::uint32_t>(word));
            BOOST_REQUIRE(now >= before);
            before = now;
        }
        BOOST_TEST(table(0xFFFF'FFFFU) <= table.largest());
    }
}

BOOST_AUTO_TEST_CASE(numbers_from_random_words_have_the_law) {
    poisson_table const table(32'000'000);
    boost::math::poisson_distribution<> const law(32);
    auto const calls = test::scaled(50'000, 5'000);
    std::vector<double> counts(120), expected(120);
    random_stream const stream{11};
    for (std::uint32_t i = 0; i < calls; ++i)
        for (auto const word : stream.words(i, 9, 0)) ++counts[table(word)];
    for (std::size_t k = 0; k < expected.size(); ++k)
        expected[k] = 4.0 * calls * boost::math::pdf(law, static_cast<double>(k));
    BOOST_TEST(test::goodness_of_fit_p(counts, expected) > test::p_limit);
}

BOOST_AUTO_TEST_SUITE_END()
