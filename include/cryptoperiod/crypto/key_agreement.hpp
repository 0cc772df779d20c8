/// @file key_agreement.hpp
/// X25519 (RFC 7748): a secret shared by two key pairs. Keys are raw bytes.
#pragma once

#include <cryptopp/xed25519.h>

#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <span>

namespace cryptoperiod::crypto {

/// X25519.
struct x25519 {
    static constexpr std::size_t private_key_bytes = 32;
    static constexpr std::size_t public_key_bytes = 32;
    static constexpr std::size_t shared_bytes = 32;

    using private_key = secret_array<private_key_bytes>;
    using private_key_view = std::span<std::byte const, private_key_bytes>;
    using public_key = std::array<std::byte, public_key_bytes>;
    using public_key_view = std::span<std::byte const, public_key_bytes>;
    using shared_secret = secret_array<shared_bytes>;

    /// A new private key: any 32 bytes are one. Errors: those of the entropy.
    template <production_entropy Entropy>
    [[nodiscard]] static result<private_key> generate(Entropy&& source) {
        return random_secret<private_key_bytes>(source);
    }

    /// The public key that belongs to a private one.
    [[nodiscard]] static public_key public_key_of(private_key_view key) {
        public_key point;
        CryptoPP::x25519().GeneratePublicKey(CryptoPP::NullRNG(), detail::raw(key),
                                             detail::raw(std::span(point)));
        return point;
    }

    /// What the owners of `own` and of `theirs` share. Derive keys from it, with both public keys
    /// as the purpose (kdf.hpp), or take hpke.hpp, which does. Errors: key_refused (`theirs` is of
    /// low order: the secret would be zero whatever `own` is; RFC 7748 section 6.1). The library's
    /// own check of public keys is not used: it lets 12 such keys of Wycheproof pass.
    [[nodiscard]] static result<shared_secret> agree(private_key_view own, public_key_view theirs) {
        shared_secret shared;
        bool const done = CryptoPP::x25519().Agree(detail::raw(shared.writable()), detail::raw(own),
                                                   detail::raw(theirs), false);
        CRYPTOPERIOD_ASSERT(done);  // it can fail in its own check only
        if (detail::known_to_be_equal(shared.expose(), std::array<std::byte, shared_bytes>{}))
            return error{errc::key_refused,
                         "the public key is of low order: nothing secret can be agreed with it"};
        return shared;
    }
};

}  // namespace cryptoperiod::crypto
