/// @file envelope_cipher.hpp
/// Seals payloads into envelopes (envelope.hpp) and opens them again, under one data key.
#pragma once

#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/envelope.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::crypto {

namespace detail {

/// Suites 2 and 3. The record's key and its commitment are HKDF-SHA512 of the data key with the
/// nonce as salt and a label of the suite as info; the AEAD takes the last bytes of the nonce. As
/// in the AWS Encryption SDK, whose suites 0x0478 and 0x0578 commit the same way.
template <aead Aead>
struct derived_suite {
    static_assert(Aead::key_bytes == 32);

    struct keys {
        secret_array<64> both;
        [[nodiscard]] auto key() const noexcept { return both.expose().template first<32>(); }
        [[nodiscard]] auto commitment() const noexcept { return both.expose().template last<32>(); }
    };
    [[nodiscard]] static keys derive(std::span<std::byte const, 32> data_key,
                                     std::span<std::byte const, 24> nonce, std::string_view label) {
        return {hkdf<sha512>::derive<64>(data_key, nonce, bytes_of(label))};
    }
    [[nodiscard]] static auto nonce_of(std::span<std::byte const, 24> nonce) noexcept {
        return nonce.last<Aead::nonce_bytes>();
    }
};

inline constexpr std::string_view aes_gcm_label = "cryptoperiod/envelope/aes-256-gcm/v1";
inline constexpr std::string_view xchacha_label = "cryptoperiod/envelope/xchacha20-poly1305/v1";

}  // namespace detail

/// A data key with its wrapped form. One thread's own; what can be prepared for a key is kept from
/// record to record.
class envelope_cipher {
public:
    static constexpr std::size_t key_bytes = 32;
    using key_view = std::span<std::byte const, key_bytes>;

    /// No key yet: rekey before anything else.
    envelope_cipher() = default;
    envelope_cipher(envelope_cipher const&) = delete;
    envelope_cipher& operator=(envelope_cipher const&) = delete;

    /// Another data key: its id, its bytes, and what it was unwrapped from or wrapped to. Errors:
    /// as encode_outer; the last key stays then.
    [[nodiscard]] result<void> rekey(data_key_id_view id, key_view key,
                                     wrapped_data_key const& wrapped) {
        CRYPTOPERIOD_TRY(outer_, encode_outer(wrapped));
        std::ranges::copy(id, id_.begin());
        key_ = secret_array<key_bytes>::copy_of(key);
        xaes_.rekey(key);
        return {};
    }

    /// Wipes the key and gives the memory back.
    void clear() noexcept {
        outer_.clear();
        key_ = {};
        xaes_.clear();
        forget_key_of_this_thread<aes_256_gcm>();
        forget_key_of_this_thread<xchacha20_poly1305>();
    }

    /// How long the envelope of a payload becomes.
    [[nodiscard]] std::size_t sealed_bytes(record_context const& context,
                                           std::size_t payload) const noexcept {
        return detail::envelope_magic.size() + outer_.size() + 2 + context.encoded().size() + 16 +
               24 + 32 + 4 + payload + 16;
    }

    /// Seals `payload` for `context` to `envelope`, which has sealed_bytes and lies apart from it.
    /// The nonce is drawn from `source`. Errors: out_of_range (longer than payload_bytes_max),
    /// unknown_suite, those of the entropy; nothing is written then.
    template <production_entropy Entropy>
    [[nodiscard]] result<void> seal(Entropy&& source, record_context const& context,
                                    bytes_view payload, std::span<std::byte> envelope,
                                    envelope_suite suite = envelope_suite::xaes) {
        CRYPTOPERIOD_ASSERT(has_key());
        if (payload.size() > payload_bytes_max)
            return error{errc::out_of_range,
                         concat("a payload of ", std::to_string(payload.size()),
                                " bytes; one record holds at most ",
                                std::to_string(payload_bytes_max), ": cut it into records")};
        if (!detail::is_known(suite))
            return error{errc::unknown_suite, "the suite is not known to this build"};
        CRYPTOPERIOD_ASSERT(envelope.size() == sealed_bytes(context, payload.size()));
        xaes_256_gcm::nonce nonce;
        if (auto drawn = source.fill(nonce); !drawn) return drawn;
        return sealed(write(context, nonce, payload.size(), envelope, suite), payload, suite);
    }

    /// The same into memory of its own.
    template <production_entropy Entropy>
    [[nodiscard]] result<std::vector<std::byte>> seal(Entropy&& source,
                                                      record_context const& context,
                                                      bytes_view payload,
                                                      envelope_suite suite = envelope_suite::xaes) {
        std::vector<std::byte> envelope;
        if (payload.size() <= payload_bytes_max)
            envelope.resize(sealed_bytes(context, payload.size()));
        if (auto done = seal(source, context, payload, envelope, suite); !done)
            return std::move(done).error();
        return envelope;
    }

    /// Whether this is the data key that the envelope names, from the very outer block that the
    /// envelope has: what a cache asks. After a rewrap it is not; unwrap the new one.
    [[nodiscard]] bool is_key_of(envelope_view const& envelope) const noexcept {
        return detail::same_bytes(envelope.key_id, id_) &&
               detail::same_bytes(envelope.outer, outer_);
    }

