/// @file key_service.hpp
/// The calls of a key-management service: every rule of the tables, books in any store, over any
/// key material. Calls may come from any thread and any process that shares the store; each is one
/// compare-and-swap, so a crash leaves it done or not done.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/dependents.hpp>
#include <cryptoperiod/kms/key_books.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/key_material.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/kms/rotation_policy.hpp>
#include <cryptoperiod/kms/stored_key.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/store.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::kms {

/// How a key is to be.
struct key_options {
    key_kind kind = key_kind::root;
    std::int64_t expires_ms = never_ms;
    bool dual_authorization = false;
    std::uint32_t rotation_months = 0;  ///< 1 to 12; 0: by hand
};

/// What everybody may know of a key.
struct key_description {
    int state = 0;  ///< nist_state
    key_record record;
    std::int64_t made_ms = 0;
    std::vector<std::string> registrations;  ///< CRNs
};

/// What `tend` has found and done.
struct tending {
    std::uint32_t keys = 0, expired = 0, rotated = 0, purged = 0;
    std::vector<lifecycle_event> late;  ///< reason 408 or 409, until they are acknowledged
    std::uint32_t failed = 0;           ///< keys that could not be tended; the others were
    std::optional<error> last_failure;  ///< of those
};

/// What `local_kms` and `pkcs11_kms` are; it models `key_management`.
template <key_material Material, store::store Store, access_control Access,
          crypto::production_entropy Entropy, clock_source Clock>
class key_service {
public:
    using token = typename Access::token;
    static constexpr std::size_t plaintext_bytes_max = 4000;

    /// The store and the clock are somebody else's and must outlive this object. The books are
    /// sealed under `master`.
    key_service(Material material, Store& store, master_key master, Clock const& clock,
                Access access, Entropy entropy)
        : material_(std::move(material)),
          books_(store, std::move(master), std::move(entropy), Material::kind),
          clock_(&clock),
          access_(std::move(access)) {}

    // ---- keys -----------------------------------------------------------------------------------

