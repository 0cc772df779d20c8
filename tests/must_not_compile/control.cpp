// The positive control: compiles with the flags with which the other files must not.
#include <cryptoperiod/core/result.hpp>

cryptoperiod::result<int> answer();
cryptoperiod::result<int> answer() { return 42; }

int main() { return *answer() == 42 ? 0 : 1; }
