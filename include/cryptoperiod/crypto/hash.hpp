/// @file hash.hpp
/// The hash functions that hmac and hkdf are made of.
#pragma once

#include <cryptopp/sha.h>

#include <concepts>
#include <cstddef>
#include <string_view>

namespace cryptoperiod::crypto {

/// A hash function of this room, as a type.
template <class H>
concept hash_function = requires {
    typename H::implementation;
    { H::bytes } -> std::convertible_to<std::size_t>;
    { H::name } -> std::convertible_to<std::string_view>;
};

/// SHA-256 (FIPS 180-4).
struct sha256 {
    using implementation = CryptoPP::SHA256;
    static constexpr std::size_t bytes = 32;
    static constexpr std::string_view name = "SHA-256";
};

/// SHA-384 (FIPS 180-4).
struct sha384 {
    using implementation = CryptoPP::SHA384;
    static constexpr std::size_t bytes = 48;
    static constexpr std::string_view name = "SHA-384";
};

/// SHA-512 (FIPS 180-4).
struct sha512 {
    using implementation = CryptoPP::SHA512;
    static constexpr std::size_t bytes = 64;
    static constexpr std::string_view name = "SHA-512";
};

/// SHA-1, for what others have signed only: collisions are cheap, although HMAC stands them.
struct sha1 {
    using implementation = CryptoPP::SHA1;
    static constexpr std::size_t bytes = 20;
    static constexpr std::string_view name = "SHA-1";
};

}  // namespace cryptoperiod::crypto