    /// A new key of 256 random bits. Errors: unauthorized, store_corrupt (the master key is not the
    /// one that seals the keys which are there), out_of_range (the policy, a date that
    /// has passed), those of the entropy and the store.
    [[nodiscard]] result<key_id> create_key(token const& who, key_options const& options = {}) {
        return add_key(who, options, nullptr, [&](key_machine& k) {
            return k.send(
                create{now(), options.kind, options.expires_ms, options.dual_authorization});
        });
    }
    /// A key of material from outside: 16, 24 or 32 bytes for a root key. Errors: as create_key;
    /// malformed (the length).
    [[nodiscard]] result<key_id> import_key(token const& who, secret_bytes const& material,
                                            key_options const& options = {}) {
        auto const bits = bits_of(material);
        if (options.rotation_months != 0)
            return error{errc::key_material_required,
                         "an imported key has no rotation policy; rotate it by hand, with new "
                         "material"};
        return add_key(who, options, &material, [&](key_machine& k) {
            return k.send(import_material{now(), options.kind, options.expires_ms,
                                          options.dual_authorization, bits});
        });
    }
    /// Errors: unauthorized, key_not_found, those of the store.
    [[nodiscard]] result<key_description> describe(token const& who, key_id const& id) {
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::read, id, {}));
        static_cast<void>(caller);
        CRYPTOPERIOD_TRY(auto const found, books_.load(id));
        CRYPTOPERIOD_TRY(auto const machine, found.key.machine());
        if (machine.template is<purged>()) return no_key(id);
        key_description out{
            nist_state(machine.state_id()), found.key.record, found.key.made_ms, {}};
        for (auto const& [crn, registration] : found.key.registrations)
            out.registrations.push_back(crn);
        return out;
    }
    /// The ids of the keys, in their order, `after` one, at most `limit`; fewer: that is all. Only
    /// those that the caller may read. Errors: those of the store.
    [[nodiscard]] result<std::vector<key_id>> list_keys(token const& who,
                                                        std::string_view after = {},
                                                        std::size_t limit = 1000) {
        std::vector<key_id> ids;
        for (std::string last(after); ids.size() < limit;) {
            CRYPTOPERIOD_TRY(auto const found, books_.list(last, limit - ids.size()));
            if (found.empty()) break;
            for (auto const& id : found)
                if (access_.check(who, key_action::read, id, {})) ids.push_back(id);
            last = found.back().str();
        }
        return ids;
    }
    /// Seals the books under another master key: the last one leaked, or its time has come. No
    /// other call may run meanwhile; services in other processes are to be started anew with the
    /// next one. Access control is not asked: it is the application's own act. Again after a
    /// failure: goes on. Returns how many keys there are. Errors: those of the store; store_corrupt
    /// (a key that neither master key opens).
    [[nodiscard]] result<std::uint64_t> change_master(master_key next) {
        return books_.change_master(std::move(next));
    }
    /// A new version; registered services are told to rewrap. `material` for an imported key: 16,
    /// 24 or 32 bytes. Errors: unauthorized, those of the table and the material; limit_reached
    /// (versions).
    [[nodiscard]] result<void> rotate_key(token const& who, key_id const& id,
                                          secret_bytes const* material = nullptr) {
        return act(who, key_action::rotate, id, [&](caller const&, stored_key& k, key_machine& m) {
            return add_version(id, k, m,
                               rotate{now(), false, material != nullptr,
                                      material != nullptr ? bits_of(*material) : 256},
                               material);
        });
    }
    [[nodiscard]] result<void> disable_key(token const& who, key_id const& id) {
        return act(who, key_action::disable, id, [&](caller const&, stored_key& k, key_machine& m) {
            return told(k, m.send(disable{now()}), key_event::disable);
        });
    }
    [[nodiscard]] result<void> enable_key(token const& who, key_id const& id) {
        return act(who, key_action::enable, id, [&](caller const&, stored_key& k, key_machine& m) {
            return told(k, m.send(enable{now()}), key_event::enable);
        });
    }
    [[nodiscard]] result<void> authorize_key_deletion(token const& who, key_id const& id) {
        return act(who, key_action::authorize_deletion, id,
                   [&](caller const& by, stored_key&, key_machine& m) {
                       return m.send(authorize_deletion{now(), by.who});
                   });
    }
    [[nodiscard]] result<void> cancel_key_deletion(token const& who, key_id const& id) {
        return act(
            who, key_action::authorize_deletion, id,
            [&](caller const&, stored_key&, key_machine& m) { return m.send(cancel_deletion{}); });
    }
    /// By force, its registrations go with it.
    [[nodiscard]] result<void> delete_key(token const& who, key_id const& id, bool force = false) {
        return act(who, key_action::remove, id,
                   [&](caller const& by, stored_key& k, key_machine& m) -> result<void> {
                       auto done = m.send(erase{now(), by.who, force, by.is_service});
                       if (!done) return done;
                       dependents::tell(k, key_event::remove, now());
                       dependents::drop_all(k);
                       return done;
                   });
    }
    [[nodiscard]] result<void> restore_key(token const& who, key_id const& id) {
        return act(who, key_action::restore, id, [&](caller const&, stored_key& k, key_machine& m) {
            return told(k, m.send(restore{now()}), key_event::restore);
        });
    }
    /// For ever: the id answers key_not_found from now on. The books say so first, then the
    /// material is destroyed, then the books are closed; `tend` ends what was cut off in between.
    [[nodiscard]] result<void> purge_key(token const& who, key_id const& id) {
        auto done =
            act(who, key_action::purge, id,
                [&](caller const&, stored_key&, key_machine& m) { return m.send(purge{now()}); });
        return done ? bury(id) : done;
    }

    // ---- wrapping -------------------------------------------------------------------------------

    /// Errors: unauthorized, key_not_found, key_disabled, key_destroyed, key_state_refused,
    /// root_key_required, out_of_range (the plaintext), those of the material and the store.
    [[nodiscard]] result<wrapped_key> wrap(token const& who, key_id const& id,
                                           std::span<std::byte const> plaintext,
                                           std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const key, usable(who, key_action::wrap, id, kms::wrap{now()}));
        if (plaintext.empty() || plaintext.size() > plaintext_bytes_max)
            return error{errc::out_of_range, concat("a key of ", thousands(plaintext.size()),
                                                    " bytes cannot be wrapped; give 1 to ",
                                                    thousands(plaintext_bytes_max))};
        return material_.wrap(id, key.material, plaintext, aad);
    }
    /// The same for a key that the service makes: 32 random bytes.
    [[nodiscard]] result<data_key> wrap_new(token const& who, key_id const& id,
                                            std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const bytes, crypto::random_secret<32>(books_.entropy()));
        auto plaintext = secret_bytes::copy_of(bytes.expose());
        CRYPTOPERIOD_TRY(auto wrapped, wrap(who, id, plaintext.expose(), aad));
        return data_key{std::move(plaintext), std::move(wrapped)};
    }
    /// Errors: as wrap, and ciphertext_refused.
    [[nodiscard]] result<unwrapped_key> unwrap(token const& who, key_id const& id,
                                               std::span<std::byte const> ciphertext,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const key, usable(who, key_action::unwrap, id, kms::unwrap{}));
        CRYPTOPERIOD_TRY(auto out, material_.unwrap(id, key.material, ciphertext, aad));
        if (out.version == key.record.versions) return out;
        // The key is there; that it cannot be wrapped anew is no reason to keep it back.
        if (auto again = material_.wrap(id, key.material, out.plaintext.expose(), aad))
            out.rewrapped = *std::move(again);
        return out;
    }
    /// Under the newest version, also when the key has expired (Key Protect). Errors: as unwrap.
    [[nodiscard]] result<rewrapped_key> rewrap(token const& who, key_id const& id,
                                               std::span<std::byte const> ciphertext,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const key, usable(who, key_action::rewrap, id, kms::rewrap{}));
        return material_.rewrap(id, key.material, ciphertext, aad);
    }

    // ---- registered services --------------------------------------------------------------------

    /// root key <-> instance CRN; again: the same, but that it prevents deletion (also by force) is
    /// what is said last. Errors: malformed (not the CRN of an instance), unauthorized,
    /// registration_*, limit_reached, those of the key.
    [[nodiscard]] result<void> register_service(token const& who, key_id const& id,
                                                crn const& resource,
                                                bool prevents_deletion = false) {
        if (auto sound = check_crn(resource); !sound) return std::move(sound).error();
        if (!is_instance_crn(resource))
            return error{errc::malformed, "what registers is no instance; its crn ends in '::'"};
        auto const name = to_string(resource);
        return serve(who, id, name, [&](caller const& by, stored_key& k, key_machine& m) {
            return dependents::add(k, m, by, name, prevents_deletion);
        });
    }
    /// Errors: as register_service; registration_not_found.
    [[nodiscard]] result<void> unregister_service(token const& who, key_id const& id,
                                                  crn const& resource) {
        auto const name = to_string(resource);
        return serve(who, id, name, [&](caller const& by, stored_key& k, key_machine& m) {
            return dependents::remove(k, m, by, name);
        });
    }
    /// What the key has told the instance, and the instance has not acknowledged. Errors:
    /// unauthorized, key_not_found, those of the store.
    [[nodiscard]] result<std::vector<lifecycle_event>> events_for(token const& who,
                                                                  key_id const& id,
                                                                  crn const& resource) {
        auto const name = to_string(resource);
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::serve, id, name));
        static_cast<void>(caller);
        CRYPTOPERIOD_TRY(auto const found, books_.load(id));
        std::vector<lifecycle_event> events;
        for (auto const& n : found.key.notices) {
            if (n.resource != name) continue;
            CRYPTOPERIOD_TRY(auto event, dependents::as_event(id, n));
            events.push_back(std::move(event));
        }
        return events;
    }
    /// The instance did what the event asks for; after a rotation its registration names the new
    /// version. Doing so again changes nothing. Errors: unauthorized, registration_not_found (the
    /// key has sent no such event).
    [[nodiscard]] result<void> acknowledge(token const& who, lifecycle_event const& event) {
        CRYPTOPERIOD_TRY(auto const id, key_id::parse(event.key));
        return serve(who, id, event.resource_crn,
                     [&](caller const& by, stored_key& k, key_machine&) {
                         return dependents::finish(k, by, event, now());
                     });
    }
    /// The instance cannot do what the event asks for: `tend` names it with reason 409, until it is
    /// acknowledged. Errors: as acknowledge.
    [[nodiscard]] result<void> report_conflict(token const& who, lifecycle_event const& event) {
        CRYPTOPERIOD_TRY(auto const id, key_id::parse(event.key));
        return serve(who, id, event.resource_crn,
                     [&](caller const& by, stored_key& k, key_machine&) {
                         return dependents::contest(k, by, event, now());
                     });
    }
    /// Tells every service again that has not acknowledged, with four hours anew (Key Protect:
    /// sync). Errors: too_early (once an hour), unauthorized.
    [[nodiscard]] result<void> sync(token const& who, key_id const& id) {
        return act(who, key_action::sync, id, [&](caller const&, stored_key& k, key_machine&) {
            return dependents::tell_again(k, now());
        });
    }

    /// To be called now and then: expires keys whose date has come, rotates those that are due,
    /// purges those deleted long ago, and names the services that have not acknowledged in time. A
    /// key that cannot be tended does not keep it from the others. Errors: those of the store,
    /// before anything was done.
    [[nodiscard]] result<tending> tend() {
        tending done;
        auto const fail = [&](error const& e) {
            ++done.failed;
            done.last_failure = e;
        };
        auto const seen = books_.for_each([&](key_id const& id, result<loaded_key> const& found) {
            ++done.keys;
            if (!found) return fail(found.error());
            if (auto const tended = tend_key(id, done); !tended) fail(tended.error());
        });
        if (!seen) {
            if (done.keys == 0) return seen.error();
            fail(seen.error());
        }
        return done;
    }

