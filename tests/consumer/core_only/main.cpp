#include <cryptoperiod/fleet/retirement_advice.hpp>

int main() { return cryptoperiod::errc_table.empty() ? 1 : 0; }
