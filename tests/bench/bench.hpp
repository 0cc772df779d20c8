/// @file bench.hpp
/// What the benchmarks share: a clock that counts our own work only, and one way to print a figure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace bench {

/// Processor seconds of this process: other programs on the machine do not count.
inline double cpu_seconds() {
    std::timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// The shortest of `repetitions` runs of `work`, in seconds.
template <class Work>
double shortest(int repetitions, Work const& work) {
    double least = 1e300;
    for (int i = 0; i < repetitions; ++i) {
        double const start = cpu_seconds();
        work();
        least = std::min(least, cpu_seconds() - start);
    }
    return least;
}

/// One figure a line: "name value".
inline void figure(std::string_view name, double value) {
    std::printf("%.*s %.4g\n", static_cast<int>(name.size()), name.data(), value);
    std::fflush(stdout);
}

/// Keeps the optimiser from dropping a result.
inline void keep(std::uint64_t value) { asm volatile("" : : "r"(value) : "memory"); }

}  // namespace bench
