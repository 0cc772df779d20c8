/// @file key_wrap.hpp
/// AES key wrap: a key sealed under another without a nonce. RFC 3394 for keys of whole 8-byte
/// blocks, RFC 5649 for keys of any length. No associated data: what a key is for has to be bound
/// elsewhere. Objects hold their key, allocate nothing and belong to one thread.
#pragma once

#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace cryptoperiod::crypto {

namespace detail {

inline constexpr std::size_t semiblock_bytes = 8;
using semiblock = secret_array<semiblock_bytes>;

/// The register A of the rounds, and the semiblocks R[1..n]: RFC 3394 section 2.2, in place.
class wrap_rounds {
public:
    wrap_rounds(std::span<std::byte, semiblock_bytes> a, std::span<std::byte> r) noexcept
        : a_(a), r_(r), n_(r.size() / semiblock_bytes) {}

    void wrap(aes_encryption const& cipher) {
        load_a();
        for (std::uint64_t step = 1; step <= rounds * n_; ++step) {
            auto* const r = semiblock_of(step);
            std::memcpy(low_, r, semiblock_bytes);
            cipher.process(block_.writable());
            add(step);
            std::memcpy(r, low_, semiblock_bytes);
        }
        store_a();
    }
    void unwrap(aes_decryption const& cipher) {
        load_a();
        for (std::uint64_t step = rounds * n_; step != 0; --step) {
            auto* const r = semiblock_of(step);
            add(step);
            std::memcpy(low_, r, semiblock_bytes);
            cipher.process(block_.writable());
            std::memcpy(r, low_, semiblock_bytes);
        }
        store_a();
    }

private:
    static constexpr std::uint64_t rounds = 6;

    [[nodiscard]] std::byte* semiblock_of(std::uint64_t step) const noexcept {
        return r_.data() + static_cast<std::size_t>((step - 1) % n_) * semiblock_bytes;
    }
    void load_a() noexcept { std::memcpy(block_.writable().data(), a_.data(), a_.size()); }
    void store_a() noexcept { std::memcpy(a_.data(), block_.expose().data(), a_.size()); }
    void add(std::uint64_t step) noexcept {
        std::array<std::byte, semiblock_bytes> counter;
        for (std::size_t i = 0; i != semiblock_bytes; ++i)
            counter[7 - i] = static_cast<std::byte>(step >> (8 * i) & 0xffU);
        auto* const a = block_.writable().data();
        for (std::size_t i = 0; i != semiblock_bytes; ++i) a[i] ^= counter[i];
    }

    std::span<std::byte, semiblock_bytes> a_;
    std::span<std::byte> r_;
    std::uint64_t n_;
    secret_array<aes_block_bytes> block_;
    std::byte* low_ = block_.writable().data() + semiblock_bytes;
};

}  // namespace detail

/// Wraps and unwraps under one key of 16, 24 or 32 bytes.
template <std::size_t KeyBytes>
requires detail::aes_key_size<KeyBytes>
class aes_key_wrap {
public:
    static constexpr std::size_t key_bytes = KeyBytes;
    using key_view = std::span<std::byte const, key_bytes>;

    /// Longest key, in bytes. RFC 5649 allows 2^32 - 1; nobody has such a key, and six passes over
    /// what somebody sent cost time.
    static constexpr std::size_t wrapped_key_bytes_max = std::size_t{1} << 20U;

    /// How long a key of `size` bytes becomes when it is wrapped: by RFC 3394, and by RFC 5649.
    [[nodiscard]] static constexpr std::size_t wrapped_bytes(std::size_t size) noexcept {
        return size + detail::semiblock_bytes;
    }
    [[nodiscard]] static constexpr std::size_t padded_bytes(std::size_t size) noexcept {
        return (size + 7) / detail::semiblock_bytes * detail::semiblock_bytes +
               detail::semiblock_bytes;
    }

    explicit aes_key_wrap(key_view key) { rekey(key); }
    aes_key_wrap(aes_key_wrap const&) = delete;
    aes_key_wrap& operator=(aes_key_wrap const&) = delete;

    /// Another key, in the place of the last one.
    void rekey(key_view key) {
        wrapping_.set_key(key);
        unwrapping_.set_key(key);
    }

