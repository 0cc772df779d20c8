/// @file fixed.hpp
/// Logarithm and power in integers: the same bits on every compiler, flag set and instruction set,
/// which the C library's floating-point functions do not promise.
#pragma once

#include <array>
#include <bit>
#include <cryptoperiod/core/assert.hpp>
#include <cstdint>
#include <limits>

namespace cryptoperiod {

/// Fixed point with 32 fractional bits.
using q32 = std::uint64_t;

__extension__ typedef __int128 int128;  // compiler extensions, hence __extension__
__extension__ typedef unsigned __int128 uint128;

/// a * b / 2^32, rounded down; exact. The result must fit 64 bits.
[[nodiscard]] constexpr std::uint64_t multiply_q32(std::uint64_t a, q32 b) noexcept {
    return static_cast<std::uint64_t>((static_cast<uint128>(a) * b) >> 32U);
}

namespace detail {

/// log2(1 + i / 256) with 62 fractional bits, by repeated squaring.
constexpr std::uint64_t log2_of_step(unsigned i) {
    std::uint64_t x = (std::uint64_t{256} + i) << 54U;  // in [1, 2), 62 fractional bits
    std::uint64_t bits = 0;
    for (int n = 61; n >= 0; --n) {
        auto const square = static_cast<uint128>(x) * x >> 62U;
        bits <<= 1U;
        if (square >> 63U != 0) {
            bits |= 1U;
            x = static_cast<std::uint64_t>(square >> 1U);
        } else {
            x = static_cast<std::uint64_t>(square);
        }
    }
    return bits;
}

struct log_step {
    std::uint64_t log2;        ///< log2(1 + i / 256), 62 fractional bits
    std::uint64_t reciprocal;  ///< 1 / (1 + i / 256), 63 fractional bits
};

inline constexpr auto log_steps = [] {
    std::array<log_step, 256> table{};
    for (unsigned i = 0; i < 256; ++i)
        table[i] = {log2_of_step(i),
                    static_cast<std::uint64_t>((static_cast<uint128>(256) << 63U) / (256 + i))};
    return table;
}();

inline constexpr std::uint64_t ln2_q63 = 0x58B90BFBE8E7BCD5U;          // ln 2, 63 fractional bits
inline constexpr std::uint64_t inverse_ln2_q62 = 0x5C551D94AE0BF85DU;  // 1 / ln 2, 62 bits

/// a * b / 2^Shift.
template <unsigned Shift>
constexpr std::uint64_t mul_shift(std::uint64_t a, std::uint64_t b) noexcept {
    return static_cast<std::uint64_t>((static_cast<uint128>(a) * b) >> Shift);
}

}  // namespace detail

/// log2(x), 32 fractional bits, error below 2^-30. x > 0.
[[nodiscard]] constexpr q32 log2_q32(std::uint64_t x) noexcept {
    CRYPTOPERIOD_ASSERT(x > 0);
    auto const zeros = static_cast<unsigned>(std::countl_zero(x));
    std::uint64_t const mantissa = (x << zeros) >> 1U;  // in [1, 2), 62 fractional bits
    auto const& step = detail::log_steps[(mantissa >> 54U) & 255U];
    // mantissa = (1 + i / 256)(1 + r) with r < 2^-8; ln(1 + r) = r - r^2/2 + r^3/3 - r^4/4
    std::uint64_t const one_plus = detail::mul_shift<62>(mantissa, step.reciprocal);  // 63 bits
    std::uint64_t const r =
        one_plus > (std::uint64_t{1} << 63U) ? one_plus - (std::uint64_t{1} << 63U) : 0;
    std::uint64_t const r2 = detail::mul_shift<63>(r, r), r3 = detail::mul_shift<63>(r2, r),
                        r4 = detail::mul_shift<63>(r3, r);
    std::uint64_t const ln = r - r2 / 2 + r3 / 3 - r4 / 4;
    std::uint64_t const log2_low = detail::mul_shift<63>(ln, detail::inverse_ln2_q62);  // 62 bits
    return (static_cast<q32>(63U - zeros) << 32U) + ((step.log2 + log2_low + (1U << 29U)) >> 30U);
}

/// 2^x rounded down, x with 32 fractional bits; saturates at 2^64 - 1. Relative error below 2^-28
/// for results above 2^28.
[[nodiscard]] constexpr std::uint64_t exp2_q32(q32 x) noexcept {
    auto const whole = x >> 32U;
    if (whole >= 64) return std::numeric_limits<std::uint64_t>::max();
    std::uint64_t const y = detail::mul_shift<32>(x & 0xFFFF'FFFFU, detail::ln2_q63);  // 63 bits
    std::uint64_t term = std::uint64_t{1} << 62U, sum = term;  // 62 fractional bits
    for (std::uint64_t n = 1; n < 16; ++n) {
        term = detail::mul_shift<63>(term, y) / n;
        sum += term;
    }
    return whole >= 62 ? sum << (whole - 62) : sum >> (62 - whole);
}

/// An Exp(1) variate as octaves * ln 2 - rest / 2^32: what vector units compute of it.
struct exponential_parts {
    std::uint32_t octaves = 0;  ///< 1 to 32
    std::uint32_t rest = 0;     ///< ln of the mantissa, 32 fractional bits
};

namespace detail {
/// ln(1 + f) / f = c0 - f (c1 - f (c2 - ...)) on [0, 1]: the Chebyshev interpolation of degree 11,
/// off by 2^-32.8 at most, 32 fractional bits.
inline constexpr std::array<std::uint32_t, 12> logarithm_series = {
    0xFFFFFFFFU, 0x7FFFFF59U, 0x555535D2U, 0x3FFDA234U, 0x331B4F43U, 0x2A19469BU,
    0x225016F9U, 0x19CF362BU, 0x1041B9D3U, 0x07A0FB7AU, 0x0248F2C9U, 0x005216E5U};
}  // namespace detail

/// The parts of exponential_q32(word).
[[nodiscard]] constexpr exponential_parts split_exponential(std::uint32_t word) noexcept {
    std::uint32_t const middle = word | 1U;
    auto const zeros = static_cast<std::uint32_t>(std::countl_zero(middle));
    std::uint32_t const f = middle << zeros << 1U;  // the mantissa less 1
    auto const& series = detail::logarithm_series;
    std::uint32_t sum = series.back();
    for (std::size_t k = series.size() - 1; k-- > 0;)
        sum = series[k] - static_cast<std::uint32_t>(multiply_q32(f, sum));
    return {zeros + 1, static_cast<std::uint32_t>(multiply_q32(f, sum))};
}
[[nodiscard]] constexpr q32 join_exponential(std::uint32_t octaves, std::uint32_t rest) noexcept {
    return (octaves * (detail::ln2_q63 >> 5U) >> 26U) - rest;
}

/// -ln of the middle of the cell in which a uniform word lies, of 2^31 cells of (0, 1): an Exp(1)
/// variate. In (0, 22.2), 32 fractional bits. Error below 2^-29.
[[nodiscard]] constexpr q32 exponential_q32(std::uint32_t word) noexcept {
    auto const parts = split_exponential(word);
    return join_exponential(parts.octaves, parts.rest);
}

}  // namespace cryptoperiod
