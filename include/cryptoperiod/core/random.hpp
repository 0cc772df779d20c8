/// @file random.hpp
/// Counter-based randomness: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers:
/// as easy as 1, 2, 3", SC 2011). Any word of any device can be regenerated alone, in any order, on
/// any thread. For simulation only, never for keys or nonces.
#pragma once

#include <array>
#include <cstdint>

namespace cryptoperiod {

/// Four words of counter or of output.
using philox_block = std::array<std::uint32_t, 4>;

namespace detail {
inline constexpr std::uint32_t philox_m0 = 0xD2511F53U, philox_m1 = 0xCD9E8D57U;
inline constexpr std::uint32_t philox_w0 = 0x9E3779B9U, philox_w1 = 0xBB67AE85U;
}  // namespace detail

/// The keys of the ten rounds.
using philox_keys = std::array<std::array<std::uint32_t, 2>, 10>;

[[nodiscard]] constexpr philox_keys round_keys(std::uint64_t key) noexcept {
    philox_keys keys{};
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32U);
    for (auto& round : keys) {
        round = {k0, k1};
        k0 += detail::philox_w0;
        k1 += detail::philox_w1;
    }
    return keys;
}

/// The four words of `counter` under the keys of `round_keys`.
[[nodiscard]] constexpr philox_block philox(philox_block counter,
                                            philox_keys const& keys) noexcept {
    for (auto const& key : keys) {
        std::uint64_t const p0 = std::uint64_t{detail::philox_m0} * counter[0],
                            p1 = std::uint64_t{detail::philox_m1} * counter[2];
        counter = {static_cast<std::uint32_t>(p1 >> 32U) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(p1),
                   static_cast<std::uint32_t>(p0 >> 32U) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(p0)};
    }
    return counter;
}

/// The four words of `counter` under `key` (low word first).
[[nodiscard]] constexpr philox_block philox(philox_block counter, std::uint64_t key) noexcept {
    return philox(counter, round_keys(key));
}

/// The random words of one run: key = seed, counter = (device, purpose, block, call). Purposes keep
/// the draws for different questions apart; the engine that asks decides what they mean.
struct random_stream {
    std::uint64_t seed = 0;

    [[nodiscard]] constexpr philox_block words(std::uint32_t device, std::uint32_t purpose,
                                               std::uint32_t block,
                                               std::uint32_t call = 0) const noexcept {
        return philox({device, purpose, block, call}, seed);
    }
};

/// `count` equally likely values from a uniform word: floor(word * count / 2^32).
[[nodiscard]] constexpr std::uint32_t scale_word(std::uint32_t word, std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{word} * count) >> 32U);
}

}  // namespace cryptoperiod
