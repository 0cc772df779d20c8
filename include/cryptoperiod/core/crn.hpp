/// @file crn.hpp
/// IBM Cloud Resource Names: parse, check, print. Ten segments, nine colons:
/// `crn:version:cname:ctype:service-name:location:scope:service-instance:resource-type:resource`.
/// Source: IBM Cloud documentation, account, "Cloud Resource Names" (crn.md); where published CRNs
/// go beyond that page, or we do, the member or function says so.
#pragma once

#include <array>
#include <compare>
#include <cryptoperiod/core/result.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cryptoperiod {

/// Longest CRN, in bytes. Assumption: IBM documents no bound; the longest part in use is an object
/// name of at most 1024 bytes.
inline constexpr std::size_t crn_bytes_max = 2048;

/// A CRN by segment. A plain value: parse_crn and check_crn say whether it is a valid one.
struct crn {
    std::string version{"v1"};       ///< only `v1`
    std::string cname{"bluemix"};    ///< the cloud; letters and digits, never empty
    std::string ctype{"public"};     ///< `public`, `dedicated` or `local`
    std::string service_name{};      ///< a-z, 0-9, '-'; one '.' before the name of a child service
    std::string location{};          ///< a-z, 0-9, '-'; empty in some published CRNs (iam roles)
    std::string scope{};             ///< empty, or a/ACCOUNT, o/ORGANIZATION, s/SPACE
    std::string service_instance{};  ///< a-z, 0-9, '-', '/'; may be empty
    std::string resource_type{};     ///< letters, digits, '-'; may be empty. The page says lower
                                     ///< case, IBM's own `serviceRole` has an upper-case letter
    std::string resource{};          ///< visible ASCII, '%' only as %XX; may be empty, may hold ':'

    friend bool operator==(crn const&, crn const&) = default;
    friend std::strong_ordering operator<=>(crn const&, crn const&) = default;
};

/// The CRN as text: the segments as they are, joined by colons.
[[nodiscard]] inline std::string to_string(crn const& name) {
    std::string text = "crn";
    for (auto const* segment :
         {&name.version, &name.cname, &name.ctype, &name.service_name, &name.location, &name.scope,
          &name.service_instance, &name.resource_type, &name.resource}) {
        text += ':';
        text += *segment;
    }
    return text;
}

namespace detail {

[[nodiscard]] constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
[[nodiscard]] constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Names of the ten segments, in order, as IBM's page writes them.
inline constexpr std::array<std::string_view, 10> crn_segment_names{
    "prefix", "version",          "cname",         "ctype",   "service-name", "location",
    "scope",  "service-instance", "resource-type", "resource"};

/// What one segment may hold.
struct crn_segment_rule {
    bool (*allowed)(char);      ///< the characters
    std::string_view alphabet;  ///< the same, for a person
    bool mandatory;             ///< may not be empty
};

/// Rules of the segments that are decided character by character, in the order of
/// crn_segment_names; version, ctype, scope and percent escapes have more to them.
inline constexpr std::array<crn_segment_rule, 10> crn_segment_rules{
    crn_segment_rule{[](char c) { return is_lower(c); }, "a-z", true},
    crn_segment_rule{[](char c) { return is_lower(c) || is_digit(c); }, "a-z and 0-9", true},
    crn_segment_rule{[](char c) { return is_lower(c) || is_upper(c) || is_digit(c); },
                     "letters and digits", true},
    crn_segment_rule{[](char c) { return is_lower(c); }, "a-z", true},
    crn_segment_rule{[](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '.'; },
                     "a-z, 0-9, '-' and one '.'", true},
    crn_segment_rule{[](char c) { return is_lower(c) || is_digit(c) || c == '-'; },
                     "a-z, 0-9 and '-'", false},
    crn_segment_rule{
        [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '/'; },
        "letters, digits, '-' and the '/' after its first letter", false},
    crn_segment_rule{[](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '/'; },
                     "a-z, 0-9, '-' and '/'", false},
    crn_segment_rule{[](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '-'; },
                     "letters, digits and '-'", false},
    crn_segment_rule{[](char c) { return c > ' ' && c <= '~'; },
                     "visible ASCII; write anything else as %XX", false},
};

/// A character for an error message: itself in quotes when it is visible ASCII, else its number.
[[nodiscard]] inline std::string show_character(char c) {
    if (c > ' ' && c <= '~') return std::string("'") + c + "'";
    constexpr std::string_view hex = "0123456789abcdef";
    auto const value = static_cast<unsigned char>(c);
    return std::string("0x") + hex[value >> 4U] + hex[value & 15U];
}

[[nodiscard]] inline error crn_error(std::size_t segment, std::string_view what) {
    return error{errc::malformed,
                 "crn: " + std::string(crn_segment_names[segment]) + " " + std::string(what)};
}

/// What is wrong with the form of a scope that has only allowed characters.
[[nodiscard]] constexpr std::optional<std::string_view> scope_fault(
    std::string_view scope) noexcept {
    if (scope.empty()) return std::nullopt;
    if (scope.size() < 2 || scope[1] != '/' ||
        std::string_view("aos").find(scope[0]) == std::string_view::npos)
        return "has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or nothing";
    if (scope.size() == 2) return "names nobody after its '/'; add the id or leave it empty";
    if (scope.find('/', 2) != std::string_view::npos) return "has a second '/'; remove it";
    return std::nullopt;
}

/// What is wrong with the form of a service-name that has only allowed characters.
[[nodiscard]] constexpr std::optional<std::string_view> service_name_fault(
    std::string_view name) noexcept {
    auto const dot = name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    if (name.find('.', dot + 1) != std::string_view::npos)
        return "has a second '.'; only one child level exists";
    if (dot == 0 || dot + 1 == name.size())
        return "has nothing on one side of its '.'; write parent.child";
    return std::nullopt;
}

/// What is wrong with the percent escapes of a resource.
[[nodiscard]] constexpr std::optional<std::string_view> resource_fault(
    std::string_view resource) noexcept {
    for (auto at = resource.find('%'); at != std::string_view::npos;
         at = resource.find('%', at + 1))
        if (resource.size() - at < 3 || !is_hex_digit(resource[at + 1]) ||
            !is_hex_digit(resource[at + 2]))
            return "has a '%' without two hex digits after it; write the '%' itself as %25";
    return std::nullopt;
}

/// The rules that look at a whole segment.
[[nodiscard]] constexpr std::optional<std::string_view> crn_segment_fault(
    std::size_t segment, std::string_view text) noexcept {
    switch (segment) {
        case 0:
            return text == "crn" ? std::nullopt : std::optional{"is not 'crn'"};
        case 1:
            return text == "v1" ? std::nullopt : std::optional{"is not 'v1'"};
        case 3:
            if (text == "public" || text == "dedicated" || text == "local") return std::nullopt;
            return "is none of 'public', 'dedicated', 'local'";
        case 4:
            return service_name_fault(text);
        case 6:
            return scope_fault(text);
        case 9:
            return resource_fault(text);
        default:
            return std::nullopt;
    }
}

/// Holds one segment, which starts at `offset` of the CRN, to its rules.
[[nodiscard]] inline std::optional<error> check_crn_segment(std::size_t segment,
                                                            std::string_view text,
                                                            std::size_t offset) {
    auto const& rule = crn_segment_rules[segment];
    if (text.empty() && rule.mandatory) return crn_error(segment, "is empty");
    for (std::size_t i = 0; i != text.size(); ++i)
        if (!rule.allowed(text[i]))
            return crn_error(segment, "may not hold " + show_character(text[i]) + " (offset " +
                                          std::to_string(offset + i) +
                                          "); allowed: " + std::string(rule.alphabet));
    if (auto const fault = crn_segment_fault(segment, text)) return crn_error(segment, *fault);
    return std::nullopt;
}

[[nodiscard]] inline error crn_too_long(std::size_t bytes) {
    return error{errc::out_of_range, "crn: " + std::to_string(bytes) + " bytes; at most " +
                                         std::to_string(crn_bytes_max) + " are allowed"};
}

}  // namespace detail

