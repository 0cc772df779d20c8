/// @file local_kms.hpp
/// The embedded key-management service: real cryptography, every rule of the tables, state in any
/// store, sealed under a master key; the material of the keys lies there with it.
///
/// A wrapped key is "CPW1" | root key version u32 | nonce 24 | ciphertext | tag 16, big-endian,
/// sealed with XAES-256-GCM under a key that HKDF-SHA256 derives from the root key's material
/// alone, so that a root key of the same material, imported anew, unwraps it (Key Protect).
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/key_material.hpp>
#include <cryptoperiod/kms/key_service.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace cryptoperiod::kms {

/// Material that lies in the books: the note of a version is the material itself.
template <crypto::production_entropy Entropy = crypto::os_entropy>
class local_material {
public:
    static constexpr std::string_view kind = "";

    explicit local_material(Entropy entropy = {}) : entropy_(std::move(entropy)) {}

    [[nodiscard]] result<secret_bytes> make(key_id const&, std::uint32_t) {
        CRYPTOPERIOD_TRY(auto const bytes, crypto::random_secret<32>(entropy_));
        return secret_bytes::copy_of(bytes.expose());
    }
    [[nodiscard]] result<secret_bytes> take(key_id const&, std::uint32_t,
                                            secret_bytes const& material) const {
        return material.clone();
    }
    [[nodiscard]] result<wrapped_key> wrap(key_id const&, std::span<secret_bytes const> notes,
                                           std::span<std::byte const> plaintext,
                                           std::span<std::byte const> aad) {
        wrapped_key out;
        out.version = static_cast<std::uint32_t>(notes.size());
        out.bytes.resize(header_bytes + nonce_bytes + plaintext.size() + tag_bytes);
        std::span<std::byte> const all(out.bytes);
        std::ranges::copy(bytes_of(magic), all.begin());
        detail::put_u32(out.version, all.template subspan<4, 4>());
        auto const secret = wrapping_key(notes.back());
        crypto::xaes_256_gcm cipher(secret.expose());
        auto done = cipher.seal_with_random_nonce(
            entropy_, aad, plaintext, all.subspan(header_bytes + nonce_bytes, plaintext.size()),
            all.template subspan<header_bytes, nonce_bytes>(), all.template last<tag_bytes>());
        if (!done) return std::move(done).error();
        return out;
    }
    [[nodiscard]] result<unwrapped_key> unwrap(key_id const&, std::span<secret_bytes const> notes,
                                               std::span<std::byte const> bytes,
                                               std::span<std::byte const> aad) const {
        constexpr auto least = header_bytes + nonce_bytes + tag_bytes + 1;
        if (bytes.size() < least || !std::ranges::equal(bytes.first(4), bytes_of(magic)))
            return detail::wrapped_key_refused();
        auto const version = detail::u32_of(bytes.subspan<4, 4>());
        if (version == 0 || version > notes.size()) return detail::wrapped_key_refused();
        auto const secret = wrapping_key(notes[version - 1]);
        crypto::xaes_256_gcm cipher(secret.expose());
        auto const body = bytes.subspan(header_bytes + nonce_bytes,
                                        bytes.size() - header_bytes - nonce_bytes - tag_bytes);
        auto plain = cipher.open(bytes.template subspan<header_bytes, nonce_bytes>(), aad, body,
                                 bytes.template last<tag_bytes>());
        if (!plain) return detail::wrapped_key_refused();
        return unwrapped_key{*std::move(plain), version, std::nullopt};
    }
    [[nodiscard]] result<rewrapped_key> rewrap(key_id const& id,
                                               std::span<secret_bytes const> notes,
                                               std::span<std::byte const> bytes,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const out, unwrap(id, notes, bytes, aad));
        CRYPTOPERIOD_TRY(auto wrapped, wrap(id, notes, out.plaintext.expose(), aad));
        return rewrapped_key{std::move(wrapped), out.version};
    }
    /// It goes with its books.
    [[nodiscard]] result<void> destroy(key_id const&, secret_bytes const&) const { return {}; }

private:
    static constexpr std::size_t nonce_bytes = crypto::xaes_256_gcm::nonce_bytes;
    static constexpr std::size_t tag_bytes = crypto::xaes_256_gcm::tag_bytes;
    static constexpr std::string_view magic = "CPW1";
    static constexpr std::size_t header_bytes = 8;

    [[nodiscard]] static crypto::secret_array<32> wrapping_key(secret_bytes const& material) {
        return crypto::hkdf<crypto::sha256>::template derive<32>(
            material.expose(), {}, bytes_of("cryptoperiod/root-key/v1"));
    }

    [[no_unique_address]] Entropy entropy_;
};

/// `key_service` over material that lies in its books. Errors: those of key_service; of the
/// material only ciphertext_refused and entropy_unavailable.
template <store::store Store, access_control Access = in_process,
          crypto::production_entropy Entropy = crypto::os_entropy,
          clock_source Clock = system_clock_source>
class local_kms : public key_service<local_material<Entropy>, Store, Access, Entropy, Clock> {
public:
    /// The store and the clock are somebody else's and must outlive this object.
    local_kms(Store& store, master_key master, Clock const& clock, Access access = {},
              Entropy entropy = {})
        : key_service<local_material<Entropy>, Store, Access, Entropy, Clock>(
              local_material<Entropy>(entropy), store, std::move(master), clock, std::move(access),
              entropy) {}
};

}  // namespace cryptoperiod::kms
