// must not compile: use of deleted function|call to deleted member function
#include <cryptoperiod/core/secret.hpp>

auto view() { return cryptoperiod::secret_bytes::copy_of("gone at the semicolon").expose(); }
