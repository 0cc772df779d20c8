// must not compile: no match for .operator<<.|invalid operands to binary expression
#include <cryptoperiod/iam/api_key.hpp>
#include <ostream>

void print(std::ostream& out, cryptoperiod::iam::new_api_key const& key) { out << key.text; }
