#include "engines.hpp"
#include "random_scenarios.hpp"
#include "scale.hpp"
#include "shapes.hpp"
#include "walk_everything.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <functional>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using cryptoperiod::test::on_devices;

namespace {

[[nodiscard]] std::vector<isa> instruction_sets() {
    std::vector<isa> sets;
    for (auto const set : {isa::portable, isa::avx2, isa::avx512})
        if (set <= best_isa()) sets.push_back(set);
    return sets;
}

/// The names of the counters that are not the same.
[[nodiscard]] std::string difference(counters const& a, counters const& b) {
    std::string text;
    auto const note = [&](bool same, char const* name) {
        if (!same) text += std::string(" ") + name;
    };
    note(a.devices == b.devices, "devices");
    note(a.accepted == b.accepted, "accepted");
    note(a.rejected == b.rejected, "rejected");
    note(a.broken == b.broken, "broken");
    note(a.blocked == b.blocked, "blocked");
    note(a.update_required == b.update_required, "update_required");
    note(a.fetches == b.fetches, "fetches");
    note(a.change == b.change, "change");
    note(a.installs == b.installs, "installs");
    note(a.forced_installs == b.forced_installs, "forced_installs");
    if (text.empty() && !(a == b)) text = " something else";
    return text;
}

/// What is not equal between the engines on this scenario; empty when they agree.
[[nodiscard]] std::string disagreement(scenario const& s, std::uint64_t seed) {
    if (auto const problem = first_problem(s)) return {};
    model const m = compile(s);
    random_stream const stream{seed};
    counters const queue = queue_engine(m, stream).run();
    if (auto const d = difference(queue, test::walk_everything(m, stream)); !d.empty())
        return "queue and walk differ in" + d;
    unsigned threads = 1;
    for (auto const set : instruction_sets()) {
        auto const d = difference(queue, on_devices(m, seed, threads, set));
        if (!d.empty())
            return "queue and devices (" + std::string(to_string(set)) + ", " +
                   std::to_string(threads) + " threads) differ in" + d;
        ++threads;
    }
    return {};
}

using reduction = std::function<void(scenario&)>;

/// Ways to make a scenario simpler.
[[nodiscard]] std::vector<reduction> reductions(scenario const& s) {
    std::vector<reduction> list{
        [](scenario& x) { x.breaks.reset(); },
        [](scenario& x) { x.daily_profile.clear(); },
        [](scenario& x) { x.forced_updates.clear(); },
        [](scenario& x) { x.net.drop_live = false; },
        [](scenario& x) { x.net.propagation = milliseconds{0}; },
        [](scenario& x) { x.devices = (x.devices + 1) / 2; },
        [](scenario& x) { x.horizon = days{(x.horizon / days{1} + 1) / 2}; },
        [](scenario& x) { x.opens_per_day /= 2; },
        [](scenario& x) { x.update_law = test::preset("auto_fast"); },
        [](scenario& x) {
            for (auto& r : x.releases) r.on_reject = reject_policy::stop;
        },
        [](scenario& x) {
            for (auto& r : x.releases) r.stages.clear();
        },
        [](scenario& x) {
            for (auto& r : x.releases) r.review = milliseconds{0};
        }};
    for (std::size_t i = 1; i < s.releases.size(); ++i)
        list.emplace_back([i](scenario& x) {
            x.forced_updates.clear();
            if (i < x.releases.size() && !std::holds_alternative<measured_shares>(x.update_law))
                x.releases.erase(x.releases.begin() + static_cast<std::ptrdiff_t>(i));
        });
    for (std::size_t i = 0; i < s.credential_sets.size(); ++i)
        list.emplace_back([i](scenario& x) { x.credential_sets[i].deleted.reset(); });
    return list;
}

[[nodiscard]] std::string describe(scenario const& s) {
    std::string text = std::to_string(s.devices) + " devices, " + to_text(s.horizon) + ", " +
                       std::to_string(s.opens_per_day) + " opens a day";
    text += std::holds_alternative<measured_shares>(s.update_law) ? ", measured"
            : std::holds_alternative<weibull_law>(s.update_law)   ? ", Weibull"
                                                                  : ", law";
    if (s.breaks) text += ", dormancy";
    if (!s.daily_profile.empty()) text += ", profile";
    if (s.net.drop_live) text += ", drop_live";
    for (auto const& f : s.forced_updates)
        text += ", " + f.minimum + " forced at " + to_text(f.date - s.start);
    for (auto const& r : s.releases)
        text += "\n  " + r.version + " at " + to_text(r.date - s.start) +
                (std::holds_alternative<credentials::served>(r.delivery)
                     ? " served"
                     : " " + std::get<credentials::embedded>(r.delivery).credential_set) +
                (r.on_reject == reject_policy::stop ? "" : " retries") +
                (r.review.count() > 0 ? " review " + to_text(r.review) : "") +
                (r.stages.empty() ? "" : " staged");
    for (auto const& set : s.credential_sets)
        if (set.deleted) text += "\n  " + set.id + " deleted at " + to_text(*set.deleted - s.start);
    return text;
}

/// A simpler scenario on which the engines still disagree, in words.
[[nodiscard]] std::string shrunk(scenario s, std::uint64_t seed) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (auto const& reduce : reductions(s)) {
            scenario candidate = s;
            reduce(candidate);
            if (describe(candidate) == describe(s) || disagreement(candidate, seed).empty())
                continue;
            s = candidate;
            smaller = true;
        }
    }
    return disagreement(s, seed) + "\nshrunk to: " + describe(s);
}

