/// @file local_kms.hpp
/// The embedded key-management service: real cryptography, every rule of the tables, state in any
/// store, sealed under a master key. Calls may come from any thread and any process that shares the
/// store; each is one compare-and-swap, so a crash leaves it done or not done.
///
/// A wrapped key is "CPW1" | root key version u32 | nonce 24 | ciphertext | tag 16, big-endian,
/// sealed with XAES-256-GCM under a key that HKDF-SHA256 derives from the root key's material
/// alone, so that a root key of the same material, imported anew, unwraps it (Key Protect).
#pragma once

#include <concepts>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/verified_plaintext.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/kms/rotation_policy.hpp>
#include <cryptoperiod/kms/stored_key.hpp>
#include <cryptoperiod/store/store.hpp>
#include <utility>

namespace cryptoperiod::kms {

/// What a caller wants to do with a key.
enum class key_action : std::uint8_t {
    create,
    read,
    wrap,
    unwrap,
    rewrap,
    rotate,
    disable,
    enable,
    authorize_deletion,
    remove,
    restore,
    purge,
    serve,  ///< register, unregister, see events, acknowledge: services only
};

/// Who calls.
struct caller {
    person_id who{};
    bool is_service = false;
};

/// Decides who may do what: check(token, action, key) -> result<caller>; unauthorized when not.
template <class A>
concept access_control = requires(A const& access, typename A::token const& token,
                                  key_action action, key_id const& key) {
    { access.check(token, action, key) } -> std::same_as<result<caller>>;
};

/// Access control for callers within one process that trusts itself: the token is the caller.
struct in_process {
    using token = caller;
    [[nodiscard]] static result<caller> check(caller const& who, key_action,
                                              key_id const&) noexcept {
        return who;
    }
};

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
    std::vector<lifecycle_event> late;  ///< reason 408, named by their CRN
};

template <store::store Store, access_control Access = in_process,
          crypto::production_entropy Entropy = crypto::os_entropy,
          clock_source Clock = system_clock_source>
class local_kms {
public:
    using token = typename Access::token;
    static constexpr std::size_t plaintext_bytes_max = 4000;

    /// The store and the clock are somebody else's and must outlive this object.
    local_kms(Store& store, master_key master, Clock const& clock, Access access = {},
              Entropy entropy = {})
        : store_(&store),
          master_(std::move(master)),
          clock_(&clock),
          access_(std::move(access)),
          entropy_(std::move(entropy)) {}

    // ---- keys -----------------------------------------------------------------------------------