private:
    [[nodiscard]] std::int64_t now() const noexcept {
        return clock_->now().time_since_epoch().count();
    }
    [[nodiscard]] static std::uint32_t bits_of(secret_bytes const& material) noexcept {
        constexpr std::size_t plausible = 1U << 20U;
        return static_cast<std::uint32_t>(std::min(material.size(), plausible) * 8);
    }

    // ---- one action -----------------------------------------------------------------------------

    /// Reads the key, does `work` on a copy and writes it back, again when somebody else was
    /// quicker.
    template <class Work>
    [[nodiscard]] result<void> act(token const& who, key_action action, key_id const& id,
                                   Work const& work) {
        return act_for(who, action, id, {}, work);
    }
    /// The same of a service, for one of its instances.
    template <class Work>
    [[nodiscard]] result<void> serve(token const& who, key_id const& id, std::string_view resource,
                                     Work const& work) {
        return act_for(who, key_action::serve, id, resource, work);
    }
    template <class Work>
    [[nodiscard]] result<void> act_for(token const& who, key_action action, key_id const& id,
                                       std::string_view resource, Work const& work) {
        CRYPTOPERIOD_TRY(auto const by, access_.check(who, action, id, resource));
        return change(id, [&](stored_key& key, key_machine& machine) -> result<bool> {
            if (auto done = work(by, key, machine); !done) return std::move(done).error();
            return true;
        });
    }
    /// Work: (stored_key&, key_machine&) -> result<bool>, whether there is something to save.
    template <class Work>
    [[nodiscard]] result<void> change(key_id const& id, Work const& work) {
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto found, books_.load(id));
            CRYPTOPERIOD_TRY(auto machine, found.key.machine());
            auto const state = machine.state_id();
            auto const had = found.key.material.size();
            auto const done = work(found.key, machine);
            if (!done) {
                discard(id, found.key, had);
                return as_answer(done.error(), state);
            }
            if (!*done) return {};
            found.key.keep(machine);
            auto const saved = books_.save(id, found.key, found.version);
            if (!saved) discard_unsaved(id, found.key, had, saved.error());
            return saved;
        });
    }
    /// Destroys the versions after the first `had`, which nobody will know. A failure leaves an
    /// object without a name; that is no reason to fail.
    void discard(key_id const& id, stored_key const& key, std::size_t had) {
        for (; had < key.material.size(); ++had)
            static_cast<void>(material_.destroy(id, key.material[had]));
    }
    /// The same after a failed write, unless the books may know them all the same.
    void discard_unsaved(key_id const& id, stored_key const& key, std::size_t had, error const& e) {
        if (e.code != errc::store_unavailable) discard(id, key, had);
    }
    template <class Birth>
    [[nodiscard]] result<key_id> add_key(token const& who, key_options const& options,
                                         secret_bytes const* given, Birth const& birth) {
        CRYPTOPERIOD_TRY(auto const name, crypto::random_bytes<16>(books_.entropy()));
        CRYPTOPERIOD_TRY(auto const id, key_id::parse(to_hex(name)));
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::create, id, {}));
        static_cast<void>(caller);
        if (options.rotation_months != 0)
            if (auto sound = rotation_policy::every(options.rotation_months); !sound)
                return std::move(sound).error();
        if (auto right = books_.check_master(); !right) return std::move(right).error();
        key_machine machine;
        if (auto born = birth(machine); !born)
            return as_answer(std::move(born).error(), machine.state_id());
        stored_key key;
        key.made_ms = now();
        key.rotation_months = options.rotation_months;
        if (auto made = add_material(id, key, given); !made) return std::move(made).error();
        key.keep(machine);
        if (auto saved = books_.save(id, key, store::absent); !saved) {
            discard_unsaved(id, key, 0, saved.error());
            return std::move(saved).error();
        }
        return id;
    }
    [[nodiscard]] result<void> add_material(key_id const& id, stored_key& key,
                                            secret_bytes const* given) {
        auto const version = static_cast<std::uint32_t>(key.material.size() + 1);
        auto note =
            given == nullptr ? material_.make(id, version) : material_.take(id, version, *given);
        if (!note) return std::move(note).error();
        key.material.push_back(*std::move(note));
        return {};
    }
    [[nodiscard]] result<void> add_version(key_id const& id, stored_key& key, key_machine& machine,
                                           rotate const& event, secret_bytes const* given) {
        if (auto done = machine.send(event); !done) return done;
        if (!has_room(key, bytes_of_version)) return books_full(key);
        if (auto made = add_material(id, key, given); !made) return made;
        dependents::tell(key, key_event::rotate, now(), machine.context().versions);
        return {};
    }
    [[nodiscard]] result<void> told(stored_key& key, result<void> done, key_event what) const {
        if (done) dependents::tell(key, what, now());
        return done;
    }
    /// After a purge: the material, then the books. Again: the same.
    [[nodiscard]] result<void> bury(key_id const& id) {
        CRYPTOPERIOD_TRY(auto const found, books_.load(id));
        for (auto const& note : found.key.material)
            if (auto gone = material_.destroy(id, note); !gone) return gone;
        return books_.erase(id, found.version);
    }
    [[nodiscard]] static error no_key(key_id const& id) {
        return {errc::key_not_found, concat("there is no key '", id.str(), "'")};
    }

    // ---- now and then ---------------------------------------------------------------------------

    [[nodiscard]] result<void> tend_key(key_id const& id, tending& done) {
        tending one;
        bool gone = false;
        auto const tended = change(id, [&](stored_key& key, key_machine& m) -> result<bool> {
            one = {};
            one.expired = m.process(expire{now()}) == fsm::verdict::taken ? 1U : 0U;
            if (m.template is<destroyed>() && now() - key.record.deleted_ms >= purged_by_itself_ms)
                one.purged = m.process(purge{now()}) == fsm::verdict::taken ? 1U : 0U;
            gone = m.template is<purged>();  // also when an earlier purge was cut off
            CRYPTOPERIOD_TRY(one.rotated, rotated_by_policy(id, key, m));
            CRYPTOPERIOD_TRY(auto const late, dependents::note_late(id, key, now(), one.late));
            return late || one.expired + one.purged + one.rotated > 0;
        });
        if (!tended) return tended;
        done.expired += one.expired;
        done.rotated += one.rotated;
        done.purged += one.purged;
        done.late.insert(done.late.end(), one.late.begin(), one.late.end());
        return gone ? bury(id) : result<void>();
    }
    /// How often: 0 or 1.
    [[nodiscard]] result<std::uint32_t> rotated_by_policy(key_id const& id, stored_key& key,
                                                          key_machine& machine) {
        if (key.rotation_months == 0 || !machine.template is<active>()) return 0U;
        CRYPTOPERIOD_TRY(auto const policy, rotation_policy::every(key.rotation_months));
        if (policy.due_ms(key.record, key.made_ms) > now()) return 0U;
        if (auto rotated = add_version(id, key, machine, rotate{now(), true, false}, nullptr);
            !rotated)
            return std::move(rotated).error();
        return 1U;
    }

    template <class Event>
    [[nodiscard]] result<stored_key> usable(token const& who, key_action action, key_id const& id,
                                            Event const& event) {
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, action, id, {}));
        static_cast<void>(caller);
        auto found = books_.load(id);
        if (!found) return unavailable_without_books(std::move(found).error());
        CRYPTOPERIOD_TRY(auto machine, found->key.machine());
        auto const state = machine.state_id();
        if (auto allowed = machine.send(event); !allowed)
            return as_answer(std::move(allowed).error(), state);
        return std::move(found->key);
    }
    /// Who wraps and unwraps asks key management, not its store.
    [[nodiscard]] static error unavailable_without_books(error e) {
        if (e.code == errc::store_unavailable) e.code = errc::kms_unavailable;
        return e;
    }

    [[no_unique_address]] Material material_;
    key_books<Store, Entropy> books_;
    Clock const* clock_;
    [[no_unique_address]] Access access_;
};

}  // namespace cryptoperiod::kms