    /// Wraps `key` to `wrapped`, which has wrapped_bytes(key.size()). RFC 3394. Errors: key_refused
    /// (shorter than 16 bytes, not whole 8-byte blocks, longer than wrapped_key_bytes_max).
    [[nodiscard]] result<void> wrap(bytes_view key, std::span<std::byte> wrapped) {
        if (key.size() < 2 * detail::semiblock_bytes || key.size() % detail::semiblock_bytes != 0 ||
            key.size() > wrapped_key_bytes_max)
            return bad_size("wrapped without padding", key.size(),
                            "multiples of 8 from 16 to 2^20; wrap_padded takes any length");
        CRYPTOPERIOD_ASSERT(wrapped.size() == wrapped_bytes(key.size()));
        std::memmove(wrapped.data() + detail::semiblock_bytes, key.data(), key.size());
        std::memset(wrapped.data(), 0xa6, detail::semiblock_bytes);
        detail::wrap_rounds(wrapped.first<detail::semiblock_bytes>(),
                            wrapped.subspan(detail::semiblock_bytes))
            .wrap(wrapping_);
        return {};
    }

    /// The key in `wrapped`. RFC 3394. Errors: malformed (no length that wrap makes),
    /// authentication_failed (wrapped under another key, or changed).
    [[nodiscard]] result<secret_bytes> unwrap(bytes_view wrapped) {
        result<void> unwrapped;
        auto key = secret_bytes::make(key_room(wrapped), [&](std::span<std::byte> room) {
            unwrapped = unwrap_into(wrapped, room);
        });
        if (!unwrapped) return std::move(unwrapped).error();
        return key;
    }

    /// The same for a key of `Size` bytes, without memory of its own.
    template <std::size_t Size>
    requires(Size % 8 == 0 && Size >= 16) [[nodiscard]] result<secret_array<Size>> unwrap(
        std::span<std::byte const, Size + detail::semiblock_bytes> wrapped) {
        secret_array<Size> key;
        if (auto done = unwrap_into(wrapped, key.writable()); !done) return std::move(done).error();
        return key;
    }

    /// Wraps `key`, of any length from 1 on, to `wrapped`, which has padded_bytes(key.size()).
    /// RFC 5649. Errors: key_refused (empty, longer than wrapped_key_bytes_max).
    [[nodiscard]] result<void> wrap_padded(bytes_view key, std::span<std::byte> wrapped) {
        if (key.empty() || key.size() > wrapped_key_bytes_max)
            return bad_size("wrapped", key.size(), "1 to 2^20 bytes");
        CRYPTOPERIOD_ASSERT(wrapped.size() == padded_bytes(key.size()));
        auto const room = wrapped.subspan(detail::semiblock_bytes);
        std::memmove(room.data(), key.data(), key.size());
        std::memset(room.data() + key.size(), 0, room.size() - key.size());
        auto const header = wrapped.first<detail::semiblock_bytes>();
        write_header(key.size(), header);
        if (room.size() == detail::semiblock_bytes)
            wrapping_.process(wrapped.first<detail::aes_block_bytes>());
        else
            detail::wrap_rounds(header, room).wrap(wrapping_);
        return {};
    }

    /// The key in `wrapped`. RFC 5649. Errors: malformed (no length that wrap_padded makes),
    /// authentication_failed (wrapped under another key, or changed).
    [[nodiscard]] result<secret_bytes> unwrap_padded(bytes_view wrapped) {
        result<std::size_t> unwrapped = std::size_t{0};
        auto key = secret_bytes::make(key_room(wrapped), [&](std::span<std::byte> room) {
            unwrapped = unwrap_padded_into(wrapped, room);
        });
        if (!unwrapped) return std::move(unwrapped).error();
        key.resize(*unwrapped);
        return key;
    }

    /// The same for a key of `Size` bytes, without memory of its own. Errors: also
    /// authentication_failed when the key in it has another length.
    template <std::size_t Size>
    requires(Size > 0) [[nodiscard]] result<secret_array<Size>> unwrap_padded(
        std::span<std::byte const, padded_bytes(Size)> wrapped) {
        secret_array<padded_bytes(Size) - detail::semiblock_bytes> room;
        auto const size = unwrap_padded_into(wrapped, room.writable());
        if (!size) return size.error();
        if (*size != Size) return not_of_this_key();
        return secret_array<Size>::copy_of(room.expose().template first<Size>());
    }

private:
    [[nodiscard]] static error bad_size(char const* what, std::size_t size, char const* allowed) {
        return {errc::key_refused, concat("a key of ", std::to_string(size), " bytes cannot be ",
                                          what, "; allowed: ", allowed)};
    }
    [[nodiscard]] static error not_of_this_key() {
        return {errc::authentication_failed, "the key was wrapped under another key, or changed"};
    }
    // What is left of it without the first semiblock; a length that is refused needs no room.
    [[nodiscard]] static std::size_t key_room(bytes_view wrapped) noexcept {
        return has_length_from(wrapped, 2 * detail::semiblock_bytes)
                   ? wrapped.size() - detail::semiblock_bytes
                   : 0;
    }
    [[nodiscard]] static bool has_length_from(bytes_view wrapped, std::size_t least) noexcept {
        return wrapped.size() >= least && wrapped.size() % detail::semiblock_bytes == 0 &&
               wrapped.size() - detail::semiblock_bytes <= wrapped_key_bytes_max;
    }
    [[nodiscard]] static error bad_length(bytes_view wrapped) {
        return {errc::malformed, "no wrapped key has " + std::to_string(wrapped.size()) + " bytes"};
    }

