#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "input/utf8.hpp"

namespace cryptoperiod::output {

std::string counted(std::uint64_t number, std::string_view one) {
    return fmt::format("{} {}{}", thousands(number), one, number == 1 ? "" : "s");
}

std::string percent(double share, int digits) {
    return fmt::format("{:.{}g} %", share * 100, digits);
}

std::string percent_in_table(double share) {
    return share > 0 && share < 0.00005 ? fmt::format("{:.1g} %", share * 100)
                                        : fmt::format("{:.2f} %", share * 100);
}

std::string number(double value, int digits) {
    constexpr double exact = 9e15;
    if (value >= 0 && value < exact && !(std::floor(value) < value))
        return thousands(static_cast<std::uint64_t>(value));
    return fmt::format("{:.{}g}", value, digits);
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        auto const c = input::decode_utf8(text, at);
        columns += c.bytes == 0 ? 1 : input::columns_of(c.value);
        at += c.bytes == 0 ? 1 : c.bytes;
    }
    return columns;
}

std::string left(std::string_view text, std::size_t columns) {
    auto const used = columns_of(text);
    return std::string(text) + std::string(used < columns ? columns - used : 0, ' ');
}

std::string right(std::string_view text, std::size_t columns) {
    auto const used = columns_of(text);
    return std::string(used < columns ? columns - used : 0, ' ') + std::string(text);
}

std::string wrapped(std::string_view text, std::size_t columns, std::string_view margin) {
    std::string out;
    std::string line;
    auto const end_line = [&] {
        if (!line.empty()) out += fmt::format("{}{}\n", margin, line);
        line.clear();
    };
    while (!text.empty()) {
        auto const word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        std::size_t const wanted = columns_of(margin) + columns_of(line) + 1 + columns_of(word);
        if (!line.empty() && wanted > columns) end_line();
        if (!line.empty()) line += ' ';
        line += word;
    }
    end_line();
    return out;
}

std::string paint(screen const& on, ink colour, std::string_view text) {
    constexpr std::array<std::string_view, 5> codes{"", "\x1b[32m", "\x1b[1;31m", "\x1b[1m",
                                                    "\x1b[2m"};
    auto const code = codes[static_cast<std::size_t>(colour)];
    if (!on.colour || code.empty() || text.empty()) return std::string(text);
    return fmt::format("{}{}\x1b[0m", code, text);
}

std::string laid_out(screen const& on, std::vector<piece> const& pieces, std::string_view joint,
                     std::string_view margin) {
    std::string text(margin);
    std::size_t used = columns_of(margin);
    bool begins = true;
    for (auto const& one : pieces) {
        auto const wanted = columns_of(one.text);
        if (!begins && used + columns_of(joint) + wanted > on.columns) {
            text.erase(text.find_last_not_of(' ') + 1);
            text += fmt::format("\n{}    ", margin);
            used = columns_of(margin) + 4;
        } else if (!begins) {
            text += joint;
            used += columns_of(joint);
        }
        text += paint(on, one.colour, one.text);
        used += wanted;
        begins = false;
    }
    return text + '\n';
}

std::string to_the_minute(time_point t) {
    auto const text = to_iso(t);
    return fmt::format("{}Z", text.substr(0, text.size() - 4));
}

std::string shell_word(std::string_view word) {
    constexpr std::string_view safe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:@,%";
    if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos)
        return std::string(word);
    std::string quoted = "'";
    for (char const c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

}  // namespace cryptoperiod::output
