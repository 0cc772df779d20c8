/// @file push_service.hpp
/// The push service: one class over its ports, to be embedded in any server. Each call is a
/// decision (admission.hpp), a step of a table, and what follows from it in key management, vault
/// and store.
///
///     kms::key_stores<my_kms> stores;                         // keys by their CRNs
///     auto added = stores.add(key_store_crn, my_key_store);   // the customers' and one's own
///     service::push_service push{stores, iam, store, std::move(options), clock};
///     auto made = push.provision(operator_token, {.plan = plan::advanced, .region = "us-south",
///                                                 .root_key = root_key});
///
/// The calls: instance_calls.hpp (provision, describe, upgrade, delete; recover, sweep),
/// device_calls.hpp, settings_calls.hpp, credential_calls.hpp, key_event_calls.hpp (obey), and
/// those below. `endpoint.hpp` has those that come over the wire as one table.
///
/// All calls are synchronous and may come from any thread, and from any number of services that
/// share the store. State lies in the store; only uses of credential sets wait in memory for
/// flush_usage. To be called: `recover` at the start; `obey_key_events`, `sweep` and `flush_usage`
/// every few minutes; and by who runs key management, its `tend`, which names services that are
/// late.
#pragma once

#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/service/admission.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/service/credential_calls.hpp>
#include <cryptoperiod/service/device_calls.hpp>
#include <cryptoperiod/service/endpoint.hpp>
#include <cryptoperiod/service/instance_calls.hpp>
#include <cryptoperiod/service/key_event_calls.hpp>
#include <cryptoperiod/service/settings_calls.hpp>
#include <cryptoperiod/store/store.hpp>
#include <string_view>
#include <utility>

