/// @file assert.hpp
/// Assertions for what only our own mistake can cause. On in every build type; refusals and
/// failures that a user or a network can cause are results (result.hpp), never assertions.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cryptoperiod::detail {
[[noreturn]] inline void assertion_failed(char const* expression, char const* file,
                                          int line) noexcept {
    std::fprintf(stderr, "%s:%d: cryptoperiod assertion failed: %s\n", file, line, expression);
    std::abort();
}
}  // namespace cryptoperiod::detail

/// CRYPTOPERIOD_ASSERT(condition): aborts with the expression and its place when it does not hold.
/// Usable in constant expressions. Define CRYPTOPERIOD_NO_ASSERT to remove it.
#ifdef CRYPTOPERIOD_NO_ASSERT
#define CRYPTOPERIOD_ASSERT(...) static_cast<void>(0)
#else
#define CRYPTOPERIOD_ASSERT(...)    \
    (static_cast<bool>(__VA_ARGS__) \
         ? static_cast<void>(0)     \
         : ::cryptoperiod::detail::assertion_failed(#__VA_ARGS__, __FILE__, __LINE__))
#endif
