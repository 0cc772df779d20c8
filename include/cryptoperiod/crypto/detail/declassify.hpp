/// @file declassify.hpp
/// How secrets are looked at without telling, and where an answer stops being a secret. A checker
/// of constant time that marks secrets as uninitialised memory (valgrind) defines
/// CRYPTOPERIOD_DECLASSIFY(object) before it includes any header of this room; for everybody else
/// it is nothing.
#pragma once

#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cstdint>

#ifndef CRYPTOPERIOD_DECLASSIFY
#define CRYPTOPERIOD_DECLASSIFY(object) static_cast<void>(object)
#endif

namespace cryptoperiod::crypto::detail {

/// `value`, of which the optimiser knows nothing: or it makes a branch of a mask, and counts a loop
/// in secret numbers (g++ 12 -O2 did both).
[[nodiscard]] inline std::uint64_t opaque(std::uint64_t value) noexcept {
#if defined(__GNUC__)
    __asm__ __volatile__("" : "+r"(value));
    return value;
#else
    std::uint64_t volatile hidden = value;
    return hidden;
#endif
}

/// equal_in_constant_time, whose answer everybody may know.
[[nodiscard]] inline bool known_to_be_equal(bytes_view a, bytes_view b) noexcept {
    bool equal = cryptoperiod::equal_in_constant_time(a, b);
    CRYPTOPERIOD_DECLASSIFY(equal);
    return equal;
}

}  // namespace cryptoperiod::crypto::detail
