/// @file shards.hpp
/// A fleet in shards of whole device groups, on as many threads as wanted. Shards are handed out in
/// order and their counters are integers, so who counts what changes nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cryptoperiod/fleet/engine/devices.hpp>
#include <cryptoperiod/fleet/run_options.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cryptoperiod::fleet {

/// Calls run(first, last) on an engine for every shard, each thread with an engine of its own made
/// by `make()`, and merge(engine) once per engine. What one of them throws (memory can run out) is
/// thrown again here, after all threads have ended.
template <class Make, class Merge>
void run_in_shards(std::uint32_t devices, run_options const& options, Make const& make,
                   Merge const& merge) {
    unsigned const threads = std::clamp(
        options.threads == 0 ? std::thread::hardware_concurrency() : options.threads, 1U, 256U);
    std::uint64_t const wanted = std::uint64_t{devices} / threads / 8 / device_group::size;
    std::uint64_t const shard =
        device_group::size * std::clamp<std::uint64_t>(wanted, 1, 65'536 / device_group::size);
    std::atomic<std::uint64_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex merging;
    std::exception_ptr thrown;
    auto const work = [&](bool reports) {
        try {
            auto engine = make();
            while (!failed && (options.stop == nullptr || !*options.stop)) {
                std::uint64_t const first = next.fetch_add(shard);
                if (first >= devices) break;
                auto const last = std::min<std::uint64_t>(devices, first + shard);
                engine->run(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
                if (reports && options.progress)
                    options.progress(static_cast<double>(last) / static_cast<double>(devices));
            }
            std::lock_guard const lock(merging);
            merge(*engine);
        } catch (...) {
            failed = true;
            std::lock_guard const lock(merging);
            if (!thrown) thrown = std::current_exception();
        }
    };
    std::vector<std::jthread> pool;
    pool.reserve(threads);
    for (unsigned i = 1; i < threads && i * shard < devices; ++i) pool.emplace_back(work, false);
    work(true);
    for (auto& thread : pool) thread.join();
    if (thrown) std::rethrow_exception(thrown);
}

/// The counters of a model on the engine `devices`.
[[nodiscard]] inline counters count_in_shards(model const& m, random_stream stream,
                                              run_options const& options) {
    counters total(m);
    isa const set = options.instruction_set.value_or(best_isa());
    run_in_shards(
        m.devices, options, [&] { return std::make_unique<devices_engine>(m, stream, set); },
        [&](devices_engine const& engine) { total.add(engine.counted()); });
    return total;
}

}  // namespace cryptoperiod::fleet