/// What happened in a set of runs: a comparison is worth only what occurs in it.
struct occurrences {
    unsigned scenarios = 0, refusals = 0, retries = 0, fetches = 0, blocked = 0, forced = 0,
             broken = 0, installs = 0;

    void add(counters const& c) {
        ++scenarios;
        refusals += sum(c.rejected) > 0;
        retries += sum(c.rejected) > 0 && sum(c.broken) > 0 && sum(c.rejected) > 3 * sum(c.broken);
        fetches += sum(c.fetches) > 0;
        blocked += sum(c.blocked) > 0;
        forced += c.forced_installs > 0;
        broken += sum(c.broken) > 0;
        installs += c.installs > 0;
    }
};

/// Compares the engines on the random scenarios [first, first + count).
[[nodiscard]] occurrences compare_on_random(std::uint64_t first, unsigned count) {
    occurrences seen;
    unsigned invalid = 0;
    for (std::uint64_t seed = first; seen.scenarios < count; ++seed) {
        auto const s = test::random_scenario(seed);
        if (auto const problem = first_problem(s)) {
            BOOST_REQUIRE_MESSAGE(++invalid < count,
                                  "the generator makes invalid scenarios, last " +
                                      std::to_string(seed) + ": " + problem->detail);
            continue;
        }
        auto const differs = disagreement(s, seed);
        if (!differs.empty()) BOOST_ERROR("scenario " << seed << ": " << shrunk(s, seed));
        model const m = compile(s);
        seen.add(on_devices(m, seed, 1, isa::portable));
    }
    return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_engines)

// ---- the shipped shapes -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(queue_devices_and_walk_count_the_same_bits_on_every_shipped_shape) {
    for (auto const& s : test::shipped_shapes(test::scaled(1000, 100))) {
        auto const problem = first_problem(s);
        BOOST_REQUIRE_MESSAGE(!problem, s.name + ": " + (problem ? problem->detail : ""));
        auto const differs = disagreement(s, 7);
        BOOST_TEST(differs.empty(), s.name << ": " << differs);
    }
}

BOOST_AUTO_TEST_CASE(any_number_of_threads_on_any_instruction_set_gives_the_same_digest) {
    for (auto const& s : test::shipped_shapes(test::scaled(2500, 250))) {
        model const m = compile(s);
        auto const expected = on_devices(m, 3, 1, isa::portable).digest();
        for (auto const set : instruction_sets())
            for (unsigned const threads : {1U, 2U, 3U})
                BOOST_TEST(on_devices(m, 3, threads, set).digest() == expected,
                           s.name << " on " << to_string(set) << " with " << threads << " threads");
    }
}

BOOST_AUTO_TEST_CASE(another_seed_gives_another_digest) {
    for (auto const& s : test::shipped_shapes(200)) {
        model const m = compile(s);
        auto const one = on_devices(m, 1, 1, isa::portable),
                   two = on_devices(m, 2, 1, isa::portable);
        BOOST_TEST(one.digest() != two.digest(), s.name);
    }
}

BOOST_AUTO_TEST_CASE(simulate_gives_the_same_run_on_both_engines) {
    auto const s = test::leaked_key(500);
    run_options options;
    options.seed = 5;
    options.engine = engine_kind::queue;
    auto const queue = simulate(s, options);
    options.engine = engine_kind::automatic;
    auto const devices = simulate(s, options);
    BOOST_REQUIRE(queue.has_value());
    BOOST_REQUIRE(devices.has_value());
    BOOST_TEST(queue->digest == devices->digest);
    BOOST_TEST((queue->engine == engine_kind::queue));
    BOOST_TEST((devices->engine == engine_kind::devices));
    for (std::size_t i = 0; i < queue->metrics.size(); ++i)
        BOOST_TEST(!(queue->metrics[i].value < devices->metrics[i].value ||
                     queue->metrics[i].value > devices->metrics[i].value),
                   queue->metrics[i].name);
}

