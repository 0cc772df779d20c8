// must not compile: constraint failure|constraints not satisfied
#include <cryptoperiod/crypto/entropy.hpp>

namespace crypto = cryptoperiod::crypto;

template <crypto::production_entropy Entropy = crypto::os_entropy>
struct vault {
    Entropy entropy;
};
using production_vault = vault<crypto::deterministic_entropy>;
