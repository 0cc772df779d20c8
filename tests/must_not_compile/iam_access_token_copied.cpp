// must not compile: use of deleted function|call to (implicitly-)?deleted (copy )?constructor
#include <cryptoperiod/iam/token.hpp>

cryptoperiod::iam::access_token copy(cryptoperiod::iam::issued_token const& issued) {
    return issued.token;
}
