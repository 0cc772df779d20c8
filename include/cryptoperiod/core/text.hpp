/// @file text.hpp
/// Joining texts, and numbers as a person reads them.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// "1,000,000".
[[nodiscard]] inline std::string thousands(std::uint64_t number) {
    auto text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

}  // namespace cryptoperiod
