/// @file digest.hpp
/// Plain digests, for protocols that are defined by them. A digest is no authentication: take
/// mac.hpp for that.
#pragma once

#include <array>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cstddef>
#include <span>

namespace cryptoperiod::crypto {

/// Writes the digest of the parts, concatenated, to `output`.
template <hash_function Hash>
void digest(parts_view parts, std::span<std::byte, Hash::bytes> output) {
    typename Hash::implementation hash;
    for (auto const part : parts) hash.Update(detail::raw(part), part.size());
    hash.Final(detail::raw(output));
}

/// The digest of the parts, concatenated.
template <hash_function Hash>
[[nodiscard]] std::array<std::byte, Hash::bytes> digest(parts_view parts) {
    std::array<std::byte, Hash::bytes> output;
    digest<Hash>(parts, std::span(output));
    return output;
}

}  // namespace cryptoperiod::crypto
