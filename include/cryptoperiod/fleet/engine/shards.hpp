/// @file shards.hpp
/// A fleet in shards of whole device groups, on as many threads as wanted. Shards are handed out in
/// order and their counters are integers, so who counts what changes nothing.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fleet/engine/devices.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace cryptoperiod::fleet {

/// How the events are made. `automatic` takes the fastest engine that the scenario allows; today no
/// device feels another, so that is `devices`.
enum class engine_kind : std::uint8_t { automatic, queue, devices };

inline constexpr std::array<std::string_view, 3> engine_names{"auto", "queue", "devices"};

[[nodiscard]] constexpr std::string_view to_string(engine_kind engine) noexcept {
    return engine_names[static_cast<std::size_t>(engine)];
}

/// How to run a scenario. Nothing here changes what comes out, but for `seed`.
struct run_options {
    std::uint64_t seed = 0;
    unsigned threads = 0;  ///< 0: as many as the machine runs at once
    engine_kind engine = engine_kind::automatic;
    std::optional<isa> instruction_set{};     ///< the best one when not given
    std::function<void(double)> progress{};   ///< told 0 to 1, from the calling thread
    std::atomic<bool> const* stop = nullptr;  ///< set it to end early
};

/// Why a run cannot be made with these options. out_of_range: the processor lacks the instructions.
[[nodiscard]] inline std::optional<error> unusable(run_options const& options) {
    if (options.instruction_set && *options.instruction_set > best_isa())
        return error{errc::out_of_range, "this processor has no " +
                                             std::string(to_string(*options.instruction_set)) +
                                             "; its best is " + std::string(to_string(best_isa()))};
    return std::nullopt;
}

/// Calls work(engine, first, last) for every shard, each thread with an engine of its own made by
/// `make()`, and merge(engine) once per engine.
template <class Make, class Merge>
void run_in_shards(std::uint32_t devices, run_options const& options, Make const& make,
                   Merge const& merge) {
    unsigned const threads = std::clamp(
        options.threads == 0 ? std::thread::hardware_concurrency() : options.threads, 1U, 256U);
    std::uint64_t const wanted = std::uint64_t{devices} / threads / 8 / device_group::size;
    std::uint64_t const shard =
        device_group::size * std::clamp<std::uint64_t>(wanted, 1, 65'536 / device_group::size);
    std::atomic<std::uint64_t> next{0};
    std::mutex merging;
    auto const work = [&](bool reports) {
        auto engine = make();
        for (;;) {
            if (options.stop != nullptr && *options.stop) break;
            std::uint64_t const first = next.fetch_add(shard);
            if (first >= devices) break;
            auto const last = std::min<std::uint64_t>(devices, first + shard);
            engine->run(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
            if (reports && options.progress)
                options.progress(static_cast<double>(last) / static_cast<double>(devices));
        }
        std::lock_guard const lock(merging);
        merge(*engine);
    };
    std::vector<std::thread> pool;
    for (unsigned i = 1; i < threads && i * shard < devices; ++i) pool.emplace_back(work, false);
    work(true);
    for (auto& thread : pool) thread.join();
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
