// must not compile: use of deleted function|call to deleted constructor
#include <cryptoperiod/crypto/aead.hpp>

namespace crypto = cryptoperiod::crypto;

crypto::aes_256_gcm copy(crypto::aes_256_gcm const& cipher) { return cipher; }
