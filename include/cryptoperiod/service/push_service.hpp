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
/// device_calls.hpp, settings_calls.hpp, credential_calls.hpp, key_event_calls.hpp (obey),
/// default_key_calls.hpp (rewrap), and those below. `endpoint.hpp` has those that come over the
/// wire as one table.
///
/// All calls are synchronous and may come from any thread, and from any number of services that
/// share the store. State lies in the store; only uses of credential sets wait in memory for
/// flush_usage. To be called: `recover` at the start; `obey_key_events`, `sweep` and `flush_usage`
/// every few minutes; `rewrap_default_keys` now and then, and after a rotation of the service's own
/// key; and by who runs key management, its `tend`, which names services that are late.
#pragma once

#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/service/admission.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/service/credential_calls.hpp>
#include <cryptoperiod/service/default_key_calls.hpp>
#include <cryptoperiod/service/device_calls.hpp>
#include <cryptoperiod/service/endpoint.hpp>
#include <cryptoperiod/service/instance_calls.hpp>
#include <cryptoperiod/service/key_event_calls.hpp>
#include <cryptoperiod/service/settings_calls.hpp>
#include <cryptoperiod/service/usage_desk.hpp>
#include <cryptoperiod/store/store.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    default_key_calls<Context,
                      key_event_calls<Context, instance_calls<Context, device_calls<Context>>>>;
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
    using secret_number = credentials::overlapping_client_secrets::secret_number;

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
        auto const add = [&](loaded_instance& at, step_log& steps) -> result<void> {
            if (c.options().secrets == client_secrets::single)
                return at.kept.client_secret.change();
            auto all = at.kept.all_client_secrets();
            if (all.size() == 0) all = credentials::overlapping_client_secrets(app.str());
            CRYPTOPERIOD_TRY(auto const number, all.add(c.hasher(), secret, c.now()));
            auto on = step(all, number, credentials::activate{}, steps);
            if (on) keep(at, std::move(all));
            return on;
        };
        auto done = change_app(token, app, "imfpush.client-secret.add", add);
        if (!done) return std::move(done).error();
        return secret;
    }
    /// The clientSecrets, oldest first, and their last uses: what this service and, up to their
    /// last flush_usage, all others on the store have seen. Without the extension there is one, of
    /// which no uses are kept. A secret whose answer was lost is one that was never used.
    [[nodiscard]] result<std::vector<credentials::client_secret_description>> list_client_secrets(
        std::string_view token, application_id const& app) {
        auto& c = holder::context_;
        CRYPTOPERIOD_TRY(auto const at, detail::load_for(c, token, app));
        auto const by = detail::admit(c, at, call::list_settings, {.token = token}, {},
                                      "imfpush.client-secret.list");
        if (!by) return by.error();
        auto found = at.kept.all_client_secrets().list();
        for (auto& one : found) {
            CRYPTOPERIOD_TRY(auto const seen,
                             c.usage().summary(at, usage_name_of(one.number), c.now()));
            one.last_use_ms = seen.last_use_ms;
        }
        return found;
    }
    /// Deletes the clientSecret that is shown here, for ever, also one in use. Errors:
    /// client_secret_fixed, credential_set_not_found, credential_in_use (it is the last one).
    [[nodiscard]] result<void> delete_client_secret(std::string_view token,
                                                    application_id const& app,
                                                    std::string_view secret) {
        auto& c = holder::context_;
        return delete_secret(token, app, true,
                             [&](credentials::overlapping_client_secrets all) {  // a copy: no use
                                 auto const number = all.verify(c.hasher(), secret, c.now());
                                 return number ? std::optional(*number) : std::nullopt;
                             });
    }
    /// The same by its number, which list_client_secrets tells. Errors: as above; credential_in_use
    /// (also: it was used within credentials::resting_time), unless it is forced.
    [[nodiscard]] result<void> delete_client_secret(std::string_view token,
                                                    application_id const& app, secret_number number,
                                                    bool force = false) {
        return delete_secret(token, app, force,
                             [&](credentials::overlapping_client_secrets const& all) {
                                 return all.find(number) ? std::optional(number) : std::nullopt;
                             });
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

    // ---- clientSecrets --------------------------------------------------------------------------

    static void keep(loaded_instance& at, credentials::overlapping_client_secrets all) {
        at.kept.client_secret = {};
        at.kept.client_secrets = std::move(all);
    }
    /// An event of the table on one of several.
    template <class Event>
    [[nodiscard]] static result<void> step(credentials::overlapping_client_secrets& all,
                                           secret_number number, Event const& event,
                                           step_log& steps) {
        std::string from(all.find(number)->state_name());
        if (auto done = all.send(number, event); !done) return done;
        auto const* const after = all.find(number);
        steps.note<credentials::credential_set>(
            usage_name_of(number), std::move(from), event,
            std::string(after == nullptr ? "deleted" : after->state_name()));
        return {};
    }
    /// Errors: credential_in_use.
    [[nodiscard]] result<void> check_rested(loaded_instance const& at, secret_number number) {
        auto const& c = holder::context_;
        CRYPTOPERIOD_TRY(auto const seen, c.usage().summary(at, usage_name_of(number), c.now()));
        auto const rest = credentials::resting_time.count();
        if (credentials::has_rested(seen.last_use_ms, c.now_ms(), rest)) return {};
        return error{errc::credential_in_use,
                     concat("the clientSecret ", std::to_string(number), " was last used ",
                            to_text(milliseconds{c.now_ms() - seen.last_use_ms}),
                            " ago; wait until it has rested for ", to_text(milliseconds{rest}),
                            ", or force it, which cuts off who shows it")};
    }
    /// `which(all)` -> optional<secret_number>.
    template <class Which>
    [[nodiscard]] result<void> delete_secret(std::string_view token, application_id const& app,
                                             bool force, Which const& which) {
        auto& c = holder::context_;
        secret_number deleted = 0;
        auto const erase = [&](loaded_instance& at, step_log& steps) -> result<void> {
            if (c.options().secrets == client_secrets::single)
                return at.kept.client_secret.change();
            auto all = at.kept.all_client_secrets();
            auto const number = which(all);
            if (!number)
                return error{errc::credential_set_not_found,
                             "the instance has no such clientSecret; it was deleted, or is another "
                             "one's"};
            if (all.size() == 1)
                return error{errc::credential_in_use,
                             "it is the only clientSecret of the instance; add another first"};
            // By force it goes also when nobody can say who uses it.
            if (!force)
                if (auto rested = check_rested(at, *number); !rested) return rested;
            auto gone = step(all, *number, credentials::erase{c.now_ms(), true}, steps);
            if (!gone) return gone;
            keep(at, std::move(all));
            deleted = *number;
            return {};
        };
        auto const done = change_app(token, app, "imfpush.client-secret.delete", erase);
        return done ? c.usage().forget(app, usage_name_of(deleted)) : done;
    }
};

}  // namespace cryptoperiod::service
