// must not compile: use of deleted function|call to deleted constructor
#include <cryptoperiod/core/secret.hpp>

cryptoperiod::secret_bytes copy(cryptoperiod::secret_bytes const& secret) { return secret; }
