/// @file json.hpp
/// JSON from outside: read within limits, member by member, each fault with its place; and written
/// in one way only. The one file that includes nlohmann/json. Source: RFC 8259; RFC 8785 for what
/// is written.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod {

/// A JSON value; objects are sorted by the bytes of their names. Its own accessors throw: what came
/// from outside is read through `json_place`.
using json_value = nlohmann::json;

/// Overwrites every text of the value with zeros, and leaves it empty. What the parser itself has
/// put down and given back is out of reach.
inline void wipe(json_value& value) noexcept {
    if (auto* const text = value.get_ptr<std::string*>()) wipe(*text);
    if (value.is_structured())
        for (auto& item : value) wipe(item);
}

/// How much one document may be.
struct json_limits {
    std::size_t bytes = std::size_t{64} << 10U;
    std::size_t depth = 16;  ///< of objects and arrays within each other
};

namespace detail {

/// "line 3, column 14" of a byte of the text.
[[nodiscard]] inline std::string line_and_column(std::string_view text, std::size_t offset) {
    auto const before = text.substr(0, std::min(offset, text.size()));
    auto const line = std::ranges::count(before, '\n') + 1;
    auto const start = before.rfind('\n');
    auto const column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return concat("line ", std::to_string(line), ", column ", std::to_string(column));
}

/// Hands out the bytes of a text and notes how many were taken.
class counted_bytes {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = char const*;
    using reference = char const&;

    counted_bytes(char const* at, char const*& taken) noexcept : at_(at), taken_(&taken) {}
    reference operator*() const noexcept { return *at_; }
    counted_bytes& operator++() noexcept {
        *taken_ = ++at_;
        return *this;
    }
    counted_bytes operator++(int) noexcept {
        auto const before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(counted_bytes const& a, counted_bytes const& b) noexcept {
        return a.at_ == b.at_;
    }

private:
    char const* at_;
    char const** taken_;
};

/// Builds the value from the parser's events; the first fault ends the parsing.
class json_builder {
public:
    json_builder(std::string_view text, json_limits limits, char const* const& taken)
        : text_(text), limits_(limits), taken_(&taken) {}

    [[nodiscard]] json_value& value() noexcept { return root_; }
    [[nodiscard]] std::optional<error>& fault() noexcept { return fault_; }

