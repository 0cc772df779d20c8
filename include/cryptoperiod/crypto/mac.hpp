/// @file mac.hpp
/// Message authentication: HMAC and CMAC. A code is verified in its full length, in constant time.
/// Objects hold their key, are reused from message to message and belong to one thread.
#pragma once

#include <cryptopp/hmac.h>

#include <array>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstring>
#include <span>

namespace cryptoperiod::crypto {

namespace detail {

/// What HMAC and CMAC share. A message may come in parts, which are authenticated as their
/// concatenation: prefix them with their lengths where that could be split in two ways.
template <class Implementation, std::size_t TagBytes>
class message_authentication {
public:
    static constexpr std::size_t tag_bytes = TagBytes;
    using tag = std::array<std::byte, tag_bytes>;

    message_authentication(message_authentication const&) = delete;
    message_authentication& operator=(message_authentication const&) = delete;

    /// Takes the parts as the beginning of the message that the next call of compute or verify
    /// ends.
    void absorb(parts_view parts) {
        for (auto const part : parts) mac_.Update(raw(part), part.size());
    }
    /// Writes the code of the parts to `code`.
    void compute(parts_view parts, std::span<std::byte, tag_bytes> code) {
        absorb(parts);
        mac_.Final(raw(code));
    }
    /// The code of the parts.
    [[nodiscard]] tag compute(parts_view parts) {
        tag code;
        compute(parts, code);
        return code;
    }
    /// The code of a message.
    [[nodiscard]] tag compute(bytes_view message) { return compute({message}); }

    /// Whether `code` is the code of the parts. Errors: authentication_failed.
    [[nodiscard]] result<void> verify(parts_view parts,
                                      std::span<std::byte const, tag_bytes> code) {
        return verify_first(parts, code);
    }
    /// Whether `code` is the code of the message. Errors: authentication_failed.
    [[nodiscard]] result<void> verify(bytes_view message,
                                      std::span<std::byte const, tag_bytes> code) {
        return verify({message}, code);
    }

protected:
    message_authentication() = default;
    ~message_authentication() = default;

    // Whether `code` is the beginning of the code of the parts.
    [[nodiscard]] result<void> verify_first(parts_view parts, bytes_view code) {
        tag expected;
        compute(parts, expected);
        bool const equal = known_to_be_equal(std::span(expected).first(code.size()), code);
        wipe(expected);
        if (!equal)
            return error{errc::authentication_failed,
                         "the code is not that of the message under this key"};
        return {};
    }

    Implementation mac_;
};

/// CMAC with the names that Crypto++ gives to the parts of a code. Its own CMAC branches on a bit
/// of the subkey when it is given a key.
class cmac {
public:
    void set_key(bytes_view key) {
        cipher_.set_key(key);
        secret_array<aes_block_bytes> zeros;
        cipher_.process(zeros.writable());
        double_in_field(zeros.expose(), whole_.writable());
        double_in_field(whole_.expose(), padded_.writable());
        restart();
    }
    void Update(CryptoPP::byte const* bytes, std::size_t size) {
        for (std::size_t i = 0; i != size; ++i) {
            // A full block waits: the last one of a message is treated differently.
            if (filled_ == aes_block_bytes) {
                cipher_.process(chain_.writable());
                filled_ = 0;
            }
            chain_.writable()[filled_++] ^= static_cast<std::byte>(bytes[i]);
        }
    }
    void Final(CryptoPP::byte* code) {
        auto const chain = chain_.writable();
        bool const is_whole = filled_ == aes_block_bytes;
        if (!is_whole) chain[filled_] ^= std::byte{0x80};
        auto const subkey = (is_whole ? whole_ : padded_).expose();
        for (std::size_t i = 0; i != aes_block_bytes; ++i) chain[i] ^= subkey[i];
        cipher_.process(chain);
        std::memcpy(code, chain.data(), chain.size());
        restart();
    }

private:
    void restart() noexcept {
        chain_ = {};
        filled_ = 0;
    }

    aes_encryption cipher_;
    secret_array<aes_block_bytes> whole_;   // K1, for a message of whole blocks
    secret_array<aes_block_bytes> padded_;  // K2, for any other
    secret_array<aes_block_bytes> chain_;
    std::size_t filled_ = 0;  // bytes of the chain that hold the present block
};

}  // namespace detail

/// HMAC (RFC 2104) with a key of any length; below Hash::bytes of them the key is the weak part.
template <hash_function Hash>
class hmac : public detail::message_authentication<CryptoPP::HMAC<typename Hash::implementation>,
                                                   Hash::bytes> {
public:
    explicit hmac(bytes_view key) { rekey(key); }

    /// Another key, in the place of the last one.
    void rekey(bytes_view key) { this->mac_.SetKey(detail::raw(key), key.size()); }

    /// Whether `code` is the beginning of the code of the message, for protocols that cut it. Half
    /// of it and ten bytes have to be there (RFC 2104 section 5). Errors: authentication_failed.
    template <std::size_t Size>
    requires(2 * Size >= Hash::bytes && Size >= 10 && Size <= Hash::bytes)
        [[nodiscard]] result<void> verify_truncated(bytes_view message,
                                                    std::span<std::byte const, Size> code) {
        return this->verify_first({message}, code);
    }
};

/// AES-CMAC (RFC 4493, NIST SP 800-38B) with a key of 16, 24 or 32 bytes.
template <std::size_t KeyBytes>
requires detail::aes_key_size<KeyBytes>
class aes_cmac : public detail::message_authentication<detail::cmac, 16> {
public:
    static constexpr std::size_t key_bytes = KeyBytes;

    explicit aes_cmac(std::span<std::byte const, key_bytes> key) { rekey(key); }

    /// Another key, in the place of the last one.
    void rekey(std::span<std::byte const, key_bytes> key) { mac_.set_key(key); }
};

}  // namespace cryptoperiod::crypto
