/// @file instance_calls.hpp
/// The instances of the service: provisioned with the service's key or with one of the customer's,
/// described, upgraded, deleted; and what a crash or an outage has left of that, taken back.
/// Source: seed "Key Protect integration".
///
/// Every effect on key management is preceded by a record that says so: `authorized` before the
/// registration, `deleting` before it is taken back. A deleted instance stays on record, as
/// deleted, for instance::tombstone_ms: a registration that was on its way for so long is still
/// found and taken back.
///
/// Its id never stands for another instance, nor does that of a provisioning that was taken back
/// after key management may have heard of it. A repeated request does not take it up, though it
/// asks for the same: what was on its way may be the call that unregisters, or a sweep of another
/// process that erases what it has listed, and either would hit the new instance.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/instance/instance.hpp>
#include <cryptoperiod/instance/plan.hpp>
#include <cryptoperiod/instance/provisioning.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/service/admission.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::service {

/// What is asked for.
struct provision_request {
    instance::plan plan = instance::plan::lite;
    std::string region;
    std::optional<crn> root_key{};  ///< "bring your own key"; none: the service's own
    /// Of a platform that names its instances itself: a request that comes twice makes one
    /// instance. Lower-case letters, digits and '-'; none: a new one. After an outage in the middle
    /// a name may rest for a day (instance_exists): the platform then takes another one.
    std::string id{};
    device::app_kind app = device::app_kind::created_enforced;
};
/// What its maker gets, once.
struct provisioned_instance {
    application_id app;
    crn name;
    secret_bytes client_secret;  ///< shown here and never again
};
/// What may be known of an instance.
struct instance_description {
    application_id app;
    crn name;
    std::string state;  ///< of the table `provisioning`
    instance::plan plan{};
    std::string root_key;  ///< CRN
    bool own_key = false;
    bool is_orphaned = false;  ///< deleted, and still registered with its root key
    device::app_security security;
    std::int64_t made_ms = 0, changed_ms = 0;
};
/// What `recover` and `sweep` have found and done.
struct swept {
    std::uint64_t seen = 0;                     ///< instances
    std::uint64_t taken_back = 0;               ///< provisionings that nobody finished
    std::uint64_t ended = 0;                    ///< deletions that are done by now
    std::uint64_t forgotten = 0;                ///< records of instances deleted long ago
    std::vector<instance_description> orphans;  ///< cannot be taken back for now, and why
    std::uint64_t failed = 0;                   ///< instances that could not be looked after
    std::optional<error> last_failure;          ///< of those, or of an orphan
};

/// So long a provisioning may take before the sweep takes it back.
inline constexpr std::int64_t provisioning_patience_ms = 15 * 60'000;