    // What the parser calls, by its names.
    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(json_value::number_integer_t value) { return put(value); }
    bool number_unsigned(json_value::number_unsigned_t value) { return put(value); }
    bool number_float(json_value::number_float_t value, std::string const&) { return put(value); }
    bool string(std::string& value) { return put(std::move(value)); }
    static bool binary(json_value::binary_t&) noexcept { return false; }
    bool start_object(std::size_t) { return open(json_value::object()); }
    bool start_array(std::size_t) { return open(json_value::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        auto& object = *open_.back();
        if (object.contains(name)) return refuse("a member is given twice", last_taken());
        member_ = &object[std::move(name)];
        return true;
    }
    // The parser's own words quote the text, which may hold a secret.
    bool parse_error(std::size_t position, std::string const&, nlohmann::detail::exception const&) {
        return refuse("this is not JSON", position == 0 ? 0 : position - 1);
    }

private:
    [[nodiscard]] std::size_t last_taken() const noexcept {
        return static_cast<std::size_t>(*taken_ - text_.data()) - 1;
    }
    bool refuse(std::string_view why, std::size_t offset) {
        fault_ = {errc::malformed, concat(why, " (", line_and_column(text_, offset), ")")};
        return false;
    }
    json_value* place(json_value value) {
        if (open_.empty()) return &(root_ = std::move(value));
        if (open_.back()->is_object()) return &(*member_ = std::move(value));
        return &open_.back()->emplace_back(std::move(value));
    }
    template <class Value>
    bool put(Value&& value) {
        place(std::forward<Value>(value));
        return true;
    }
    bool open(json_value empty) {
        if (open_.size() == limits_.depth)
            return refuse(
                concat("this is nested deeper than ", std::to_string(limits_.depth), " levels"),
                last_taken());
        open_.push_back(place(std::move(empty)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::string_view text_;
    json_limits limits_;
    char const* const* taken_;
    json_value root_;
    std::vector<json_value*> open_;  // an array grows only while none of its items is open
    json_value* member_ = nullptr;
    std::optional<error> fault_;
};

}  // namespace detail

/// The value that a text spells. Strict RFC 8259: UTF-8, no comments, nothing after the value; and
/// no member twice. Errors: missing (empty), input_too_large (limits.bytes, told before anything is
/// read), malformed (line and column are named, nothing is quoted).
[[nodiscard]] inline result<json_value> parse_json(std::string_view text, json_limits limits = {}) {
    if (text.empty()) return error{errc::missing, "an empty text is not JSON; give a document"};
    if (text.size() > limits.bytes)
        return error{errc::input_too_large,
                     concat("a document of ", thousands(text.size()), " bytes; at most ",
                            thousands(limits.bytes), " are read")};
    char const* taken = text.data();
    detail::json_builder builder(text, limits, taken);
    bool const done =
        json_value::sax_parse(detail::counted_bytes(text.data(), taken),
                              detail::counted_bytes(text.data() + text.size(), taken), &builder);
    if (builder.fault()) return *std::move(builder.fault());
    if (!done) return error{errc::malformed, "this is not JSON"};
    // Spelled out: a JSON value converts from and to so much that the compiler sees several ways.
    return {boost::system::in_place_value, std::move(builder.value())};
}

/// The value as text: members sorted by name, no blanks, so that equal values have equal texts.
/// Errors: malformed (a text that is not UTF-8).
[[nodiscard]] inline result<std::string> json_text(json_value const& value) {
    try {
        return value.dump();
    } catch (nlohmann::detail::exception const&) {
        return error{errc::malformed, "a text that is not UTF-8 cannot be written as JSON"};
    }
}

/// A value of a document and the way to it. A view: valid as long as the value is.
class json_place {
public:
    /// `document` is what messages call the whole.
    json_place(json_value const& value, std::string document)
        : value_(&value), path_(std::move(document)) {}

    /// "policy: roles[0].role_id".
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    /// An error at this place.
    [[nodiscard]] error fault(errc code, std::string_view why) const {
        return {code, concat(path_, " ", why)};
    }
    /// The text. Errors: malformed (another kind), out_of_range (its length in bytes).
    [[nodiscard]] result<std::string_view> text(std::size_t least, std::size_t most) const {
        auto const* const found = value_->get_ptr<std::string const*>();
        if (found == nullptr) return fault(errc::malformed, "is not a text");
        if (found->size() < least || found->size() > most)
            return fault(errc::out_of_range,
                         concat("has ", thousands(found->size()), " bytes instead of ",
                                thousands(least), " to ", thousands(most)));
        return std::string_view(*found);
    }
    /// True or false. Errors: malformed (another kind).
    [[nodiscard]] result<bool> boolean() const {
        auto const* const found = value_->get_ptr<bool const*>();
        if (found == nullptr) return fault(errc::malformed, "is neither true nor false");
        return *found;
    }
    /// The number. Errors: malformed (another kind, a fraction), out_of_range (beyond 63 bits).
    [[nodiscard]] result<std::int64_t> whole_number() const {
        if (auto const* const big = value_->get_ptr<json_value::number_unsigned_t const*>()) {
            if (*big > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return fault(errc::out_of_range, "is beyond 63 bits");
            return static_cast<std::int64_t>(*big);
        }
        if (auto const* const number = value_->get_ptr<json_value::number_integer_t const*>())
            return *number;
        return fault(errc::malformed, "is not a whole number");
    }
    /// The truth value. Errors: malformed (another kind).
    [[nodiscard]] result<bool> truth() const {
        auto const* const found = value_->get_ptr<json_value::boolean_t const*>();
        if (found == nullptr) return fault(errc::malformed, "is neither true nor false");
        return *found;
    }
    /// The member of this name; none when there is none, or this is no object.
    [[nodiscard]] std::optional<json_place> find(std::string_view name) const {
        if (!value_->is_object()) return std::nullopt;
        auto const found = value_->find(name);
        if (found == value_->end()) return std::nullopt;
        return json_place(*found, way_to(name), true);
    }
    /// Errors: missing.
    [[nodiscard]] result<json_place> member(std::string_view name) const {
        if (auto found = find(name)) return *std::move(found);
        return error{errc::missing, concat(way_to(name), " is missing")};
    }
    /// Whether this is an object. Errors: malformed.
    [[nodiscard]] result<void> object() const {
        if (!value_->is_object()) return fault(errc::malformed, "is not an object");
        return {};
    }
    /// Whether this is an object without members of other names. Errors: malformed, unknown_member.
    [[nodiscard]] result<void> has_only(std::span<std::string_view const> names) const {
        if (auto sound = object(); !sound) return sound;
        for (auto const& [name, value] : value_->items()) {
            if (std::ranges::find(names, name) != names.end()) continue;
            auto const near = did_you_mean(name, names);
            return fault(errc::unknown_member, concat("has an unknown member", shown(name),
                                                      near.empty() ? "" : "; ", near));
        }
        return {};
    }
    /// The items of an array. Errors: malformed (another kind), out_of_range (their number).
    [[nodiscard]] result<std::vector<json_place>> items(std::size_t least, std::size_t most) const {
        if (!value_->is_array()) return fault(errc::malformed, "is not an array");
        if (value_->size() < least || value_->size() > most)
            return fault(errc::out_of_range,
                         concat("has ", thousands(value_->size()), " items instead of ",
                                thousands(least), " to ", thousands(most)));
        std::vector<json_place> places;
        places.reserve(value_->size());
        for (auto const& item : *value_)
            places.push_back(
                json_place(item, concat(path_, "[", std::to_string(places.size()), "]"), true));
        return places;
    }

    /// The members of an object whose names are not known, by name. Errors: malformed (another
    /// kind), out_of_range (their number).
    [[nodiscard]] result<std::vector<std::pair<std::string_view, json_place>>> members(
        std::size_t least, std::size_t most) const {
        if (!value_->is_object()) return fault(errc::malformed, "is not an object");
        if (value_->size() < least || value_->size() > most)
            return fault(errc::out_of_range,
                         concat("has ", thousands(value_->size()), " members instead of ",
                                thousands(least), " to ", thousands(most)));
        std::vector<std::pair<std::string_view, json_place>> places;
        places.reserve(value_->size());
        for (auto const& [name, value] : value_->get_ref<json_value::object_t const&>())
            places.emplace_back(name,
                                json_place(value, concat(path_, ": a member", shown(name)), true));
        return places;
    }

private:
    json_place(json_value const& value, std::string path, bool inner)
        : value_(&value), path_(std::move(path)), inner_(inner) {}

    [[nodiscard]] std::string way_to(std::string_view name) const {
        return concat(path_, inner_ ? "." : ": ", name);
    }
    /// A name from outside: quoted when a person would recognise it.
    [[nodiscard]] static std::string shown(std::string_view name) {
        constexpr std::size_t longest = 40;
        if (name.empty() || name.size() > longest ||
            detail::find_control_character(name) != std::string_view::npos)
            return {};
        return concat(" '", name, "'");
    }

    json_value const* value_;
    std::string path_;
    bool inner_ = false;  // the path already leads into the document
};

}  // namespace cryptoperiod