BOOST_AUTO_TEST_CASE(the_very_last_share_of_a_day_falls_into_the_same_hour_on_every_engine) {
    // With seed 1 the second open of this device is the word 2^32 - 1. Nobody opens the app after
    // noon, so the last share of the day belongs where the scalar form says, on the vector units
    // too.
    constexpr std::uint32_t device = 848'637'362;
    auto s = test::rotation_of_days(1, device + 1U);
    s.opens_per_day = 40;
    s.daily_profile.assign(24, 0);
    for (std::size_t hour = 0; hour < 12; ++hour) s.daily_profile[hour] = 1;
    model const m = compile(s);
    random_stream const stream{1};
    BOOST_REQUIRE(draw(stream, device, purpose::open_time, 0)[1] == 0xFFFF'FFFFU);
    counters expected(m);
    std::vector<open> opens;
    draw_opens(m, stream, device, {}, 0, opens);
    for (auto const& o : opens) ++expected.accepted[expected.at(0, o.at)];
    for (auto const set : instruction_sets()) {
        devices_engine engine(m, stream, set);
        engine.run(device / 16 * 16, device);
        counters const others = engine.counted();
        engine.run(device / 16 * 16, device + 1);
        for (std::size_t hour = 0; hour < 24; ++hour)
            BOOST_TEST(engine.counted().accepted[hour] - 2 * others.accepted[hour] ==
                           expected.accepted[hour],
                       to_string(set) << ", hour " << hour);
    }
}

BOOST_AUTO_TEST_CASE(a_version_with_a_shorter_review_overtakes_an_older_one_in_measured_shares) {
    auto s = test::rotation_of_days(40, 200);
    s.releases = {test::embeds("1", test::day(-9), "k1"), test::embeds("2", test::day(1), "k1"),
                  test::embeds("3", test::day(2), "k2")};
    s.releases[1].review = days{15};  // public on day 16, a fortnight after version 3
    measured_shares shares;
    shares.versions = {"1", "2", "3"};
    shares.rows = {{test::day(0), {0.2, 0.3, 0.5}}, {test::day(41), {0.1, 0.3, 0.6}}};
    s.update_law = shares;
    BOOST_REQUIRE(!first_problem(s).has_value());
    BOOST_TEST(disagreement(s, 3) == "");
    // 60 % have version 3 in the end; they never go back to version 2.
    auto const versions = devices_by_version(on_devices(compile(s), 3, 1, isa::portable));
    BOOST_TEST(versions[2][3] > 80U);
    BOOST_TEST(versions[2][40] >= versions[2][20]);
}

BOOST_AUTO_TEST_CASE(a_device_that_has_not_connected_has_no_connection_to_drop) {
    // k1 is deleted an hour after the start, and sessions last a day.
    auto s = test::rotation_of_days(3, 300);
    s.opens_per_day = 0.2;
    s.net.drop_live = true;
    s.net.session = days{1};
    s.net.propagation = milliseconds{0};
    s.credential_sets[0].deleted = s.start + std::chrono::hours{1};
    BOOST_TEST(disagreement(s, 3) == "");
    auto const c = on_devices(compile(s), 3, 1, isa::portable);
    // Only who connected in the first hour has something to lose in the second, besides its opens.
    BOOST_TEST(sum(c.accepted) < 30U);
    BOOST_TEST(rejected_by_hour(c)[1] < 40U);
}

// ---- random scenarios -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(queue_devices_and_walk_count_the_same_bits_on_random_scenarios) {
    auto const count = test::scaled(1000, 200);
    auto const seen = compare_on_random(1, count);
    BOOST_TEST_MESSAGE(seen.scenarios
                       << " scenarios: " << seen.refusals << " with refusals, " << seen.retries
                       << " with retries, " << seen.fetches << " with fetches, " << seen.blocked
                       << " with blocked devices, " << seen.forced << " with forced installs, "
                       << seen.broken << " with broken devices");
    // Worth comparing on: everything that could go wrong occurs.
    BOOST_TEST(seen.scenarios >= 200U);
    BOOST_TEST(seen.refusals >= count / 5);
    BOOST_TEST(seen.broken >= count / 5);
    BOOST_TEST(seen.retries >= count / 20);
    BOOST_TEST(seen.fetches >= count / 10);
    BOOST_TEST(seen.blocked >= count / 20);
    BOOST_TEST(seen.forced >= count / 20);
    BOOST_TEST(seen.installs >= count / 3);
}

BOOST_AUTO_TEST_SUITE_END()
