/// @file xaes.hpp
/// XAES-256-GCM (C2SP): nonces of 24 bytes, so that they may be drawn at random without counting.
/// Each nonce has a key of its own, from two AES calls. Optionally with a key commitment, so that
/// no ciphertext opens under two keys.
#pragma once

#include <array>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace cryptoperiod::crypto {

namespace detail {

/// Block i is CMAC-AES256(key, 0x00 | i | "X" | 0x00 | first 12 bytes of the nonce), i = 1, 2, ...;
/// these messages have one block each, so CMAC is one AES call.
class xaes_key_schedule {
public:
    void set_key(std::span<std::byte const, 32> key) {
        aes_.set_key(key);
        secret_array<aes_block_bytes> zeros;
        aes_.process(zeros.writable());
        double_in_field(zeros.expose(), subkey_.writable());
    }
    void clear() noexcept {
        aes_.set_key(std::array<std::byte, 32>{});
        subkey_ = {};
    }

    /// The first `Size` / 16 blocks.
    template <std::size_t Size>
    requires(Size % aes_block_bytes == 0) void derive(std::span<std::byte const, 12> prefix,
                                                      std::span<std::byte, Size> blocks) const {
        secret_array<aes_block_bytes> common;  // what the blocks share, under the subkey
        auto const base = common.writable();
        base[2] = std::byte{'X'};
        std::memcpy(base.data() + 4, prefix.data(), prefix.size());
        for (std::size_t i = 0; i != aes_block_bytes; ++i) base[i] ^= subkey_.expose()[i];
        for (std::size_t i = 0; i != Size / aes_block_bytes; ++i) {
            auto* const block = blocks.data() + i * aes_block_bytes;
            std::memcpy(block, base.data(), aes_block_bytes);
            block[1] ^= static_cast<std::byte>(i + 1);
        }
        aes_.process_all(blocks);
    }

    /// K1 of CMAC (NIST SP 800-38B section 6.1), for the test vectors.
    [[nodiscard]] secret_array<aes_block_bytes> const& subkey() const noexcept { return subkey_; }

private:
    aes_encryption aes_;
    secret_array<aes_block_bytes> subkey_;
};

}  // namespace detail

/// XAES-256-GCM with its key; one thread's own, as aead_cipher. Source: C2SP, XAES-256-GCM.md.
class xaes_256_gcm {
public:
    static constexpr std::size_t key_bytes = 32;
    static constexpr std::size_t nonce_bytes = 24;
    static constexpr std::size_t tag_bytes = 16;
    static constexpr std::size_t commitment_bytes = 32;
    static constexpr std::uint64_t message_bytes_max = aes_256_gcm::message_bytes_max;

    using key_view = std::span<std::byte const, key_bytes>;
    using nonce = std::array<std::byte, nonce_bytes>;
    using nonce_view = std::span<std::byte const, nonce_bytes>;
    using tag = std::array<std::byte, tag_bytes>;
    using tag_view = std::span<std::byte const, tag_bytes>;
    using commitment = std::array<std::byte, commitment_bytes>;
    using commitment_view = std::span<std::byte const, commitment_bytes>;

    /// No key yet: rekey before anything else.
    xaes_256_gcm() = default;
    explicit xaes_256_gcm(key_view key) { rekey(key); }

    xaes_256_gcm(xaes_256_gcm const&) = delete;
    xaes_256_gcm& operator=(xaes_256_gcm const&) = delete;

    /// Another key, in the place of the last one.
    void rekey(key_view key) {
        schedule_.set_key(key);
        has_key_ = true;
        has_sealed_ = false;
    }
    /// Wipes the keys and gives the memory back.
    void clear() noexcept {
        schedule_.clear();
        record_.clear();
        has_key_ = false;
    }

    /// As aead_cipher::seal, with the same errors.
    [[nodiscard]] result<void> seal(nonce_view once, bytes_view aad, bytes_view plaintext,
                                    std::span<std::byte> ciphertext,
                                    std::span<std::byte, tag_bytes> tag_out) {
        CRYPTOPERIOD_ASSERT(has_key_);
        if (is_last(once)) return detail::same_nonce_again();
        secret_array<key_bytes> key;
        schedule_.derive(once.first<12>(), key.writable());
        record_.rekey(key.expose());
        return sealed(once, aad, plaintext, ciphertext, tag_out);
    }

    /// seal, and 32 bytes that belong to this key and no other (to the first half of the nonce,
    /// too), written before `aad` is read, which may hold them. They are CMAC blocks 3 and 4 where
    /// the record's key is blocks 1 and 2: a layout of our own in the spirit of KC-XAES (eprint
    /// 2025/758), so say so where it is written down.
    [[nodiscard]] result<void> seal_committed(
        nonce_view once, bytes_view aad, bytes_view plaintext, std::span<std::byte> ciphertext,
        std::span<std::byte, tag_bytes> tag_out,
        std::span<std::byte, commitment_bytes> commitment_out) {
        CRYPTOPERIOD_ASSERT(has_key_);
        if (is_last(once)) return detail::same_nonce_again();
        secret_array<key_bytes + commitment_bytes> blocks;
        schedule_.derive(once.first<12>(), blocks.writable());
        record_.rekey(blocks.expose().first<key_bytes>());
        std::memcpy(commitment_out.data(), blocks.expose().data() + key_bytes, commitment_bytes);
        return sealed(once, aad, plaintext, ciphertext, tag_out);
    }

