/// @file hpke.hpp
/// Hybrid public key encryption (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, and AES-GCM or
/// ChaCha20-Poly1305, in all four modes. Mode `base` hides a message, but anybody can have sent it:
/// whoever delivers keys gives `authenticate_as` or a pre-shared key. Contexts belong to one
/// thread.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::crypto::hpke {

/// Who is authenticated, and by what: RFC 9180 section 5, table 1.
enum class mode : std::uint8_t { base = 0, psk = 1, auth = 2, auth_psk = 3 };

/// In the place of a cipher: contexts that export secrets and seal nothing.
struct export_only {
    static constexpr std::size_t key_bytes = 0;
    static constexpr std::size_t nonce_bytes = 0;
};

/// The number of a cipher: RFC 9180 section 7.3, table 5. Zero for what cannot be one.
template <class Cipher>
inline constexpr std::uint16_t cipher_id = 0;
template <>
inline constexpr std::uint16_t cipher_id<aes_128_gcm> = 1;
template <>
inline constexpr std::uint16_t cipher_id<aes_256_gcm> = 2;
template <>
inline constexpr std::uint16_t cipher_id<chacha20_poly1305> = 3;
template <>
inline constexpr std::uint16_t cipher_id<export_only> = 0xffff;

template <class Cipher>
concept cipher = cipher_id<Cipher>
!= 0;

inline constexpr std::size_t encapsulated_bytes = 32;
using encapsulated_key = std::array<std::byte, encapsulated_bytes>;

/// An X25519 key pair. The public key is always derived from the private one.
class key_pair {
public:
    explicit key_pair(x25519::private_key key)
        : private_(std::move(key)), public_(x25519::public_key_of(private_.expose())) {}

    [[nodiscard]] x25519::private_key const& private_key() const& noexcept { return private_; }
    [[nodiscard]] x25519::public_key const& public_key() const& noexcept { return public_; }

private:
    x25519::private_key private_;
    x25519::public_key public_;
};

/// A secret that sender and recipient have in common, and its public name. The secret has 32 bytes
/// of entropy or more (RFC 9180 section 9.5): it is no password.
struct pre_shared_key {
    bytes_view key{};
    bytes_view id{};
};
inline constexpr std::size_t pre_shared_key_bytes_min = 32;

/// How a sender sets up. What is left out decides the mode.
struct sender_options {
    bytes_view info{};                         ///< what the messages are for; both say the same
    std::optional<pre_shared_key> psk{};       ///< modes psk and auth_psk
    key_pair const* authenticate_as{nullptr};  ///< modes auth and auth_psk
};

/// How a recipient sets up: what it demands of the sender. It must demand what the sender gave.
struct recipient_options {
    bytes_view info{};
    std::optional<pre_shared_key> psk{};
    std::optional<x25519::public_key_view> sender{};  ///< modes auth and auth_psk
};

