// Philox4x32-10 on sixteen lanes, written once over the operations that lanes.hpp gives each
// instruction set. Included there, inside a namespace and between target brackets.

/// The words of philox() for sixteen counters at once; word[0..3] is the counter, then the output.
CRYPTOPERIOD_INLINE void philox(lanes (&word)[4], std::uint64_t key) {
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32U);
    lanes const m0 = splat(cryptoperiod::detail::philox_m0),
                m1 = splat(cryptoperiod::detail::philox_m1);
    for (int round = 0; round < cryptoperiod::detail::philox_rounds; ++round) {
        lanes h0, l0, h1, l1;
        multiply(word[0], m0, h0, l0);
        multiply(word[2], m1, h1, l1);
        word[0] = exclusive_or(exclusive_or(h1, word[1]), splat(k0));
        word[2] = exclusive_or(exclusive_or(h0, word[3]), splat(k1));
        word[1] = l1;
        word[3] = l0;
        k0 += cryptoperiod::detail::philox_w0;
        k1 += cryptoperiod::detail::philox_w1;
    }
}

inline void philox_store(std::uint32_t const (&counter)[4][16], std::uint64_t key,
                         std::uint32_t (&out)[4][16]) {
    lanes word[4] = {load(counter[0]), load(counter[1]), load(counter[2]), load(counter[3])};
    philox(word, key);
    for (std::size_t w = 0; w < 4; ++w) store(out[w], word[w]);
}
