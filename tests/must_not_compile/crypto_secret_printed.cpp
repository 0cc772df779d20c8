// must not compile: no match for .operator<<.|invalid operands to binary expression
#include <cryptoperiod/crypto/secret_array.hpp>
#include <ostream>

void print(std::ostream& out, cryptoperiod::crypto::secret_array<32> const& key) { out << key; }
