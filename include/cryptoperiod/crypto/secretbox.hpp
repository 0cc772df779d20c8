/// @file secretbox.hpp
/// XSalsa20-Poly1305, the "secretbox" of NaCl: what encrypted channels are defined by. For anything
/// that is ours take aead.hpp, which authenticates what belongs to a message as well. Source:
/// Bernstein, "Cryptography in NaCl" (2009), sections 9 and 10.
///
///     box = tag 16 | ciphertext
#pragma once

#include <cryptopp/poly1305.h>
#include <cryptopp/salsa.h>

#include <array>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <span>
#include <vector>

namespace cryptoperiod::crypto {

/// The functions of the secretbox. A key has one message a nonce; nonces of 24 bytes may be drawn
/// at random.
class secretbox {
public:
    static constexpr std::size_t key_bytes = 32;
    static constexpr std::size_t nonce_bytes = 24;
    static constexpr std::size_t tag_bytes = 16;

    using key_view = std::span<std::byte const, key_bytes>;
    using nonce = std::array<std::byte, nonce_bytes>;
    using nonce_view = std::span<std::byte const, nonce_bytes>;

    /// The box of `plaintext`: 16 bytes longer.
    [[nodiscard]] static std::vector<std::byte> seal(key_view key, nonce_view once,
                                                     bytes_view plaintext) {
        std::vector<std::byte> box(tag_bytes + plaintext.size());
        auto const ciphertext = std::span(box).subspan(tag_bytes);
        secretbox keyed(key, once);
        keyed.add_keystream(plaintext, ciphertext);
        keyed.authenticate(ciphertext, std::span(box).first<tag_bytes>());
        return box;
    }

    /// The plaintext of a box. Nothing is decrypted before the tag is right. Errors: malformed
    /// (shorter than a tag), authentication_failed (another key or nonce, a change).
    [[nodiscard]] static result<secret_bytes> open(key_view key, nonce_view once, bytes_view box) {
        if (box.size() < tag_bytes)
            return error{errc::malformed,
                         "a box has at least 16 bytes, not " + std::to_string(box.size())};
        auto const ciphertext = box.subspan(tag_bytes);
        secretbox keyed(key, once);
        std::array<std::byte, tag_bytes> expected;
        keyed.authenticate(ciphertext, expected);
        bool const equal = detail::known_to_be_equal(expected, box.first(tag_bytes));
        wipe(expected);
        if (!equal)
            return error{errc::authentication_failed,
                         "the box was not sealed with this key and nonce"};
        return secret_bytes::make(ciphertext.size(), [&](std::span<std::byte> plaintext) {
            keyed.add_keystream(ciphertext, plaintext);
        });
    }

private:
    // The first 32 bytes of the keystream are the key of Poly1305.
    secretbox(key_view key, nonce_view once) {
        stream_.SetKeyWithIV(detail::raw(key), key.size(), detail::raw(once), once.size());
        std::array<std::byte, 32> const zeros{};
        add_keystream(zeros, mac_key_.writable());
    }
    void add_keystream(bytes_view input, std::span<std::byte> output) {
        if (!input.empty())
            stream_.ProcessData(detail::raw(output), detail::raw(input), input.size());
    }
    void authenticate(bytes_view ciphertext, std::span<std::byte, tag_bytes> tag) {
        CryptoPP::Poly1305TLS mac;
        mac.SetKey(detail::raw(mac_key_.expose()), 32);
        mac.Update(detail::raw(ciphertext), ciphertext.size());
        mac.Final(detail::raw(tag));
    }

    CryptoPP::XSalsa20::Encryption stream_;
    secret_array<32> mac_key_;
};

}  // namespace cryptoperiod::crypto
