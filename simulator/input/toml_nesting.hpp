/// @file toml_nesting.hpp
/// Keys with so many dots that the tables they make could not be taken down again: a table inside a
/// table is destroyed by recursion, and a line of a million dots would exhaust the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "source_text.hpp"

namespace cryptoperiod::input {

/// Most dots in one key; no key of a scenario has more than two.
inline constexpr std::size_t key_dots_max = 16;

namespace detail {

/// The offset behind the string or comment that begins at `at`; `at` when none begins there.
inline std::size_t skip_quiet(std::string_view text, std::size_t at) {
    auto const end_of = [&](std::size_t found, std::size_t length) {
        return found == std::string_view::npos ? text.size() : found + length;
    };
    if (text[at] == '#') return end_of(text.find('\n', at), 0);
    for (std::string_view const quote : {R"(""")", "'''"})
        if (text.substr(at).starts_with(quote)) return end_of(text.find(quote, at + 3), 3);
    if (text[at] == '\'') return end_of(text.find_first_of("'\n", at + 1), 1);
    if (text[at] != '"') return at;
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"' || text[i] == '\n')
            return i + 1;
    }
    return text.size();
}

}  // namespace detail

/// The first place where a key has more than key_dots_max dots.
[[nodiscard]] inline std::optional<place> find_deep_key(std::string_view text) {
    std::size_t dots = 0;
    std::uint32_t line = 1;
    std::size_t line_start = 0;
    for (std::size_t at = 0; at < text.size();) {
        auto const next = detail::skip_quiet(text, at);
        char const c = text[at];
        if (next == at && c == '.') ++dots;
        if (dots > key_dots_max)
            return place{0, line, static_cast<std::uint32_t>(at - line_start + 1), 1};
        if (next == at && std::string_view("=,[]{}\n").find(c) != std::string_view::npos) dots = 0;
        for (std::size_t i = at; i < (next == at ? at + 1 : next); ++i) {
            if (text[i] != '\n') continue;
            ++line;
            line_start = i + 1;
        }
        at = next == at ? at + 1 : next;
    }
    return std::nullopt;
}

}  // namespace cryptoperiod::input
