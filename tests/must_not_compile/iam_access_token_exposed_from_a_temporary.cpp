// must not compile: use of deleted function|call to deleted member function
#include <cryptoperiod/iam/token.hpp>

auto view() { return cryptoperiod::iam::access_token::copy_of("gone at the semicolon").expose(); }
