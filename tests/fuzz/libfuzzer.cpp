// The way into a harness for libFuzzer.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    cryptoperiod::test::fuzz(std::as_bytes(std::span(data, size)));
    return 0;
}