/// `Devices` erases the devices of an instance: device_calls. Errors of every call: those of the
/// tokens and policies, forbidden (platform roles: Operator creates and deletes, Viewer reads), and
/// of the store.
template <class Context, class Devices>
class instance_calls : public Devices {
public:
    /// A new instance. Nothing is left of one that could not be made. Errors: unknown_name (the
    /// region), malformed (the id, the root key), plan_without_own_key, region_mismatch,
    /// instance_exists; unauthorized (no authorization imfpush -> kms with role Reader: no CRN
    /// token, 401), key_not_found, registration_needs_root_key, registration_needs_active_key,
    /// kms_unavailable.
    [[nodiscard]] result<provisioned_instance> provision(std::string_view token,
                                                         provision_request const& request) {
        if (auto sound = c_->check_options(); !sound) return std::move(sound).error();
        auto const asking = c_->iam().identify(token);
        if (!asking) {
            c_->tell({"unknown", {}}, {std::string(to_string(iam::action::push_instance_create)),
                                       false, asking.error().code, asking.error().detail});
            return asking.error();
        }
        CRYPTOPERIOD_TRY(auto const name, checked_name(*asking, request));
        auto const who = detail::admit_manager(*c_, token, iam::action::push_instance_create, name,
                                               name.service_instance);
        if (!who) return who.error();
        CRYPTOPERIOD_TRY(auto const app, instance::parse_application_id(name.service_instance));
        CRYPTOPERIOD_TRY(auto secret, credentials::new_client_secret(c_->entropy()));
        CRYPTOPERIOD_TRY(auto const salt, begin(app, who->who, name, request, secret));
        making const made{app, who->who, salt};
        auto done = request.root_key ? make_own(made, *request.root_key)
                                     : advance(made, instance::activate{c_->now_ms()});
        if (!done) return std::move(done).error();
        return provisioned_instance{app, name, std::move(secret)};
    }
    /// Errors: instance_not_found.
    [[nodiscard]] result<instance_description> describe_instance(std::string_view token,
                                                                 application_id const& app) {
        CRYPTOPERIOD_TRY(auto const at, detail::load_for(*c_, token, app));
        auto const by =
            detail::admit_manager(*c_, token, iam::action::push_instance_read, at.name, app.str());
        if (!by) return by.error();
        return describe(at);
    }
    /// The instances, also deleted ones that are still on record, after the id `after`, at most
    /// `limit`: those that the caller may read. A record that does not open is left out; `sweep`
    /// counts it.
    [[nodiscard]] result<std::vector<instance_description>> list_instances(
        std::string_view token, std::string_view after = {}, std::size_t limit = 100) {
        auto const who = c_->iam().identify(token);
        std::string const name = "imfpush.instance.list";
        actor const by{who ? who->iam_id : std::string("unknown"), {}};
        if (!who) {
            c_->tell(by, {name, false, who.error().code, who.error().detail});
            return who.error();
        }
        c_->tell(by, {name, true, {}, "those that it may read"});
        std::vector<instance_description> found;
        std::string cursor =
            after.empty() ? std::string() : concat(Context::instance_prefix, after);
        while (found.size() < limit) {
            CRYPTOPERIOD_TRY(
                auto const page,
                c_->instances().list(Context::instance_prefix, cursor,
                                     std::clamp<std::size_t>(limit - found.size(), 1, 1000)));
            for (auto const& entry : page.entries) {
                auto const at = opened(entry);
                if (!at) continue;
                CRYPTOPERIOD_TRY(auto const decided,
                                 c_->iam().decide(who, iam::action::push_instance_read, at->name));
                if (decided.allowed) found.push_back(describe(*at));
            }
            if (!page.next) break;
            cursor = *page.next;
        }
        return found;
    }
    /// To a plan above the one it has; a root key of one's own is given at provisioning only, so it
    /// does not come with the plan. Errors: instance_not_found, instance_suspended, inconsistent
    /// (the same plan, or one below).
    [[nodiscard]] result<void> upgrade_instance(std::string_view token, application_id const& app,
                                                instance::plan to) {
        CRYPTOPERIOD_TRY(auto const at, detail::load_for(*c_, token, app));
        auto const by =
            detail::serving(*c_, at,
                            detail::admit_manager(*c_, token, iam::action::push_instance_create,
                                                  at.name, app.str(), "imfpush.instance.upgrade"));
        if (!by) return by.error();
        auto const up = [&](loaded_instance& now, step_log& steps) -> result<void> {
            if (to <= now.kept.on)
                return error{errc::inconsistent, concat("the instance has the plan ",
                                                        instance::limits_of(now.kept.on).name,
                                                        "; it can be upgraded to one above it")};
            steps.note({"plan", app.str(), std::string(instance::limits_of(now.kept.on).name),
                        "upgrade", std::string(instance::limits_of(to).name)});
            now.kept.on = to;
            return {};
        };
        auto const done = c_->change(app, by->who, up);
        if (!done) return done.error();
        return {};
    }
    /// Deletes the instance with its settings and devices and takes its registration back. Errors:
    /// instance_not_found; registration_orphaned (the instance is gone, but key management refuses
    /// to take the registration back; the detail says the way out). Again: goes on.
    [[nodiscard]] result<void> delete_instance(std::string_view token, application_id const& app) {
        CRYPTOPERIOD_TRY(auto at, detail::load_for(*c_, token, app));
        auto const by = detail::admit_manager(*c_, token, iam::action::push_instance_delete,
                                              at.name, app.str());
        if (!by) return by.error();
        CRYPTOPERIOD_TRY(auto const machine, at.kept.machine());
        if (machine.accepts(instance::begin_deletion{c_->now_ms()})) {
            CRYPTOPERIOD_TRY(at, c_->send(app, by->who, instance::begin_deletion{c_->now_ms()}));
        } else if (!machine.accepts(instance::note_unregistration{})) {
            return error{errc::instance_not_found,
                         concat("there is no instance '", app.str(), "' any more")};
        }
        return finish_deletion(at);
    }

