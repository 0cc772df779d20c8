/// @file name.hpp
/// What a state, event, guard or action is called: the last component of its type, or the label it
/// carries. These names reach diagrams, error texts and snapshots.
#pragma once

#include <cstddef>
#include <string_view>

namespace cryptoperiod::fsm {

namespace detail {

// The return type is `auto` because g++ appends the expansion of std::string_view to the signature
// when it is written out: "[with T = X; std::string_view = ...]".
template <class T>
[[nodiscard]] constexpr auto signature() noexcept {
    constexpr std::string_view text = __PRETTY_FUNCTION__;  // "... [with T = X]" or "... [T = X]"
    constexpr auto begin = text.find("T = ") + 4;
    return text.substr(begin, text.rfind(']') - begin);
}

// Cuts at the last "::" that is not inside template arguments.
[[nodiscard]] constexpr std::string_view last_component(std::string_view name) noexcept {
    int depth = 0;
    for (std::size_t i = name.size(); i-- > 1;) {
        if (name[i] == '>') ++depth;
        if (name[i] == '<') --depth;
        if (depth == 0 && name[i] == ':' && name[i - 1] == ':') return name.substr(i + 1);
    }
    return name;
}

}  // namespace detail

/// The name of a type without its namespaces; template arguments are kept, in the compiler's own
/// spelling (which may differ between compilers: give templates a label).
template <class T>
inline constexpr std::string_view type_name = detail::last_component(detail::signature<T>());

/// The name shown for `T`: its `static constexpr std::string_view label` if it has one (for words
/// that C++ reserves, such as "delete"), else `type_name`.
template <class T>
[[nodiscard]] constexpr std::string_view label_of() noexcept {
    if constexpr (requires { std::string_view(T::label); })
        return T::label;
    else
        return type_name<T>;
}

}  // namespace cryptoperiod::fsm
