/// @file lanes.hpp
/// Sixteen 32-bit lanes and Philox on them, once per instruction set: the same words as the scalar
/// form in random.hpp, whichever is picked. `philox_lanes` is the entry for everyone; the engines
/// include kernels of their own between CRYPTOPERIOD_TARGET_* brackets, as this file does.
#pragma once

#include <cryptoperiod/core/fixed.hpp>
#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/core/random.hpp>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CRYPTOPERIOD_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define CRYPTOPERIOD_TARGET_BEGIN(features) \
    CRYPTOPERIOD_PRAGMA(                    \
        clang attribute push(__attribute__((target(features))), apply_to = function))
#define CRYPTOPERIOD_TARGET_END _Pragma("clang attribute pop")
#else
#define CRYPTOPERIOD_TARGET_BEGIN(features) \
    _Pragma("GCC push_options") CRYPTOPERIOD_PRAGMA(GCC target(features))
#define CRYPTOPERIOD_TARGET_END _Pragma("GCC pop_options")
#endif
#define CRYPTOPERIOD_AVX2_FEATURES "avx2"
#define CRYPTOPERIOD_AVX512_FEATURES "avx2,avx512f,avx512dq,avx512bw,avx512vl"
#define CRYPTOPERIOD_INLINE inline __attribute__((always_inline))

namespace cryptoperiod::portable {

/// Sixteen lanes as an array; the compiler makes of it what it can.
struct lanes {
    std::uint32_t v[16];
};

CRYPTOPERIOD_INLINE lanes splat(std::uint32_t x) {
    lanes r;
    for (auto& lane : r.v) lane = x;
    return r;
}
CRYPTOPERIOD_INLINE lanes iota() {
    lanes r;
    for (std::uint32_t i = 0; i < 16; ++i) r.v[i] = i;
    return r;
}
CRYPTOPERIOD_INLINE lanes load(std::uint32_t const* p) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = p[i];
    return r;
}
CRYPTOPERIOD_INLINE void store(std::uint32_t* p, lanes const& a) {
    for (std::size_t i = 0; i < 16; ++i) p[i] = a.v[i];
}
CRYPTOPERIOD_INLINE lanes add(lanes const& a, lanes const& b) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] + b.v[i];
    return r;
}
CRYPTOPERIOD_INLINE lanes subtract(lanes const& a, lanes const& b) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] - b.v[i];
    return r;
}
CRYPTOPERIOD_INLINE lanes bitwise_or(lanes const& a, lanes const& b) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] | b.v[i];
    return r;
}
template <unsigned Bits>
CRYPTOPERIOD_INLINE lanes shift_left(lanes const& a) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] << Bits;
    return r;
}
CRYPTOPERIOD_INLINE lanes exclusive_or(lanes const& a, lanes const& b, lanes const& c) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] ^ b.v[i] ^ c.v[i];
    return r;
}
CRYPTOPERIOD_INLINE lanes maximum(lanes const& a, lanes const& b) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
    return r;
}
/// Lane index[i] of the table, for each i; the indices below 16.
CRYPTOPERIOD_INLINE lanes pick(lanes const& table, lanes const& index) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = table.v[index.v[i]];
    return r;
}
/// a + (x >= threshold ? b : 0), lane by lane.
CRYPTOPERIOD_INLINE lanes add_from(lanes const& a, lanes const& x, lanes const& threshold,
                                   lanes const& b) {
    lanes r;
    for (std::size_t i = 0; i < 16; ++i) r.v[i] = a.v[i] + (x.v[i] >= threshold.v[i] ? b.v[i] : 0U);
    return r;
}
/// The 64-bit products of the lanes, cut in two.
CRYPTOPERIOD_INLINE void multiply(lanes const& a, lanes const& b, lanes& high, lanes& low) {
    lanes h, l;
    for (std::size_t i = 0; i < 16; ++i) {
        std::uint64_t const product = std::uint64_t{a.v[i]} * b.v[i];
        h.v[i] = static_cast<std::uint32_t>(product >> 32U);
        l.v[i] = static_cast<std::uint32_t>(product);
    }
    high = h;
    low = l;
}
#include <cryptoperiod/core/lanes.ipp>

}  // namespace cryptoperiod::portable

#if defined(__x86_64__)