    /// After a crash, before the first call: takes back what nobody will finish. Provisionings that
    /// other processes are at are taken back, too, and refused to their callers. Errors: those of
    /// the store's list.
    [[nodiscard]] result<swept> recover() { return look_after_all(0); }
    /// To be called now and then: the same for provisionings older than provisioning_patience_ms,
    /// ends deletions, and looks for registrations of deleted instances that have arrived late.
    [[nodiscard]] result<swept> sweep() { return look_after_all(provisioning_patience_ms); }

protected:
    explicit instance_calls(Context& c) : Devices(c), c_(&c) {}

    [[nodiscard]] static instance_description describe(loaded_instance const& at) {
        auto const machine = at.kept.machine();
        return {at.app,
                at.name,
                machine ? std::string(machine->state_name()) : std::string("unknown"),
                at.kept.on,
                at.kept.root_key,
                at.kept.record.own_key,
                at.kept.record.is_orphaned,
                at.kept.security,
                at.kept.made_ms,
                at.kept.record.changed_ms};
    }
    /// visit(loaded_instance) for every instance, page by page. A record that does not open is
    /// given to `fail(error)`.
    template <class Visit, class Fail>
    [[nodiscard]] result<void> for_each_instance(Visit const& visit, Fail const& fail) {
        return c_->instances().for_each_entry(Context::instance_prefix,
                                              [&](store::entry const& entry) -> result<void> {
                                                  auto at = opened(entry);
                                                  if (at)
                                                      visit(*at);
                                                  else
                                                      fail(at.error());
                                                  return {};
                                              });
    }

private:
    // ---- provisioning ---------------------------------------------------------------------------