/// Parses a CRN. Exact: to_string of the answer is `text`, byte for byte; nothing is trimmed,
/// folded or unescaped. The first nine colons separate, and whatever follows the ninth is the
/// resource, so a resource may hold ':' and '/'. IBM's page names ':' as the delimiter and has no
/// rule for one inside the resource; services escape it as %3A, which is kept as written.
/// Errors: missing (empty text), out_of_range (longer than crn_bytes_max), malformed (the detail
/// names the first offending segment).
[[nodiscard]] inline result<crn> parse_crn(std::string_view text) {
    if (text.empty()) return error{errc::missing, "crn: empty; give ten segments"};
    if (text.size() > crn_bytes_max) return detail::crn_too_long(text.size());
    crn name;
    std::string prefix;
    std::array<std::string*, 10> const members{
        &prefix,       &name.version,          &name.cname,
        &name.ctype,   &name.service_name,     &name.location,
        &name.scope,   &name.service_instance, &name.resource_type,
        &name.resource};
    std::size_t offset = 0;
    for (std::size_t segment = 0; segment != members.size(); ++segment) {
        bool const last = segment + 1 == members.size();
        auto const colon = last ? std::string_view::npos : text.find(':', offset);
        auto const content = text.substr(offset, colon - offset);
        if (auto const fault = detail::check_crn_segment(segment, content, offset)) return *fault;
        if (!last && colon == std::string_view::npos)
            return detail::crn_error(segment + 1, "is missing; a crn has ten segments, this one " +
                                                      std::to_string(segment + 1));
        *members[segment] = content;
        offset = colon + 1;
    }
    return name;
}

/// Whether a CRN put together by hand is one that parse_crn would give back: then, and only then,
/// parse_crn(to_string(name)) == name. Errors: as parse_crn.
[[nodiscard]] inline result<void> check_crn(crn const& name) {
    std::size_t offset = 4;
    std::size_t segment = 1;
    for (auto const* text :
         {&name.version, &name.cname, &name.ctype, &name.service_name, &name.location, &name.scope,
          &name.service_instance, &name.resource_type, &name.resource}) {
        if (auto const fault = detail::check_crn_segment(segment, *text, offset)) return *fault;
        offset += text->size() + 1;
        ++segment;
    }
    if (offset - 1 > crn_bytes_max) return detail::crn_too_long(offset - 1);
    return {};
}

/// The account that owns the resource; empty when the scope is not an account.
[[nodiscard]] inline std::string_view account_of(crn const& name) noexcept {
    std::string_view const scope = name.scope;
    return scope.starts_with("a/") ? scope.substr(2) : std::string_view{};
}

/// Whether the CRN names a service instance: an instance, and nothing inside it.
[[nodiscard]] inline bool is_instance_crn(crn const& name) noexcept {
    return !name.service_instance.empty() && name.resource_type.empty() && name.resource.empty();
}

/// The CRN of the instance that holds the resource: the same, with resource-type and resource
/// empty. A key's CRN gives that of its key store.
[[nodiscard]] inline crn instance_of(crn name) {
    name.resource_type.clear();
    name.resource.clear();
    return name;
}

}  // namespace cryptoperiod

/// Hash of the text.
template <>
struct std::hash<cryptoperiod::crn> {
    [[nodiscard]] std::size_t operator()(cryptoperiod::crn const& name) const {
        return std::hash<std::string>{}(cryptoperiod::to_string(name));
    }
};
