/// Does the bound of a retirement answer hold what it says? The truth is known in closed form: a
/// set deleted d after the offer of its successor breaks a device if and only if it opens the app
/// again before its next update opportunity.
#include "scale.hpp"
#include "shapes.hpp"
#include "statistics.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/retirement.hpp>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

/// A fleet that is offered version 2 at the start, on which k1 is deleted some time later.
struct fleet_of {
    adoption_law law;
    std::int64_t horizon;
    std::uint32_t devices;
    double opens_per_day = 1;

    [[nodiscard]] model compiled() const {
        auto s = test::rotation_of_days(horizon, devices);
        s.update_law = law;
        s.opens_per_day = opens_per_day;
        s.net.propagation = milliseconds{0};
        s.releases[1].date = test::day(0);
        s.credential_sets[0].deleted.reset();
        return compile(s);
    }
    /// The share of devices that a deletion on day d breaks, ever.
    [[nodiscard]] double broken(double d) const {
        auto const part = [&](double weight, milliseconds tau) {
            if (weight <= 0) return 0.0;
            double const mean = static_cast<double>(tau.count()) / ms_per_day;
            return weight * std::exp(-d / mean) * opens_per_day / (opens_per_day + 1 / mean);
        };
        return part(law.w_prompt, law.tau_prompt) + part(law.w_laggard, law.tau_laggard) +
               law.w_never;
    }
    [[nodiscard]] retirement_curve curve(std::uint64_t seed) const {
        run_options options;
        options.seed = seed;
        options.threads = 1;
        return find_retirement_curve(compiled(), 0, options);
    }
    [[nodiscard]] retirement_answer answer(std::uint64_t seed, double target) const {
        return earliest_retirement(curve(seed), {target, 0.95});
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_coverage)

BOOST_AUTO_TEST_CASE(the_curve_is_the_closed_form_within_its_error) {
    fleet_of const fleet{
        {{}, days{4}, days{60}, 0.7, 0.29, 0.01}, 500, test::scaled(200'000, 20'000)};
    auto const curve = fleet.curve(5);
    double largest = 0;
    for (int const d : {0, 1, 3, 10, 30, 60, 100, 150}) {
        double const z =
            test::z_of_share(static_cast<double>(curve.broken[static_cast<std::size_t>(d)]),
                             fleet.devices, fleet.broken(d));
        largest = std::max(largest, std::abs(z));
    }
    BOOST_TEST_MESSAGE("retirement curve: largest |z| " << largest);
    BOOST_TEST(largest < test::z_limit);
}

BOOST_AUTO_TEST_CASE(the_chosen_day_is_too_early_in_at_most_one_run_of_twenty) {
    fleet_of const fleet{{{}, days{3}, days{60}, 0.7, 0.3, 0}, 600, 20'000};
    double const target = 0.01;
    auto const m = fleet.compiled();
    auto const runs = test::scaled(1'000, 100);
    unsigned early = 0;
    double mean_day = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        run_options options;
        options.seed = seed;
        options.threads = 1;
        auto const answer =
            earliest_retirement(find_retirement_curve(m, 0, options), {target, 0.95});
        BOOST_REQUIRE((answer.kind == answer_kind::date));
        early += fleet.broken(answer.day) > target;
        mean_day += static_cast<double>(answer.day) / runs;
    }
    double true_day = 0;
    while (fleet.broken(true_day) > target) true_day += 0.01;
    BOOST_TEST_MESSAGE("too early in " << early << " of " << runs << " runs; true day " << true_day
                                       << ", mean answer " << mean_day);
    // 5.5 % of 1,000 runs; of fewer runs, what a true 5 % exceeds once in 100,000 times.
    boost::math::binomial_distribution<> const law(runs, 0.05);
    double const most =
        runs >= 1'000 ? 0.055 * runs : boost::math::quantile(boost::math::complement(law, 1e-5));
    BOOST_TEST(early <= most);
    // A bound that is never wrong wastes days: it must be about as good as it says.
    if (runs >= 1'000) BOOST_TEST(early >= 0.02 * runs);
    BOOST_TEST(mean_day < true_day * 1.1);
}

BOOST_AUTO_TEST_CASE(the_answer_is_never_when_the_never_updaters_alone_exceed_the_target) {
    fleet_of const fleet{{{}, days{3}, days{20}, 0.7, 0.28, 0.02}, 300, 5'000};
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        BOOST_TEST((fleet.answer(seed, 0.01).kind == answer_kind::never));
}

BOOST_AUTO_TEST_CASE(the_answer_is_a_date_when_the_never_updaters_are_few_enough) {
    fleet_of const fleet{{{}, days{3}, days{20}, 0.7, 0.295, 0.005}, 300, 20'000};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto const answer = fleet.answer(seed, 0.01);
        BOOST_TEST((answer.kind == answer_kind::date));
        BOOST_TEST(std::abs(fleet.broken(answer.day) - 0.01) < 0.003);
    }
}

BOOST_AUTO_TEST_CASE(the_answer_is_censored_when_the_horizon_ends_too_early) {
    // 5 % still hold the set at the end; that nobody is seen using it later proves nothing.
    fleet_of const fleet{{{}, days{3}, days{60}, 0.7, 0.3, 0}, 108, 5'000};
    BOOST_TEST(fleet.broken(107) > 0.04);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        BOOST_TEST((fleet.answer(seed, 0.01).kind == answer_kind::censored));
        auto const curve = fleet.curve(seed);
        BOOST_TEST(curve.broken.back() < curve.at_risk.back());
    }
}

BOOST_AUTO_TEST_CASE(too_few_devices_for_the_target_are_censored_and_enough_get_a_date) {
    adoption_law const quick{{}, days{2}, {}, 1, 0, 0};
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        BOOST_TEST((fleet_of{quick, 200, 2'994}.answer(seed, 0.001).kind == answer_kind::censored));
        BOOST_TEST((fleet_of{quick, 200, 2'995}.answer(seed, 0.001).kind == answer_kind::date));
    }
}

BOOST_AUTO_TEST_SUITE_END()
