/// @file declassify.hpp
/// Where an answer stops being a secret. A checker of constant time that marks secrets as
/// uninitialised memory (valgrind) defines CRYPTOPERIOD_DECLASSIFY(object) before it includes any
/// header of this room; for everybody else it is nothing.
#pragma once

#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>

#ifndef CRYPTOPERIOD_DECLASSIFY
#define CRYPTOPERIOD_DECLASSIFY(object) static_cast<void>(object)
#endif

namespace cryptoperiod::crypto::detail {

/// equal_in_constant_time, whose answer everybody may know.
[[nodiscard]] inline bool known_to_be_equal(bytes_view a, bytes_view b) noexcept {
    bool equal = equal_in_constant_time(a, b);
    CRYPTOPERIOD_DECLASSIFY(equal);
    return equal;
}

}  // namespace cryptoperiod::crypto::detail
