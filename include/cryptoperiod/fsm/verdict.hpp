/// @file verdict.hpp
/// What became of an event.
#pragma once

#include <cstdint>
#include <string_view>

namespace cryptoperiod::fsm {

/// The answer of both engines. The numbers are Boost.MSM's HANDLED_FALSE, HANDLED_TRUE and
/// HANDLED_GUARD_REJECT.
enum class verdict : std::uint8_t {
    no_row = 0,   ///< no row of the table has this state and event
    taken = 1,    ///< a row was taken: the only answer after which anything has changed
    refused = 2,  ///< there are rows, and each one's guard said no
};

/// Stable text of a verdict.
[[nodiscard]] constexpr std::string_view to_string(verdict v) noexcept {
    switch (v) {
        case verdict::no_row:
            return "no_row";
        case verdict::taken:
            return "taken";
        case verdict::refused:
            return "refused";
    }
    return "no_row";
}

}  // namespace cryptoperiod::fsm
