#include <cryptoperiod/fleet/retirement.hpp>

int main() { return cryptoperiod::errc_table.empty() ? 1 : 0; }