namespace detail {

using namespace crypto::detail;
using kdf = hkdf<sha256>;
using two_bytes = std::array<std::byte, 2>;

[[nodiscard]] constexpr two_bytes big_endian(std::size_t value) noexcept {
    return {static_cast<std::byte>(value >> 8U & 0xffU), static_cast<std::byte>(value & 0xffU)};
}

inline constexpr std::array<std::byte, 5> kem_suite{std::byte{'K'}, std::byte{'E'}, std::byte{'M'},
                                                    std::byte{0x00}, std::byte{0x20}};
template <cipher Cipher>
inline constexpr std::array<std::byte, 10> suite{std::byte{'H'},
                                                 std::byte{'P'},
                                                 std::byte{'K'},
                                                 std::byte{'E'},
                                                 std::byte{0x00},
                                                 std::byte{0x20},
                                                 std::byte{0x00},
                                                 std::byte{0x01},
                                                 big_endian(cipher_id<Cipher>)[0],
                                                 big_endian(cipher_id<Cipher>)[1]};

/// LabeledExtract and LabeledExpand: RFC 9180 section 4.
[[nodiscard]] inline kdf::prk labeled_extract(bytes_view suite_id, bytes_view salt,
                                              std::string_view label, bytes_view ikm) {
    return kdf::extract(salt, {bytes_of("HPKE-v1"), suite_id, bytes_of(label), ikm});
}
[[nodiscard]] inline result<void> labeled_expand(bytes_view suite_id, kdf::prk const& key,
                                                 std::string_view label, bytes_view info,
                                                 std::span<std::byte> output) {
    two_bytes const size = big_endian(output.size());
    return kdf::expand(key.expose(), {size, bytes_of("HPKE-v1"), suite_id, bytes_of(label), info},
                       output);
}
template <std::size_t Size>
requires(Size <= kdf::output_bytes_max)
    [[nodiscard]] secret_array<Size> labeled_expand(bytes_view suite_id, kdf::prk const& key,
                                                    std::string_view label, bytes_view info) {
    secret_array<Size> output;
    static_cast<void>(labeled_expand(suite_id, key, label, info, output.writable()));
    return output;  // the only error is the size
}

/// DHKEM, section 4.1: one Diffie-Hellman value, or two where the sender is authenticated, and the
/// public keys that took part. `second` is null where it is not.
[[nodiscard]] inline secret_array<32> extract_and_expand(x25519::shared_secret const& first,
                                                         x25519::shared_secret const* second,
                                                         parts_view public_keys) {
    std::array<std::byte, 96> context{};
    std::size_t size = 0;
    for (auto const key : public_keys) {
        std::ranges::copy(key, context.begin() + static_cast<std::ptrdiff_t>(size));
        size += key.size();
    }
    secret_array<64> dh;
    std::ranges::copy(first.expose(), dh.writable().begin());
    if (second != nullptr) std::ranges::copy(second->expose(), dh.writable().begin() + 32);
    auto const prk =
        labeled_extract(kem_suite, {}, "eae_prk", dh.expose().first(second != nullptr ? 64U : 32U));
    return labeled_expand<32>(kem_suite, prk, "shared_secret", std::span(context).first(size));
}

/// Encap and AuthEncap: the shared secret, with `sender` null in modes base and psk.
[[nodiscard]] inline result<secret_array<32>> encapsulate(key_pair const& ephemeral,
                                                          x25519::public_key_view recipient,
                                                          key_pair const* sender) {
    CRYPTOPERIOD_TRY(auto const first, x25519::agree(ephemeral.private_key().expose(), recipient));
    if (sender == nullptr)
        return extract_and_expand(first, nullptr, {ephemeral.public_key(), recipient});
    CRYPTOPERIOD_TRY(auto const second, x25519::agree(sender->private_key().expose(), recipient));
    return extract_and_expand(first, &second,
                              {ephemeral.public_key(), recipient, sender->public_key()});
}

/// Decap and AuthDecap.
[[nodiscard]] inline result<secret_array<32>> decapsulate(
    x25519::public_key_view encapsulated, key_pair const& recipient,
    std::optional<x25519::public_key_view> sender) {
    CRYPTOPERIOD_TRY(auto const first,
                     x25519::agree(recipient.private_key().expose(), encapsulated));
    if (!sender) return extract_and_expand(first, nullptr, {encapsulated, recipient.public_key()});
    CRYPTOPERIOD_TRY(auto const second, x25519::agree(recipient.private_key().expose(), *sender));
    return extract_and_expand(first, &second, {encapsulated, recipient.public_key(), *sender});
}

/// What KeySchedule gives, section 5.1, with what the test vectors name of the way there.
template <cipher Cipher>
struct schedule {
    std::array<std::byte, 65> context{};
    kdf::prk secret;
    secret_array<Cipher::key_bytes> key;
    secret_array<Cipher::nonce_bytes> base_nonce;
    secret_array<32> exporter_secret;
};

[[nodiscard]] inline mode mode_of(bool has_psk, bool authenticates) noexcept {
    return static_cast<mode>((has_psk ? 1 : 0) + (authenticates ? 2 : 0));
}

[[nodiscard]] inline result<void> acceptable(std::optional<pre_shared_key> const& psk) {
    if (!psk) return {};
    if (psk->key.size() < pre_shared_key_bytes_min)
        return error{errc::key_refused, "a pre-shared key needs 32 bytes of entropy, and has " +
                                            std::to_string(psk->key.size()) + " bytes"};
    if (psk->id.empty())
        return error{errc::missing, "the id of the pre-shared key is empty; give it a name"};
    return {};
}

template <cipher Cipher>
[[nodiscard]] result<schedule<Cipher>> key_schedule(mode of, secret_array<32> const& shared_secret,
                                                    bytes_view info,
                                                    std::optional<pre_shared_key> const& psk) {
    if (auto good = acceptable(psk); !good) return std::move(good).error();
    auto const given = psk.value_or(pre_shared_key{});
    bytes_view const id = suite<Cipher>;
    schedule<Cipher> s;
    s.context[0] = static_cast<std::byte>(of);
    auto const psk_id_hash = labeled_extract(id, {}, "psk_id_hash", given.id);
    auto const info_hash = labeled_extract(id, {}, "info_hash", info);
    std::ranges::copy(psk_id_hash.expose(), s.context.begin() + 1);
    std::ranges::copy(info_hash.expose(), s.context.begin() + 33);
    s.secret = labeled_extract(id, shared_secret.expose(), "secret", given.key);
    s.key = labeled_expand<Cipher::key_bytes>(id, s.secret, "key", s.context);
    s.base_nonce = labeled_expand<Cipher::nonce_bytes>(id, s.secret, "base_nonce", s.context);
    s.exporter_secret = labeled_expand<32>(id, s.secret, "exp", s.context);
    return s;
}

/// What both sides have: the counter of messages, the cipher, the exporter. Section 5.2, 5.3.
template <cipher Cipher>
class context {
public:
    /// Fills `output` with a secret for the purpose `exporter_context`, which both sides can make.
    /// Errors: out_of_range (more than 8160 bytes; `output` is zeros then).
    [[nodiscard]] result<void> export_secret(bytes_view exporter_context,
                                             std::span<std::byte> output) const {
        return labeled_expand(suite<Cipher>, exporter_secret_, "sec", exporter_context, output);
    }
    /// The same, for a secret whose length is known while compiling: cannot fail.
    template <std::size_t Size>
    [[nodiscard]] secret_array<Size> export_secret(bytes_view exporter_context) const {
        return labeled_expand<Size>(suite<Cipher>, exporter_secret_, "sec", exporter_context);
    }

