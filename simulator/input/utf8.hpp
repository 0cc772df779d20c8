/// @file utf8.hpp
/// Just enough of Unicode to check a text, to count its columns, and to show it in a terminal
/// without letting it command the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod::input {

/// One code point of a text and how many bytes it took; no bytes: the text is not UTF-8 there.
struct code_point {
    char32_t value = 0;
    std::size_t bytes = 0;
};

/// The code point at offset `at`, which must be inside the text. Refuses overlong forms, surrogates
/// and what lies beyond U+10FFFF.
[[nodiscard]] constexpr code_point decode_utf8(std::string_view text, std::size_t at) noexcept {
    auto const byte = [&](std::size_t offset) -> std::uint32_t {
        return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
    };
    std::uint32_t const first = byte(0);
    if (first < 0x80) return {first, 1};
    std::size_t const bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return {};
    std::uint32_t value = first & (0x7fU >> bytes);
    for (std::size_t i = 1; i != bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {};
        value = value << 6U | (byte(i) & 0x3fU);
    }
    bool const overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
    if (overlong || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
    return {value, bytes};
}

/// Would this code point do something other than show itself: control characters, and the marks
/// that reorder or break a line?
[[nodiscard]] constexpr bool is_unprintable(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/// Columns of a terminal: 2 for East Asian wide characters and emoji, 0 for marks that combine with
/// the character before them. Source: the ranges of Unicode's EastAsianWidth.txt, by block.
[[nodiscard]] constexpr std::size_t columns_of(char32_t c) noexcept {
    bool const combining = (c >= 0x300 && c <= 0x36f) || c == 0x200b || c == 0x200c ||
                           c == 0x200d || (c >= 0x20d0 && c <= 0x20ff) ||
                           (c >= 0xfe00 && c <= 0xfe0f);
    if (combining) return 0;
    bool const wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0x303e) ||
                      (c >= 0x3041 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                      (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) ||
                      (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
                      (c >= 0x1f300 && c <= 0x1f64f) || (c >= 0x1f900 && c <= 0x1f9ff) ||
                      (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

/// An unprintable code point as "\x1b" or "\u{202e}".
[[nodiscard]] inline std::string escaped(char32_t c) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string digits;
    for (auto rest = static_cast<std::uint32_t>(c); rest != 0 || digits.size() < 2; rest >>= 4U)
        digits.insert(digits.begin(), hex[rest & 15U]);
    return c < 0x100 ? "\\x" + digits : "\\u{" + digits + "}";
}

/// The text with everything unprintable escaped, bytes that are not UTF-8 as well; a text longer
/// than 320 code points loses its middle.
[[nodiscard]] inline std::string printable(std::string_view text) {
    constexpr std::size_t kept_at_start = 200, kept_at_end = 100, kept_max = 320;
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count)
        at += decode_utf8(text, at).bytes == 0 ? 1 : decode_utf8(text, at).bytes;
    std::string shown;
    std::size_t index = 0;
    for (std::size_t at = 0; at < text.size(); ++index) {
        auto const c = decode_utf8(text, at);
        bool const cut = count > kept_max && index >= kept_at_start && index < count - kept_at_end;
        if (cut && index == kept_at_start) shown += " [...] ";
        if (c.bytes == 0) {
            if (!cut) shown += escaped(static_cast<unsigned char>(text[at]));
            ++at;
            continue;
        }
        if (!cut)
            shown +=
                is_unprintable(c.value) ? escaped(c.value) : std::string(text.substr(at, c.bytes));
        at += c.bytes;
    }
    return shown;
}

}  // namespace cryptoperiod::input