    /// seal or seal_committed with a nonce drawn from `source`, which is written to `nonce_out`.
    /// Errors: those of seal and of the entropy.
    template <production_entropy Entropy>
    [[nodiscard]] result<void> seal_with_random_nonce(Entropy&& source, bytes_view aad,
                                                      bytes_view plaintext,
                                                      std::span<std::byte> ciphertext,
                                                      std::span<std::byte, nonce_bytes> nonce_out,
                                                      std::span<std::byte, tag_bytes> tag_out) {
        if (auto drawn = source.fill(nonce_out); !drawn) return drawn;
        return seal(nonce_out, aad, plaintext, ciphertext, tag_out);
    }

    /// As aead_cipher::open, with the same errors.
    [[nodiscard]] result<void> open(nonce_view once, bytes_view aad, bytes_view ciphertext,
                                    tag_view tag_in, std::span<std::byte> plaintext) {
        CRYPTOPERIOD_ASSERT(has_key_);
        secret_array<key_bytes> key;
        schedule_.derive(once.first<12>(), key.writable());
        record_.rekey(key.expose());
        return record_.open(once.last<12>(), aad, ciphertext, tag_in, plaintext);
    }

    /// open, but first the commitment: what was sealed under another key is never decrypted.
    /// `plaintext` is zeros after an error. Errors: commitment_mismatch (another key, or a nonce
    /// or a commitment that was changed; to a remote caller it must look like
    /// authentication_failed); those of open.
    [[nodiscard]] result<void> open_committed(nonce_view once, bytes_view aad,
                                              bytes_view ciphertext, tag_view tag_in,
                                              commitment_view commitment_in,
                                              std::span<std::byte> plaintext) {
        auto opened =
            open_committed_or_leave(once, aad, ciphertext, tag_in, commitment_in, plaintext);
        if (!opened) wipe(plaintext);
        return opened;
    }

    /// As open_committed, but `plaintext` stays as it was after an error.
    [[nodiscard]] result<void> open_committed_or_leave(nonce_view once, bytes_view aad,
                                                       bytes_view ciphertext, tag_view tag_in,
                                                       commitment_view commitment_in,
                                                       std::span<std::byte> plaintext) {
        CRYPTOPERIOD_ASSERT(has_key_);
        secret_array<key_bytes + commitment_bytes> blocks;
        schedule_.derive(once.first<12>(), blocks.writable());
        if (!detail::known_to_be_equal(blocks.expose().last<commitment_bytes>(), commitment_in))
            return error{errc::commitment_mismatch, "the record was sealed under another key"};
        record_.rekey(blocks.expose().first<key_bytes>());
        return record_.open_or_leave(once.last<12>(), aad, ciphertext, tag_in, plaintext);
    }

    /// open into memory of its own.
    [[nodiscard]] result<secret_bytes> open(nonce_view once, bytes_view aad, bytes_view ciphertext,
                                            tag_view tag_in) {
        result<void> opened;
        auto plaintext = secret_bytes::make(ciphertext.size(), [&](std::span<std::byte> bytes) {
            opened = open(once, aad, ciphertext, tag_in, bytes);
        });
        if (!opened) return std::move(opened).error();
        return plaintext;
    }

    /// open_committed into memory of its own.
    [[nodiscard]] result<secret_bytes> open_committed(nonce_view once, bytes_view aad,
                                                      bytes_view ciphertext, tag_view tag_in,
                                                      commitment_view commitment_in) {
        result<void> opened;
        auto plaintext = secret_bytes::make(ciphertext.size(), [&](std::span<std::byte> bytes) {
            opened = open_committed(once, aad, ciphertext, tag_in, commitment_in, bytes);
        });
        if (!opened) return std::move(opened).error();
        return plaintext;
    }

private:
    [[nodiscard]] bool is_last(nonce_view once) const noexcept {
        return has_sealed_ && std::ranges::equal(once, last_nonce_);
    }
    // With the record's key in its place.
    [[nodiscard]] result<void> sealed(nonce_view once, bytes_view aad, bytes_view plaintext,
                                      std::span<std::byte> ciphertext,
                                      std::span<std::byte, tag_bytes> tag_out) {
        auto done = record_.seal(once.last<12>(), aad, plaintext, ciphertext, tag_out);
        if (!done) return done;
        std::ranges::copy(once, last_nonce_.begin());
        has_sealed_ = true;
        return done;
    }

    detail::xaes_key_schedule schedule_;
    aes_256_gcm record_;
    nonce last_nonce_{};
    bool has_key_ = false;
    bool has_sealed_ = false;
};

static_assert(aead<aes_256_gcm> && aead<chacha20_poly1305> && aead<xchacha20_poly1305>);
static_assert(aead<xaes_256_gcm>);

}  // namespace cryptoperiod::crypto