    /// The CRN that the instance will have. Errors: as provision.
    [[nodiscard]] result<crn> checked_name(iam::identity const& who,
                                           provision_request const& request) {
        if (std::ranges::find(instance::regions, request.region) == instance::regions.end())
            return error{errc::unknown_name,
                         concat("there is no region '", request.region,
                                "'; take one of us-south, us-east, eu-gb, eu-de, au-syd, jp-tok, "
                                "jp-osa")};
        if (request.root_key)
            if (auto fits =
                    instance::check_own_key(request.plan, request.region, *request.root_key);
                !fits)
                return std::move(fits).error();
        if (!request.id.empty())
            if (auto sound = instance::parse_application_id(request.id); !sound)
                return std::move(sound).error();
        crn name;
        name.service_name = std::string(iam::push_service_name);
        name.location = request.region;
        name.scope = concat("a/", who.account);
        name.service_instance = request.id;
        if (request.id.empty()) {
            CRYPTOPERIOD_TRY(auto const random, crypto::random_bytes<16>(c_->entropy()));
            name.service_instance = to_hex(random);
        }
        if (auto sound = check_crn(name); !sound) return std::move(sound).error();
        return name;
    }
    /// A provisioning under way.
    struct making {
        application_id app;
        std::string by;
        /// Of the record that it has begun with: when nobody finished that one in time, its id can
        /// stand for another one by now.
        std::array<std::byte, 16> salt;
    };
    [[nodiscard]] result<std::array<std::byte, 16>> begin(application_id const& app,
                                                          std::string_view by, crn const& name,
                                                          provision_request const& request,
                                                          secret_bytes const& secret) {
        stored_instance fresh;
        fresh.name = to_string(name);
        provisioning_machine const machine(
            {.own_key = request.root_key.has_value(), .changed_ms = c_->now_ms()});
        fresh.keep(machine);
        fresh.on = request.plan;
        fresh.root_key =
            to_string(request.root_key ? *request.root_key : c_->options().default_key);
        fresh.security = {request.app, request.app == device::app_kind::created_enforced};
        if (c_->options().secrets == client_secrets::overlapping) {
            fresh.client_secrets = credentials::overlapping_client_secrets(app.str());
            CRYPTOPERIOD_TRY(auto const number,
                             fresh.client_secrets.add(c_->hasher(), secret, c_->now()));
            if (auto on = fresh.client_secrets.send(number, credentials::activate{}); !on)
                return std::move(on).error();
        } else {
            fresh.client_secret =
                credentials::single_client_secret(c_->hasher(), app.str(), secret);
        }
        CRYPTOPERIOD_TRY(fresh.usage_salt, crypto::random_bytes<16>(c_->entropy()));
        fresh.made_ms = c_->now_ms();
        auto const place = Context::place_of(app);
        auto const saved = c_->instances().save(place, fresh, store::absent);
        if (!saved && saved.error().code != errc::store_conflict) return saved.error();
        // Asked only now: an id is noted as used before its record is erased.
        bool is_used = !saved;
        if (saved) {
            CRYPTOPERIOD_TRY(auto const used, used_ids().read(used_place_of(app)));
            is_used = used.has_value();
            if (!is_used) {
                c_->tell({std::string(by), app.str()}, creation(app.str(), machine));
                return fresh.usage_salt;
            }
            if (auto gone = c_->instances().erase(place, *saved); !gone)
                return std::move(gone).error();
        }
        return error{errc::instance_exists,
                     concat("an instance '", app.str(), "' was made before; give another id")};
    }
    [[nodiscard]] auto used_ids() { return c_->template records_of<instance::used_id>(); }
    [[nodiscard]] static std::string used_place_of(application_id const& app) {
        return concat("push/used/", app.str());
    }
    /// Events of one's own provisioning. Errors: event_not_allowed (it was taken back).
    template <class... Events>
    [[nodiscard]] result<loaded_instance> advance(making const& made, Events const&... events) {
        return c_->change(
            made.app, made.by, [&](loaded_instance& now, step_log& steps) -> result<void> {
                if (now.kept.usage_salt != made.salt)
                    return error{errc::event_not_allowed,
                                 concat("the provisioning of '", made.app.str(),
                                        "' took too long and was taken back, and the id stands "
                                        "for another one by now; ask again with another id")};
                CRYPTOPERIOD_TRY(auto machine, now.kept.machine());
                result<void> done;
                (void)((done = steps.send(made.app.str(), machine, events), done.has_value()) &&
                       ...);
                if (done) now.kept.keep(machine);
                return done;
            });
    }
    /// From `requested` to `active` under a root key of the customer's.
    [[nodiscard]] result<loaded_instance> make_own(making const& made, crn const& root_key) {
        CRYPTOPERIOD_TRY(auto const at, c_->load(made.app));
        auto const allowed = c_->crn_token(at.name, root_key);
        tell_of_key(made.app, "crn token",
                    allowed ? result<void>() : result<void>(allowed.error()));
        if (!allowed) return give_up(made, instance::refuse_token{c_->now_ms()}, allowed.error());
        if (auto granted = advance(made, instance::grant_token{}); !granted) return granted;
        CRYPTOPERIOD_TRY(auto const id, kms::key_id_of(root_key));
        auto const registered = c_->kms().register_service(**allowed, id, at.name);
        tell_of_key(made.app, to_string(iam::action::kms_registration_write), registered);
        if (!registered)
            return give_up(made, instance::refuse_registration{c_->now_ms()}, registered.error());
        auto done = advance(made, instance::note_registration{}, instance::activate{c_->now_ms()});
        // Somebody else has taken the instance back meanwhile; what came after that is taken back
        // here, or by the sweep. Where the store did not answer, the instance may be active.
        if (!done && kms::advice_after(done.error().code) == kms::retry_advice::give_up)
            static_cast<void>(c_->kms().unregister_service(**allowed, id, at.name));
        return done;
    }
    /// What key management and IAM have said to the service itself.
    void tell_of_key(application_id const& app, std::string_view name, result<void> const& said) {
        c_->tell(service_at(app),
                 {std::string(name), said.has_value(), said ? errc{} : said.error().code,
                  said ? std::string() : said.error().detail});
    }
    /// What has failed for good leaves nothing; of what may have happened nobody knows, so it is
    /// taken back.
    template <class Refusal>
    [[nodiscard]] error give_up(making const& made, Refusal const& refusal, error why) {
        if (kms::advice_after(why.code) != kms::retry_advice::give_up) {
            static_cast<void>(take_back(made));
        } else if (auto const failed = advance(made, refusal)) {
            static_cast<void>(forget(*failed, made.by));
        }
        return why;
    }