CRYPTOPERIOD_TARGET_BEGIN(CRYPTOPERIOD_AVX2_FEATURES)
namespace cryptoperiod::avx2 {

/// Sixteen lanes in two registers.
struct lanes {
    __m256i a, b;
};

CRYPTOPERIOD_INLINE __m256i const* address(std::uint32_t const* p) {
    return reinterpret_cast<__m256i const*>(p);
}
CRYPTOPERIOD_INLINE lanes splat(std::uint32_t x) {
    __m256i const v = _mm256_set1_epi32(static_cast<int>(x));
    return {v, v};
}
CRYPTOPERIOD_INLINE lanes iota() {
    return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
            _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)};
}
CRYPTOPERIOD_INLINE lanes load(std::uint32_t const* p) {
    return {_mm256_loadu_si256(address(p)), _mm256_loadu_si256(address(p + 8))};
}
CRYPTOPERIOD_INLINE void store(std::uint32_t* p, lanes const& x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x.a);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), x.b);
}
CRYPTOPERIOD_INLINE lanes add(lanes const& x, lanes const& y) {
    return {_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)};
}
CRYPTOPERIOD_INLINE lanes subtract(lanes const& x, lanes const& y) {
    return {_mm256_sub_epi32(x.a, y.a), _mm256_sub_epi32(x.b, y.b)};
}
CRYPTOPERIOD_INLINE lanes bitwise_or(lanes const& x, lanes const& y) {
    return {_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)};
}
template <unsigned Bits>
CRYPTOPERIOD_INLINE lanes shift_left(lanes const& x) {
    return {_mm256_slli_epi32(x.a, Bits), _mm256_slli_epi32(x.b, Bits)};
}
CRYPTOPERIOD_INLINE lanes exclusive_or(lanes const& x, lanes const& y, lanes const& z) {
    return {_mm256_xor_si256(_mm256_xor_si256(x.a, y.a), z.a),
            _mm256_xor_si256(_mm256_xor_si256(x.b, y.b), z.b)};
}
CRYPTOPERIOD_INLINE lanes maximum(lanes const& x, lanes const& y) {
    return {_mm256_max_epu32(x.a, y.a), _mm256_max_epu32(x.b, y.b)};
}
CRYPTOPERIOD_INLINE __m256i pick_half(lanes const& table, __m256i index) {
    __m256i const low = _mm256_permutevar8x32_epi32(table.a, index),
                  high = _mm256_permutevar8x32_epi32(table.b, index);
    return _mm256_blendv_epi8(low, high, _mm256_cmpgt_epi32(index, _mm256_set1_epi32(7)));
}
CRYPTOPERIOD_INLINE lanes pick(lanes const& table, lanes const& index) {
    return {pick_half(table, index.a), pick_half(table, index.b)};
}
CRYPTOPERIOD_INLINE __m256i from(__m256i x, __m256i threshold) {  // all ones where x >= threshold
    return _mm256_cmpeq_epi32(_mm256_max_epu32(x, threshold), x);
}
CRYPTOPERIOD_INLINE lanes add_from(lanes const& base, lanes const& x, lanes const& threshold,
                                   lanes const& b) {
    return {_mm256_add_epi32(base.a, _mm256_and_si256(from(x.a, threshold.a), b.a)),
            _mm256_add_epi32(base.b, _mm256_and_si256(from(x.b, threshold.b), b.b))};
}
CRYPTOPERIOD_INLINE void multiply_half(__m256i x, __m256i y, __m256i& high, __m256i& low) {
    __m256i const even = _mm256_mul_epu32(x, y);
    __m256i const odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(y, 32));
    high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}
CRYPTOPERIOD_INLINE void multiply(lanes const& x, lanes const& y, lanes& high, lanes& low) {
    lanes h, l;
    multiply_half(x.a, y.a, h.a, l.a);
    multiply_half(x.b, y.b, h.b, l.b);
    high = h;
    low = l;
}
#include <cryptoperiod/core/lanes.ipp>

}  // namespace cryptoperiod::avx2
CRYPTOPERIOD_TARGET_END

