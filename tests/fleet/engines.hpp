/// @file engines.hpp
/// All ways to count a scenario, for tests of what must come out whichever is taken.
#pragma once

#include "walk_everything.hpp"

#include <cryptoperiod/fleet/engine/queue.hpp>
#include <cryptoperiod/fleet/engine/shards.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cryptoperiod::test {

[[nodiscard]] inline fleet::counters on_devices(fleet::model const& m, std::uint64_t seed,
                                                unsigned threads = 1, isa set = isa::portable) {
    fleet::run_options options;
    options.seed = seed;
    options.threads = threads;
    options.instruction_set = set;
    return fleet::count_in_shards(m, random_stream{seed}, options);
}

/// The counters of every engine, with its name.
[[nodiscard]] inline std::vector<std::pair<std::string, fleet::counters>> on_every_engine(
    fleet::model const& m, std::uint64_t seed) {
    return {{"queue", fleet::queue_engine(m, random_stream{seed}).run()},
            {"devices", on_devices(m, seed)},
            {"walk", walk_everything(m, random_stream{seed})}};
}

}  // namespace cryptoperiod::test
