/// @file hex.hpp
/// Bytes in the tests of this room: from hex and back.
#pragma once

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace cryptoperiod::test {

/// The bytes of `text`, whose hex is right.
inline std::vector<std::byte> unhex(std::string_view text) {
    auto bytes = from_hex(text);
    BOOST_REQUIRE_MESSAGE(bytes.has_value(), "not hex: " << text);
    return *std::move(bytes);
}

/// The same, of a length that is known.
template <std::size_t Size>
std::array<std::byte, Size> unhex(std::string_view text) {
    auto const bytes = unhex(text);
    BOOST_REQUIRE(bytes.size() == Size);
    std::array<std::byte, Size> array{};
    std::ranges::copy(bytes, array.begin());
    return array;
}

/// `Size` times the same byte.
template <std::size_t Size>
std::array<std::byte, Size> filled_with(unsigned value) {
    std::array<std::byte, Size> array;
    array.fill(static_cast<std::byte>(value));
    return array;
}

/// The same Ed25519 signature with S + L for S, which verifies wherever nobody compares S with the
/// order L of the group (RFC 8032, 5.1.7).
inline std::vector<std::byte> plus_order(std::vector<std::byte> signature) {
    auto const order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i != 32; ++i) {
        carry += std::to_integer<unsigned>(signature[32 + i]) + std::to_integer<unsigned>(order[i]);
        signature[32 + i] = static_cast<std::byte>(carry & 0xffU);
        carry >>= 8U;
    }
    BOOST_TEST(carry == 0U);
    return signature;
}

/// Whether nothing but zeros is there.
inline bool all_zero(std::span<std::byte const> bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// Calls `visit()` once for every bit of `bytes`, while that bit is flipped.
template <class Visit>
void for_every_flipped_bit(std::span<std::byte> bytes, Visit const& visit) {
    for (auto& byte : bytes)
        for (unsigned bit = 0; bit != 8; ++bit) {
            byte ^= static_cast<std::byte>(1U << bit);
            visit();
            byte ^= static_cast<std::byte>(1U << bit);
        }
}

}  // namespace cryptoperiod::test
