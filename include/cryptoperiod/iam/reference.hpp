/// @file reference.hpp
/// The same decisions, slowly: every policy is looked at for every request, and each rule is
/// written as a person would say it. Shares nothing with the real evaluator but the values and the
/// table of actions; tests compare the two.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod::iam::reference {

/// Attributes of one side, by name; what is not there has no line.
using attributes = std::map<attribute_name, std::string>;

[[nodiscard]] inline attributes describe(crn const& name, std::string const& resource_group) {
    attributes out;
    auto const note = [&](attribute_name which, std::string const& value) {
        if (!value.empty()) out[which] = value;
    };
    if (name.scope.substr(0, 2) == "a/") note(attribute_name::account_id, name.scope.substr(2));
    note(attribute_name::service_name, name.service_name);
    note(attribute_name::service_instance, name.service_instance);
    note(attribute_name::region, name.location);
    note(attribute_name::resource_type, name.resource_type);
    note(attribute_name::resource, name.resource);
    note(attribute_name::resource_group_id, resource_group);
    return out;
}

[[nodiscard]] inline attributes describe(identity const& who) {
    attributes out;
    if (who.kind == identity_kind::instance) out = describe(who.instance, who.resource_group);
    if (!who.iam_id.empty()) out[attribute_name::iam_id] = who.iam_id;
    return out;
}

/// A pattern is empty, or a first character and a rest.
[[nodiscard]] inline bool describes(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*')
        return describes(pattern.substr(1), text) ||
               (!text.empty() && describes(pattern, text.substr(1)));
    if (text.empty()) return false;
    return (pattern[0] == '?' || pattern[0] == text[0]) &&
           describes(pattern.substr(1), text.substr(1));
}

[[nodiscard]] inline bool holds(attribute const& asked, attributes const& actual) {
    if (actual.count(asked.name) == 0) return false;
    auto const& value = actual.at(asked.name);
    if (asked.op == match_operator::string_equals) return value == asked.value;
    return describes(asked.value, value);
}

/// Decides among all policies there are.
[[nodiscard]] inline decision decide(std::span<policy const> policies, request const& r) {
    bool const about_kms = to_string(r.what).substr(0, 4) == "kms.";
    decision refused;
    refused.status = about_kms ? 401 : 403;
    if (r.resource.service_name != (about_kms ? "kms" : "imfpush")) {
        refused.reasons = {reason{reason_kind::other_service, {}, {}, {}, {}}};
        return refused;
    }
    if (r.who.kind != identity_kind::instance && r.resource.scope != "a/" + r.who.account) {
        refused.reasons = {reason{reason_kind::other_account, {}, {}, {}, {}}};
        return refused;
    }
    auto const subject = describe(r.who);
    auto const resource = describe(r.resource, r.resource_group);
    std::map<std::string, policy const*> in_order;
    for (auto const& p : policies) in_order[p.id] = &p;
    for (auto const& [id, p] : in_order) {
        bool const for_services = p->type == policy_type::authorization;
        bool const asked_by_service = r.who.kind == identity_kind::instance;
        if (for_services != asked_by_service) continue;
        bool names_both = true;
        std::vector<reason> why;
        for (auto const& asked : p->subject) {
            if (holds(asked, subject)) continue;
            why.push_back({reason_kind::subject_differs, id, asked.name, {}, {}});
            if (asked.name == attribute_name::account_id ||
                asked.name == attribute_name::service_name || asked.name == attribute_name::iam_id)
                names_both = false;
        }
        for (auto const& asked : p->resource) {
            if (holds(asked, resource)) continue;
            why.push_back({reason_kind::resource_differs, id, asked.name, {}, {}});
            if (asked.name == attribute_name::account_id ||
                asked.name == attribute_name::service_name)
                names_both = false;
        }
        if (!names_both) continue;
        bool role_suffices = false;
        for (auto const given : p->roles)
            if (permits(given, r.what)) role_suffices = true;
        if (!role_suffices) why.push_back({reason_kind::role_insufficient, id, {}, {}, {}});
        if (p->state == policy_state::deleted)
            why = {reason{reason_kind::policy_deleted, id, {}, {}, {}}};
        if (why.empty()) return decision{true, 200, id, {}};
        refused.reasons.insert(refused.reasons.end(), why.begin(), why.end());
    }
    if (refused.reasons.empty()) refused.reasons = {reason{reason_kind::no_policy, {}, {}, {}, {}}};
    return refused;
}

}  // namespace cryptoperiod::iam::reference
