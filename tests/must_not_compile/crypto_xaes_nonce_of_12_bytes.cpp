// must not compile: cannot convert .*12|no viable conversion from .*12
#include <cryptoperiod/crypto/xaes.hpp>

namespace crypto = cryptoperiod::crypto;

bool seals(crypto::xaes_256_gcm& cipher, std::array<std::byte, 12> const& nonce,
           std::span<std::byte> bytes, crypto::xaes_256_gcm::tag& tag) {
    return cipher.seal(nonce, {}, bytes, bytes, tag).has_value();
}
