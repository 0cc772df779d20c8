// must not compile: no matching (member )?function for call to .*open
#include <cryptoperiod/crypto/aead.hpp>

namespace crypto = cryptoperiod::crypto;

bool opens(crypto::aes_256_gcm& cipher, std::array<std::byte, 16> const& nonce,
           std::span<std::byte> bytes, crypto::aes_256_gcm::tag const& tag) {
    return cipher.open(nonce, {}, bytes, tag, bytes).has_value();
}