    /// Nobody finishes this provisioning. Errors: event_not_allowed (somebody has), those of
    /// finish_deletion.
    [[nodiscard]] result<void> take_back(making const& made) {
        CRYPTOPERIOD_TRY(auto const left, advance(made, instance::abandon{c_->now_ms()}));
        // Of what nobody outside has heard nothing stays, not even the name.
        CRYPTOPERIOD_TRY(auto const machine, left.kept.machine());
        if (!machine.accepts(instance::clear{})) return forget(left, made.by);
        return finish_deletion(left);
    }
    /// Erases the record. Errors: those of the table and of the store.
    [[nodiscard]] result<void> forget(loaded_instance const& at, std::string_view by) {
        CRYPTOPERIOD_TRY(auto machine, at.kept.machine());
        step_log steps;
        if (auto done = steps.send(at.app.str(), machine, instance::forget{c_->now_ms()}); !done)
            return done;
        auto gone = c_->instances().erase(Context::place_of(at.app), at.version);
        if (gone) c_->tell({std::string(by), at.app.str()}, steps);
        return gone;
    }

    // ---- deletion -------------------------------------------------------------------------------

    /// Erases what the instance has, then takes its registration back. Again: goes on.
    [[nodiscard]] result<void> finish_deletion(loaded_instance const& at) {
        if (auto gone = this->forget_devices(at.app); !gone) return gone;
        if (auto gone = c_->shred(at); !gone) return gone;
        auto const erased = [&](std::string_view set) {
            c_->tell(service_at(at.app), erasure("usage", set));
        };
        if (auto gone = c_->usage().forget_all(at.app, erased); !gone) return gone;
        CRYPTOPERIOD_TRY(auto const machine, at.kept.machine());
        if (!machine.accepts(instance::note_unregistration{})) return {};
        auto const back = take_back_registration(at);
        if (back) {
            auto const done = c_->send(at.app, the_service, instance::note_unregistration{});
            return done ? result<void>() : result<void>(done.error());
        }
        if (kms::advice_after(back.error().code) != kms::retry_advice::give_up) return back;
        auto const noted =
            c_->send(at.app, the_service, instance::refuse_unregistration{c_->now_ms()});
        if (!noted) return noted.error();
        return error{errc::registration_orphaned,
                     concat("the instance is gone, but its registration with the root key '",
                            at.kept.root_key,
                            "' could not be taken back; give the authorization (imfpush -> kms, "
                            "Reader) back or enable the key, and delete again; or the owner of the "
                            "key deletes it by force (",
                            to_string(back.error()), ")")};
    }
    /// Errors: those of the token and of key management; none when there is nothing (any more).
    [[nodiscard]] result<void> take_back_registration(loaded_instance const& at) {
        CRYPTOPERIOD_TRY(auto const who, c_->token_for(at));
        CRYPTOPERIOD_TRY(auto const root, at.kept.root_key_id());
        auto const back = c_->kms().unregister_service(*who, root, at.name);
        if (back || back.error().code == errc::registration_not_found ||
            back.error().code == errc::key_not_found)
            return {};
        return back.error();
    }

