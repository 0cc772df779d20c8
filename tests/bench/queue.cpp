/// @file queue.cpp
/// The bucket queue against std::priority_queue on PHOLD: each of n logical processes has an event;
/// it moves on after 0.1 + 0.9 Exp(1) and goes to another process once in four times. Both in the
/// full order (time, device, kind), both on 16-byte events, in one run.
#include <cryptoperiod/core/fixed.hpp>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/fleet/engine/bucket_queue.hpp>
#include <queue>
#include <string>
#include <vector>

#include "bench.hpp"
#include "rotation_workload.hpp"

namespace {

using cryptoperiod::fleet::bucket_queue;
using cryptoperiod::fleet::event;

constexpr std::int64_t unit = 1'000'000;  // of time, in ticks

/// The next event of PHOLD after `e`.
class phold {
public:
    explicit phold(std::uint32_t processes) : random_(42), processes_(processes) {}

    event first(std::uint32_t process) { return {delay(), process, 0}; }
    event next(event const& e) {
        std::uint64_t const word = random_.next();
        bool const moves = word >> 62U == 0;
        std::uint32_t const target =
            cryptoperiod::scale_word(static_cast<std::uint32_t>(word), processes_);
        return {e.time + delay(), moves ? target : e.device, e.kind + 1};
    }

private:
    std::int64_t delay() {
        auto const e = cryptoperiod::exponential_q32(static_cast<std::uint32_t>(random_.next()));
        return unit / 10 + static_cast<std::int64_t>(cryptoperiod::multiply_q32(unit * 9 / 10, e));
    }
    bench::quick_random random_;
    std::uint32_t processes_;
};

struct outcome {
    std::uint64_t events = 0, hash = 0;
    double seconds = 0;

    void add(event const& e) {
        ++events;
        hash = (hash ^ static_cast<std::uint64_t>(e.time) ^ (std::uint64_t{e.device} << 32U)) *
               0x100000001B3U;
    }
};

outcome on_buckets(std::uint32_t processes, std::int64_t end) {
    phold model(processes);
    bucket_queue queue(processes, 2 * unit);
    for (std::uint32_t i = 0; i < processes; ++i) queue.push(model.first(i));
    outcome result;
    double const start = bench::cpu_seconds();
    for (event e; queue.pop(e) && e.time < end;) {
        result.add(e);
        queue.push(model.next(e));
    }
    result.seconds = bench::cpu_seconds() - start;
    return result;
}

outcome on_priority_queue(std::uint32_t processes, std::int64_t end) {
    struct later {
        bool operator()(event const& a, event const& b) const { return b < a; }
    };
    phold model(processes);
    std::vector<event> storage;
    storage.reserve(processes + 2U);
    std::priority_queue<event, std::vector<event>, later> queue(later{}, std::move(storage));
    for (std::uint32_t i = 0; i < processes; ++i) queue.push(model.first(i));
    outcome result;
    double const start = bench::cpu_seconds();
    while (queue.top().time < end) {
        event const e = queue.top();
        queue.pop();
        result.add(e);
        queue.push(model.next(e));
    }
    result.seconds = bench::cpu_seconds() - start;
    return result;
}

void compare(std::string const& name, std::uint32_t processes, std::int64_t units) {
    outcome ours, theirs;
    double least_ours = 1e300, least_theirs = 1e300;
    for (int i = 0; i < 3; ++i) {
        ours = on_buckets(processes, units * unit);
        theirs = on_priority_queue(processes, units * unit);
        least_ours = std::min(least_ours, ours.seconds);
        least_theirs = std::min(least_theirs, theirs.seconds);
    }
    auto const ns = [&](double seconds) {
        return seconds / static_cast<double>(ours.events) * 1e9;
    };
    bench::figure(name + ".bucket_queue_ns_per_event", ns(least_ours));
    bench::figure(name + ".priority_queue_ns_per_event", ns(least_theirs));
    bench::figure(name + ".speedup_over_priority_queue", least_theirs / least_ours);
    bench::figure(name + ".same_events", ours.hash == theirs.hash && ours.events == theirs.events);
}

}  // namespace

int main() {
    compare("phold_1k", 1'024, 2'000);
    compare("phold_64k", 65'536, 40);
    compare("phold_1m", 1'048'576, 4);
    return 0;
}