    /// A new key of 256 random bits. Errors: unauthorized, out_of_range (the policy), those of the
    /// entropy and the store.
    [[nodiscard]] result<key_id> create_key(token const& who, key_options const& options = {}) {
        CRYPTOPERIOD_TRY(auto material, new_secret());
        return add_key(who, options, std::move(material), [&](key_machine& k) {
            return k.send(
                create{now(), options.kind, options.expires_ms, options.dual_authorization});
        });
    }
    /// A key of material from outside: 16, 24 or 32 bytes for a root key. Errors: as create_key;
    /// malformed (the length).
    [[nodiscard]] result<key_id> import_key(token const& who, secret_bytes const& material,
                                            key_options const& options = {}) {
        auto const bits = static_cast<std::uint32_t>(material.size() * 8);
        if (options.rotation_months != 0)
            return error{errc::key_material_required,
                         "an imported key has no rotation policy; rotate it by hand, with new "
                         "material"};
        return add_key(who, options, material.clone(), [&](key_machine& k) {
            return k.send(import_material{now(), options.kind, options.expires_ms,
                                          options.dual_authorization, bits});
        });
    }
    /// Errors: unauthorized, key_not_found, those of the store.
    [[nodiscard]] result<key_description> describe(token const& who, key_id const& id) {
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::read, id));
        static_cast<void>(caller);
        CRYPTOPERIOD_TRY(auto const found, load(id));
        CRYPTOPERIOD_TRY(auto const machine, found.key.machine());
        key_description out{
            nist_state(machine.state_id()), found.key.record, found.key.made_ms, {}};
        for (auto const& [crn, registration] : found.key.registrations)
            out.registrations.push_back(crn);
        return out;
    }
    /// A new version; registered services are told to rewrap. `material` for an imported key.
    [[nodiscard]] result<void> rotate_key(token const& who, key_id const& id,
                                          secret_bytes const* material = nullptr) {
        return act(who, key_action::rotate, id, [&](caller const&, stored_key& k, key_machine& m) {
            return add_version(k, m, rotate{now(), false, material != nullptr}, material);
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
                       tell(k, key_event::remove);
                       k.registrations.clear();
                       return done;
                   });
    }
    [[nodiscard]] result<void> restore_key(token const& who, key_id const& id) {
        return act(who, key_action::restore, id, [&](caller const&, stored_key& k, key_machine& m) {
            return told(k, m.send(restore{now()}), key_event::restore);
        });
    }
    /// For ever: the material is erased, and the id answers key_not_found.
    [[nodiscard]] result<void> purge_key(token const& who, key_id const& id) {
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::purge, id));
        static_cast<void>(caller);
        CRYPTOPERIOD_TRY(auto found, load(id));
        return purge_found(id, found);
    }

    // ---- wrapping -------------------------------------------------------------------------------

    /// Errors: unauthorized, key_not_found, key_disabled, key_destroyed, key_state_refused,
    /// root_key_required, out_of_range (the plaintext), those of the entropy and the store.
    [[nodiscard]] result<wrapped_key> wrap(token const& who, key_id const& id,
                                           std::span<std::byte const> plaintext,
                                           std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const key, usable(who, key_action::wrap, id, kms::wrap{}));
        return sealed(key, plaintext, aad);
    }
    /// The same for a key that the service makes: 32 random bytes.
    [[nodiscard]] result<data_key> wrap_new(token const& who, key_id const& id,
                                            std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto plaintext, new_secret());
        CRYPTOPERIOD_TRY(auto wrapped, wrap(who, id, plaintext.expose(), aad));
        return data_key{std::move(plaintext), std::move(wrapped)};
    }
    /// Errors: as wrap, and ciphertext_refused.
    [[nodiscard]] result<unwrapped_key> unwrap(token const& who, key_id const& id,
                                               std::span<std::byte const> ciphertext,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const key, usable(who, key_action::unwrap, id, kms::unwrap{}));
        CRYPTOPERIOD_TRY(auto out, opened(key, ciphertext, aad));
        if (out.version == key.record.versions) return out;
        CRYPTOPERIOD_TRY(out.rewrapped, sealed(key, out.plaintext.expose(), aad));
        return out;
    }
    /// Under the newest version, also when the key has expired (Key Protect). Errors: as unwrap.
    [[nodiscard]] result<rewrapped_key> rewrap(token const& who, key_id const& id,
                                               std::span<std::byte const> ciphertext,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const key, usable(who, key_action::rewrap, id, kms::rewrap{}));
        CRYPTOPERIOD_TRY(auto const out, opened(key, ciphertext, aad));
        CRYPTOPERIOD_TRY(auto wrapped, sealed(key, out.plaintext.expose(), aad));
        return rewrapped_key{std::move(wrapped), out.version};
    }

    // ---- registered services --------------------------------------------------------------------

    /// root key <-> instance CRN. Errors: unauthorized, registration_*, those of the key.
    [[nodiscard]] result<void> register_service(token const& who, key_id const& id,
                                                crn const& resource,
                                                bool prevents_deletion = false) {
        return act(who, key_action::serve, id,
                   [&](caller const& by, stored_key& k, key_machine& m) {
                       return add_registration(k, m, by, to_string(resource), prevents_deletion);
                   });
    }
    /// Errors: as register_service; registration_not_found.
    [[nodiscard]] result<void> unregister_service(token const& who, key_id const& id,
                                                  crn const& resource) {
        return act(who, key_action::serve, id,
                   [&](caller const& by, stored_key& k, key_machine& m) {
                       return remove_registration(k, m, by, to_string(resource));
                   });
    }
    /// What the instance still has to act on, of all keys.
    [[nodiscard]] result<std::vector<lifecycle_event>> events_for(token const& who,
                                                                  crn const& resource) {
        auto const name = to_string(resource);
        std::vector<lifecycle_event> events;
        auto seen = for_each_key([&](key_id const& id, loaded const& found) -> result<void> {
            bool const mine = std::ranges::any_of(
                found.key.notices, [&](auto const& n) { return n.resource == name; });
            if (!mine) return {};
            CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::serve, id));
            static_cast<void>(caller);
            for (auto const& n : found.key.notices)
                if (n.resource == name) events.push_back(as_event(id, n));
            return {};
        });
        if (!seen) return std::move(seen).error();
        return events;
    }
    /// The instance did what the event asks for; after a rotation its registration names the new
    /// version. Doing so again changes nothing.
    [[nodiscard]] result<void> acknowledge(token const& who, lifecycle_event const& event) {
        CRYPTOPERIOD_TRY(auto const id, key_id::parse(event.key));
        return act(who, key_action::serve, id, [&](caller const& by, stored_key& k, key_machine&) {
            return finish(k, by, event);
        });
    }

    /// To be called now and then: expires keys whose date has come, rotates those that are due,
    /// purges those deleted long ago, and names the services that have not acknowledged in time.
    [[nodiscard]] result<tending> tend() {
        tending done;
        auto seen = for_each_key([&](key_id const& id, loaded const&) {
            ++done.keys;
            return tend_key(id, done);
        });
        if (!seen) return std::move(seen).error();
        return done;
    }