    /// How many messages were sealed or opened.
    [[nodiscard]] std::uint64_t messages() const noexcept { return sequence_; }

protected:
    explicit context(schedule<Cipher> keys, std::uint64_t sequence = 0)
        : exporter_secret_(std::move(keys.exporter_secret)), sequence_(sequence) {
        if constexpr (!std::same_as<Cipher, export_only>) {
            cipher_ = std::make_unique<Cipher>(keys.key.expose());
            base_nonce_ = std::move(keys.base_nonce);
        }
    }
    // Runs `use(cipher, nonce)` with the nonce of the next message, and counts it when it is one.
    template <class Use>
    [[nodiscard]] result<void> with_next_nonce(Use const& use) {
        if (sequence_ == std::numeric_limits<std::uint64_t>::max())
            return error{errc::limit_reached, "the context has no nonces left; set up another one"};
        secret_array<Cipher::nonce_bytes> nonce = base_nonce_.clone();
        for (std::size_t i = 0; i != 8; ++i)
            nonce.writable()[Cipher::nonce_bytes - 1 - i] ^=
                static_cast<std::byte>(sequence_ >> (8 * i) & 0xffU);
        auto done = use(*cipher_, nonce.expose());
        if (done) ++sequence_;
        return done;
    }

private:
    secret_array<32> exporter_secret_;
    std::conditional_t<std::same_as<Cipher, export_only>, export_only, std::unique_ptr<Cipher>>
        cipher_{};
    secret_array<Cipher::nonce_bytes> base_nonce_;
    std::uint64_t sequence_;
};

}  // namespace detail

inline constexpr std::size_t tag_bytes = 16;

/// DeriveKeyPair: a key pair from 32 bytes of secret or more. Source: RFC 9180 section 7.1.3.
[[nodiscard]] inline key_pair derive_key_pair(bytes_view ikm) {
    auto const prk = detail::labeled_extract(detail::kem_suite, {}, "dkp_prk", ikm);
    return key_pair(detail::labeled_expand<32>(detail::kem_suite, prk, "sk", {}));
}

/// A new key pair. Errors: those of the entropy.
template <production_entropy Entropy>
[[nodiscard]] result<key_pair> generate_key_pair(Entropy&& source) {
    CRYPTOPERIOD_TRY(auto const ikm, random_secret<32>(source));
    return derive_key_pair(ikm.expose());
}

/// The side that seals. Every message has its number; the recipient opens them in order.
template <cipher Cipher = aes_256_gcm>
class sender : public detail::context<Cipher> {
public:
    /// To be sent before the first message.
    [[nodiscard]] encapsulated_key const& encapsulated() const noexcept { return encapsulated_; }

