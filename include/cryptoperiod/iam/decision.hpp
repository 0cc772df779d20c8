/// @file decision.hpp
/// Allowed or refused: the only place where a 401 or a 403 is born. Nothing is allowed that no
/// policy permits. Source: Key Protect (401 for both), domain assumption A4 (403 for an
/// insufficient role on push).
///
/// A person or a service id acts within the account of its token: a policy of another account that
/// names the same iam_id permits nothing, since who runs the one account does not run the other. Of
/// an authorization the source may be of another account; the policy says of which. Source: IBM
/// Cloud IAM (the claim account.bss; a policy lies in the account of its resource). Assumption: who
/// was invited into an account has a token of that account.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::iam {

/// Why not.
enum class reason_kind : std::uint8_t {
    credential,         ///< nobody is known to ask: what was shown is missing or invalid
    not_its_instance,   ///< only a service by its own name acts as its instances
    other_service,      ///< the resource is not one of the service that has the action
    other_account,      ///< the resource is not one of the account that the token is for
    no_policy,          ///< no policy concerns the request
    policy_deleted,     ///< a policy that is kept as deleted
    subject_differs,    ///< an attribute of the subject is not what the policy asks for
    resource_differs,   ///< an attribute of the resource is not what the policy asks for
    role_insufficient,  ///< no role of the policy permits the action
};

/// One reason of a refusal.
struct reason {
    reason_kind why{};
    std::string policy;          ///< id; empty where no policy is meant
    attribute_name attribute{};  ///< of subject_differs and resource_differs
    errc credential{};           ///< of credential: what was wrong with it
    std::string detail;          ///< of credential: the same, for a person

    friend bool operator==(reason const&, reason const&) = default;
};

/// What became of a request.
struct decision {
    bool allowed = false;
    std::uint16_t status = 0;     ///< HTTP: 200, 401 or 403
    std::string policy;           ///< that permitted it: of several, the one of the lowest id
    std::vector<reason> reasons;  ///< of a refusal, all of them, by the ids of the policies

    friend bool operator==(decision const&, decision const&) = default;
};

namespace detail {

/// Every reason why `p`, which concerns the request, does not permit it; none when it does.
inline void add_reasons(policy const& p, request const& r, std::vector<reason>& into) {
    if (p.state == policy_state::deleted) {
        into.push_back({reason_kind::policy_deleted, p.id, {}, {}, {}});
        return;
    }
    for (auto const& a : p.subject)
        if (!matches(a, subject_value(r, a.name)))
            into.push_back({reason_kind::subject_differs, p.id, a.name, {}, {}});
    for (auto const& a : p.resource)
        if (!matches(a, resource_value(r, a.name)))
            into.push_back({reason_kind::resource_differs, p.id, a.name, {}, {}});
    if (std::ranges::none_of(p.roles, [&](role one) { return permits(one, r.what); }))
        into.push_back({reason_kind::role_insufficient, p.id, {}, {}, {}});
}

[[nodiscard]] inline decision refused_credential(error const& why) {
    return {false, 401, {}, {{reason_kind::credential, {}, {}, why.code, why.detail}}};
}

/// 401 from Key Protect, which says so of whatever is forbidden; 403 elsewhere.
[[nodiscard]] constexpr std::uint16_t refused_status(action what) noexcept {
    return info(what).service == kms_service ? 401 : 403;
}

}  // namespace detail

