/// @file text.hpp
/// Numbers and names as a person reads them: thousands apart, shares in per cent, columns counted
/// as the terminal counts them, colours only where they are wanted.
#pragma once

#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "screen.hpp"

namespace cryptoperiod::output {

/// "3 devices", "1 device".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one);

/// "21.76 %": `digits` significant ones.
[[nodiscard]] std::string percent(double share, int digits = 4);

/// A share in a table: two decimals, more where two would show nothing ("0.02 %", "0.0004 %").
[[nodiscard]] std::string percent_in_table(double share);

/// A number with at most `digits` significant ones; whole numbers keep all, thousands apart.
[[nodiscard]] std::string number(double value, int digits = 4);

/// How many columns the text takes; it must not hold escape sequences.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text with spaces behind it, or before it, up to `columns`.
[[nodiscard]] std::string left(std::string_view text, std::size_t columns);
[[nodiscard]] std::string right(std::string_view text, std::size_t columns);

/// The text in lines of at most `columns`, broken between words; every line begins with `margin`.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t columns,
                                  std::string_view margin);

enum class ink : std::uint8_t { plain, good, bad, strong, faint };

/// The text in that colour, if the screen shows colours.
[[nodiscard]] std::string paint(screen const& on, ink colour, std::string_view text);

/// A piece of a line, in one colour.
struct piece {
    std::string text;
    ink colour = ink::plain;
};

/// The pieces with `joint` between them, on as many lines as the screen needs. The first begins
/// with `margin`, the others are indented by four more; a piece is not broken.
[[nodiscard]] std::string laid_out(screen const& on, std::vector<piece> const& pieces,
                                   std::string_view joint, std::string_view margin);

/// "2026-04-15T00:00Z".
[[nodiscard]] std::string to_the_minute(time_point t);

/// The word as a POSIX shell takes it for one argument.
[[nodiscard]] std::string shell_word(std::string_view word);

}  // namespace cryptoperiod::output
