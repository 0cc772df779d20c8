/// @file admission.hpp
/// Who gets in: one decision a call, by the table of endpoints. A token is judged by the policies,
/// a clientSecret by the table of device/client_secret.hpp; a clientSecret never does what takes a
/// token.
#pragma once

#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/service/audit.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/service/endpoint.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::service {

/// What a call shows: views of what came over the wire, as it came. Whoever shows a token is judged
/// by the token.
struct shown {
    std::string_view client_secret{};
    std::string_view token{};
};
/// What the table of clientSecrets has to know of a call.
struct device_facts {
    bool names_user = false, device_has_user = false;
};

namespace detail {

/// Whether who shows this token may do `what` on `resource`; `name` is what the log calls it.
/// Errors: those of identify and decide.
template <class Context>
[[nodiscard]] result<actor> admit_manager(Context const& c, std::string_view token,
                                          iam::action what, crn const& resource,
                                          std::string_view app, std::string_view name = {}) {
    auto const who = c.iam().identify(token);
    CRYPTOPERIOD_TRY(auto const decided, c.iam().decide(who, what, resource));
    actor by{who ? who->iam_id : std::string("unknown"), std::string(app)};
    iam::request const asked{who ? *who : iam::identity(), what, resource, {}};
    auto const allowed = iam::as_result(decided, asked);
    c.tell(by, {std::string(name.empty() ? to_string(what) : name), decided.allowed,
                allowed ? errc{} : allowed.error().code,
                allowed ? decided.policy : allowed.error().detail});
    if (!allowed) return allowed.error();
    return by;
}

/// What the call has shown: right is the one secret of the instance, or one of several, whose use
/// is noted.
template <class Context>
[[nodiscard]] device::shown_secret judge_secret(Context const& c, loaded_instance const& at,
                                                std::string_view secret) {
    if (secret.empty()) return device::shown_secret::none;
    auto live = at.kept.all_client_secrets();  // a copy: uses are counted apart from the secrets
    auto const number = live.verify(c.hasher(), secret, c.now());
    if (!number) return device::shown_secret::wrong;
    if (c.options().secrets == client_secrets::overlapping)
        c.usage().note(at, {usage_name_of(*number), {}, {}, c.now()});
    return device::shown_secret::right;
}

/// Errors: client_secret_required.
template <class Context>
[[nodiscard]] result<actor> admit_app(Context const& c, loaded_instance const& at,
                                      device::call_facts const& facts, std::string_view name,
                                      std::string_view secret) {
    actor by{"app", at.app.str()};
    auto const allowed = device::admit(at.kept.security, facts, judge_secret(c, at, secret),
                                       c.options().client_secret);
    c.tell(by, {std::string(name), allowed.has_value(), allowed ? errc{} : allowed.error().code,
                allowed ? std::string() : allowed.error().detail});
    if (!allowed) return allowed.error();
    return by;
}

/// An instance that is not there, for who shows a token: who is nobody is told so and nothing else.
template <class Context>
[[nodiscard]] error not_there(Context const& c, std::string_view token, error why) {
    if (why.code != errc::instance_not_found) return why;
    auto const who = c.iam().identify(token);
    if (who) return why;
    c.tell({"unknown", {}}, {"imfpush.instance.read", false, who.error().code, who.error().detail});
    return who.error();
}
/// The instance of a call for managers. Errors: as Context::load; those of identify.
template <class Context>
[[nodiscard]] result<loaded_instance> load_for(Context const& c, std::string_view token,
                                               application_id const& app) {
    auto found = c.load(app);
    if (!found) return not_there(c, token, std::move(found).error());
    return found;
}
/// Who was let in, to an instance that serves. Errors: those of `who`; instance_not_found,
/// instance_suspended.
template <class Context>
[[nodiscard]] result<actor> serving(Context const& c, loaded_instance const& at,
                                    result<actor> who) {
    if (!who) return who;
    auto open = Context::check_serving(at);
    if (open) return who;
    c.tell(*who, {"imfpush.instance.serve", false, open.error().code, open.error().detail});
    return std::move(open).error();
}

/// By the row of the call. Errors: those of the tokens and the policies, forbidden;
/// client_secret_required; credential_missing (the call takes a token, and none was shown);
/// instance_not_found, instance_suspended.
template <class Context>
[[nodiscard]] result<actor> admit(Context const& c, loaded_instance const& at, call which,
                                  shown const& by, device_facts const& facts = {},
                                  std::string_view name = {}) {
    auto const& row = row_of(which);
    if (row.by_app && (by.token.empty() || !row.by_manager))
        return serving(
            c, at,
            admit_app(c, at, {*row.by_app, facts.names_user, facts.device_has_user},
                      concat("imfpush.app: ", device::row_of(*row.by_app).name), by.client_secret));
    return serving(c, at, admit_manager(c, by.token, *row.by_manager, at.name, at.app.str(), name));
}

}  // namespace detail

}  // namespace cryptoperiod::service
