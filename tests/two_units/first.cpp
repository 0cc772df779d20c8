// With second.cpp and reversed.cpp: one program, three units that include everything.
#include <cryptoperiod/cryptoperiod.hpp>

void const* seen_by_second();
void const* seen_by_reversed();

int main() {
    void const* const seen_here = &cryptoperiod::errc_table;
    return seen_here == seen_by_second() && seen_here == seen_by_reversed() ? 0 : 1;
}
