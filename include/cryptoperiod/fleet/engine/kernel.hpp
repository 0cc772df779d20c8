/// @file kernel.hpp
/// The inner loops of the `devices` engine for each instruction set, and the table that picks one
/// at run time. Packed calls: one Philox call (four opens) per lane, whatever device and block it
/// belongs to, so that no lane idles.
#pragma once

#include <cryptoperiod/core/lanes.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <cstdint>

namespace cryptoperiod::fleet::engine {

inline constexpr auto open_time_purpose = static_cast<std::uint32_t>(purpose::open_time);

/// Calls waiting to be drawn, and their words or counters afterwards.
struct call_buffer {
    static constexpr std::uint32_t full = 256;  ///< draw when this many wait: stays in L1
    static constexpr std::uint32_t capacity = full + 512 + 16;

    alignas(64) std::uint32_t device[capacity];
    alignas(64) std::uint32_t block[capacity];
    alignas(64) std::uint32_t call[capacity];
    alignas(64) std::uint32_t base[capacity];   ///< counter of the first hour of the block
    alignas(64) std::uint32_t span[capacity];   ///< hours (or days) in the block
    alignas(64) std::uint32_t limit[capacity];  ///< from this word on, `step` is added
    alignas(64) std::uint32_t step[capacity];
    alignas(64) std::uint32_t word[4][capacity];
    std::uint32_t size = 0;
};

/// The opens of one device in one block.
struct block_calls {
    std::uint32_t device, block, opens, base = 0, span = 0, limit = 0xFFFF'FFFFU, step = 0;
};

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

/// The loops of one instruction set.
struct kernel {
    void (*draw_devices)(std::uint64_t, std::uint32_t, std::uint32_t, std::uint32_t,
                         std::uint32_t*);
    void (*pack)(call_buffer&, block_calls const&);
    void (*draw_calls)(call_buffer&, std::uint64_t);
    void (*index_calls)(call_buffer&, std::uint64_t);
    void (*index_calls_profiled)(call_buffer&, std::uint64_t, std::uint32_t const (&)[23]);
    std::uint32_t (*largest_word)(call_buffer const&, std::uint32_t, std::uint32_t, std::uint32_t,
                                  std::uint32_t, std::uint32_t);
};

/// The loops for `set`, which must be one that this processor has.
[[nodiscard]] inline kernel const& kernel_for(isa set) noexcept {
    static constexpr kernel plain{portable::draw_devices,         portable::pack,
                                  portable::draw_calls,           portable::index_calls,
                                  portable::index_calls_profiled, portable::largest_word};
#if defined(__x86_64__)
    static constexpr kernel wide{avx2::draw_devices,         avx2::pack,
                                 avx2::draw_calls,           avx2::index_calls,
                                 avx2::index_calls_profiled, avx2::largest_word};
    static constexpr kernel widest{avx512::draw_devices,         avx512::pack,
                                   avx512::draw_calls,           avx512::index_calls,
                                   avx512::index_calls_profiled, avx512::largest_word};
    if (set == isa::avx512) return widest;
    if (set == isa::avx2) return wide;
#endif
    static_cast<void>(set);
    return plain;
}

}  // namespace cryptoperiod::fleet::engine
