// must not compile: no match for .operator<<.|invalid operands to binary expression
#include <cryptoperiod/iam/token.hpp>
#include <ostream>

void print(std::ostream& out, cryptoperiod::iam::issued_token const& issued) {
    out << issued.token;
}
