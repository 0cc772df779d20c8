/// @file statistics.hpp
/// Verdicts on random outcomes. Seeds are fixed, so a test that passes once passes always; the
/// bounds say how surprising a correct program would have to be to fail with another seed.
#pragma once

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

namespace cryptoperiod::test {

/// Beyond this a result is wrong: one-in-147,000 for a single z, one in a thousand for 135 of them.
inline constexpr double z_limit = 4.5;
/// The same for the p-value of one chi-square.
inline constexpr double p_limit = 1e-5;

/// How many standard deviations `count` of `n` is from what `share` makes expected.
[[nodiscard]] inline double z_of_share(double count, double n, double share) {
    return (count - n * share) / std::sqrt(n * share * (1 - share));
}

/// The probability of a chi-square of at least `x`.
[[nodiscard]] inline double chi_square_p(double x, double degrees) {
    return boost::math::cdf(
        boost::math::complement(boost::math::chi_squared_distribution<>(degrees), x));
}

/// Are these counts those of `expected` (the same total)? Small classes are put together.
[[nodiscard]] inline double goodness_of_fit_p(std::vector<double> const& counts,
                                              std::vector<double> const& expected) {
    double x = 0, classes = 0, seen = 0, wanted = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        seen += counts[i];
        wanted += expected[i];
        if (wanted < 10 && i + 1 < counts.size()) continue;
        if (wanted > 0) x += (seen - wanted) * (seen - wanted) / wanted;
        classes += wanted > 0;
        seen = wanted = 0;
    }
    return chi_square_p(x, classes - 1);
}

/// Do two samples come from one law? Counts by category; rare categories are put together.
template <class Key>
[[nodiscard]] double same_law_p(std::map<Key, double> const& a, std::map<Key, double> const& b) {
    double total_a = 0, total_b = 0, rest_a = 0, rest_b = 0, x = 0, classes = 0;
    std::map<Key, std::pair<double, double>> both;
    for (auto const& [key, n] : a) both[key].first = n;
    for (auto const& [key, n] : b) both[key].second = n;
    for (auto const& [key, n] : both) total_a += n.first, total_b += n.second;
    auto const add = [&](double in_a, double in_b) {
        double const share = (in_a + in_b) / (total_a + total_b);
        x += (in_a - total_a * share) * (in_a - total_a * share) / (total_a * share);
        x += (in_b - total_b * share) * (in_b - total_b * share) / (total_b * share);
        ++classes;
    };
    for (auto const& [key, n] : both) {
        if (n.first + n.second >= 20) {
            add(n.first, n.second);
        } else {
            rest_a += n.first;
            rest_b += n.second;
        }
    }
    if (rest_a + rest_b > 0) add(rest_a, rest_b);
    return chi_square_p(x, classes - 1);
}

}  // namespace cryptoperiod::test
