#include "toml_value.hpp"

#include <fmt/format.h>

#include <cmath>

#include "share.hpp"

namespace cryptoperiod::input {
namespace {

complaint from_error(std::string_view key, error const& e) {
    return {e.code, fmt::format("{}: {}", key, e.detail), {}};
}

value_or<time_point> from_date_time(std::string_view key, toml::date_time const& moment) {
    auto const date = civil(moment.date.year, moment.date.month, moment.date.day);
    if (!moment.offset)
        return complaint{errc::malformed, fmt::format("'{}' has a time of day, but no zone", key),
                         "end it with Z: times are UTC"};
    if (moment.offset->minutes != 0)
        return complaint{errc::malformed, fmt::format("'{}' is not in UTC", key),
                         "convert it and end it with Z"};
    if (moment.time.nanosecond % 1'000'000 != 0)
        return complaint{errc::malformed, fmt::format("'{}' is finer than a millisecond", key),
                         "give at most three decimals"};
    return date + std::chrono::hours{moment.time.hour} + std::chrono::minutes{moment.time.minute} +
           std::chrono::seconds{moment.time.second} +
           milliseconds{moment.time.nanosecond / 1'000'000};
}

}  // namespace

std::string_view kind_of(toml::node const& node) noexcept {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "text";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a number with a point";
        case toml::node_type::boolean:
            return "true or false";
        case toml::node_type::date:
            return "a date";
        case toml::node_type::time:
            return "a time of day";
        case toml::node_type::date_time:
            return "a date with a time";
        default:
            return "nothing";
    }
}

place place_of(toml::source_region const& region, std::size_t file) noexcept {
    bool const one_line = region.begin.line == region.end.line;
    auto const length = one_line && region.end.column > region.begin.column
                            ? region.end.column - region.begin.column
                            : 1U;
    return {file, region.begin.line, region.begin.column,
            one_line || region.end.line == 0 ? length : place::to_line_end};
}

complaint wrong_kind(std::string_view key, std::string_view wanted, toml::node const& found,
                     std::string help) {
    return {errc::malformed, fmt::format("'{}' must be {}, not {}", key, wanted, kind_of(found)),
            std::move(help)};
}

value_or<std::string> as_text(std::string_view key, toml::node const& node) {
    if (auto const* text = node.as_string()) return text->get();
    return wrong_kind(key, "text", node, "put it in quotes");
}

value_or<std::uint64_t> as_count(std::string_view key, toml::node const& node) {
    auto const* number = node.as_integer();
    if (number == nullptr)
        return wrong_kind(key, "an integer", node, "write digits alone, such as 1_000");
    if (number->get() < 0)
        return complaint{errc::out_of_range,
                         fmt::format("'{}' is negative: {}", key, number->get()), "give 0 or more"};
    return static_cast<std::uint64_t>(number->get());
}

value_or<double> as_number(std::string_view key, toml::node const& node) {
    if (auto const* whole = node.as_integer()) return static_cast<double>(whole->get());
    if (auto const* number = node.as_floating_point()) {
        if (std::isfinite(number->get())) return number->get();
        return complaint{errc::out_of_range,
                         fmt::format("'{}' is {}, which is no number", key, number->get()),
                         "give a finite number"};
    }
    return wrong_kind(key, "a number", node, "write digits alone, such as 1.5");
}

value_or<bool> as_flag(std::string_view key, toml::node const& node) {
    if (auto const* flag = node.as_boolean()) return flag->get();
    return wrong_kind(key, "true or false", node);
}

value_or<time_point> as_date(std::string_view key, toml::node const& node) {
    if (auto const* date = node.as_date())
        return civil(date->get().year, date->get().month, date->get().day);
    if (auto const* moment = node.as_date_time()) return from_date_time(key, moment->get());
    if (auto const* text = node.as_string()) {
        auto const read = parse_time(text->get());
        if (read) return *read;
        return from_error(key, read.error());
    }
    return wrong_kind(key, "a date", node, "write it like 2026-01-05");
}

value_or<milliseconds> as_duration(std::string_view key, toml::node const& node) {
    auto const* text = node.as_string();
    if (text == nullptr)
        return wrong_kind(key, "a duration", node, "write it like \"540d\", \"6h\", \"30m\"");
    auto const read = parse_duration(text->get());
    if (read) return *read;
    return from_error(key, read.error());
}

value_or<double> as_share(std::string_view key, toml::node const& node) {
    if (auto const* text = node.as_string()) {
        auto const read = parse_share(text->get());
        if (read) return *read;
        return from_error(key, read.error());
    }
    if (!node.is_number())
        return wrong_kind(key, "a share", node, "write it like \"0.1 %\" or 0.001");
    auto const number = as_number(key, node);
    if (std::holds_alternative<complaint>(number)) return number;
    double const value = std::get<double>(number);
    if (value < 0)
        return complaint{errc::out_of_range, fmt::format("'{}' is negative: {}", key, value),
                         "a share is a number from 0 to 1, or a percentage"};
    if (value > 1)
        return complaint{errc::out_of_range, fmt::format("'{}' is {}, more than all", key, value),
                         fmt::format("a number counts from 0 to 1; a percentage is text: \"{} %\"",
                                     value > 100 ? 100 : value)};
    return value;
}

}  // namespace cryptoperiod::input
