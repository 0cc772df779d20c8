// must not compile: ignoring returned value|ignoring return value
#include <cryptoperiod/core/result.hpp>

cryptoperiod::result<void> step();

void forget() { step(); }