    // ---- recover, sweep -------------------------------------------------------------------------

    [[nodiscard]] result<swept> look_after_all(std::int64_t patience_ms) {
        swept out;
        auto const fail = [&](error const& e) {
            ++out.failed;
            out.last_failure = e;
        };
        auto const done = for_each_instance(
            [&](loaded_instance const& at) {
                ++out.seen;
                if (auto looked = look_after(at, patience_ms, out); !looked) fail(looked.error());
            },
            fail);
        if (!done) return done.error();
        return out;
    }
    [[nodiscard]] result<void> look_after(loaded_instance const& at, std::int64_t patience_ms,
                                          swept& out) {
        auto const now = c_->now_ms();
        // A clock that was set back by much makes nothing wait until it is there again.
        auto const age = std::abs(now - at.kept.record.changed_ms);
        auto const& machine = at.machine;
        if (machine.accepts(instance::lose_key{}) || machine.accepts(instance::regain_key{}) ||
            machine.accepts(instance::serve{}))
            return this->give_back_places(at.app, now, provisioning_patience_ms);
        if (!machine.accepts(instance::abandon{})) return end_deletion(at, out);
        if (age < patience_ms) return {};
        auto done = take_back({at.app, std::string(the_service), at.kept.usage_salt});
        // Its maker was quicker, and has it.
        if (!done && done.error().code == errc::event_not_allowed) return {};
        ++out.taken_back;
        return done;
    }
    [[nodiscard]] result<void> end_deletion(loaded_instance const& at, swept& out) {
        if (!at.machine.accepts(instance::clear{})) return erase_record(at, out);  // it has failed
        bool const was_deleting = at.machine.accepts(instance::note_unregistration{});
        auto const done = finish_deletion(at);
        if (!done && done.error().code == errc::registration_orphaned) {
            CRYPTOPERIOD_TRY(auto const marked, c_->load(at.app));
            out.orphans.push_back(describe(marked));
            out.last_failure = done.error();
            return {};
        }
        if (!done) return done;
        if (was_deleting) {
            ++out.ended;
            return {};
        }
        // A registration may have arrived after it was taken back. Where the authorization is gone,
        // as it may be by now, nobody can see, and nobody else can register either.
        if (at.kept.record.own_key)
            if (auto back = take_back_registration(at);
                !back && back.error().code != errc::unauthorized)
                return back;
        if (!at.machine.accepts(instance::forget{c_->now_ms()})) return {};
        auto const used = used_ids().save(used_place_of(at.app), {c_->now_ms()}, store::absent);
        if (!used && used.error().code != errc::store_conflict) return used.error();
        return erase_record(at, out);
    }
    /// Of several sweeps one erases it.
    [[nodiscard]] result<void> erase_record(loaded_instance const& at, swept& out) {
        auto gone = forget(at, the_service);
        if (!gone && gone.error().code == errc::store_conflict) return {};
        out.forgotten += gone.has_value();
        return gone;
    }

    [[nodiscard]] result<loaded_instance> opened(store::entry const& entry) {
        CRYPTOPERIOD_TRY(auto kept, c_->instances().open(entry));
        CRYPTOPERIOD_TRY(auto name, kept.crn_of());
        CRYPTOPERIOD_TRY(auto app,
                         instance::parse_application_id(
                             std::string_view(entry.key).substr(Context::instance_prefix.size())));
        CRYPTOPERIOD_TRY(auto machine, kept.machine());
        return loaded_instance{std::move(app), std::move(kept), entry.version, std::move(name),
                               std::move(machine)};
    }
    Context* c_;
};

}  // namespace cryptoperiod::service
