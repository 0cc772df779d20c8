#include "screen.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>

namespace cryptoperiod::output {
namespace {

constexpr glyphs unicode_glyphs{"✓", "✗", " · ", "▲", "┄",
                                "┊", "└", "─",   "→", {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}};
constexpr glyphs ascii_glyphs{"ok  ", "FAIL", ", ", "^",  "-",
                              ":",    "+",    "-",  "->", {".", ":", "-", "=", "+", "*", "%", "#"}};

/// A variable of the environment; empty when it is not set.
std::string_view variable(char const* name) {
    char const* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
    return value == nullptr ? std::string_view() : std::string_view(value);
}

bool wants_colour(bool capable, colour_choice choice) {
    if (choice != colour_choice::automatic) return choice == colour_choice::always;
    if (!variable("NO_COLOR").empty()) return false;
    if (auto const force = variable("CLICOLOR_FORCE"); !force.empty() && force != "0") return true;
    return capable;
}

/// Does the locale say UTF-8?
bool speaks_unicode() {
    static bool const answer = [] {
        std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): before any thread
        return std::string_view(nl_langinfo(CODESET)) == "UTF-8";  // NOLINT(concurrency-mt-unsafe)
    }();
    return answer;
}

std::size_t columns_of_terminal(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

}  // namespace

glyphs const& screen::signs() const noexcept { return unicode ? unicode_glyphs : ascii_glyphs; }

screen look_at_screen(int descriptor, colour_choice choice) {
    screen seen;
    seen.terminal = isatty(descriptor) == 1;
    auto const kind = variable("TERM");
    seen.movable = seen.terminal && !kind.empty() && kind != "dumb";
    seen.colour = wants_colour(seen.movable, choice);
    seen.unicode = speaks_unicode();
    if (seen.terminal)
        seen.columns =
            std::clamp(columns_of_terminal(descriptor), screen::columns_min, screen::columns_max);
    return seen;
}

}  // namespace cryptoperiod::output
