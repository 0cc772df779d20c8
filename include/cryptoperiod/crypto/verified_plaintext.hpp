/// @file verified_plaintext.hpp
/// Plaintext that an AEAD has just opened, as a type: what store/record decodes, and nothing else.
#pragma once

#include <concepts>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/verified_bytes.hpp>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <utility>

namespace cryptoperiod::crypto {

namespace detail {
/// No type of somebody else's may say that a tag was right.
template <class Aead>
inline constexpr bool is_of_this_room = std::same_as<Aead, xaes_256_gcm>;
template <class Parameters>
inline constexpr bool is_of_this_room<aead_cipher<Parameters>> = true;
}  // namespace detail

/// Plaintext whose tag was right.
class verified_plaintext {
public:
    /// The plaintext, for parsers. Valid as long as this object is.
    [[nodiscard]] verified_bytes view() const& noexcept;
    [[nodiscard]] verified_bytes view() && = delete;

    /// The plaintext, for everybody else. Valid as long as this object is.
    [[nodiscard]] bytes_view expose() const& noexcept { return bytes_.expose(); }
    void expose() const&& = delete;

private:
    friend class verifier;
    explicit verified_plaintext(secret_bytes bytes) noexcept : bytes_(std::move(bytes)) {}

    secret_bytes bytes_;
};

class verifier {
public:
    /// Opens with `cipher`, which has the key. Errors: those of its open.
    template <aead Aead>
    requires detail::is_of_this_room<Aead>
    [[nodiscard]] static result<verified_plaintext> open(Aead& cipher,
                                                         typename Aead::nonce_view nonce,
                                                         bytes_view aad, bytes_view ciphertext,
                                                         typename Aead::tag_view tag) {
        CRYPTOPERIOD_TRY(auto plaintext, cipher.open(nonce, aad, ciphertext, tag));
        return verified_plaintext(std::move(plaintext));
    }

    /// The same for an envelope, with its data key and its context. Errors: those of its open.
    [[nodiscard]] static result<verified_plaintext> open(envelope_cipher& cipher,
                                                         envelope_view const& envelope,
                                                         record_context const& context) {
        CRYPTOPERIOD_TRY(auto plaintext, cipher.open(envelope, context));
        return verified_plaintext(std::move(plaintext));
    }

private:
    friend class verified_plaintext;
    [[nodiscard]] static verified_bytes vouch_for(bytes_view bytes) noexcept {
        return verified_bytes(bytes);
    }
};

inline verified_bytes verified_plaintext::view() const& noexcept {
    return verifier::vouch_for(bytes_.expose());
}

}  // namespace cryptoperiod::crypto
