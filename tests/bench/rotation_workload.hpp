/// @file rotation_workload.hpp
/// The fleet-rotation workload: 90 days, a release on day 10, the old set deleted on day 40, one
/// open a day per device. Once as a scenario for our engines, once event by event on
/// std::priority_queue as one would write it without a toolkit: the yardstick of the speed goals.
#pragma once

#include <cmath>
#include <cryptoperiod/fleet/model.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace bench {

inline constexpr double horizon_days = 90, release_day = 10, deletion_day = 40;

/// The workload with an update law of its own (Weibull, 10 % never), or with any other.
inline cryptoperiod::fleet::scenario rotation_workload(
    std::uint64_t devices, cryptoperiod::fleet::adoption law = cryptoperiod::fleet::weibull_law{
                               .onset = cryptoperiod::milliseconds{0},
                               .scale = cryptoperiod::days{7},
                               .shape = 0.6,
                               .w_never = 0.10}) {
    using namespace cryptoperiod;
    fleet::scenario s;
    s.name = "fleet-rotation";
    s.start = civil(2026, 1, 1);
    s.horizon = days{90};
    s.devices = devices;
    s.update_law = std::move(law);
    s.opens_per_day = 1;
    auto const version = [](char const* name, time_point date, char const* set) {
        fleet::release r;
        r.version = name;
        r.date = date;
        r.delivery = credentials::embedded{set};
        return r;
    };
    s.releases = {version("1", s.start, "old"), version("2", s.start + days{10}, "new")};
    s.credential_sets.resize(2);
    s.credential_sets[0].id = "old";
    s.credential_sets[0].deleted = s.start + days{40};
    s.credential_sets[1].id = "new";
    s.net.propagation = milliseconds{0};
    return s;
}

/// A device's update under the two laws, in days; 1e30: never. `a` and `e` are its random numbers.
using update_days = std::function<double(double a, double e)>;

inline double weibull_update(double a, double e) {
    return a < 0.10 ? 1e30 : release_day + 7 * std::pow(e, 1 / 0.6);
}
inline double law_update(cryptoperiod::fleet::adoption_law const& law, double a, double e) {
    auto const in_days = [](cryptoperiod::milliseconds t) {
        return static_cast<double>(t.count()) / cryptoperiod::ms_per_day;
    };
    double const offer = release_day + in_days(law.onset);
    if (a < law.w_prompt) return offer + in_days(law.tau_prompt) * e;
    return a < law.w_prompt + law.w_laggard ? offer + in_days(law.tau_laggard) * e : 1e30;
}

/// What both sides count.
struct rotation_counts {
    std::vector<std::uint64_t> attempts = std::vector<std::uint64_t>(2160),
                               failures = std::vector<std::uint64_t>(2160);
    std::uint64_t failing = 0, updates = 0, events = 0;
};

/// xoshiro256++ (Blackman and Vigna), the quick generator that such a program would take.
class quick_random {
public:
    explicit quick_random(std::uint64_t seed) {
        for (auto& word : s_) {
            std::uint64_t z = (seed += 0x9E3779B97F4A7C15U);
            z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
            z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
            word = z ^ (z >> 31U);
        }
    }
    double uniform() { return (static_cast<double>(next() >> 11U) + 0.5) * 0x1p-53; }
    double exponential() { return -std::log(uniform()); }
    std::uint64_t next() {
        std::uint64_t const r = rotate(s_[0] + s_[3], 23) + s_[0], t = s_[1] << 17U;
        s_[2] ^= s_[0];
        s_[3] ^= s_[1];
        s_[1] ^= s_[2];
        s_[0] ^= s_[3];
        s_[2] ^= t;
        s_[3] = rotate(s_[3], 45);
        return r;
    }

private:
    static std::uint64_t rotate(std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); }
    std::uint64_t s_[4]{};
};

/// The workload on std::priority_queue, event by event.
inline rotation_counts run_on_priority_queue(std::uint32_t devices, update_days const& update,
                                             std::uint64_t seed) {
    struct event {
        double time;
        std::uint32_t device, kind;
        bool operator>(event const& o) const { return time > o.time; }
    };
    enum : std::uint32_t { open_app, install, erase };
    rotation_counts counts;
    quick_random random(seed);
    std::vector<event> storage;
    storage.reserve(2 * std::size_t{devices} + 4);
    std::priority_queue<event, std::vector<event>, std::greater<>> queue(std::greater<>{},
                                                                         std::move(storage));
    std::vector<std::uint8_t> updated(devices), failed(devices);
    bool old_works = true;
    for (std::uint32_t d = 0; d < devices; ++d) {
        double const at = update(random.uniform(), random.exponential());
        if (at < horizon_days) queue.push({at, d, install});
        double const first = random.exponential();
        if (first < horizon_days) queue.push({first, d, open_app});
    }
    queue.push({deletion_day, 0, erase});
    while (!queue.empty()) {
        event const e = queue.top();
        queue.pop();
        if (e.kind == erase) {
            old_works = false;
            continue;
        }
        ++counts.events;
        if (e.kind == install) {
            updated[e.device] = 1;
            ++counts.updates;
            continue;
        }
        auto const hour = static_cast<std::size_t>(e.time * 24);
        ++counts.attempts[hour];
        if (updated[e.device] == 0 && !old_works) {
            ++counts.failures[hour];
            counts.failing += failed[e.device] == 0;
            failed[e.device] = 1;
        }
        double const next = e.time + random.exponential();
        if (next < horizon_days) queue.push({next, e.device, open_app});
    }
    return counts;
}

}  // namespace bench
