/// @file p256.hpp
/// Key pairs of the curve P-256 (secp256r1), which APNs and Web Push sign with. Keys are raw bytes:
/// the number of a private key, high byte first; the uncompressed point of a public one. Source:
/// NIST SP 800-186 section 3.2.1.3; SEC 1 section 2.3.3.
#pragma once

#include <cryptopp/eccrypto.h>
#include <cryptopp/oids.h>

#include <array>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <span>
#include <utility>

namespace cryptoperiod::crypto {

/// P-256.
struct p256 {
    static constexpr std::size_t private_key_bytes = 32;
    static constexpr std::size_t public_key_bytes = 65;

    using private_key = secret_array<private_key_bytes>;
    using private_key_view = std::span<std::byte const, private_key_bytes>;
    using public_key = std::array<std::byte, public_key_bytes>;

    /// A new private key: numbers are drawn until one is from 1 to the order less 1 (FIPS 186-5
    /// A.2.2), which the first one is but once in 2^32. Errors: those of the entropy;
    /// entropy_unavailable (no such number in 16 drawings: it is not random).
    template <production_entropy Entropy>
    [[nodiscard]] static result<private_key> generate(Entropy&& source) {
        constexpr unsigned drawings_max = 16;
        for (unsigned drawing = 0; drawing != drawings_max; ++drawing) {
            CRYPTOPERIOD_TRY(auto key, random_secret<private_key_bytes>(source));
            if (is_private_key(key.expose())) return key;
        }
        return error{errc::entropy_unavailable,
                     "no number below the order of P-256 was drawn: the entropy is not random"};
    }

    /// Whether the number is from 1 to the order less 1. The time tells nothing else.
    [[nodiscard]] static bool is_private_key(private_key_view key) noexcept {
        unsigned borrow = 0, any = 0;  // of: key - order
        for (std::size_t i = key.size(); i-- > 0;) {
            auto const byte = std::to_integer<unsigned>(key[i]);
            any |= byte;
            borrow = (byte - order[i] - borrow) >> 31U;
        }
        return borrow == 1 && any != 0;
    }

    /// The public key that belongs to a private one. Crypto++'s time depends on the key: this is
    /// for the making and the reading of keys, not for what others can ask for. Errors:
    /// key_refused (zero, or not below the order).
    [[nodiscard]] static result<public_key> public_key_of(private_key_view key) {
        if (!is_private_key(key))
            return error{errc::key_refused, "a number that is no private key of P-256"};
        // Made anew: the scratch memory of a curve is not for several threads.
        CryptoPP::DL_GroupParameters_EC<CryptoPP::ECP> const curve(CryptoPP::ASN1::secp256r1());
        auto const point = curve.ExponentiateBase(CryptoPP::Integer(detail::raw(key), key.size()));
        public_key bytes;
        bytes[0] = std::byte{4};  // not compressed
        auto const coordinates = std::span(bytes).subspan<1>();
        point.x.Encode(detail::raw(coordinates.first<32>()), 32);
        point.y.Encode(detail::raw(coordinates.last<32>()), 32);
        return bytes;
    }

private:
    static constexpr std::array<unsigned char, private_key_bytes> order{
        0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
        0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
};

}  // namespace cryptoperiod::crypto
