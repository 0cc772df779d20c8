/// @file signature.hpp
/// Ed25519 (RFC 8032): keys and signatures are raw bytes; there is no DER to be parsed.
#pragma once

#include <cryptopp/xed25519.h>

#include <array>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <span>
#include <utility>

namespace cryptoperiod::crypto {

namespace detail {

/// Whether S, the second half of a signature (low byte first), is below the order of the group,
/// L = 2^252 + 27742317777372353535851937790883648493. Crypto++ does not look, and S + L would do
/// as well. Signatures are public, so the time may tell where they differ.
[[nodiscard]] inline bool is_reduced(std::span<std::byte const, 32> s) noexcept {
    constexpr std::array<unsigned char, 32> order{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                  0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                  0,    0,    0,    0,    0,    0,    0,    0,
                                                  0,    0,    0,    0,    0,    0,    0,    0x10};
    for (std::size_t i = s.size(); i-- > 0;)
        if (auto const byte = std::to_integer<unsigned char>(s[i]); byte != order[i])
            return byte < order[i];
    return false;
}

}  // namespace detail

/// Names of Ed25519.
struct ed25519 {
    static constexpr std::size_t seed_bytes = 32;
    static constexpr std::size_t public_key_bytes = 32;
    static constexpr std::size_t signature_bytes = 64;

    using seed = secret_array<seed_bytes>;
    using public_key = std::array<std::byte, public_key_bytes>;
    using signature = std::array<std::byte, signature_bytes>;

    /// A new private key. Errors: those of the entropy.
    template <production_entropy Entropy>
    [[nodiscard]] static result<seed> generate(Entropy&& source) {
        return random_secret<seed_bytes>(source);
    }
};

/// Signs with one private key. The public key is always derived from it: a signer that takes both
/// can be made to give the private key away.
class ed25519_signer {
public:
    explicit ed25519_signer(std::span<std::byte const, ed25519::seed_bytes> seed)
        : signer_(detail::raw(seed)) {}

    /// The key that verifies.
    [[nodiscard]] ed25519::public_key public_key() const {
        ed25519::public_key key;
        auto const& held =
            dynamic_cast<CryptoPP::ed25519PrivateKey const&>(signer_.GetPrivateKey());
        std::memcpy(key.data(), held.GetPublicKeyBytePtr(), key.size());
        return key;
    }

    /// The signature of a message; the same each time.
    [[nodiscard]] ed25519::signature sign(bytes_view message) const {
        ed25519::signature signature;
        signer_.SignMessage(CryptoPP::NullRNG(), detail::raw(message), message.size(),
                            detail::raw(std::span(signature)));
        return signature;
    }

private:
    CryptoPP::ed25519::Signer signer_;
};

/// Verifies with one public key. A key that is no point of the curve verifies nothing.
class ed25519_verifier {
public:
    explicit ed25519_verifier(std::span<std::byte const, ed25519::public_key_bytes> key)
        : verifier_(detail::raw(key)) {}

    /// Whether `signature` is one of `message`. Errors: malformed (not 64 bytes: Crypto++ would cut
    /// or fill it up), authentication_failed (another key, message or signature; an S that is not
    /// reduced, RFC 8032 section 5.1.7).
    [[nodiscard]] result<void> verify(bytes_view message, bytes_view signature) const {
        CRYPTOPERIOD_TRY(auto const exact,
                         exactly<ed25519::signature_bytes>(signature, "an Ed25519 signature"));
        if (!detail::is_reduced(exact.last<32>()) ||
            !verifier_.VerifyMessage(detail::raw(message), message.size(), detail::raw(exact),
                                     exact.size()))
            return error{errc::authentication_failed,
                         "the signature is not one of this message by this key"};
        return {};
    }

private:
    CryptoPP::ed25519::Verifier verifier_;
};

}  // namespace cryptoperiod::crypto