/// Decides on a request of somebody known. Errors: those of check_crn (the resource) and of the
/// source; then there is no decision, and nothing is allowed.
template <policy_source Source>
[[nodiscard]] result<decision> decide(Source const& policies, request const& r) {
    if (auto sound = check_crn(r.resource); !sound) return std::move(sound).error();
    decision out;
    out.status = detail::refused_status(r.what);
    if (info(r.what).service != r.resource.service_name) {
        out.reasons.push_back({reason_kind::other_service, {}, {}, {}, {}});
        return out;
    }
    if (r.who.kind != identity_kind::instance && r.who.account != account_of(r.resource)) {
        out.reasons.push_back({reason_kind::other_account, {}, {}, {}, {}});
        return out;
    }
    CRYPTOPERIOD_TRY(auto const found, policies.concerning(r));
    for (auto const& p : found) {
        auto const before = out.reasons.size();
        detail::add_reasons(*p, r, out.reasons);
        if (out.reasons.size() != before) continue;
        return decision{true, 200, p->id, {}};
    }
    if (found.empty()) out.reasons.push_back({reason_kind::no_policy, {}, {}, {}, {}});
    return out;
}

/// The same for whoever a credential has shown: a credential that was refused is a decision, with
/// 401. Errors: as above, and those of who could not look (a store that does not answer).
template <policy_source Source>
[[nodiscard]] result<decision> decide(Source const& policies, result<identity> const& who,
                                      action what, crn const& resource,
                                      std::string resource_group = {}) {
    if (who) return decide(policies, request{*who, what, resource, std::move(resource_group)});
    if (http_status(who.error().code) != 401) return who.error();
    return detail::refused_credential(who.error());
}

/// Whether somebody may act as an instance: a service id as the instances of its service. Errors:
/// those of who could not look.
[[nodiscard]] inline result<decision> decide_to_act_as(result<identity> const& who,
                                                       crn const& instance) {
    if (!who && http_status(who.error().code) != 401) return who.error();
    if (!who) return detail::refused_credential(who.error());
    if (who->kind == identity_kind::service_id && !who->service.empty() &&
        who->service == instance.service_name)
        return decision{true, 200, {}, {}};
    return decision{false, 403, {}, {{reason_kind::not_its_instance, {}, {}, {}, {}}}};
}

/// A reason for a person.
[[nodiscard]] inline std::string to_string(reason const& r) {
    switch (r.why) {
        case reason_kind::credential:
            return concat(to_string(r.credential), ": ", r.detail);
        case reason_kind::not_its_instance:
            return "only the service of that instance acts as it";
        case reason_kind::other_service:
            return "the resource is one of another service";
        case reason_kind::other_account:
            return "the resource is one of another account; get a token of that account";
        case reason_kind::no_policy:
            return "no policy lets it act there; create one in the account of the resource";
        case reason_kind::policy_deleted:
            return concat("policy '", r.policy, "' is deleted");
        case reason_kind::subject_differs:
            return concat("policy '", r.policy, "' is for another ", to_string(r.attribute));
        case reason_kind::resource_differs:
            return concat("policy '", r.policy, "' is about another ", to_string(r.attribute));
        case reason_kind::role_insufficient:
            return concat("policy '", r.policy, "' gives no role that permits this");
    }
    return {};
}

/// Most reasons that one message spells out.
inline constexpr std::size_t reasons_told_max = 8;

/// A refusal as the error of a call: the code of the credential, unauthorized (Key Protect) or
/// forbidden. Nothing when the request is allowed.
[[nodiscard]] inline result<void> as_result(decision const& d, request const& r) {
    if (d.allowed) return {};
    std::string why;
    for (std::size_t i = 0; i != std::min(d.reasons.size(), reasons_told_max); ++i)
        why += concat(i == 0 ? "" : "; ", to_string(d.reasons[i]));
    if (d.reasons.size() > reasons_told_max)
        why += concat("; and ", thousands(d.reasons.size() - reasons_told_max), " more reasons");
    if (!d.reasons.empty() && d.reasons.front().why == reason_kind::credential)
        return error{d.reasons.front().credential, d.reasons.front().detail};
    return error{d.status == 401 ? errc::unauthorized : errc::forbidden,
                 concat("'", r.who.iam_id, "' may not ", to_string(r.what), " on '",
                        to_string(r.resource), "': ", why)};
}

}  // namespace cryptoperiod::iam