CRYPTOPERIOD_TARGET_BEGIN(CRYPTOPERIOD_AVX512_FEATURES)
namespace cryptoperiod::avx512 {

/// Sixteen lanes in one register.
struct lanes {
    __m512i v;
};

CRYPTOPERIOD_INLINE lanes splat(std::uint32_t x) {
    return {_mm512_set1_epi32(static_cast<int>(x))};
}
CRYPTOPERIOD_INLINE lanes iota() {
    return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)};
}
CRYPTOPERIOD_INLINE lanes load(std::uint32_t const* p) { return {_mm512_loadu_si512(p)}; }
CRYPTOPERIOD_INLINE void store(std::uint32_t* p, lanes const& a) { _mm512_storeu_si512(p, a.v); }
CRYPTOPERIOD_INLINE lanes add(lanes const& a, lanes const& b) {
    return {_mm512_add_epi32(a.v, b.v)};
}
CRYPTOPERIOD_INLINE lanes subtract(lanes const& a, lanes const& b) {
    return {_mm512_sub_epi32(a.v, b.v)};
}
CRYPTOPERIOD_INLINE lanes bitwise_or(lanes const& a, lanes const& b) {
    return {_mm512_or_epi32(a.v, b.v)};
}
template <unsigned Bits>
CRYPTOPERIOD_INLINE lanes shift_left(lanes const& a) {
    return {_mm512_maskz_slli_epi32(0xFFFF, a.v, Bits)};
}
CRYPTOPERIOD_INLINE lanes exclusive_or(lanes const& a, lanes const& b, lanes const& c) {
    return {_mm512_ternarylogic_epi32(a.v, b.v, c.v, 0x96)};
}
CRYPTOPERIOD_INLINE lanes maximum(lanes const& a, lanes const& b) {
    return {_mm512_maskz_max_epu32(0xFFFF, a.v, b.v)};
}
CRYPTOPERIOD_INLINE lanes pick(lanes const& table, lanes const& index) {
    return {_mm512_maskz_permutexvar_epi32(0xFFFF, index.v, table.v)};
}
CRYPTOPERIOD_INLINE lanes add_from(lanes const& a, lanes const& x, lanes const& threshold,
                                   lanes const& b) {
    return {_mm512_mask_add_epi32(a.v, _mm512_cmpge_epu32_mask(x.v, threshold.v), a.v, b.v)};
}
// Products of the even and of the odd lanes, then two permutations that sort the halves: shuffles
// run on another port than multiplications, shifts do not. (The zero-masking forms with a full
// mask: g++ 12 takes the plain ones for reads of uninitialised registers, a false warning inside
// its header.)
CRYPTOPERIOD_INLINE __m512i odd_lanes(__m512i x) {
    return _mm512_maskz_shuffle_epi32(0xFFFF, x, _MM_PERM_DDBB);
}
CRYPTOPERIOD_INLINE void multiply(lanes const& a, lanes const& b, lanes& high, lanes& low) {
    __m512i const upper =
        _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    __m512i const lower =
        _mm512_setr_epi32(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    __m512i const even = _mm512_maskz_mul_epu32(0xFF, a.v, b.v);
    __m512i const odd = _mm512_maskz_mul_epu32(0xFF, odd_lanes(a.v), odd_lanes(b.v));
    high.v = _mm512_permutex2var_epi32(even, upper, odd);
    low.v = _mm512_permutex2var_epi32(even, lower, odd);
}
#include <cryptoperiod/core/lanes.ipp>

}  // namespace cryptoperiod::avx512
CRYPTOPERIOD_TARGET_END

#endif

namespace cryptoperiod {

/// The words of sixteen counters under one key: counter[w][i] is word w of lane i, and so is the
/// output. `set` must be one that this processor has (best_isa() or below).
inline void philox_lanes(isa set, std::uint32_t const (&counter)[4][16], std::uint64_t key,
                         std::uint32_t (&out)[4][16]) noexcept {
    philox_keys const keys = round_keys(key);
#if defined(__x86_64__)
    if (set == isa::avx512) return avx512::philox_store(counter, keys, out);
    if (set == isa::avx2) return avx2::philox_store(counter, keys, out);
#endif
    static_cast<void>(set);
    for (std::size_t i = 0; i < 16; ++i) {
        philox_block const words =
            philox({counter[0][i], counter[1][i], counter[2][i], counter[3][i]}, keys);
        for (std::size_t w = 0; w < 4; ++w) out[w][i] = words[w];
    }
}

}  // namespace cryptoperiod
