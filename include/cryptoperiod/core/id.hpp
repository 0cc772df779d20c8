/// @file id.hpp
/// Tagged ids: a device id, a key id and a grant id are all text, and none of them may be taken
/// for another. `id<Tag>` carries text, `number_id<Tag>` a number.
#pragma once

#include <charconv>
#include <compare>
#include <concepts>
#include <cryptoperiod/core/result.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod {

/// What tells one kind of id from another: a complete type with a name for people, such as
/// `struct device { static constexpr std::string_view name = "device id"; };`.
template <class Tag>
concept id_tag = requires {
    { Tag::name } -> std::convertible_to<std::string_view>;
};

/// Longest id, in bytes. Assumption: no provider documents a bound that fits all kinds of id.
inline constexpr std::size_t id_bytes_max = 256;

namespace detail {
/// Offset of the first control character, or npos. U+0000..001F, U+007F, and U+0080..009F in
/// their UTF-8 form: all of them can rewrite a terminal or split a log line.
[[nodiscard]] constexpr std::size_t find_control_character(std::string_view text) noexcept {
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const here = static_cast<unsigned char>(text[i]);
        if (here < 0x20 || here == 0x7f) return i;
        if (here != 0xc2 || i + 1 == text.size()) continue;
        auto const next = static_cast<unsigned char>(text[i + 1]);
        if (next >= 0x80 && next < 0xa0) return i;
    }
    return std::string_view::npos;
}
}  // namespace detail

/// An id as text: never empty, at most id_bytes_max bytes, no control characters; otherwise any
/// bytes, compared byte by byte. Ids of different tags neither compare nor convert. An id that was
/// moved from may only be assigned to or destroyed.
template <id_tag Tag>
class id {
public:
    /// The id that `text` spells. Errors: missing (empty), out_of_range (too long), malformed
    /// (a control character; the offset is named, the character is not printed).
    [[nodiscard]] static result<id> parse(std::string_view text) {
        std::string const name{std::string_view(Tag::name)};
        if (text.empty()) return error{errc::missing, name + " is empty; give at least one byte"};
        if (text.size() > id_bytes_max)
            return error{errc::out_of_range, name + " has " + std::to_string(text.size()) +
                                                 " bytes; at most " + std::to_string(id_bytes_max) +
                                                 " are allowed"};
        if (auto const at = detail::find_control_character(text); at != std::string_view::npos)
            return error{errc::malformed, name + " has a control character at offset " +
                                              std::to_string(at) + "; remove it"};
        return id(std::string(text));
    }

    /// The text, as it was parsed.
    [[nodiscard]] std::string const& str() const noexcept { return text_; }

    friend bool operator==(id const&, id const&) = default;
    friend std::strong_ordering operator<=>(id const&, id const&) = default;

private:
    explicit id(std::string text) : text_(std::move(text)) {}

    std::string text_;  // INVARIANT: what parse accepts
};

/// The text of an id.
template <id_tag Tag>
[[nodiscard]] std::string to_string(id<Tag> const& value) {
    return value.str();
}

/// An id as an unsigned number, for what a program counts itself (devices of a fleet, sets of an
/// instance). Same rule: different tags neither compare nor convert.
template <id_tag Tag, std::unsigned_integral Number = std::uint32_t>
class number_id {
public:
    using number_type = Number;

    /// Number zero.
    constexpr number_id() noexcept = default;
    constexpr explicit number_id(Number number) noexcept : number_(number) {}

    /// The id that `text` spells in decimal: digits only, no sign, no leading zero.
    /// Errors: missing (empty), malformed (the offset is named), out_of_range.
    [[nodiscard]] static result<number_id> parse(std::string_view text) {
        std::string const name{std::string_view(Tag::name)};
        if (text.empty()) return error{errc::missing, name + " is empty; give a number"};
        for (std::size_t i = 0; i != text.size(); ++i)
            if (text[i] < '0' || text[i] > '9')
                return error{
                    errc::malformed,
                    name + " has something other than a digit at offset " + std::to_string(i)};
        if (text.size() > 1 && text.front() == '0')
            return error{errc::malformed, name + " starts with a zero; remove it"};
        Number number{};
        auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc{})
            return error{errc::out_of_range,
                         name + " is above " + std::to_string(std::numeric_limits<Number>::max())};
        static_cast<void>(end);
        return number_id(number);
    }

    /// The number.
    [[nodiscard]] constexpr Number number() const noexcept { return number_; }

    friend constexpr bool operator==(number_id, number_id) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(number_id, number_id) noexcept = default;

private:
    Number number_{};
};

/// The number in decimal.
template <id_tag Tag, std::unsigned_integral Number>
[[nodiscard]] std::string to_string(number_id<Tag, Number> value) {
    return std::to_string(value.number());
}

}  // namespace cryptoperiod

/// Hash of the text.
template <cryptoperiod::id_tag Tag>
struct std::hash<cryptoperiod::id<Tag>> {
    [[nodiscard]] std::size_t operator()(cryptoperiod::id<Tag> const& value) const noexcept {
        return std::hash<std::string>{}(value.str());
    }
};

/// Hash of the number.
template <cryptoperiod::id_tag Tag, std::unsigned_integral Number>
struct std::hash<cryptoperiod::number_id<Tag, Number>> {
    [[nodiscard]] std::size_t operator()(
        cryptoperiod::number_id<Tag, Number> value) const noexcept {
        return std::hash<Number>{}(value.number());
    }
};
