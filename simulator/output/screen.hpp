/// @file screen.hpp
/// What the reader's screen can show: colours, Unicode, how many columns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cryptoperiod::output {

/// What --color asks for.
enum class colour_choice : std::uint8_t { automatic, always, never };

inline constexpr std::array<std::string_view, 3> colour_names{"auto", "always", "never"};

/// The characters that pictures are drawn with.
struct glyphs {
    std::string_view kept, broken, separator, mark, dash, pole, corner, axis, arrow;
    std::array<std::string_view, 8> levels;  ///< of a sparkline, lowest first
};

/// One stream of output, seen with the reader's eyes.
struct screen {
    static constexpr std::size_t columns_max = 100, columns_min = 40;

    bool terminal = false;
    bool colour = false;
    bool movable = false;  ///< the cursor obeys escape sequences
    bool unicode = false;
    std::size_t columns = columns_max;

    [[nodiscard]] glyphs const& signs() const noexcept;
};

/// Looks at a file descriptor and at the environment. Colour: the flag, else NO_COLOR, else
/// CLICOLOR_FORCE, else whether it is a terminal that is not dumb. Not a terminal: columns_max.
[[nodiscard]] screen look_at_screen(int descriptor, colour_choice choice);

}  // namespace cryptoperiod::output
