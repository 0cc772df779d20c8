// reversed.hpp is written by tests/two_units/run: the umbrella's lines in the opposite order.
#include <reversed.hpp>

void const* seen_by_reversed();
void const* seen_by_reversed() { return &cryptoperiod::errc_table; }