    /// Ciphertext and tag of the next message, to `sealed`, which is tag_bytes longer than
    /// `plaintext`. Errors: limit_reached, out_of_range (as aead_cipher::seal).
    [[nodiscard]] result<void> seal(
        bytes_view aad, bytes_view plaintext,
        std::span<std::byte> sealed) requires(!std::same_as<Cipher, export_only>) {
        CRYPTOPERIOD_ASSERT(sealed.size() == plaintext.size() + tag_bytes);
        return this->with_next_nonce([&](Cipher& cipher, auto nonce) {
            return cipher.seal(nonce, aad, plaintext, sealed.first(plaintext.size()),
                               sealed.template last<tag_bytes>());
        });
    }
    /// The same into memory of its own.
    [[nodiscard]] result<std::vector<std::byte>> seal(
        bytes_view aad, bytes_view plaintext) requires(!std::same_as<Cipher, export_only>) {
        std::vector<std::byte> sealed(plaintext.size() + tag_bytes);
        if (auto done = seal(aad, plaintext, sealed); !done) return std::move(done).error();
        return sealed;
    }

    /// Sets up a context to `recipient`. Errors: key_refused (a public key of low order, a
    /// pre-shared key that is too short), missing (the id of the pre-shared key), those of the
    /// entropy.
    template <production_entropy Entropy>
    [[nodiscard]] static result<sender> set_up(Entropy&& source, x25519::public_key_view recipient,
                                               sender_options const& options = {}) {
        CRYPTOPERIOD_TRY(auto const ephemeral, generate_key_pair(source));
        CRYPTOPERIOD_TRY(auto const secret,
                         detail::encapsulate(ephemeral, recipient, options.authenticate_as));
        auto const of =
            detail::mode_of(options.psk.has_value(), options.authenticate_as != nullptr);
        CRYPTOPERIOD_TRY(auto keys,
                         detail::key_schedule<Cipher>(of, secret, options.info, options.psk));
        return sender(std::move(keys), ephemeral.public_key());
    }

private:
    sender(detail::schedule<Cipher> keys, encapsulated_key const& encapsulated)
        : detail::context<Cipher>(std::move(keys)), encapsulated_(encapsulated) {}

    encapsulated_key encapsulated_;
};

/// The side that opens, in the order in which the sender sealed.
template <cipher Cipher = aes_256_gcm>
class recipient : public detail::context<Cipher> {
public:
    /// Opens the next message to `plaintext`, which is tag_bytes shorter than `sealed` and zeros
    /// after an error. A message that is refused is not counted. Errors: malformed (shorter than a
    /// tag), authentication_failed (another context, another place in the order, other associated
    /// data, a change), limit_reached.
    [[nodiscard]] result<void> open(
        bytes_view aad, bytes_view sealed,
        std::span<std::byte> plaintext) requires(!std::same_as<Cipher, export_only>) {
        result<void> opened;
        if (sealed.size() < tag_bytes)
            opened = too_short(sealed.size());
        else
            opened = this->with_next_nonce([&](Cipher& cipher, auto nonce) {
                return cipher.open(nonce, aad, sealed.first(sealed.size() - tag_bytes),
                                   sealed.template last<tag_bytes>(), plaintext);
            });
        if (!opened) wipe(plaintext);
        return opened;
    }
    /// The same into memory of its own.
    [[nodiscard]] result<secret_bytes> open(bytes_view aad, bytes_view sealed) requires(
        !std::same_as<Cipher, export_only>) {
        if (sealed.size() < tag_bytes) return too_short(sealed.size());
        result<void> opened;
        auto plaintext = secret_bytes::make(
            sealed.size() - tag_bytes,
            [&](std::span<std::byte> bytes) { opened = open(aad, sealed, bytes); });
        if (!opened) return std::move(opened).error();
        return plaintext;
    }

    /// Sets up a context from what the sender encapsulated for `own`. With another key pair, other
    /// options or another sender it is set up as well, and opens nothing. Errors: as
    /// sender::set_up.
    [[nodiscard]] static result<recipient> set_up(x25519::public_key_view encapsulated,
                                                  key_pair const& own,
                                                  recipient_options const& options = {}) {
        CRYPTOPERIOD_TRY(auto const secret, detail::decapsulate(encapsulated, own, options.sender));
        auto const of = detail::mode_of(options.psk.has_value(), options.sender.has_value());
        CRYPTOPERIOD_TRY(auto keys,
                         detail::key_schedule<Cipher>(of, secret, options.info, options.psk));
        return recipient(std::move(keys));
    }

private:
    using detail::context<Cipher>::context;

    [[nodiscard]] static error too_short(std::size_t size) {
        return {errc::malformed,
                "a sealed message has at least 16 bytes, not " + std::to_string(size)};
    }
};

}  // namespace cryptoperiod::crypto::hpke