private:
    struct loaded {
        stored_key key;
        std::uint64_t version = store::absent;
    };
    static constexpr int attempts_max = 16;
    static constexpr std::size_t nonce_bytes = crypto::xaes_256_gcm::nonce_bytes;
    static constexpr std::size_t tag_bytes = crypto::xaes_256_gcm::tag_bytes;
    static constexpr std::string_view prefix = "kms/key/";
    static constexpr std::string_view wrap_magic = "CPW1";
    static constexpr std::size_t wrap_header_bytes = 8;

    [[nodiscard]] std::int64_t now() const noexcept {
        return clock_->now().time_since_epoch().count();
    }
    [[nodiscard]] result<secret_bytes> new_secret() {
        CRYPTOPERIOD_TRY(auto const bytes, crypto::random_secret<32>(entropy_));
        return secret_bytes::copy_of(bytes.expose());
    }

    // ---- the store ------------------------------------------------------------------------------

    [[nodiscard]] static std::string place_of(key_id const& id) { return concat(prefix, id.str()); }

    /// The associated data of a state: it opens in its own place only.
    [[nodiscard]] static std::span<std::byte const> bound_to(std::string_view place) noexcept {
        return bytes_of(place);
    }
    /// nonce | ciphertext | tag under the master key.
    [[nodiscard]] result<std::vector<std::byte>> sealed_state(stored_key const& key,
                                                              std::string_view place) {
        CRYPTOPERIOD_TRY(auto const plain, store::encode(key));
        std::vector<std::byte> out(nonce_bytes + plain.size() + tag_bytes);
        std::span<std::byte> const all(out);
        crypto::xaes_256_gcm cipher(master_.expose());
        auto done = cipher.seal_with_random_nonce(
            entropy_, bound_to(place), plain.expose(), all.subspan(nonce_bytes, plain.size()),
            all.template first<nonce_bytes>(), all.template last<tag_bytes>());
        if (!done) return std::move(done).error();
        return out;
    }
    [[nodiscard]] result<stored_key> opened_state(std::span<std::byte const> value,
                                                  std::string_view place) const {
        auto const refused = [&] {
            return error{errc::store_corrupt,
                         concat("the state of a key at '", place,
                                "' does not open: another master key has sealed it, or it was "
                                "altered; give the right master key")};
        };
        if (value.size() < nonce_bytes + tag_bytes) return refused();
        crypto::xaes_256_gcm cipher(master_.expose());
        auto const body = value.subspan(nonce_bytes, value.size() - nonce_bytes - tag_bytes);
        auto const plain =
            crypto::verifier::open(cipher, value.template first<nonce_bytes>(), bound_to(place),
                                   body, value.template last<tag_bytes>());
        if (!plain) return refused();
        return store::decode<stored_key>(plain->view());
    }
    [[nodiscard]] result<loaded> load(key_id const& id) const {
        auto const place = place_of(id);
        CRYPTOPERIOD_TRY(auto const entry, store_->get(place));
        if (!entry) return error{errc::key_not_found, concat("there is no key '", id.str(), "'")};
        CRYPTOPERIOD_TRY(auto key, opened_state(entry->value, place));
        return loaded{std::move(key), entry->version};
    }
    [[nodiscard]] result<void> save(key_id const& id, stored_key const& key,
                                    std::uint64_t expected) {
        auto const place = place_of(id);
        CRYPTOPERIOD_TRY(auto const value, sealed_state(key, place));
        CRYPTOPERIOD_TRY(auto const version, store_->compare_and_swap(place, expected, value));
        static_cast<void>(version);
        return {};
    }
    template <class Visit>
    [[nodiscard]] result<void> for_each_key(Visit const& visit) {
        std::string after;
        for (;;) {
            CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, after, store::page_entries_max));
            for (auto const& entry : page.entries) {
                CRYPTOPERIOD_TRY(auto const id, key_id::parse(entry.key.substr(prefix.size())));
                CRYPTOPERIOD_TRY(auto key, opened_state(entry.value, entry.key));
                if (auto done = visit(id, loaded{std::move(key), entry.version}); !done)
                    return done;
            }
            if (!page.next) return {};
            after = *page.next;
        }
    }

    // ---- one action -----------------------------------------------------------------------------

    /// Reads the key, does `work` on a copy and writes it back, again when somebody else was
    /// quicker.
    template <class Work>
    [[nodiscard]] result<void> act(token const& who, key_action action, key_id const& id,
                                   Work const& work) {
        CRYPTOPERIOD_TRY(auto const by, access_.check(who, action, id));
        return change(
            id, [&](stored_key& key, key_machine& machine) { return work(by, key, machine); });
    }
    template <class Work>
    [[nodiscard]] result<void> change(key_id const& id, Work const& work) {
        result<void> saved;
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            CRYPTOPERIOD_TRY(auto found, load(id));
            CRYPTOPERIOD_TRY(auto machine, found.key.machine());
            auto const state = machine.state_id();
            if (auto done = work(found.key, machine); !done)
                return as_answer(std::move(done).error(), state);
            found.key.keep(machine);
            saved = save(id, found.key, found.version);
            if (saved || saved.error().code != errc::store_conflict) return saved;
        }
        return saved;
    }
    template <class Birth>
    [[nodiscard]] result<key_id> add_key(token const& who, key_options const& options,
                                         secret_bytes material, Birth const& birth) {
        CRYPTOPERIOD_TRY(auto const name, crypto::random_bytes<16>(entropy_));
        CRYPTOPERIOD_TRY(auto const id, key_id::parse(to_hex(name)));
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, key_action::create, id));
        static_cast<void>(caller);
        if (options.rotation_months != 0)
            if (auto sound = rotation_policy::every(options.rotation_months); !sound)
                return std::move(sound).error();
        key_machine machine;
        if (auto born = birth(machine); !born)
            return as_answer(std::move(born).error(), machine.state_id());
        stored_key key;
        key.made_ms = now();
        key.rotation_months = options.rotation_months;
        key.material.push_back(std::move(material));
        key.keep(machine);
        if (auto saved = save(id, key, store::absent); !saved) return std::move(saved).error();
        return id;
    }
    [[nodiscard]] result<void> add_version(stored_key& key, key_machine& machine,
                                           rotate const& event, secret_bytes const* material) {
        auto done = machine.send(event);
        if (!done) return done;
        if (material != nullptr) {
            key.material.push_back(material->clone());
        } else {
            CRYPTOPERIOD_TRY(auto fresh, new_secret());
            key.material.push_back(std::move(fresh));
        }
        tell(key, key_event::rotate, machine.context().versions);
        return done;
    }
    [[nodiscard]] result<void> purge_found(key_id const& id, loaded& found) {
        CRYPTOPERIOD_TRY(auto machine, found.key.machine());
        auto const state = machine.state_id();
        if (auto done = machine.send(purge{now()}); !done)
            return as_answer(std::move(done).error(), state);
        return store_->compare_and_erase(place_of(id), found.version);
    }

    // ---- registrations and notices --------------------------------------------------------------

    [[nodiscard]] static registration_machine machine_of(stored_key const& key,
                                                         std::string const& resource) {
        auto const at = key.registrations.find(resource);
        if (at == key.registrations.end()) return {};
        return registration_machine({at->second.version, at->second.prevents_deletion},
                                    fsm::table_view<registration>::state_id<registered>);
    }
    [[nodiscard]] static result<void> add_registration(stored_key& key, key_machine& machine,
                                                       caller const& by,
                                                       std::string const& resource,
                                                       bool prevents_deletion) {
        auto one = machine_of(key, resource);
        bool const known = one.template is<registered>();
        auto done =
            one.send(register_service_event(by, machine.context().versions, prevents_deletion));
        if (!done || known) return done;
        if (auto attached = machine.send(attach{prevents_deletion}); !attached) return attached;
        key.registrations[resource] = {one.context().version, one.context().prevents_deletion};
        return {};
    }
    [[nodiscard]] static kms::register_service register_service_event(caller const& by,
                                                                      std::uint32_t version,
                                                                      bool prevents_deletion) {
        return {by.is_service, version, prevents_deletion};
    }
    [[nodiscard]] static result<void> remove_registration(stored_key& key, key_machine& machine,
                                                          caller const& by,
                                                          std::string const& resource) {
        auto one = machine_of(key, resource);
        if (!one.template is<registered>())
            return error{errc::registration_not_found,
                         concat("'", resource, "' is not registered with the key")};
        if (auto left = one.send(kms::unregister_service{by.is_service}); !left) return left;
        if (auto off = machine.send(detach{one.context().prevents_deletion}); !off) return off;
        key.registrations.erase(resource);
        std::erase_if(key.notices, [&](auto const& n) { return n.resource == resource; });
        return {};
    }
    /// Every registered service is told what happened.
    void tell(stored_key& key, key_event what, std::uint32_t new_version = 0) const {
        for (auto const& [resource, registration] : key.registrations) {
            notice_machine notice;
            auto const sent = notice.process(notify{now()});
            CRYPTOPERIOD_ASSERT(sent == fsm::verdict::taken);
            key.notices.push_back({++key.events, static_cast<std::uint8_t>(what), resource,
                                   registration.version,
                                   new_version == 0 ? registration.version : new_version, now(),
                                   fsm::to_text(fsm::take_snapshot(notice))});
        }
    }
    [[nodiscard]] result<void> told(stored_key& key, result<void> done, key_event what) const {
        if (done) tell(key, what);
        return done;
    }
    [[nodiscard]] static lifecycle_event as_event(key_id const& id, stored_notice const& n) {
        return {n.number,      static_cast<key_event>(n.what),
                id.str(),      n.resource,
                n.old_version, n.new_version,
                n.notified_ms};
    }
    [[nodiscard]] static result<notice_machine> machine_of(stored_notice const& n) {
        CRYPTOPERIOD_TRY(auto const written, fsm::parse_snapshot(n.state));
        CRYPTOPERIOD_TRY(auto const found, fsm::restore<notice>(written));
        return notice_machine({n.notified_ms}, found.state);
    }
    [[nodiscard]] result<void> finish(stored_key& key, caller const& by,
                                      lifecycle_event const& event) const {
        auto const at = std::ranges::find(key.notices, event.number, &stored_notice::number);
        if (at == key.notices.end()) return {};  // acknowledged before
        if (at->resource != event.resource_crn)
            return error{errc::unauthorized, "the event is of another instance"};
        CRYPTOPERIOD_TRY(auto notice, machine_of(*at));
        if (auto done = notice.send(kms::acknowledge{now()}); !done) return done;
        auto const registered_at = key.registrations.find(at->resource);
        if (at->what == static_cast<std::uint8_t>(key_event::rotate) &&
            registered_at != key.registrations.end() &&
            at->new_version > registered_at->second.version) {
            auto one = machine_of(key, at->resource);
            update_registration const update{by.is_service, at->new_version,
                                             one.context().prevents_deletion};
            if (auto done = one.send(update); !done) return done;
            registered_at->second.version = one.context().version;
        }
        key.notices.erase(at);
        return {};
    }
    [[nodiscard]] result<void> tend_key(key_id const& id, tending& done) {
        tending one;
        bool purged = false;
        auto const tended = change(id, [&](stored_key& key, key_machine& m) -> result<void> {
            one = {};
            one.expired = m.process(expire{now()}) == fsm::verdict::taken ? 1U : 0U;
            purged =
                m.template is<destroyed>() && now() - key.record.deleted_ms >= purged_by_itself_ms;
            if (key.rotation_months != 0 && m.template is<active>()) {
                CRYPTOPERIOD_TRY(auto const policy, rotation_policy::every(key.rotation_months));
                if (policy.due_ms(key.record, key.made_ms) <= now()) {
                    auto rotated = add_version(key, m, rotate{now(), true, false}, nullptr);
                    if (!rotated) return rotated;
                    ++one.rotated;
                }
            }
            return note_late(id, key, one);
        });
        if (!tended) return tended;
        if (purged) {
            CRYPTOPERIOD_TRY(auto found, load(id));
            if (auto gone = purge_found(id, found); !gone) return gone;
            ++done.purged;
        }
        done.expired += one.expired;
        done.rotated += one.rotated;
        done.late.insert(done.late.end(), one.late.begin(), one.late.end());
        return {};
    }
    [[nodiscard]] result<void> note_late(key_id const& id, stored_key& key, tending& one) const {
        for (auto& n : key.notices) {
            CRYPTOPERIOD_TRY(auto notice, machine_of(n));
            if (notice.process(run_out{now()}) != fsm::verdict::taken) continue;
            n.state = fsm::to_text(fsm::take_snapshot(notice));
            one.late.push_back(as_event(id, n));
        }
        return {};
    }

    // ---- wrapping -------------------------------------------------------------------------------

    template <class Event>
    [[nodiscard]] result<stored_key> usable(token const& who, key_action action, key_id const& id,
                                            Event const& event) {
        CRYPTOPERIOD_TRY(auto const caller, access_.check(who, action, id));
        static_cast<void>(caller);
        CRYPTOPERIOD_TRY(auto found, load(id));
        CRYPTOPERIOD_TRY(auto machine, found.key.machine());
        auto const state = machine.state_id();
        if (auto allowed = machine.send(event); !allowed)
            return as_answer(std::move(allowed).error(), state);
        return std::move(found.key);
    }
    [[nodiscard]] static crypto::secret_array<32> wrapping_key(stored_key const& key,
                                                               std::uint32_t version) {
        return crypto::hkdf<crypto::sha256>::template derive<32>(
            key.material[version - 1].expose(), {}, bytes_of("cryptoperiod/root-key/v1"));
    }
    [[nodiscard]] result<wrapped_key> sealed(stored_key const& key,
                                             std::span<std::byte const> plaintext,
                                             std::span<std::byte const> aad) {
        if (plaintext.empty() || plaintext.size() > plaintext_bytes_max)
            return error{errc::out_of_range, concat("a key of ", thousands(plaintext.size()),
                                                    " bytes cannot be wrapped; give 1 to ",
                                                    thousands(plaintext_bytes_max))};
        wrapped_key out;
        out.version = key.record.versions;
        out.bytes.resize(wrap_header_bytes + nonce_bytes + plaintext.size() + tag_bytes);
        std::span<std::byte> const all(out.bytes);
        std::ranges::copy(bytes_of(wrap_magic), all.begin());
        for (unsigned i = 0; i < 4; ++i)
            all[4 + i] = static_cast<std::byte>(out.version >> (24 - 8 * i) & 0xffU);
        auto const secret = wrapping_key(key, out.version);
        crypto::xaes_256_gcm cipher(secret.expose());
        auto done = cipher.seal_with_random_nonce(
            entropy_, aad, plaintext,
            all.subspan(wrap_header_bytes + nonce_bytes, plaintext.size()),
            all.template subspan<wrap_header_bytes, nonce_bytes>(), all.template last<tag_bytes>());
        if (!done) return std::move(done).error();
        return out;
    }
    [[nodiscard]] result<unwrapped_key> opened(stored_key const& key,
                                               std::span<std::byte const> bytes,
                                               std::span<std::byte const> aad) const {
        auto const refused = [] {
            return error{errc::ciphertext_refused,
                         "the wrapped key is not of this key, was altered, or has other associated "
                         "data"};
        };
        constexpr auto least = wrap_header_bytes + nonce_bytes + tag_bytes + 1;
        if (bytes.size() < least || !std::ranges::equal(bytes.first(4), bytes_of(wrap_magic)))
            return refused();
        std::uint32_t version = 0;
        for (auto const b : bytes.subspan(4, 4))
            version = version << 8U | std::to_integer<std::uint32_t>(b);
        if (version == 0 || version > key.record.versions) return refused();
        auto const secret = wrapping_key(key, version);
        crypto::xaes_256_gcm cipher(secret.expose());
        auto const body = bytes.subspan(wrap_header_bytes + nonce_bytes,
                                        bytes.size() - wrap_header_bytes - nonce_bytes - tag_bytes);
        auto plain = cipher.open(bytes.template subspan<wrap_header_bytes, nonce_bytes>(), aad,
                                 body, bytes.template last<tag_bytes>());
        if (!plain) return refused();
        return unwrapped_key{*std::move(plain), version, std::nullopt};
    }

    Store* store_;
    master_key master_;
    Clock const* clock_;
    [[no_unique_address]] Access access_;
    [[no_unique_address]] Entropy entropy_;
};

}  // namespace cryptoperiod::kms
