/// @file fleet.cpp
/// How fast the `devices` engine is: against std::priority_queue on the same workload, against the
/// sum of its parts, from ten thousand devices to ten million, and on a scenario with every feature
/// on. One line per figure; the figures that goals are set for are ratios of processor time in this
/// run.
#include <sys/resource.h>

#include <cryptoperiod/core/lanes.hpp>
#include <cryptoperiod/fleet/retirement.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <string>

#include "bench.hpp"
#include "rotation_workload.hpp"

namespace {

using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

run_options const one_thread{.seed = 7, .threads = 1};

std::uint64_t events_of(counters const& c) {
    return sum(c.accepted) + sum(c.rejected) + c.installs;
}

/// Seconds per event of the `devices` engine.
double per_event(scenario const& s, int repetitions) {
    model const m = compile(s);
    std::uint64_t events = 0;
    double const seconds = bench::shortest(
        repetitions, [&] { events = events_of(count_in_shards(m, random_stream{7}, one_thread)); });
    return seconds / static_cast<double>(events);
}

/// Seconds per Philox word, sixteen calls at a time, written to a buffer in L1.
double per_word() {
    auto const calls = std::make_unique<engine::call_buffer>();
    auto const& kernel = engine::kernel_for(best_isa());
    for (std::uint32_t device = 0; device < 8; ++device) kernel.pack(*calls, device, 0, 128);
    philox_keys const keys = round_keys(7);
    constexpr int rounds = 1000;
    double const seconds = bench::shortest(20, [&] {
        for (int r = 0; r < rounds; ++r) {
            kernel.draw_calls(*calls, keys);
            bench::keep(calls->word[0][0]);
        }
    });
    return seconds / (rounds * 4.0 * calls->size);
}

/// Seconds per increment of a histogram as large as the workload's, in cache.
double per_increment(std::uint32_t bins) {
    std::vector<std::uint32_t> histogram(bins), index(1U << 14U);
    for (std::uint32_t i = 0; i < index.size(); ++i)
        index[i] = scale_word(philox({i, 0, 0, 0}, 3)[0], bins);
    constexpr int rounds = 1000;
    double const seconds = bench::shortest(20, [&] {
        for (int r = 0; r < rounds; ++r)
            for (std::uint32_t const i : index) ++histogram[i];
        bench::keep(histogram[bins / 2]);
    });
    return seconds / (rounds * static_cast<double>(index.size()));
}

void compare_with_queue(std::string const& law, scenario const& s, bench::update_days const& update,
                        double floor) {
    auto const devices = static_cast<std::uint32_t>(s.devices);
    double const ours = per_event(s, 5);
    bench::rotation_counts counts;
    double const seconds =
        bench::shortest(1, [&] { counts = bench::run_on_priority_queue(devices, update, 42); });
    double const theirs = seconds / static_cast<double>(counts.events);
    bench::figure(law + ".devices_ns_per_event", ours * 1e9);
    bench::figure(law + ".priority_queue_ns_per_event", theirs * 1e9);
    bench::figure(law + ".speedup_over_priority_queue", theirs / ours);
    bench::figure(law + ".share_of_floor", floor / ours);
    // Both count the same law: the failing share must agree within its own noise.
    auto const run = simulate(s, one_thread);
    double const p = static_cast<double>(counts.failing) / devices;
    double const z =
        (run->metric("devices.broken.share") - p) / std::sqrt(2 * p * (1 - p) / devices);
    bench::figure(law + ".z_of_failing_share", z);
}

/// A scenario with everything on: rollouts, review, breaks, a daily profile, retries, dropped
/// connections, a forced update, one version that asks a server.
scenario every_feature(std::uint64_t devices) {
    scenario s = bench::rotation_workload(devices, find_adoption_preset("store")->law);
    s.horizon = days{90};
    s.opens_per_day = 1.2;
    s.daily_profile = {2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 7, 8, 7, 7, 7, 8, 9, 10, 11, 11, 9, 6, 4};
    s.breaks = dormancy{};
    s.net = connections{};
    s.net.drop_live = true;
    for (auto& r : s.releases) {
        r.review = days{1};
        r.stages = app_store_phased();
        r.on_reject = reject_policy::retry;
    }
    s.releases.front().stages.clear();
    release served = s.releases.back();
    served.version = "3";
    served.date = s.start + days{60};
    served.delivery = credentials::served{std::chrono::hours{6}};
    s.releases.push_back(served);
    s.credential_sets[1].served = s.start + days{20};
    s.forced_updates = {{s.start + days{50}, "2", 0.5}};
    return s;
}

void compare_engines(std::uint64_t devices) {
    scenario const s = every_feature(devices);
    model const m = compile(s);
    counters a(m), b(m);
    double const fast =
        bench::shortest(3, [&] { a = count_in_shards(m, random_stream{7}, one_thread); });
    double const slow = bench::shortest(1, [&] { b = queue_engine(m, random_stream{7}).run(); });
    bench::figure("every_feature.devices_ns_per_event",
                  fast / static_cast<double>(events_of(a)) * 1e9);
    bench::figure("every_feature.queue_ns_per_event",
                  slow / static_cast<double>(events_of(b)) * 1e9);
    bench::figure("every_feature.speedup_over_queue", slow / fast);
    bench::figure("every_feature.counters_equal", a == b ? 1 : 0);
}

void measure_retirement(std::uint64_t devices) {
    scenario s = bench::rotation_workload(devices);
    double const whole = per_event(s, 3);
    model const run_model = compile(s);
    auto const events =
        static_cast<double>(events_of(count_in_shards(run_model, random_stream{7}, one_thread)));
    s.credential_sets[0].deleted.reset();
    model const m = compile(s);
    double const curve = bench::shortest(
        5, [&] { bench::keep(find_retirement_curve(m, 0, one_thread).broken[45]); });
    bench::figure("retirement.ns_per_device", curve / static_cast<double>(devices) * 1e9);
    bench::figure("retirement.share_of_run", curve / (whole * events));
}

void measure_growth() {
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    double least = 1e300, most = 0;
    for (std::uint64_t const devices : {10'000U, 100'000U, 1'000'000U, 10'000'000U}) {
        double const ns =
            per_event(bench::rotation_workload(devices), devices > 2'000'000 ? 1 : 5) * 1e9;
        bench::figure("growth." + std::to_string(devices) + "_devices_ns_per_event", ns);
        least = std::min(least, ns);
        most = std::max(most, ns);
    }
    bench::figure("growth.most_over_least", most / least);
    getrusage(RUSAGE_SELF, &after);
    bench::figure("growth.resident_bytes_per_device",
                  static_cast<double>(after.ru_maxrss - before.ru_maxrss) * 1024 / 1e7);
}

}  // namespace

int main() {
    double const philox = per_word(), increment = per_increment(5 * 2160);
    bench::figure("floor.philox_ns_per_word", philox * 1e9);
    bench::figure("floor.histogram_ns_per_increment", increment * 1e9);
    measure_growth();
    auto const& store = find_adoption_preset("store")->law;
    measure_retirement(1'000'000);
    compare_with_queue("weibull", bench::rotation_workload(1'000'000), bench::weibull_update,
                       philox + increment);
    compare_with_queue(
        "store", bench::rotation_workload(1'000'000, store),
        [&](double a, double e) { return bench::law_update(store, a, e); }, philox + increment);
    compare_engines(1'000'000);
    return 0;
}
