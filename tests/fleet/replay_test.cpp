/// Real releases through the presets, compared with the measured version mix, month by month.
/// Source of the method: adoption.md section 5.1. Data: tests/data/adoption (see SOURCES.md there).
#include "scale.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

/// Shares of versions in percent of the browser's users, by month.
using measured_months = std::map<std::string, std::map<std::string, double>>;

[[nodiscard]] std::vector<std::vector<std::string>> csv(std::string const& file) {
    std::ifstream in(std::string(CRYPTOPERIOD_SOURCE_DIR "/tests/data/adoption/") + file);
    BOOST_REQUIRE_MESSAGE(in, "cannot read " + file);
    std::vector<std::vector<std::string>> rows;
    std::string line;
    std::getline(in, line);  // the header
    while (std::getline(in, line)) {
        auto& row = rows.emplace_back();
        std::istringstream cells(line);
        for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    }
    return rows;
}

[[nodiscard]] measured_months months_of(std::string const& browser) {
    measured_months months;
    for (auto const& row : csv("adoption.csv"))
        if (row[1] == browser) months[row[0]][row[2]] = std::stod(row[3]);
    return months;
}

/// The browser's releases from `first` on to `last`, all with one credential set.
[[nodiscard]] std::vector<release> releases_of(std::string const& browser, time_point first,
                                               time_point last) {
    std::vector<release> list;
    for (auto const& row : csv("releases.csv")) {
        auto const date = parse_time(row[2]);
        BOOST_REQUIRE(date.has_value());
        if (row[0] == browser && *date >= first && *date < last)
            list.push_back(test::embeds(row[1], *date, "k1"));
    }
    std::stable_sort(list.begin(), list.end(),
                     [](auto const& a, auto const& b) { return a.date < b.date; });
    return list;
}

[[nodiscard]] time_point month_after(time_point month) {
    return std::chrono::floor<days>(month) + days{32} -
           days{static_cast<unsigned>(
                    std::chrono::year_month_day{std::chrono::floor<days>(month + days{32})}.day()) -
                1};
}

/// The mix among the versions that the releases have, in percent.
[[nodiscard]] std::map<std::string, double> mix_of(std::map<std::string, double> const& shares,
                                                   std::vector<release> const& releases) {
    std::map<std::string, double> mix;
    double total = 0;
    for (auto const& r : releases)
        if (auto const found = shares.find(r.version); found != shares.end())
            total += mix[r.version] = found->second;
    for (auto& [version, share] : mix) share *= 100 / total;
    return mix;
}

/// Half the sum of absolute differences between two mixes, in points.
[[nodiscard]] double total_variation(std::map<std::string, double> const& measured,
                                     std::map<std::string, double> const& simulated) {
    double sum = 0;
    for (auto const& [version, share] : measured)
        sum += std::abs(share - (simulated.contains(version) ? simulated.at(version) : 0));
    for (auto const& [version, share] : simulated)
        if (!measured.contains(version)) sum += share;
    return sum / 2;
}

/// The total variation of every month, ascending.
[[nodiscard]] std::vector<double> replay(std::string const& browser, std::string_view preset,
                                         time_point first) {
    auto const months = months_of(browser);
    scenario s;
    s.name = browser;
    s.start = *parse_time(months.begin()->first);
    auto const end = month_after(*parse_time(months.rbegin()->first));
    s.horizon = end - s.start;
    s.devices = test::scaled(100'000, 10'000);
    s.update_law = test::preset(preset);
    s.opens_per_day = 0.0001;
    s.credential_sets = {test::set_named("k1")};
    s.releases = releases_of(browser, first, end);
    run_options options;
    options.seed = 2;
    options.threads = 1;
    auto const out = simulate(s, options);
    BOOST_REQUIRE_MESSAGE(out.has_value(), browser);
    std::vector<double> distances;
    for (auto const& [name, measured] : months) {
        auto const month = *parse_time(name);
        auto const from = static_cast<std::size_t>((month - s.start) / days{1}),
                   to = static_cast<std::size_t>((month_after(month) - s.start) / days{1});
        std::map<std::string, double> simulated;
        for (auto const& version : out->versions)
            for (std::size_t day = from; day < to; ++day)
                simulated[version.version] +=
                    100 * version.share_by_day[day] / static_cast<double>(to - from);
        distances.push_back(total_variation(mix_of(measured, s.releases), simulated));
    }
    std::sort(distances.begin(), distances.end());
    return distances;
}

[[nodiscard]] double median_of(std::string const& browser, std::string_view preset,
                               std::size_t months, time_point first = {}) {
    auto const distances = replay(browser, preset, first);
    BOOST_TEST(distances.size() == months);
    double const median =
        (distances[(distances.size() - 1) / 2] + distances[distances.size() / 2]) / 2;
    BOOST_TEST_MESSAGE("replay of " << browser << " with " << preset << ": median total variation "
                                    << median << " points over " << distances.size()
                                    << " months, p90 " << distances[distances.size() * 9 / 10]);
    return median;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_replay)

BOOST_AUTO_TEST_CASE(edge_from_2021_to_2023_is_replayed_within_5_points) {
    // Edge 12 to 18 were part of Windows and had another way to update: the mix is that of Edge 79
    // on.
    BOOST_TEST(median_of("edge", "auto_fast", 36, civil(2020, 1, 15)) <= 5);
}

BOOST_AUTO_TEST_CASE(chrome_from_2018_to_2021_is_replayed_within_10_points) {
    BOOST_TEST(median_of("chrome", "auto", 44) <= 10);
}

BOOST_AUTO_TEST_CASE(samsung_internet_from_2021_on_is_replayed_within_13_points) {
    BOOST_TEST(median_of("samsung", "store", 60) <= 13);
}

BOOST_AUTO_TEST_CASE(a_wrong_preset_is_told_from_the_right_one) {
    BOOST_TEST(median_of("chrome", "auto_fast", 44) > 13);
}

BOOST_AUTO_TEST_SUITE_END()
