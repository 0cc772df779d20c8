/// @file md5.hpp
/// MD5 (RFC 1321): broken as a hash function since 2004, and a part of protocols that others have
/// defined. Two bodies with one digest are cheap to make; a second body for a given one is not.
#pragma once

// Crypto++ warns whoever includes MD5 without this macro, which is not for our users to inherit.
#ifndef CRYPTOPP_ENABLE_NAMESPACE_WEAK
#define CRYPTOPP_ENABLE_NAMESPACE_WEAK 1
#include <cryptopp/md5.h>
#undef CRYPTOPP_ENABLE_NAMESPACE_WEAK
#else
#include <cryptopp/md5.h>
#endif

#include <cstddef>
#include <string_view>

namespace cryptoperiod::crypto {

/// MD5, for digests that a protocol demands (digest.hpp) and for nothing else.
struct md5 {
    using implementation = CryptoPP::Weak::MD5;
    static constexpr std::size_t bytes = 16;
    static constexpr std::string_view name = "MD5";
};

}  // namespace cryptoperiod::crypto
