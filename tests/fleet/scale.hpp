/// @file scale.hpp
/// How much work the tests of this room do. A statistical test takes its number of devices (or
/// runs) from `scaled` and computes its bounds from that number, so it stays valid at any scale.
///
/// CRYPTOPERIOD_TEST_SCALE=0.1 in the environment does a tenth of the work; without it, programs
/// built with a sanitizer or without optimisation do a tenth and all others the whole.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace cryptoperiod::test {

[[nodiscard]] inline double usual_scale() noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
    return 0.1;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return 0.1;
#else
    return 1;
#endif
#else
    return 1;
#endif
}

[[nodiscard]] inline double scale() {
    static double const value = [] {
        char const* text = std::getenv("CRYPTOPERIOD_TEST_SCALE");
        double const asked = text == nullptr ? 0 : std::strtod(text, nullptr);
        return asked > 0 ? std::clamp(asked, 0.01, 100.0) : usual_scale();
    }();
    return value;
}

/// About `count` times the scale, not below `least`.
[[nodiscard]] inline std::uint32_t scaled(std::uint32_t count, std::uint32_t least = 1) {
    return std::max(least, static_cast<std::uint32_t>(std::lround(count * scale())));
}

}  // namespace cryptoperiod::test
