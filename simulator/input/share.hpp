/// @file share.hpp
/// Shares as people write them: "0.1 %", "0.1%", "0.001". Also what a command-line flag takes.
#pragma once

#include <charconv>
#include <cryptoperiod/core/result.hpp>
#include <string>
#include <string_view>
#include <system_error>

namespace cryptoperiod::input {

/// A number, and whether a per cent sign followed it.
struct plain_number {
    double value = 0;
    bool is_percentage = false;
};

/// Reads a decimal number with an optional per cent sign after it, in any locale. Errors: malformed
/// (anything else, "nan" and "inf" as well), out_of_range (more than a double holds).
[[nodiscard]] inline result<plain_number> parse_number(std::string_view text) {
    auto const bad = [&](errc code, std::string_view why) {
        return error{code, "'" + std::string(text) + "' " + std::string(why)};
    };
    plain_number read;
    std::string_view digits = text;
    if (digits.ends_with('%')) {
        read.is_percentage = true;
        digits.remove_suffix(1);
        while (digits.ends_with(' ')) digits.remove_suffix(1);
    }
    if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
        return bad(errc::malformed, "is not a number");
    auto const [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), read.value);
    if (failed == std::errc::result_out_of_range)
        return bad(errc::out_of_range, "is beyond what a number can hold");
    if (failed != std::errc() || end != digits.data() + digits.size())
        return bad(errc::malformed, "is not a number");
    if (read.is_percentage) read.value /= 100;
    return read;
}

/// Reads a share: a percentage, or a number from 0 to 1. Errors: malformed (not a number),
/// out_of_range (negative, or more than all).
[[nodiscard]] inline result<double> parse_share(std::string_view text) {
    auto const bad = [&](errc code, std::string_view why) {
        return error{code, "'" + std::string(text) + "' " + std::string(why)};
    };
    auto const number = parse_number(text);
    if (!number && number.error().code == errc::malformed)
        return bad(errc::malformed, "is not a share; write it like 0.1 % or 0.001");
    if (!number) return number.error();
    if (number->value < 0) return bad(errc::out_of_range, "is negative; a share is not");
    if (number->value > 1)
        return bad(errc::out_of_range, number->is_percentage
                                           ? "is more than 100 %"
                                           : "is more than 1; a percentage needs its %");
    return number->value;
}

}  // namespace cryptoperiod::input