    /// Opens `envelope`, which has to be of `context`, to `payload`, which is as long as the
    /// ciphertext, and stays as it was after an error. The context is compared first, then the
    /// data key with the one that the envelope names and wraps, then the commitment; the payload is
    /// decrypted when the tag is right. Errors: wrong_context; commitment_mismatch and
    /// authentication_failed (another key, or bytes that were changed), which must look alike to a
    /// remote caller: for_remote_caller.
    [[nodiscard]] result<void> open(envelope_view const& envelope, record_context const& context,
                                    std::span<std::byte> payload) {
        CRYPTOPERIOD_ASSERT(has_key());
        if (auto checked = check_context(envelope, context); !checked) return checked;
        if (!is_key_of(envelope))
            return error{errc::authentication_failed,
                         "the data key is not the one that the envelope wraps; unwrap that one"};
        switch (envelope.suite) {
            case envelope_suite::xaes:
                return xaes_.open_committed_or_leave(envelope.nonce, envelope.header,
                                                     envelope.ciphertext, envelope.tag,
                                                     envelope.commitment, payload);
            case envelope_suite::gcm_hkdf:
                return open_derived<aes_256_gcm>(detail::aes_gcm_label, envelope, payload);
            case envelope_suite::xchacha_hkdf:
                return open_derived<xchacha20_poly1305>(detail::xchacha_label, envelope, payload);
        }
        return error{errc::unknown_suite, "the suite is not known to this build"};
    }

    /// The same into memory of its own.
    [[nodiscard]] result<secret_bytes> open(envelope_view const& envelope,
                                            record_context const& context) {
        result<void> opened;
        auto payload = secret_bytes::make(
            envelope.ciphertext.size(),
            [&](std::span<std::byte> bytes) { opened = open(envelope, context, bytes); });
        if (!opened) return std::move(opened).error();
        return payload;
    }

private:
    /// The parts of an envelope in the making.
    struct places {
        bytes_view header;  // holds the commitment, which is written before it is read
        std::span<std::byte, 24> nonce;
        std::span<std::byte, 32> commitment;
        std::span<std::byte> ciphertext;
        std::span<std::byte, 16> tag;
    };

    [[nodiscard]] bool has_key() const noexcept { return !outer_.empty(); }

    // All but commitment, ciphertext and tag.
    [[nodiscard]] places write(record_context const& context, xaes_256_gcm::nonce_view once,
                               std::size_t payload, std::span<std::byte> envelope,
                               envelope_suite suite) const noexcept {
        detail::field_writer out(envelope);
        out.bytes(bytes_of(detail::envelope_magic));
        out.bytes(outer_);
        auto const inner_at = out.offset();
        out.number<1>(static_cast<std::uint8_t>(suite));
        out.number<1>(0);  // flags
        out.bytes(context.encoded());
        out.bytes(id_);
        auto const nonce = out.next(24).first<24>();
        std::ranges::copy(once, nonce.begin());
        auto const commitment = out.next(32).first<32>();
        out.number<4>(payload);
        auto const header = envelope.subspan(inner_at, out.offset() - inner_at);
        auto const ciphertext = out.next(payload);
        return {header, nonce, commitment, ciphertext, out.next(16).first<16>()};
    }

    [[nodiscard]] result<void> sealed(places const& to, bytes_view payload, envelope_suite suite) {
        switch (suite) {
            case envelope_suite::xaes:
                return xaes_.seal_committed(to.nonce, to.header, payload, to.ciphertext, to.tag,
                                            to.commitment);
            case envelope_suite::gcm_hkdf:
                return seal_derived<aes_256_gcm>(detail::aes_gcm_label, to, payload);
            case envelope_suite::xchacha_hkdf:
                return seal_derived<xchacha20_poly1305>(detail::xchacha_label, to, payload);
        }
        return error{errc::unknown_suite, "the suite is not known to this build"};
    }

    template <aead Aead>
    [[nodiscard]] result<void> seal_derived(std::string_view label, places const& to,
                                            bytes_view payload) {
        using derived = detail::derived_suite<Aead>;
        auto const keys = derived::derive(key_.expose(), to.nonce, label);
        std::ranges::copy(keys.commitment(), to.commitment.begin());
        return seal_once<Aead>(keys.key(), derived::nonce_of(to.nonce), to.header, payload,
                               to.ciphertext, to.tag);
    }

    template <aead Aead>
    [[nodiscard]] result<void> open_derived(std::string_view label, envelope_view const& envelope,
                                            std::span<std::byte> payload) {
        using derived = detail::derived_suite<Aead>;
        auto const keys = derived::derive(key_.expose(), envelope.nonce, label);
        if (!detail::known_to_be_equal(keys.commitment(), envelope.commitment))
            return error{errc::commitment_mismatch, "the record was sealed under another key"};
        auto& context = detail::context_of_this_thread<Aead>();
        context.rekey(keys.key());
        return context.open_or_leave(derived::nonce_of(envelope.nonce), envelope.header,
                                     envelope.ciphertext, envelope.tag, payload);
    }

    data_key_id id_{};
    std::vector<std::byte> outer_;  // the encoded outer block; empty: no key
    secret_array<key_bytes> key_;
    xaes_256_gcm xaes_;
};

}  // namespace cryptoperiod::crypto
