/// @file text.hpp
/// Joining texts.
#pragma once

#include <string>
#include <string_view>

namespace cryptoperiod {

/// The parts, one after another. (g++ 12 takes `"literal" + std::string(...)` for overlapping
/// memory and warns at -O3; this form it understands.)
template <class... Part>
[[nodiscard]] std::string concat(Part const&... part) {
    std::string text;
    text.reserve((std::string_view(part).size() + ... + 0));
    (text.append(std::string_view(part)), ...);
    return text;
}

}  // namespace cryptoperiod
