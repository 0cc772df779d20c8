#include <cryptoperiod/cryptoperiod.hpp>

void const* seen_by_second();
void const* seen_by_second() { return &cryptoperiod::errc_table; }
