// Philox4x32-10 and the exponential variate on sixteen lanes, written once over the operations that
// lanes.hpp gives each instruction set. Included there, inside a namespace and between target
// brackets.

/// One round. The round keys come from memory: broadcasting them from a register would take a port
/// that the multiplications need.
CRYPTOPERIOD_INLINE void philox_round(lanes (&word)[4], std::array<std::uint32_t, 2> const& key) {
    lanes h0, l0, h1, l1;
    multiply(word[0], splat(cryptoperiod::detail::philox_m0), h0, l0);
    multiply(word[2], splat(cryptoperiod::detail::philox_m1), h1, l1);
    word[0] = exclusive_or(h1, word[1], splat(key[0]));
    word[2] = exclusive_or(h0, word[3], splat(key[1]));
    word[1] = l1;
    word[3] = l0;
}

/// The words of philox() for sixteen counters at once; word[0..3] is the counter, then the output.
CRYPTOPERIOD_INLINE void philox(lanes (&word)[4], philox_keys const& keys) {
    for (auto const& key : keys) philox_round(word, key);
}

inline void philox_store(std::uint32_t const (&counter)[4][16], philox_keys const& keys,
                         std::uint32_t (&out)[4][16]) {
    lanes word[4] = {load(counter[0]), load(counter[1]), load(counter[2]), load(counter[3])};
    philox(word, keys);
    for (std::size_t w = 0; w < 4; ++w) store(out[w], word[w]);
}

/// Shifts the lanes below 2^(32 - Bits) left by Bits, and counts it.
template <unsigned Bits>
CRYPTOPERIOD_INLINE void normalise(lanes& x, lanes& shifted) {
    lanes const large = splat(1U << (32 - Bits)), moved = shift_left<Bits>(x);
    shifted = add_from(add(shifted, splat(Bits)), x, large, splat(0U - Bits));
    x = add_from(moved, x, large, subtract(x, moved));
}

/// split_exponential() of sixteen words.
CRYPTOPERIOD_INLINE void split_exponential(lanes const& word, lanes& octaves, lanes& rest) {
    lanes f = bitwise_or(word, splat(1));
    octaves = splat(1);
    normalise<16>(f, octaves);
    normalise<8>(f, octaves);
    normalise<4>(f, octaves);
    normalise<2>(f, octaves);
    normalise<1>(f, octaves);
    f = shift_left<1>(f);
    auto const& series = cryptoperiod::detail::logarithm_series;
    lanes sum = splat(series.back()), product, low;
    for (std::size_t k = series.size() - 1; k-- > 0;) {
        multiply(f, sum, product, low);
        sum = subtract(splat(series[k]), product);
    }
    multiply(f, sum, rest, low);
}

/// exponential_q32() of sixteen words.
inline void exponentials(std::uint32_t const* words, q32* out) {
    lanes octaves, rest;
    split_exponential(load(words), octaves, rest);
    alignas(64) std::uint32_t whole[16], part[16];
    store(whole, octaves);
    store(part, rest);
    for (std::size_t i = 0; i < 16; ++i) out[i] = join_exponential(whole[i], part[i]);
}
