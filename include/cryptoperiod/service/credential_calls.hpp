/// @file credential_calls.hpp
/// The credential sets of an app: made, put to work, retired, marked as compromised, deleted when
/// nobody uses them; what is signed with them is verified, and apps are supplied with them. The
/// sets lie in the vault, sealed under the root key of the instance. Source: seed "Managing
/// Channels keys in mobile apps".
#pragma once

#include <concepts>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/channel_signature.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/credentials/key_ring.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <cryptoperiod/credentials/sealed_delivery.hpp>
#include <cryptoperiod/credentials/usage.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/hpke.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/service/admission.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::service {

/// The sets of an app with the key pair by which deliveries are sealed: a record in the vault.
struct stored_credentials {
    static constexpr std::string_view schema = "cryptoperiod push credentials";
    static constexpr std::uint32_t schema_version = 1;

    credentials::key_ring ring;
    secret_bytes delivery_key;  ///< X25519, private

    template <class Archive>
    void serialize(Archive& archive) {
        archive(ring, delivery_key);
    }
    [[nodiscard]] result<void> validate() const {
        if (delivery_key.size() == crypto::x25519::private_key::bytes) return ring.validate();
        return error{errc::malformed, "it has no key pair for deliveries"};
    }
};
/// What the maker of a set gets. The secret is shown here and in deliveries only.
struct new_credential_set {
    std::string key;
    secret_bytes secret;
};
/// What may be known of a set.
struct credential_description {
    std::string key;
    std::string state;  ///< of the table `credential_set`
    std::int64_t compromised_ms = credentials::never_ms;
    std::int64_t last_use_ms = credentials::never_ms;
    std::uint64_t devices = 0;  ///< that signed with it within credentials::resting_time
    /// The same of those that named it and signed nothing (unproven_uses): they keep nobody from
    /// deleting it.
    std::int64_t unproven_last_use_ms = credentials::never_ms;
    std::uint64_t unproven_devices = 0;
};
/// Who uses a set, for the count of those that still do; a device is what the app says it is.
struct presenter {
    std::string_view version{}, device{};
};
/// What an app asks for when it fetches its sets.
struct delivery_request {
    credentials::delivery_nonce nonce{};
    crypto::x25519::public_key app_key{};
    crypto::bytes_view channel_binding{};
};

