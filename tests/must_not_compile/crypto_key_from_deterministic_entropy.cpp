// must not compile: no matching function for call to .*random_secret
#include <cryptoperiod/crypto/entropy.hpp>

namespace crypto = cryptoperiod::crypto;

crypto::secret_array<32> key(crypto::deterministic_entropy& source) {
    return *crypto::random_secret<32>(source);
}
