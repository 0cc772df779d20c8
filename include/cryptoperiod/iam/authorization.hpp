/// @file authorization.hpp
/// Policies: who (the subject, by attributes) may act in which roles on what (the resource, by
/// attributes). An authorization lets the instances of one service use another; an access policy is
/// for people and service ids. Source: IBM Cloud IAM, POST /v1/policies; seed "Key Protect
/// integration" (imfpush -> kms, Reader).
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/iam/role.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::iam {

/// What a policy can ask about a subject or a resource.
enum class attribute_name : std::uint8_t {
    account_id,
    service_name,
    service_instance,
    region,
    resource_type,
    resource,
    resource_group_id,
    iam_id,  ///< of the subject of an access policy, and the only attribute there
};
inline constexpr std::array<std::string_view, 8> attribute_names{
    "accountId",    "serviceName", "serviceInstance", "region",
    "resourceType", "resource",    "resourceGroupId", "iam_id"};
[[nodiscard]] constexpr std::string_view to_string(attribute_name name) noexcept {
    return attribute_names[static_cast<std::size_t>(name)];
}

enum class match_operator : std::uint8_t {
    string_equals,
    string_match,  ///< '*' stands for any characters or none, '?' for one; no escapes
};
inline constexpr std::array<std::string_view, 2> operator_names{"stringEquals", "stringMatch"};
[[nodiscard]] constexpr std::string_view to_string(match_operator op) noexcept {
    return operator_names[static_cast<std::size_t>(op)];
}

/// Longest value of an attribute, in characters. Source: IBM Cloud IAM.
inline constexpr std::size_t attribute_value_max = 1000;

struct attribute {
    attribute_name name{};
    match_operator op = match_operator::string_equals;
    std::string value;

    friend bool operator==(attribute const&, attribute const&) = default;
};

enum class policy_type : std::uint8_t { access, authorization };
inline constexpr std::array<std::string_view, 2> policy_type_names{"access", "authorization"};
[[nodiscard]] constexpr std::string_view to_string(policy_type type) noexcept {
    return policy_type_names[static_cast<std::size_t>(type)];
}

enum class policy_state : std::uint8_t { active, deleted };
inline constexpr std::array<std::string_view, 2> policy_state_names{"active", "deleted"};
[[nodiscard]] constexpr std::string_view to_string(policy_state state) noexcept {
    return policy_state_names[static_cast<std::size_t>(state)];
}

/// What IAM adds to a policy that it keeps; kept as written, empty where absent.
struct policy_history {
    std::string href, created_at, created_by_id, last_modified_at, last_modified_by_id;

    friend bool operator==(policy_history const&, policy_history const&) = default;
};

/// A policy. A plain value: parse_policy and check_policy say whether it is a valid one.
/// Assumption: one subject and one resource, as every published document has.
struct policy {
    policy_type type = policy_type::authorization;
    std::vector<attribute> subject;   ///< all must match
    std::vector<attribute> resource;  ///< all must match
    std::vector<role> roles;          ///< any may permit
    std::string description;
    std::string id;  ///< empty until a source keeps it
    policy_state state = policy_state::active;
    policy_history history;

    friend bool operator==(policy const&, policy const&) = default;
};

/// What somebody wants to do.
struct request {
    identity who;
    action what{};
    crn resource;                ///< an instance, or a thing in it
    std::string resource_group;  ///< of the resource, where the caller knows it
};

// ---- matching -----------------------------------------------------------------------------------

/// Whether the pattern describes the whole text. Time: at most the product of the lengths, memory
/// none.
[[nodiscard]] constexpr bool matches_wildcards(std::string_view pattern,
                                               std::string_view text) noexcept {
    constexpr auto none = std::string_view::npos;
    std::size_t p = 0, t = 0, star = none, resumed = 0;
    while (t != text.size()) {
        // Before the comparison: a star in the text is a character like any other.
        if (p != pattern.size() && pattern[p] == '*') {
            star = p++;
            resumed = t;
        } else if (p != pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != none) {
            p = star + 1;
            t = ++resumed;  // the last star takes one more; earlier ones need not (they took least)
        } else {
            return false;
        }
    }
    while (p != pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

/// Whether the attribute is what the policy asks for. What is not there (empty) never is.
[[nodiscard]] constexpr bool matches(attribute const& asked, std::string_view actual) noexcept {
    if (actual.empty()) return false;
    return asked.op == match_operator::string_equals ? actual == asked.value
                                                     : matches_wildcards(asked.value, actual);
}

namespace detail {

[[nodiscard]] inline std::string_view value_in(crn const& name, std::string_view resource_group,
                                               attribute_name which) noexcept {
    switch (which) {
        case attribute_name::account_id:
            return account_of(name);
        case attribute_name::service_name:
            return name.service_name;
        case attribute_name::service_instance:
            return name.service_instance;
        case attribute_name::region:
            return name.location;
        case attribute_name::resource_type:
            return name.resource_type;
        case attribute_name::resource:
            return name.resource;
        case attribute_name::resource_group_id:
            return resource_group;
        case attribute_name::iam_id:
            break;
    }
    return {};
}

}  // namespace detail

/// An attribute of who asks; empty where there is none.
[[nodiscard]] inline std::string_view subject_value(request const& r,
                                                    attribute_name which) noexcept {
    if (which == attribute_name::iam_id) return r.who.iam_id;
    if (r.who.kind != identity_kind::instance) return {};
    return detail::value_in(r.who.instance, r.who.resource_group, which);
}
/// An attribute of what it is about; empty where there is none.
[[nodiscard]] inline std::string_view resource_value(request const& r,
                                                     attribute_name which) noexcept {
    return detail::value_in(r.resource, r.resource_group, which);
}

/// Whether the type is for whoever asks: authorizations are for instances, access for the others.
[[nodiscard]] constexpr bool is_for(policy_type type, identity_kind kind) noexcept {
    return (type == policy_type::authorization) == (kind == identity_kind::instance);
}

/// Whether a policy is about this subject's name and this resource's service: it then permits the
/// request or is a reason why not. Other policies are not heard of.
[[nodiscard]] inline bool concerns(policy const& p, request const& r) noexcept {
    auto const is_address = [](attribute_name name) {
        return name == attribute_name::account_id || name == attribute_name::service_name ||
               name == attribute_name::iam_id;
    };
    return is_for(p.type, r.who.kind) &&
           std::ranges::all_of(p.subject,
                               [&](attribute const& a) {
                                   return !is_address(a.name) ||
                                          matches(a, subject_value(r, a.name));
                               }) &&
           std::ranges::all_of(p.resource, [&](attribute const& a) {
               return !is_address(a.name) || matches(a, resource_value(r, a.name));
           });
}

// ---- checking -----------------------------------------------------------------------------------

/// Most roles of one policy, longest description and id, in bytes. Source: IBM Cloud IAM (300
/// characters of a description); the others are ours.
inline constexpr std::size_t policy_roles_max = role_table.size();
inline constexpr std::size_t policy_description_max = 300;
inline constexpr std::size_t policy_id_max = 64;

/// The attribute of this name; none when there is none.
[[nodiscard]] inline attribute const* find_attribute(std::span<attribute const> in,
                                                     attribute_name name) noexcept {
    auto const found = std::ranges::find(in, name, &attribute::name);
    return found == in.end() ? nullptr : &*found;
}
/// The value that the attribute of this name must equal; empty when it may match several.
[[nodiscard]] inline std::string_view exact_value(std::span<attribute const> in,
                                                  attribute_name name) noexcept {
    auto const* const found = find_attribute(in, name);
    return found != nullptr && found->op == match_operator::string_equals
               ? std::string_view(found->value)
               : std::string_view{};
}

namespace detail {

[[nodiscard]] inline result<void> check_attribute(std::string_view side, attribute const& a) {
    auto const name = concat("policy: the ", side, "'s ", to_string(a.name));
    if (auto sound = check_visible(name, a.value, attribute_value_max); !sound) return sound;
    if (a.name != attribute_name::account_id) return {};
    // An account is a border: no pattern crosses it.
    if (a.op != match_operator::string_equals)
        return error{errc::inconsistent, concat(name,
                                                " is a pattern; give one account, with "
                                                "stringEquals")};
    if (auto sound = check_account(a.value); !sound)
        return error{sound.error().code, concat(name, ": ", sound.error().detail)};
    return {};
}

[[nodiscard]] inline result<void> check_attributes(std::string_view side,
                                                   std::span<attribute const> all) {
    unsigned seen = 0;
    for (auto const& a : all) {
        if (auto sound = check_attribute(side, a); !sound) return sound;
        auto const bit = 1U << static_cast<unsigned>(a.name);
        if ((seen & bit) != 0)
            return error{errc::inconsistent, concat("policy: the ", side, " has ",
                                                    to_string(a.name), " twice; keep one")};
        seen |= bit;
    }
    if (find_attribute(all, attribute_name::service_instance) != nullptr &&
        find_attribute(all, attribute_name::resource_group_id) != nullptr)
        return error{errc::inconsistent,
                     concat("policy: the ", side,
                            " has serviceInstance and resourceGroupId; keep one of them")};
    return {};
}

[[nodiscard]] inline result<void> check_subject(policy const& p) {
    if (auto sound = check_attributes("subject", p.subject); !sound) return sound;
    bool const has_iam_id = find_attribute(p.subject, attribute_name::iam_id) != nullptr;
    if (p.type == policy_type::access) {
        if (has_iam_id && p.subject.size() == 1) return {};
        return error{has_iam_id ? errc::inconsistent : errc::missing,
                     "policy: the subject of an access policy has an iam_id, and nothing else"};
    }
    if (has_iam_id)
        return error{errc::inconsistent,
                     "policy: the subject of an authorization is a service; iam_id is for access"};
    if (find_attribute(p.subject, attribute_name::account_id) == nullptr)
        return error{errc::missing, "policy: the subject has no accountId; both sides need one"};
    if (find_attribute(p.subject, attribute_name::service_name) == nullptr &&
        find_attribute(p.subject, attribute_name::resource_group_id) == nullptr)
        return error{errc::missing,
                     "policy: the subject has neither serviceName nor resourceGroupId"};
    return {};
}

[[nodiscard]] inline result<void> check_resource(policy const& p) {
    if (auto sound = check_attributes("resource", p.resource); !sound) return sound;
    if (find_attribute(p.resource, attribute_name::iam_id) != nullptr)
        return error{errc::inconsistent, "policy: a resource has no iam_id"};
    if (find_attribute(p.resource, attribute_name::account_id) == nullptr)
        return error{errc::missing, "policy: the resource has no accountId; both sides need one"};
    return {};
}

[[nodiscard]] inline result<void> check_roles(policy const& p) {
    if (p.roles.empty()) return error{errc::missing, "policy: roles is empty; give at least one"};
    auto const service = exact_value(p.resource, attribute_name::service_name);
    for (auto const& one : p.roles) {
        if (std::ranges::count(p.roles, one) != 1)
            return error{errc::inconsistent,
                         concat("policy: the role ", to_string(one), " is given twice")};
        if (!has_role(service, one))
            return error{errc::inconsistent,
                         concat("policy: the service ", service, " has no role ", to_string(one))};
    }
    return {};
}

[[nodiscard]] inline result<void> check_text(std::string_view name, std::string_view text,
                                             std::size_t most) {
    if (text.size() > most)
        return error{errc::out_of_range,
                     concat("policy: ", name, " has ", thousands(text.size()), " bytes; at most ",
                            thousands(most), " are allowed")};
    if (auto const at = cryptoperiod::detail::find_control_character(text);
        at != std::string_view::npos)
        return error{errc::malformed,
                     concat("policy: ", name, " has a control character at offset ",
                            std::to_string(at), "; remove it")};
    return {};
}

/// The members of a history, and their names.
inline constexpr std::array<std::pair<std::string_view, std::string policy_history::*>, 5>
    history_members{{{"href", &policy_history::href},
                     {"created_at", &policy_history::created_at},
                     {"created_by_id", &policy_history::created_by_id},
                     {"last_modified_at", &policy_history::last_modified_at},
                     {"last_modified_by_id", &policy_history::last_modified_by_id}}};

}  // namespace detail

/// Whether a policy put together by hand is one that can be kept. Errors: missing (an account id, a
/// subject's name, a role), malformed, out_of_range (a text), inconsistent (twice the same, what
/// excludes each other, a role that the service does not have).
[[nodiscard]] inline result<void> check_policy(policy const& p) {
    if (auto sound = detail::check_subject(p); !sound) return sound;
    if (auto sound = detail::check_resource(p); !sound) return sound;
    if (auto sound = detail::check_roles(p); !sound) return sound;
    if (auto sound = detail::check_text("description", p.description, policy_description_max);
        !sound)
        return sound;
    if (auto sound = detail::check_text("id", p.id, policy_id_max); !sound) return sound;
    for (auto const& [name, member] : detail::history_members)
        if (auto sound = detail::check_text(name, p.history.*member, attribute_value_max); !sound)
            return sound;
    return {};
}

// ---- reading and writing ------------------------------------------------------------------------

namespace detail {

/// The value of an enumeration that a text names. Errors: malformed, unknown_name.
template <class Enum, std::size_t Count>
[[nodiscard]] result<Enum> read_name(json_place const& place,
                                     std::array<std::string_view, Count> const& names) {
    CRYPTOPERIOD_TRY(auto const text, place.text(1, attribute_value_max));
    auto const found = std::ranges::find(names, text);
    if (found != names.end()) return static_cast<Enum>(found - names.begin());
    std::string known;
    for (auto const name : names) known += concat(known.empty() ? "" : ", ", name);
    return place.fault(errc::unknown_name, concat("is none of ", known));
}

[[nodiscard]] inline result<attribute> read_attribute(json_place const& place) {
    static constexpr std::array<std::string_view, 3> members{"name", "operator", "value"};
    if (auto sound = place.has_only(members); !sound) return std::move(sound).error();
    attribute out;
    CRYPTOPERIOD_TRY(auto const name, place.member("name"));
    CRYPTOPERIOD_TRY(out.name, read_name<attribute_name>(name, attribute_names));
    if (auto const op = place.find("operator")) {
        CRYPTOPERIOD_TRY(out.op, read_name<match_operator>(*op, operator_names));
    }
    CRYPTOPERIOD_TRY(auto const value, place.member("value"));
    CRYPTOPERIOD_TRY(auto const text, value.text(1, attribute_value_max));
    out.value = text;
    return out;
}

/// [{"attributes": [...]}]
[[nodiscard]] inline result<std::vector<attribute>> read_side(json_place const& document,
                                                              std::string_view name) {
    static constexpr std::array<std::string_view, 1> members{"attributes"};
    CRYPTOPERIOD_TRY(auto const sides, document.member(name));
    CRYPTOPERIOD_TRY(auto const one, sides.items(1, 1));
    if (auto sound = one.front().has_only(members); !sound) return std::move(sound).error();
    CRYPTOPERIOD_TRY(auto const attributes, one.front().member("attributes"));
    CRYPTOPERIOD_TRY(auto const items, attributes.items(1, attribute_names.size()));
    std::vector<attribute> out;
    for (auto const& item : items) {
        CRYPTOPERIOD_TRY(auto read, read_attribute(item));
        out.push_back(std::move(read));
    }
    return out;
}

/// [{"role_id": "crn:..."}]
[[nodiscard]] inline result<std::vector<role>> read_roles(json_place const& document) {
    static constexpr std::array<std::string_view, 1> members{"role_id"};
    CRYPTOPERIOD_TRY(auto const roles, document.member("roles"));
    CRYPTOPERIOD_TRY(auto const items, roles.items(1, policy_roles_max));
    std::vector<role> out;
    for (auto const& item : items) {
        if (auto sound = item.has_only(members); !sound) return std::move(sound).error();
        CRYPTOPERIOD_TRY(auto const id, item.member("role_id"));
        CRYPTOPERIOD_TRY(auto const text, id.text(1, attribute_value_max));
        auto const known = parse_role_crn(text);
        if (!known) return id.fault(known.error().code, known.error().detail);
        out.push_back(*known);
    }
    return out;
}

[[nodiscard]] inline result<void> read_text(json_place const& document, std::string_view name,
                                            std::size_t most, std::string& into) {
    auto const found = document.find(name);
    if (!found) return {};
    CRYPTOPERIOD_TRY(auto const text, found->text(0, most));
    into = text;
    return {};
}

[[nodiscard]] inline json_value side_as_json(std::span<attribute const> side, bool subject) {
    auto attributes = json_value::array();
    for (auto const& a : side) {
        json_value one{{"name", to_string(a.name)}, {"value", a.value}};
        // IBM's documents leave the operator out in subjects, where it is this one.
        if (!subject || a.op != match_operator::string_equals) one["operator"] = to_string(a.op);
        attributes.push_back(std::move(one));
    }
    return json_value::array({json_value{{"attributes", std::move(attributes)}}});
}

}  // namespace detail

/// The policy that a JSON document describes, as POST /v1/policies takes it and as IAM answers.
/// Errors: those of parse_json and check_policy; missing, malformed, unknown_name, unknown_member,
/// out_of_range (the path to the member is named).
[[nodiscard]] inline result<policy> parse_policy(std::string_view text) {
    static constexpr std::array<std::string_view, 12> members{"type",
                                                              "subjects",
                                                              "roles",
                                                              "resources",
                                                              "description",
                                                              "id",
                                                              "state",
                                                              "href",
                                                              "created_at",
                                                              "created_by_id",
                                                              "last_modified_at",
                                                              "last_modified_by_id"};
    CRYPTOPERIOD_TRY(auto const value, parse_json(text));
    json_place const document(value, "policy");
    if (auto sound = document.has_only(members); !sound) return std::move(sound).error();
    policy p;
    CRYPTOPERIOD_TRY(auto const type, document.member("type"));
    CRYPTOPERIOD_TRY(p.type, detail::read_name<policy_type>(type, policy_type_names));
    CRYPTOPERIOD_TRY(p.subject, detail::read_side(document, "subjects"));
    CRYPTOPERIOD_TRY(p.resource, detail::read_side(document, "resources"));
    CRYPTOPERIOD_TRY(p.roles, detail::read_roles(document));
    if (auto const state = document.find("state")) {
        CRYPTOPERIOD_TRY(p.state, detail::read_name<policy_state>(*state, policy_state_names));
    }
    if (auto read =
            detail::read_text(document, "description", policy_description_max, p.description);
        !read)
        return std::move(read).error();
    if (auto read = detail::read_text(document, "id", policy_id_max, p.id); !read)
        return std::move(read).error();
    for (auto const& [name, member] : detail::history_members)
        if (auto read = detail::read_text(document, name, attribute_value_max, p.history.*member);
            !read)
            return std::move(read).error();
    if (auto sound = check_policy(p); !sound) return std::move(sound).error();
    return p;
}

/// The document of a policy, in one spelling; parse_policy reads it back. Errors: those of
/// check_policy; malformed (a description that is not UTF-8).
[[nodiscard]] inline result<std::string> policy_document(policy const& p) {
    if (auto sound = check_policy(p); !sound) return std::move(sound).error();
    auto roles = json_value::array();
    for (auto const one : p.roles) roles.push_back(json_value{{"role_id", role_crn(one)}});
    json_value document{{"type", to_string(p.type)},
                        {"subjects", detail::side_as_json(p.subject, true)},
                        {"roles", std::move(roles)},
                        {"resources", detail::side_as_json(p.resource, false)}};
    if (!p.description.empty()) document["description"] = p.description;
    if (!p.id.empty()) document["id"] = p.id;
    if (!p.id.empty() || p.state != policy_state::active) document["state"] = to_string(p.state);
    for (auto const& [name, member] : detail::history_members)
        if (!(p.history.*member).empty()) document[std::string(name)] = p.history.*member;
    return json_text(document);
}

}  // namespace cryptoperiod::iam