/// Assumption: managers need the roles that they need for settings. Errors of every call:
/// instance_not_found, instance_suspended, those of admit, of the vault and of the store.
template <class Context>
class credential_calls {
public:
    /// A new set, staged. Errors: out_of_range (key_ring::sets_max).
    [[nodiscard]] result<new_credential_set> create_credential_set(std::string_view token,
                                                                   application_id const& app) {
        CRYPTOPERIOD_TRY(auto const name, crypto::random_bytes<10>(c_->entropy()));
        CRYPTOPERIOD_TRY(auto const random, crypto::random_secret<32>(c_->entropy()));
        auto text = to_base64url(random.expose());
        new_credential_set out{to_hex(name), secret_bytes::take(text)};
        auto done = change(
            token, app,
            [&](loaded_instance const&, stored_credentials& kept, step_log& steps) -> result<void> {
                if (auto added = kept.ring.add(out.key, out.secret.clone()); !added) return added;
                steps.note(creation(out.key, kept.ring.find(out.key)->life()));
                return {};
            });
        if (!done) return std::move(done).error();
        return out;
    }
    /// It is accepted and handed out from now on. Errors: credential_set_not_found, those of the
    /// table.
    [[nodiscard]] result<void> activate_credential_set(std::string_view token,
                                                       application_id const& app,
                                                       std::string_view key) {
        return send(token, app, key, credentials::activate{});
    }
    /// It is accepted, and not handed out any more. Errors: as above.
    [[nodiscard]] result<void> retire_credential_set(std::string_view token,
                                                     application_id const& app,
                                                     std::string_view key) {
        return send(token, app, key, credentials::retire{});
    }
    /// Somebody else has it: a mark, which refuses nobody. Errors: as above.
    [[nodiscard]] result<void> mark_compromised(std::string_view token, application_id const& app,
                                                std::string_view key) {
        return send(token, app, key, credentials::compromise{c_->now_ms()});
    }
    /// For ever. What other services have seen counts when they have written it (flush_usage).
    /// Errors: credential_in_use (with how many devices would be stranded), unless it is forced;
    /// credential_set_not_found.
    [[nodiscard]] result<void> delete_credential_set(std::string_view token,
                                                     application_id const& app,
                                                     std::string_view key, bool force = false) {
        auto done = change(
            token, app,
            [&](loaded_instance const& at, stored_credentials& kept,
                step_log& steps) -> result<void> {
                // By force it goes also when nobody can say who uses it.
                auto const seen = c_->usage().summary(at, key, window_start());
                if (!seen && !force) return seen.error();
                if (seen && kept.ring.find(key) != nullptr &&
                    seen->last_use_ms != credentials::never_ms) {
                    credentials::observe_devices const observed{seen->devices, seen->last_use_ms};
                    if (auto noted = send_to(kept.ring, key, observed, steps); !noted) return noted;
                }
                return send_to(kept.ring, key, credentials::erase{c_->now_ms(), force}, steps);
            });
        if (done) done = c_->usage().forget(app, key);
        return done ? c_->usage().forget(app, unproven_name_of(key)) : done;
    }
    /// The sets, oldest first, with what is known of their use.
    [[nodiscard]] result<std::vector<credential_description>> list_credential_sets(
        std::string_view token, application_id const& app) {
        CRYPTOPERIOD_TRY(auto const at, admitted(token, app, iam::action::push_settings_read));
        CRYPTOPERIOD_TRY(auto const found, open(at));
        std::vector<credential_description> out;
        if (!found) return out;
        for (auto const& set : found->kept.ring.sets()) {
            CRYPTOPERIOD_TRY(auto const seen, c_->usage().summary(at, set.key(), window_start()));
            CRYPTOPERIOD_TRY(auto const named,
                             c_->usage().summary(at, unproven_name_of(set.key()), window_start()));
            out.push_back({set.key(), std::string(set.life().state_name()),
                           set.life().context().compromised_ms, seen.last_use_ms, seen.devices,
                           named.last_use_ms, named.devices});
        }
        return out;
    }
    /// The uses of a set on or after the day of `since`, by app version: what
    /// fleet::advise_retirement takes. Uses that nobody has proven are not among them, unless they
    /// are counted (push_options).
    [[nodiscard]] result<credentials::usage_summary> usage_of(std::string_view token,
                                                              application_id const& app,
                                                              std::string_view key,
                                                              time_point since) {
        CRYPTOPERIOD_TRY(auto const at, admitted(token, app, iam::action::push_settings_read));
        return c_->usage().summary(at, key, since);
    }

    /// Whether a request is signed with a live set, which is then used. The signature is the
    /// credential. Errors: no_live_credential, those of credentials::verify_request.
    [[nodiscard]] result<credentials::verified_request> verify_request(
        application_id const& app, credentials::request_view const& request,
        presenter const& by = {}) {
        auto done =
            with_ring(app,
                      [&](loaded_instance const& at,
                          credentials::key_ring& ring) -> result<credentials::verified_request> {
                          CRYPTOPERIOD_TRY(auto verified,
                                           credentials::verify_request(ring, request, c_->now()));
                          note(at, verified.key, by);
                          return verified;
                      });
        if (done)
            tell_of_set(app, "imfpush.credentials.verify", done->key);
        else
            tell_of_set(app, "imfpush.credentials.verify", done.error());
        return done;
    }
    /// An app connects with the key of a set, which is no secret: a use that it has not proven, to
    /// be counted as push_options says. Errors: credential_unknown, credential_rejected (close code
    /// 4001).
    [[nodiscard]] result<void> present(application_id const& app, std::string_view key,
                                       presenter const& by = {}) {
        auto done = with_ring(
            app, [&](loaded_instance const& at, credentials::key_ring& ring) -> result<void> {
                CRYPTOPERIOD_TRY(auto const* const set, ring.accepted(key));
                bool const counts = c_->options().unproven == unproven_uses::counted;
                note(at, counts ? set->key() : unproven_name_of(set->key()), by);
                return {};
            });
        if (done)
            tell_of_set(app, "imfpush.credentials.present", std::string(key));
        else
            tell_of_set(app, "imfpush.credentials.present", done.error());
        return done;
    }
    /// What goes with a webhook: it is signed with the oldest live set. Errors: no_live_credential.
    [[nodiscard]] result<credentials::webhook_headers> sign_webhook(std::string_view token,
                                                                    application_id const& app,
                                                                    std::string_view body) {
        CRYPTOPERIOD_TRY(auto const at, admitted(token, app, iam::action::push_message_send));
        return with_ring(app, [&](loaded_instance const&, credentials::key_ring& ring) {
            return credentials::sign_webhook(ring, body);
        });
    }

