/// @file kernel.hpp
/// The inner loops of the `devices` engine for each instruction set, and the table that picks one
/// at run time. Packed calls: one Philox call (four opens) per lane, whatever device and block it
/// belongs to, so that no lane idles.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/lanes.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <cstdint>

namespace cryptoperiod::fleet::engine {

inline constexpr auto open_time_purpose = static_cast<std::uint32_t>(purpose::open_time);

/// A limit that no word reaches with a step of 0: no border.
inline constexpr std::uint32_t no_limit = 0xFFFF'FFFFU;

/// Calls waiting to be drawn, and their words afterwards.
struct call_buffer {
    static constexpr std::uint32_t full = 256;  ///< draw when this many wait: stays in L1
    static constexpr std::uint32_t largest_block = 512;
    static constexpr std::uint32_t capacity = full + largest_block + 32;

    alignas(64) std::uint32_t device[capacity];
    alignas(64) std::uint32_t block[capacity];
    alignas(64) std::uint32_t call[capacity];
    alignas(64) std::uint32_t word[4][capacity];
    std::uint32_t size = 0;
};

/// How the opens of one block are counted: the counter of its first hour, and up to two borders,
/// words from which on a step is added.
struct block_plan {
    std::uint32_t base = 0;
    std::array<std::uint32_t, 2> limit{no_limit, no_limit}, step{};
    bool refuses = false;  ///< some of its opens are refused
    bool packable = true;  ///< else it takes more borders: to be counted open by open
};

/// One block of opens of sixteen devices: their plans, one lane a device.
struct block_group {
    alignas(64) std::uint32_t base[16]{};
    alignas(64) std::uint32_t limit[2][16]{};
    alignas(64) std::uint32_t step[2][16]{};
    alignas(64) std::uint32_t opens[16]{};
    std::uint32_t first_device = 0, members = 0;
    std::uint32_t block = 0, span = 0;  ///< hours (or days) in the block

    void set(std::uint32_t member, block_plan const& plan) noexcept {
        base[member] = plan.base;
        for (std::size_t k = 0; k < 2; ++k) {
            limit[k][member] = plan.limit[k];
            step[k][member] = plan.step[k];
        }
    }
};

/// The calls of a block group, of all its members without gaps, so that no lane idles; their
/// counters afterwards.
struct group_calls {
    static constexpr std::uint32_t capacity = call_buffer::capacity;

    alignas(64) std::uint32_t member[capacity];
    alignas(64) std::uint32_t call[capacity];
    alignas(64) std::uint32_t word[4][capacity];
    std::array<std::uint32_t, 16> at{};  ///< the first call of each member
    std::uint32_t size = 0;
    std::uint32_t counted = 0;  ///< of them; the others are counted while the next are drawn
};

namespace portable {
using namespace cryptoperiod::portable;
using cryptoperiod::portable::store;  // not the room of that name
#include <cryptoperiod/fleet/engine/kernel.ipp>
}  // namespace portable

#if defined(__x86_64__)
CRYPTOPERIOD_TARGET_BEGIN(CRYPTOPERIOD_AVX2_FEATURES)
namespace avx2 {
using namespace cryptoperiod::avx2;
using cryptoperiod::avx2::store;
#include <cryptoperiod/fleet/engine/kernel.ipp>
}  // namespace avx2
CRYPTOPERIOD_TARGET_END

CRYPTOPERIOD_TARGET_BEGIN(CRYPTOPERIOD_AVX512_FEATURES)
namespace avx512 {
using namespace cryptoperiod::avx512;
using cryptoperiod::avx512::store;
#include <cryptoperiod/fleet/engine/kernel.ipp>
}  // namespace avx512
CRYPTOPERIOD_TARGET_END
#endif

/// The loops of one instruction set; kernel.ipp says what each does.
struct kernel {
    decltype(&portable::draw_devices) draw_devices;
    decltype(&portable::exponentials) exponentials;
    decltype(&portable::pack) pack;
    decltype(&portable::pack_group) pack_group;
    decltype(&portable::draw_calls) draw_calls;
    decltype(&portable::count_group) count_group;
    decltype(&portable::count_group_profiled) count_group_profiled;
    decltype(&portable::count_rest) count_rest;
    decltype(&portable::smallest_counter) smallest_counter;
    decltype(&portable::latest) latest;
};

/// The loops for `set`, which must be one that this processor has.
[[nodiscard]] inline kernel const& kernel_for(isa set) noexcept {
#define CRYPTOPERIOD_KERNEL(set)                                                                 \
    kernel {                                                                                     \
        set::draw_devices, set::exponentials, set::pack, set::pack_group, set::draw_calls,       \
            set::count_group, set::count_group_profiled, set::count_rest, set::smallest_counter, \
            set::latest                                                                          \
    }
    static constexpr kernel plain = CRYPTOPERIOD_KERNEL(portable);
#if defined(__x86_64__)
    static constexpr kernel wide = CRYPTOPERIOD_KERNEL(avx2);
    static constexpr kernel widest = CRYPTOPERIOD_KERNEL(avx512);
    if (set == isa::avx512) return widest;
    if (set == isa::avx2) return wide;
#endif
#undef CRYPTOPERIOD_KERNEL
    static_cast<void>(set);
    return plain;
}

}  // namespace cryptoperiod::fleet::engine