namespace cryptoperiod::service {

namespace detail {
/// The base that is made first and has what the others refer to.
template <class Context>
struct context_holder {
    template <class... Argument>
    explicit context_holder(Argument&&... argument)
        : context_(std::forward<Argument>(argument)...) {}
    Context context_;
};

template <class Context>
using instances_and_devices =
    key_event_calls<Context, instance_calls<Context, device_calls<Context>>>;
}  // namespace detail

template <kms::key_management Kms, iam::access_management Iam, store::store Store,
          clock_source Clock = system_clock_source,
          crypto::production_entropy Entropy = crypto::os_entropy>
class push_service : private detail::context_holder<context<Kms, Iam, Store, Clock, Entropy>>,
                     public detail::instances_and_devices<context<Kms, Iam, Store, Clock, Entropy>>,
                     public settings_calls<context<Kms, Iam, Store, Clock, Entropy>>,
                     public credential_calls<context<Kms, Iam, Store, Clock, Entropy>> {
    using context_type = context<Kms, Iam, Store, Clock, Entropy>;
    using holder = detail::context_holder<context_type>;

public:
    /// The ports are somebody else's and must outlive this object. With kms::key_stores as `kms`
    /// each customer's root keys lie in the customer's own key store.
    push_service(Kms& kms, Iam const& iam, Store& store, push_options options, Clock const& clock,
                 Entropy entropy = {})
        : holder(kms, iam, store, clock, std::move(options), std::move(entropy)),
          detail::instances_and_devices<context_type>(holder::context_),
          settings_calls<context_type>(holder::context_),
          credential_calls<context_type>(holder::context_) {}
    push_service(Kms& kms, Iam const& iam, Store& store, push_options options, Clock const&& clock,
                 Entropy entropy = {}) = delete;  // the clock would be gone

    /// Whether a call of the table may go on: for those whose work is not this service's (messages,
    /// tags, subscriptions, webhooks). Errors: instance_not_found, instance_suspended, those of the
    /// tokens and policies, forbidden, client_secret_required.
    [[nodiscard]] result<void> admit(application_id const& app, call which, shown const& shows,
                                     device_facts const& facts = {}) {
        auto const at = holder::context_.load(app);
        if (!at && row_of(which).by_app) return at.error();
        if (!at) return detail::not_there(holder::context_, shows.token, at.error());
        auto const by = detail::admit(holder::context_, *at, which, shows, facts);
        if (!by) return by.error();
        return {};
    }

    /// verifyClientSecret: whether client calls of the app have to show the clientSecret. Errors:
    /// client_secret_enforced (off, of a new app, under the strict reading).
    [[nodiscard]] result<void> verify_client_secret(std::string_view token,
                                                    application_id const& app, bool on) {
        auto const spelled = [](bool is_on) { return std::string(is_on ? "on" : "off"); };
        auto const turn = [&](loaded_instance& at, step_log& steps) -> result<void> {
            bool const was = at.kept.security.verification;
            CRYPTOPERIOD_TRY(at.kept.security,
                             device::verify_client_secret(
                                 at.kept.security, on, holder::context_.options().client_secret));
            steps.note({"verification", app.str(), spelled(was), "verify_client_secret",
                        spelled(at.kept.security.verification)});
            return {};
        };
        return change_app(token, app, on ? "imfpush.verification.on" : "imfpush.verification.off",
                          turn);
    }

    // ---- client_secrets::overlapping, an extension ----------------------------------------------

    /// Another clientSecret, at work at once beside the others. Shown here and never again. Errors:
    /// client_secret_fixed (single_client_secret: an instance has one for ever), out_of_range
    /// (overlapping_client_secrets::secrets_max).
    [[nodiscard]] result<secret_bytes> add_client_secret(std::string_view token,
                                                         application_id const& app) {
        auto& c = holder::context_;
        CRYPTOPERIOD_TRY(auto secret, credentials::new_client_secret(c.entropy()));
        auto const add = [&](loaded_instance& at, step_log&) {
            if (c.options().secrets == client_secrets::single)
                return at.kept.client_secret.change();
            if (at.kept.client_secrets.size() == 0)  // the instance began with a single one
                at.kept.client_secrets = credentials::overlapping_client_secrets(app.str());
            auto const number = at.kept.client_secrets.add(c.hasher(), secret);
            if (!number) return result<void>(number.error());
            return at.kept.client_secrets.send(*number, credentials::activate{});
        };
        auto done = change_app(token, app, "imfpush.client-secret.add", add);
        if (!done) return std::move(done).error();
        return secret;
    }
    /// Deletes the clientSecret that is shown here, for ever. Errors: client_secret_fixed,
    /// credential_set_not_found, credential_in_use (it is the last one).
    [[nodiscard]] result<void> delete_client_secret(std::string_view token,
                                                    application_id const& app,
                                                    std::string_view secret) {
        auto& c = holder::context_;
        auto const erase = [&](loaded_instance& at, step_log&) -> result<void> {
            if (c.options().secrets == client_secrets::single)
                return at.kept.client_secret.change();
            credentials::single_client_secret const none;
            bool const has_first = !(at.kept.client_secret == none);
            bool const is_first = at.kept.client_secret.verify(c.hasher(), secret).has_value();
            auto copy = at.kept.client_secrets;
            auto const number = copy.verify(c.hasher(), secret, c.now());
            if (!is_first && !number)
                return error{errc::credential_set_not_found,
                             "the instance has no such clientSecret; it was deleted, or is another "
                             "one's"};
            if (at.kept.client_secrets.size() + (has_first ? 1 : 0) == 1)
                return error{errc::credential_in_use,
                             "it is the only clientSecret of the instance; add another first"};
            if (!is_first)
                return at.kept.client_secrets.send(*number, credentials::erase{c.now_ms(), true});
            at.kept.client_secret = none;
            return {};
        };
        return change_app(token, app, "imfpush.client-secret.delete", erase);
    }

private:
    /// `name` is what the log calls it, also when it is refused after all.
    template <class Work>
    [[nodiscard]] result<void> change_app(std::string_view token, application_id const& app,
                                          std::string_view name, Work const& work) {
        auto& c = holder::context_;
        CRYPTOPERIOD_TRY(auto const at, detail::load_for(c, token, app));
        auto const by = detail::admit(c, at, call::write_verification, {.token = token}, {}, name);
        if (!by) return by.error();
        auto const done = c.change(
            app, by->who, [&](loaded_instance& now, step_log& steps) { return work(now, steps); });
        if (done) return {};
        c.tell(*by, {std::string(name), false, done.error().code, done.error().detail});
        return done.error();
    }
};

}  // namespace cryptoperiod::service