    /// Supplies an app with its live sets, newest first, sealed for the key that it has made. Who
    /// asks shows the clientSecret, also where verification is off: what is handed out are secrets.
    /// Errors: client_secret_required, no_live_credential, those of seal_delivery.
    [[nodiscard]] result<std::vector<std::byte>> deliver_keys(application_id const& app,
                                                              delivery_request const& request,
                                                              std::string_view client_secret) {
        CRYPTOPERIOD_TRY(auto at, c_->load(app));
        at.kept.security = {};  // as that of a new app
        auto const by = detail::admit_app(
            *c_, at, {.call = device::client_call::fetch_credential_sets},
            concat("imfpush.app: ",
                   device::row_of(device::client_call::fetch_credential_sets).name),
            client_secret);
        if (!by) return by.error();
        CRYPTOPERIOD_TRY(auto const found, open(at));
        auto const sets =
            found ? handed_out(found->kept.ring) : std::vector<credentials::delivered_set>();
        if (sets.empty())
            return error{errc::no_live_credential,
                         "the app has no active credential set; create and activate one"};
        auto const pair = key_pair_of(found->kept);
        return credentials::seal_delivery(c_->entropy(),
                                          credentials::sealed_by_key_pair{&pair, request.app_key},
                                          {.app = app.str(),
                                           .serial = found->version,
                                           .not_before = c_->now(),
                                           .not_after = c_->now() + delivery_validity,
                                           .nonce = request.nonce,
                                           .channel_binding = request.channel_binding},
                                          sets);
    }
    /// By which apps know that a delivery is one of this service: to be built into them. Errors:
    /// no_live_credential (the app never had a set).
    [[nodiscard]] result<crypto::x25519::public_key> delivery_key(std::string_view token,
                                                                  application_id const& app) {
        CRYPTOPERIOD_TRY(auto const at, admitted(token, app, iam::action::push_settings_read));
        CRYPTOPERIOD_TRY(auto const found, open(at));
        if (!found)
            return error{errc::no_live_credential, "the app has no credential set; create one"};
        return key_pair_of(found->kept).public_key();
    }
    /// Writes the uses that are in memory; to be called now and then, and before the end.
    [[nodiscard]] result<void> flush_usage() { return c_->usage().flush(); }

protected:
    explicit credential_calls(Context& c) : c_(&c) {}

private:
    static constexpr std::string_view platform = "credentialSets";
    static constexpr milliseconds delivery_validity = std::chrono::minutes(10);

    struct found_credentials {
        stored_credentials kept;
        std::uint64_t version = 0;
    };

