// must not compile: no matching (member )?function for call to .*open
#include <cryptoperiod/crypto/aead.hpp>

namespace crypto = cryptoperiod::crypto;

bool opens(crypto::aes_256_gcm& cipher, crypto::aes_256_gcm::nonce const& nonce,
           std::span<std::byte> bytes, std::array<std::byte, 12> const& tag) {
    return cipher.open(nonce, {}, bytes, tag, bytes).has_value();
}
