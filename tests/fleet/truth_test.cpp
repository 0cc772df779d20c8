/// The law of MODEL section 2 is closed: t after a release the share still on an older version is
/// U(t), whatever the cadence of releases. The engine must reproduce it for every preset; an
/// independent delay for each release must not.
#include "scale.hpp"
#include "shapes.hpp"
#include "statistics.hpp"
#include "walk_everything.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/engine/shards.hpp>
#include <cryptoperiod/fleet/metrics.hpp>
#include <cstdio>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

constexpr std::array<int, 3> cadences{14, 28, 117};
constexpr std::array<int, 5> ages{7, 30, 90, 180, 365};
constexpr std::size_t releases_before = 5;  // in the history, at the same cadence

/// Devices still on a version before the one released on day 0, at each age.
using left_at = std::array<double, ages.size()>;

[[nodiscard]] scenario cadence_scenario(adoption_law const& law, int cadence,
                                        std::uint32_t devices) {
    auto s = test::rotation_of_days(366, devices);
    s.update_law = law;
    s.opens_per_day = 0.0001;  // only updates matter here
    s.credential_sets = {test::set_named("k1")};
    s.releases.clear();
    for (int day = -cadence * static_cast<int>(releases_before); day < 366; day += cadence)
        s.releases.push_back(test::embeds(std::to_string(day), test::day(day), "k1"));
    return s;
}

[[nodiscard]] left_at by_engine(model const& m, std::uint64_t seed) {
    run_options options;
    options.threads = 1;
    auto const versions = devices_by_version(count_in_shards(m, random_stream{seed}, options));
    left_at left{};
    for (std::size_t a = 0; a < ages.size(); ++a)
        for (std::size_t r = 0; r < releases_before; ++r)
            left[a] += static_cast<double>(versions[r][static_cast<std::size_t>(ages[a])]);
    return left;
}

/// The wrong model: after each release a device waits anew, with a delay of its own for this
/// release, and then has it. Type and words are the same as the engine's.
[[nodiscard]] left_at by_independent_delays(model const& m, std::uint64_t seed) {
    left_at left{};
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        auto const traits = test::traits_of(m, random_stream{seed}, d);
        auto const word = test::release_words(random_stream{seed}, d);
        ms_t first = forever;  // of the release of day 0 and all later ones
        if (traits.type != device_type::never)
            for (std::size_t r = releases_before; r < m.releases.size(); ++r)
                first = std::min(
                    first, offer_time(m, r, word(r, 0)) +
                               tick_delay(m.updates, traits.type, exponential_q32(word(r, 1))));
        for (std::size_t a = 0; a < ages.size(); ++a) left[a] += first > ages[a] * ms_per_day;
    }
    return left;
}

/// The z-scores of a table of shares.
struct verdict_on_law {
    double largest = 0;     ///< |z|, against U(t) directly
    double chi_square = 0;  ///< of independent z: at each age among those left at the age before
    double degrees = 0;
    bool exact = true;  ///< where U(t) is 1, nobody has left

    [[nodiscard]] double p() const { return test::chi_square_p(chi_square, degrees); }
    [[nodiscard]] bool passes() const {
        return exact && largest < test::z_limit && p() > test::p_limit;
    }
    void add(adoption_law const& law, left_at const& left, double devices, std::string& row) {
        double before = devices, share_before = 1;
        for (std::size_t a = 0; a < ages.size(); ++a) {
            double const share = law.share_on_older(days{ages[a]});
            if (share > 1 - 1e-12) {
                exact &= left[a] >= devices;
                row += "      -";
                continue;
            }
            double const z = test::z_of_share(left[a], devices, share);
            largest = std::max(largest, std::abs(z));
            double const among = test::z_of_share(left[a], before, share / share_before);
            chi_square += before > 0 ? among * among : 0;
            ++degrees;
            before = left[a];
            share_before = share;
            std::array<char, 16> text{};
            std::snprintf(text.data(), text.size(), " %+6.2f", z);
            row += text.data();
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_truth)

BOOST_AUTO_TEST_CASE(every_preset_at_every_cadence_follows_the_closed_form) {
    auto const devices = test::scaled(100'000, 10'000);
    verdict_on_law all;
    std::uint64_t seed = 100;
    BOOST_TEST_MESSAGE("z of the share on older versions, "
                       << devices << " devices, at 7, 30, 90, 180, 365 days");
    for (auto const& preset : adoption_presets)
        for (int const cadence : cadences) {
            auto const m = compile(cadence_scenario(preset.law, cadence, devices));
            std::string row;
            all.add(preset.law, by_engine(m, ++seed), devices, row);
            BOOST_TEST_MESSAGE(preset.name << " every " << cadence << " d:" << row);
        }
    BOOST_TEST_MESSAGE("largest |z| " << all.largest << ", chi-square " << all.chi_square << " of "
                                      << all.degrees << " degrees, p = " << all.p());
    BOOST_TEST(all.exact);
    BOOST_TEST(all.largest < test::z_limit);
    BOOST_TEST(all.p() > test::p_limit);
    BOOST_TEST(all.p() < 1 - test::p_limit);  // too good to be true is wrong, too
}

BOOST_AUTO_TEST_CASE(an_independent_delay_per_release_fails_the_same_check) {
    // Never scaled down: at 117 days a quick law has little memory left to tell the two apart.
    std::uint32_t const devices = 20'000;
    verdict_on_law all;
    std::uint64_t seed = 100;
    for (auto const& preset : adoption_presets)
        for (int const cadence : cadences) {
            auto const m = compile(cadence_scenario(preset.law, cadence, devices));
            verdict_on_law one;
            std::string row;
            auto const left = by_independent_delays(m, ++seed);
            one.add(preset.law, left, devices, row);
            all.add(preset.law, left, devices, row);
            BOOST_TEST(!one.passes(), preset.name << " every " << cadence << " d:" << row);
        }
    BOOST_TEST_MESSAGE("independent delays: largest |z| " << all.largest << ", chi-square "
                                                          << all.chi_square << " of "
                                                          << all.degrees);
    BOOST_TEST(!all.passes());
    BOOST_TEST(all.largest > 10 * test::z_limit);
}

BOOST_AUTO_TEST_CASE(an_independent_delay_makes_a_store_fleet_far_too_up_to_date) {
    // Source: simulation.md section 2: 0.5 % instead of 9.0 % after a year.
    auto const devices = test::scaled(20'000, 5'000);
    auto const m = compile(cadence_scenario(test::preset("store"), 28, devices));
    BOOST_TEST(by_independent_delays(m, 1)[4] / devices < 0.012);
    BOOST_TEST(by_engine(m, 1)[4] / devices > 0.075);
}

BOOST_AUTO_TEST_SUITE_END()