    [[nodiscard]] time_point window_start() const { return c_->now() - credentials::resting_time; }
    [[nodiscard]] result<loaded_instance> admitted(std::string_view token,
                                                   application_id const& app, iam::action what,
                                                   actor* by = nullptr) {
        CRYPTOPERIOD_TRY(auto at, detail::load_for(*c_, token, app));
        auto const who =
            detail::serving(*c_, at, detail::admit_manager(*c_, token, what, at.name, app.str()));
        if (!who) return who.error();
        if (by != nullptr) *by = *who;
        return at;
    }
    /// None when the app never had a set.
    [[nodiscard]] result<std::optional<found_credentials>> open(loaded_instance const& at) {
        auto const who = c_->token_for(at);
        if (!who) return Context::explained(who.error());
        std::optional<found_credentials> out;
        auto const found = c_->vault().open(**who, at.name, platform);
        if (!found && found.error().code == errc::record_not_found) return out;
        if (!found) return Context::explained(found.error());
        CRYPTOPERIOD_TRY(auto kept, store::decode<stored_credentials>(found->payload.view()));
        out = found_credentials{std::move(kept), found->version};
        return out;
    }
    /// Opens, works and seals, and does so again when somebody else was quicker.
    template <class Work>
    [[nodiscard]] result<void> change(std::string_view token, application_id const& app,
                                      Work const& work) {
        actor by;
        CRYPTOPERIOD_TRY(auto const at,
                         admitted(token, app, iam::action::push_settings_write, &by));
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto found, open(at));
            if (!found) {
                CRYPTOPERIOD_TRY(auto const random, crypto::random_secret<32>(c_->entropy()));
                found.emplace();
                found->kept.delivery_key = secret_bytes::copy_of(random.expose());
            }
            step_log steps;
            if (auto done = work(at, found->kept, steps); !done) return done;
            CRYPTOPERIOD_TRY(auto const bytes, store::encode(found->kept));
            CRYPTOPERIOD_TRY(auto const who, c_->token_for(at));
            CRYPTOPERIOD_TRY(auto const root, at.kept.root_key_id());
            auto const sealed =
                c_->vault().seal(*who, root, at.name, platform, bytes.expose(), found->version);
            if (!sealed) return Context::explained(sealed.error());
            c_->tell(by, steps);
            return {};
        });
    }
    template <class Event>
    [[nodiscard]] result<void> send(std::string_view token, application_id const& app,
                                    std::string_view key, Event const& event) {
        return change(token, app,
                      [&](loaded_instance const&, stored_credentials& kept, step_log& steps) {
                          return send_to(kept.ring, key, event, steps);
                      });
    }
    /// A set that is deleted leaves the ring, so its step is noted here.
    template <class Event>
    [[nodiscard]] static result<void> send_to(credentials::key_ring& ring, std::string_view key,
                                              Event const& event, step_log& steps) {
        auto const* const before = ring.find(key);
        if (before == nullptr)
            return error{errc::credential_set_not_found,
                         "the app has no such credential set: it was deleted, or never made"};
        std::string from(before->life().state_name());
        std::string subject(key);
        if constexpr (std::same_as<Event, credentials::erase>)
            if (event.force)
                subject += concat(" (by force, used by about ",
                                  thousands(before->life().context().devices_left), " devices)");
        if (auto done = ring.send(key, event); !done) return done;
        auto const* const after = ring.find(key);
        steps.note<credentials::credential_set>(
            std::move(subject), std::move(from), event,
            std::string(after == nullptr ? "deleted" : after->life().state_name()));
        return {};
    }
    template <class Work>
    [[nodiscard]] auto with_ring(application_id const& app, Work const& work)
        -> decltype(work(std::declval<loaded_instance const&>(),
                         std::declval<credentials::key_ring&>())) {
        CRYPTOPERIOD_TRY(auto const at, c_->load(app));
        if (auto serves = Context::check_serving(at); !serves) return std::move(serves).error();
        CRYPTOPERIOD_TRY(auto found, open(at));
        if (found) return work(at, found->kept.ring);
        credentials::key_ring none;
        return work(at, none);
    }
    /// Whether what somebody has signed with a set, or its key, is taken: the set, or why not.
    void tell_of_set(application_id const& app, std::string_view name,
                     result<std::string> const& set) const {
        c_->tell({set ? concat("credential set ", *set) : std::string("unknown"), app.str()},
                 {std::string(name), set.has_value(), set ? errc{} : set.error().code,
                  set ? std::string() : set.error().detail});
    }
    void note(loaded_instance const& at, std::string_view key, presenter const& by) {
        c_->usage().note(at, {key, by.version, by.device, c_->now()});
    }
    [[nodiscard]] static std::vector<credentials::delivered_set> handed_out(
        credentials::key_ring const& ring) {
        std::vector<credentials::delivered_set> out;
        auto const& sets = ring.sets();
        for (auto set = sets.rbegin();
             set != sets.rend() && out.size() < credentials::delivered_sets_max; ++set)
            if (set->life().template is<credentials::active>())
                out.push_back({set->key(), set->secret().clone()});
        return out;
    }
    [[nodiscard]] static crypto::hpke::key_pair key_pair_of(stored_credentials const& kept) {
        auto const bytes = kept.delivery_key.expose();
        return crypto::hpke::key_pair(
            crypto::x25519::private_key::copy_of(bytes.template first<32>()));
    }

    Context* c_;
};

}  // namespace cryptoperiod::service
