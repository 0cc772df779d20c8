/// @file opened.hpp
/// Bytes as they come from an authenticated opening: sealed and opened on the spot.
#pragma once

#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/crypto/verified_plaintext.hpp>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace cryptoperiod::test {

/// Plaintext that its AEAD has just opened; a view of it lasts as long as this object.
class opened {
public:
    explicit opened(std::span<std::byte const> bytes) : plaintext_(open(bytes)) {}

    operator verified_bytes() const& noexcept { return plaintext_.view(); }

private:
    static crypto::verified_plaintext open(std::span<std::byte const> bytes) {
        using cipher_type = crypto::aes_256_gcm;
        std::array<std::byte, cipher_type::key_bytes> const key{};
        cipher_type::nonce const nonce{};
        std::array<std::byte, cipher_type::tag_bytes> tag{};
        std::vector<std::byte> ciphertext(bytes.size());
        cipher_type cipher(key);
        bool const sealed = cipher.seal(nonce, {}, bytes, ciphertext, tag).has_value();
        CRYPTOPERIOD_ASSERT(sealed);
        auto plaintext = crypto::verifier::open(cipher, nonce, {}, ciphertext, tag);
        CRYPTOPERIOD_ASSERT(plaintext.has_value());
        return *std::move(plaintext);
    }

    crypto::verified_plaintext plaintext_;
};

}  // namespace cryptoperiod::test
