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

/// Calls waiting to be drawn, and their words or counters afterwards.
struct call_buffer {
    static constexpr std::uint32_t full = 256;  ///< draw when this many wait: stays in L1
    static constexpr std::uint32_t capacity = full + 512 + 32;

    alignas(64) std::uint32_t device[capacity];
    alignas(64) std::uint32_t block[capacity];
    alignas(64) std::uint32_t call[capacity];
    alignas(64) std::uint32_t opens_left[capacity];  ///< of the block, from this call on
    alignas(64) std::uint32_t base[capacity];        ///< counter of the first hour of the block
    alignas(64) std::uint32_t span[capacity];        ///< hours (or days) in the block
    alignas(64) std::uint32_t limit[2][capacity];    ///< from this word on, `step` is added
    alignas(64) std::uint32_t step[2][capacity];
    alignas(64) std::uint32_t word[4][capacity];
    std::uint32_t size = 0;
    bool bordered = false;  ///< some lanes have a limit

    call_buffer() {
        for (auto& limits : limit) std::fill(std::begin(limits), std::end(limits), no_limit);
        for (auto& steps : step) std::fill(std::begin(steps), std::end(steps), 0U);
    }
};

/// How the opens of one block are counted: where its first hour counts, and up to two borders at
/// which they go on counting elsewhere.
struct block_frame {
    std::uint32_t block = 0, base = 0, span = 0, borders = 0;
    std::uint32_t limit[2] = {}, step[2] = {};
};

/// 0, -4, -8, ...: opens left from lane to lane.
alignas(64) inline constexpr auto four_less = [] {
    std::array<std::uint32_t, 16> list{};
    for (std::uint32_t i = 0; i < 16; ++i) list[i] = 0U - 4U * i;
    return list;
}();

namespace portable {
using namespace cryptoperiod::portable;
#include <cryptoperiod/fleet/engine/kernel.ipp>
}  // namespace portable

#if defined(__x86_64__)
CRYPTOPERIOD_TARGET_BEGIN(CRYPTOPERIOD_AVX2_FEATURES)
namespace avx2 {
using namespace cryptoperiod::avx2;
#include <cryptoperiod/fleet/engine/kernel.ipp>
}  // namespace avx2
CRYPTOPERIOD_TARGET_END

CRYPTOPERIOD_TARGET_BEGIN(CRYPTOPERIOD_AVX512_FEATURES)
namespace avx512 {
using namespace cryptoperiod::avx512;
#include <cryptoperiod/fleet/engine/kernel.ipp>
}  // namespace avx512
CRYPTOPERIOD_TARGET_END
#endif

/// The loops of one instruction set; kernel.ipp says what each does.
struct kernel {
    decltype(&portable::draw_devices) draw_devices;
    decltype(&portable::pack) pack;
    decltype(&portable::clear) clear;
    decltype(&portable::draw_calls) draw_calls;
    decltype(&portable::count_calls) count_calls;
    decltype(&portable::count_calls_profiled) count_calls_profiled;
    decltype(&portable::smallest_counter) smallest_counter;
    decltype(&portable::largest_word) largest_word;
};

/// The loops for `set`, which must be one that this processor has.
[[nodiscard]] inline kernel const& kernel_for(isa set) noexcept {
#define CRYPTOPERIOD_KERNEL(set)                                                     \
    kernel {                                                                         \
        set::draw_devices, set::pack, set::clear, set::draw_calls, set::count_calls, \
            set::count_calls_profiled, set::smallest_counter, set::largest_word      \
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
