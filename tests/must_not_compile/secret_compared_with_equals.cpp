// must not compile: use of deleted function|selected deleted operator
#include <cryptoperiod/core/secret.hpp>

bool same(cryptoperiod::secret_bytes const& a, cryptoperiod::secret_bytes const& b) {
    return a == b;
}
