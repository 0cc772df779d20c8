/// @file time.hpp
/// Integer time: milliseconds since the Unix epoch in UTC, civil dates, and the durations of
/// scenario files ("540d", "6h", "1.5h"). No time zones, no leap seconds, no floating point.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod {

using milliseconds = std::chrono::milliseconds;
using days = std::chrono::days;

/// A moment in UTC, to the millisecond.
using time_point = std::chrono::sys_time<milliseconds>;

inline constexpr std::int64_t ms_per_hour = 3'600'000;
inline constexpr std::int64_t ms_per_day = 24 * ms_per_hour;

/// Midnight UTC of a civil date. The date must exist.
[[nodiscard]] constexpr time_point civil(int year, unsigned month, unsigned day) noexcept {
    std::chrono::year_month_day const date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    return std::chrono::sys_days{date};
}

namespace detail {

/// The digits at `at`, exactly `count` of them; -1 when they are not digits.
constexpr int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
    int value = 0;
    if (at + count > text.size()) return -1;
    for (char const c : text.substr(at, count)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

inline std::string padded(std::int64_t value, std::size_t width) {
    std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

struct duration_unit {
    std::string_view name;
    std::int64_t ms;
};
inline constexpr std::array duration_units{
    duration_unit{"d", ms_per_day}, duration_unit{"h", ms_per_hour}, duration_unit{"m", 60'000},
    duration_unit{"s", 1'000},      duration_unit{"ms", 1},
};

}  // namespace detail

/// Reads "2026-01-05" or "2026-01-05T13:30:00Z" (seconds may be left out; ISO 8601, UTC only).
/// Errors: malformed (not that form), out_of_range (no such day or time).
[[nodiscard]] inline result<time_point> parse_time(std::string_view text) {
    auto const bad = [&](errc code, std::string_view why) {
        return error{code, concat("'", text, "' ", why)};
    };
    int const year = detail::digits(text, 0, 4), month = detail::digits(text, 5, 2),
              day = detail::digits(text, 8, 2);
    if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-')
        return bad(errc::malformed, "is not a date; write it like 2026-01-05");
    std::chrono::year_month_day const date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return bad(errc::out_of_range, "is not a day of the calendar");
    time_point const midnight = std::chrono::sys_days{date};
    if (text.size() == 10) return midnight;

    bool const with_seconds = text.size() == 20;
    int const hour = detail::digits(text, 11, 2), minute = detail::digits(text, 14, 2),
              second = with_seconds ? detail::digits(text, 17, 2) : 0;
    if ((text.size() != 17 && !with_seconds) || text[10] != 'T' || text.back() != 'Z' ||
        text[13] != ':' || (with_seconds && text[16] != ':') || hour < 0 || minute < 0 ||
        second < 0)
        return bad(errc::malformed, "is not a time; write it like 2026-01-05T13:30Z, in UTC");
    if (hour > 23 || minute > 59 || second > 59)
        return bad(errc::out_of_range, "is not a time of the day");
    return midnight + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

/// "2026-01-05", the UTC day that contains `t`, which lies in the years 0 to 9999.
[[nodiscard]] inline std::string to_date(time_point t) {
    std::chrono::year_month_day const date{std::chrono::floor<days>(t)};
    return detail::padded(static_cast<int>(date.year()), 4) + "-" +
           detail::padded(static_cast<unsigned>(date.month()), 2) + "-" +
           detail::padded(static_cast<unsigned>(date.day()), 2);
}

/// "2026-01-05T13:30:00Z"; milliseconds are cut.
[[nodiscard]] inline std::string to_iso(time_point t) {
    auto const seconds =
        std::chrono::floor<std::chrono::seconds>(t - std::chrono::floor<days>(t)).count();
    return to_date(t) + "T" + detail::padded(seconds / 3600, 2) + ":" +
           detail::padded(seconds / 60 % 60, 2) + ":" + detail::padded(seconds % 60, 2) + "Z";
}

/// Reads a duration: a number with at most three decimals and one unit of d, h, m, s, ms ("540d",
/// "0.7d"). Errors: malformed (form, unit, a fraction of a millisecond), out_of_range (negative, or
/// more than 1,000,000 days).
[[nodiscard]] inline result<milliseconds> parse_duration(std::string_view text) {
    auto const bad = [&](errc code, std::string_view why) {
        return error{code, concat("'", text, "' ", why)};
    };
    constexpr std::string_view form = "is not a duration; write it like 540d, 6h, 30m, 60s";
    constexpr std::int64_t longest = 1'000'000 * ms_per_day;
    if (text.starts_with('-')) return bad(errc::out_of_range, "is negative; a duration is not");
    std::int64_t whole = 0, thousandths = 0;
    int decimals = -1;  // -1: before the point
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        char const c = text[at];
        if (c == '.' && decimals < 0 && at > 0) {
            decimals = 0;
        } else if (c >= '0' && c <= '9' && decimals < 0) {
            whole = std::min(longest + 1, whole * 10 + (c - '0'));
        } else if (c >= '0' && c <= '9') {
            if (++decimals > 3) return bad(errc::malformed, "has more than three decimals");
            thousandths = thousandths * 10 + (c - '0');
        } else {
            break;
        }
    }
    if (at == 0 || decimals == 0) return bad(errc::malformed, form);
    for (int n = std::max(decimals, 0); n < 3; ++n) thousandths *= 10;
    for (auto const& unit : detail::duration_units) {
        if (text.substr(at) != unit.name) continue;
        if (thousandths * unit.ms % 1000 != 0)
            return bad(errc::malformed, "has a fraction of a millisecond");
        if (whole > longest / unit.ms || whole * unit.ms + thousandths * unit.ms / 1000 > longest)
            return bad(errc::out_of_range, "is longer than 1000000 days");
        return milliseconds{whole * unit.ms + thousandths * unit.ms / 1000};
    }
    return bad(errc::malformed, form);
}

/// The shortest exact form: "540d", "6h", "90s"; parse_duration reads it back.
[[nodiscard]] inline std::string to_text(milliseconds duration) {
    for (auto const& unit : detail::duration_units)
        if (duration.count() % unit.ms == 0)
            return std::to_string(duration.count() / unit.ms) + std::string(unit.name);
    return std::to_string(duration.count()) + "ms";
}

}  // namespace cryptoperiod