    // The alternative initial value: A6 59 59 A6, then the length. RFC 5649 section 3.
    static void write_header(std::size_t size,
                             std::span<std::byte, detail::semiblock_bytes> header) noexcept {
        header[0] = header[3] = std::byte{0xa6};
        header[1] = header[2] = std::byte{0x59};
        for (std::size_t i = 0; i != 4; ++i)
            header[4 + i] = static_cast<std::byte>(size >> (24 - 8 * i) & 0xffU);
    }

    // `key` is zeros after an error.
    [[nodiscard]] result<void> unwrap_into(bytes_view wrapped, std::span<std::byte> key) {
        if (!has_length_from(wrapped, 3 * detail::semiblock_bytes)) return bad_length(wrapped);
        detail::semiblock header;
        std::memcpy(header.writable().data(), wrapped.data(), detail::semiblock_bytes);
        std::memcpy(key.data(), wrapped.data() + detail::semiblock_bytes, key.size());
        detail::wrap_rounds(header.writable(), key).unwrap(unwrapping_);
        std::array<std::byte, detail::semiblock_bytes> expected;
        expected.fill(std::byte{0xa6});
        if (detail::known_to_be_equal(header.expose(), expected)) return {};
        wipe(key);
        return not_of_this_key();
    }

    // The length of the key in `room`, which is zeros after an error. All of the header and of the
    // padding is looked at before anything is said.
    [[nodiscard]] result<std::size_t> unwrap_padded_into(bytes_view wrapped,
                                                         std::span<std::byte> room) {
        if (!has_length_from(wrapped, 2 * detail::semiblock_bytes)) return bad_length(wrapped);
        detail::semiblock header;
        if (room.size() == detail::semiblock_bytes) {
            secret_array<detail::aes_block_bytes> block;
            std::memcpy(block.writable().data(), wrapped.data(), detail::aes_block_bytes);
            unwrapping_.process(block.writable());
            std::memcpy(header.writable().data(), block.expose().data(), detail::semiblock_bytes);
            std::memcpy(room.data(), block.expose().data() + detail::semiblock_bytes, room.size());
        } else {
            std::memcpy(header.writable().data(), wrapped.data(), detail::semiblock_bytes);
            std::memcpy(room.data(), wrapped.data() + detail::semiblock_bytes, room.size());
            detail::wrap_rounds(header.writable(), room).unwrap(unwrapping_);
        }
        std::size_t const size = checked_size(header.expose(), room);
        if (size != 0) return size;
        wipe(room);
        return not_of_this_key();
    }

    // The length that the header tells, zero when header or padding are wrong. No branch depends on
    // a byte: of the 8 that may be padding each is masked by whether it is.
    [[nodiscard]] static std::size_t checked_size(
        std::span<std::byte const, detail::semiblock_bytes> header, bytes_view room) noexcept {
        std::uint64_t size = 0;
        for (std::size_t i = 4; i != detail::semiblock_bytes; ++i)
            size = size << 8U | std::to_integer<std::uint64_t>(header[i]);
        unsigned wrong = std::to_integer<unsigned>(
            (header[0] ^ std::byte{0xa6}) | (header[1] ^ std::byte{0x59}) |
            (header[2] ^ std::byte{0x59}) | (header[3] ^ std::byte{0xa6}));
        // All ones when a < b, for numbers below 2^63.
        auto const below = [](std::uint64_t a, std::uint64_t b) {
            return detail::opaque(0 - ((a - detail::opaque(b)) >> 63U));
        };
        std::uint64_t const last = room.size() - detail::semiblock_bytes;
        wrong |= static_cast<unsigned>(~below(last, size) & 1U);        // last < size
        wrong |= static_cast<unsigned>(below(room.size(), size) & 1U);  // size <= room
        for (std::uint64_t i = last; i != room.size(); ++i)
            wrong |= static_cast<unsigned>(~below(i, size)) &
                     std::to_integer<unsigned>(room[static_cast<std::size_t>(i)]);
        bool right = wrong == 0;
        CRYPTOPERIOD_DECLASSIFY(right);
        if (!right) return 0;
        CRYPTOPERIOD_DECLASSIFY(size);
        return static_cast<std::size_t>(size);
    }

    static void wipe(std::span<std::byte> bytes) noexcept { cryptoperiod::wipe(bytes); }

    detail::aes_encryption wrapping_;
    detail::aes_decryption unwrapping_;
};

}  // namespace cryptoperiod::crypto
