// must not compile: use of deleted function|call to deleted constructor
#include <cryptoperiod/crypto/secret_array.hpp>

namespace crypto = cryptoperiod::crypto;

crypto::secret_array<32> copy(crypto::secret_array<32> const& key) { return key; }
