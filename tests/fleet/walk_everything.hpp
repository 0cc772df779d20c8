/// @file walk_everything.hpp
/// A third engine, for tests: every device walked alone in order of time, with words drawn one by
/// one.
#pragma once

#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/engine/walk.hpp>

namespace cryptoperiod::test {

/// The words of the releases of one device, as update_clock::start wants them.
[[nodiscard]] inline auto release_words(random_stream stream, std::uint32_t device) {
    return [stream, device](std::size_t release, std::size_t which) {
        return fleet::draw(stream, device, fleet::purpose::release,
                           fleet::release_block(release))[fleet::rollout_word(release) + which];
    };
}

[[nodiscard]] inline fleet::device_traits traits_of(fleet::model const& m, random_stream stream,
                                                    std::uint32_t device) {
    return fleet::traits_of(m, fleet::draw(stream, device, fleet::purpose::lifetime, 0));
}

[[nodiscard]] inline fleet::counters walk_everything(fleet::model const& m, random_stream stream) {
    fleet::counters out(m);
    fleet::device_walk walk(m, stream, fleet::engine::kernel_for(isa::portable), out);
    for (std::uint32_t d = 0; d < m.devices; ++d) {
        auto const found = walk.run(d, traits_of(m, stream, d), release_words(stream, d));
        if (found.broken_at != fleet::forever) ++out.broken[out.at(0, found.broken_at)];
    }
    out.devices = m.devices;
    return out;
}

}  // namespace cryptoperiod::test
