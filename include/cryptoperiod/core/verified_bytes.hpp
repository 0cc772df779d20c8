/// @file verified_bytes.hpp
/// Bytes whose authenticity is known, as a type: parsers that trust their input take nothing else.
#pragma once

#include <cstddef>
#include <span>

namespace cryptoperiod {

namespace crypto {
/// Vouches for bytes: defined in crypto/ and there only, by what has just verified an
/// authentication tag over them.
class verifier;
}  // namespace crypto

/// A view of plaintext whose AEAD tag was verified. Nothing but crypto::verifier makes one, so
/// unverified bytes where this is asked for are a compile error. Valid as long as the plaintext is.
class verified_bytes {
public:
    /// The plaintext.
    [[nodiscard]] std::span<std::byte const> expose() const noexcept { return bytes_; }

private:
    friend class crypto::verifier;
    explicit verified_bytes(std::span<std::byte const> bytes) noexcept : bytes_(bytes) {}

    std::span<std::byte const> bytes_;
};

}  // namespace cryptoperiod
