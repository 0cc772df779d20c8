// must not compile: no match for .operator<<.|invalid operands to binary expression
#include <cryptoperiod/core/secret.hpp>
#include <ostream>

void print(std::ostream& out, cryptoperiod::secret_bytes const& secret) { out << secret; }
