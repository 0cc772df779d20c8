/// @file api_key.hpp
/// API keys: made once, shown once, kept as a keyed hash, in any store; api_key_life.hpp has the
/// life of one.
///
/// An API key is id 16 | '.' | secret 43, base64url of 12 and 32 random bytes. The id is public;
/// the store has HMAC-SHA256(pepper, "cryptoperiod/iam/api-key/v1" | id | secret), sealed.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cryptoperiod/iam/api_key_life.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::iam {

/// What an API key is for.
struct api_key_options {
    std::string name{};                  ///< for people, at most 128 bytes
    std::int64_t expires_ms = never_ms;  ///< since 1970-01-01 UTC
};

/// A new API key. The text is shown now or never.
struct new_api_key {
    std::string id;
    secret_text text;
};

/// What everybody who manages keys may know of one.
struct api_key_description {
    std::string id;
    std::string name;
    identity owner;
    bool enabled = false, locked = false;
    std::int64_t made_ms = 0, expires_ms = never_ms;
};

/// An API key as a record.
struct stored_api_key {
    static constexpr std::string_view schema = "cryptoperiod iam api key";
    static constexpr std::uint32_t schema_version = 1;

    std::string state;  ///< a snapshot of the table
    api_key::record marks;
    std::string name, iam_id, account, service;
    bool of_service = false;
    std::int64_t made_ms = 0;
    secret_bytes hash;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(state, marks.locked, marks.expires_ms, name, iam_id, account, service, of_service,
                made_ms, hash);
    }
    [[nodiscard]] result<void> validate() const {
        if (hash.size() != crypto::sha256::bytes || !owner())
            return error{errc::inconsistent, "it has no owner or no hash"};
        return {};
    }
    [[nodiscard]] result<identity> owner() const {
        return of_service ? service_id(iam_id, account, service) : user(iam_id, account);
    }
    /// Errors: those of parse_snapshot and restore.
    [[nodiscard]] result<api_key::machine> machine() const {
        CRYPTOPERIOD_TRY(auto const written, fsm::parse_snapshot(state));
        CRYPTOPERIOD_TRY(auto const found, fsm::restore<api_key::table>(written));
        return api_key::machine(marks, found.state);
    }
    void keep(api_key::machine const& machine) {
        state = fsm::to_text(fsm::take_snapshot(machine));
        marks = machine.context();
    }
};

/// The API keys of a service, in any store. Calls may come from any thread and any process that
/// shares the store; each is one compare-and-swap.
template <store::store Store, crypto::production_entropy Entropy = crypto::os_entropy,
          clock_source Clock = system_clock_source>
class api_keys {
public:
    static constexpr std::string_view prefix = "iam/api-key/";
    static constexpr std::size_t id_characters = 16;
    static constexpr std::size_t secret_characters = 43;
    static constexpr std::size_t text_characters = id_characters + 1 + secret_characters;
    static constexpr std::size_t name_bytes_max = 128;

    /// The store and the clock are somebody else's and must outlive this object. The pepper and the
    /// key of the records are derived from `master`.
    api_keys(Store& store, crypto::secret_array<32> const& master, Clock const& clock,
             Entropy entropy = {})
        : records_(store, derived(master, "cryptoperiod/iam/api-key-records/v1"),
                   std::move(entropy)),
          pepper_(derived(master, "cryptoperiod/iam/api-key-pepper/v1")),
          clock_(&clock) {}

    /// A new key of a person or a service id. Errors: malformed, out_of_range (the name, an expiry
    /// that is past), inconsistent (an instance has none), those of the entropy and the store.
    [[nodiscard]] result<new_api_key> create(identity const& owner,
                                             api_key_options const& options = {}) {
        CRYPTOPERIOD_TRY(auto drawn, draw());
        if (auto kept = keep(drawn.text, owner, options); !kept) return std::move(kept).error();
        return drawn;
    }
    /// A key that is nobody's yet: for who has to write down what it is about to make. Errors:
    /// those of the entropy.
    [[nodiscard]] result<new_api_key> draw() {
        CRYPTOPERIOD_TRY(auto const public_part, crypto::random_bytes<12>(records_.entropy()));
        CRYPTOPERIOD_TRY(auto const secret, crypto::random_secret<32>(records_.entropy()));
        auto id = to_base64url(public_part);
        auto spelled = to_base64url(secret.expose());
        auto whole = concat(id, ".", spelled);
        wipe(spelled);
        return new_api_key{std::move(id), secret_text(secret_bytes::take(whole))};
    }
    /// Makes a key that was drawn the owner's. Again: nothing happens. Errors: as create;
    /// api_key_refused (what was not drawn, or is somebody's).
    [[nodiscard]] result<void> keep(secret_text const& drawn, identity const& owner,
                                    api_key_options const& options = {}) {
        if (auto sound = check(owner, options); !sound) return sound;
        auto const text = drawn.expose();
        if (!has_form(text)) return refused();
        auto const id = text.substr(0, id_characters);
        auto const hash = hash_of(id, text.substr(id_characters + 1));
        auto const kept = record_of(owner, options, hash.expose());
        auto const saved = records_.save(place_of(id), kept, store::absent);
        if (saved) return {};
        if (saved.error().code != errc::store_conflict) return saved.error();
        CRYPTOPERIOD_TRY(auto const there, authenticate(text));
        return there == owner ? result<void>() : result<void>(refused());
    }

    /// Who shows this API key. An unknown id and a wrong secret get one answer, after the same
    /// hash and the same comparison; expired and disabled are told only to who has the secret.
    /// Changes nothing. Errors: credential_missing (empty), api_key_refused (also: its length),
    /// api_key_expired, api_key_disabled, those of the store.
    [[nodiscard]] result<identity> authenticate(std::string_view text) const {
        if (text.empty()) return error{errc::credential_missing, "no API key was shown"};
        if (!has_form(text)) return refused();
        auto const id = text.substr(0, id_characters);
        auto const shown = hash_of(id, text.substr(id_characters + 1));
        CRYPTOPERIOD_TRY(auto const found, records_.load(place_of(id)));
        crypto::secret_array<crypto::sha256::bytes> const dummy;
        auto const expected =
            found ? found->record.hash.expose() : std::span<std::byte const>(dummy.expose());
        // Both are looked at: a dummy that happened to be equal is still nobody's key.
        bool const equal = equal_in_constant_time(expected, shown.expose());
        if (!equal || !found) return refused();
        CRYPTOPERIOD_TRY(auto machine, found->record.machine());
        if (auto allowed = machine.send(api_key::authenticate{now()}); !allowed)
            return std::move(allowed).error();
        return found->record.owner();
    }

    /// Errors: api_key_not_found, those of the store.
    [[nodiscard]] result<api_key_description> describe(std::string_view id) const {
        CRYPTOPERIOD_TRY(auto const found, load(id));
        CRYPTOPERIOD_TRY(auto const machine, found.record.machine());
        CRYPTOPERIOD_TRY(auto owner, found.record.owner());
        return api_key_description{std::string(id),
                                   found.record.name,
                                   std::move(owner),
                                   machine.template is<api_key::enabled>(),
                                   found.record.marks.locked,
                                   found.record.made_ms,
                                   found.record.marks.expires_ms};
    }
    /// No tokens from now on; those that it gave live to their end. Errors: api_key_not_found,
    /// api_key_locked, those of the store; so for all below.
    [[nodiscard]] result<void> disable(std::string_view id) {
        return change(id, api_key::disable{});
    }
    [[nodiscard]] result<void> enable(std::string_view id) { return change(id, api_key::enable{}); }
    /// A locked key works, and is neither disabled, enabled nor deleted.
    [[nodiscard]] result<void> lock(std::string_view id) { return change(id, api_key::lock{}); }
    [[nodiscard]] result<void> unlock(std::string_view id) { return change(id, api_key::unlock{}); }
    /// For ever.
    [[nodiscard]] result<void> erase(std::string_view id) { return change(id, api_key::erase{}); }

private:
    using records = store::sealed_records<stored_api_key, Store, Entropy>;
    using loaded = store::versioned_record<stored_api_key>;

    [[nodiscard]] static crypto::secret_array<32> derived(crypto::secret_array<32> const& master,
                                                          std::string_view purpose) {
        return crypto::hkdf<crypto::sha256>::template derive<32>(master.expose(), {},
                                                                 bytes_of(purpose));
    }
    [[nodiscard]] std::int64_t now() const { return clock_->now().time_since_epoch().count(); }
    [[nodiscard]] static std::string place_of(std::string_view id) { return concat(prefix, id); }
    [[nodiscard]] static error refused() {
        return {errc::api_key_refused, "there is no such API key, or this is not its secret"};
    }
    /// The id's length is fixed, so the parts are told apart.
    [[nodiscard]] crypto::secret_array<crypto::sha256::bytes> hash_of(
        std::string_view id, std::string_view secret) const {
        crypto::hmac<crypto::sha256> mac(pepper_.expose());
        crypto::secret_array<crypto::sha256::bytes> hash;
        mac.compute({bytes_of("cryptoperiod/iam/api-key/v1"), bytes_of(id), bytes_of(secret)},
                    hash.writable());
        return hash;
    }
    [[nodiscard]] stored_api_key record_of(identity const& owner, api_key_options const& options,
                                           std::span<std::byte const> hash) const {
        stored_api_key kept;
        kept.keep(api_key::machine(api_key::record{false, options.expires_ms}));
        kept.name = options.name;
        kept.iam_id = owner.iam_id;
        kept.account = owner.account;
        kept.service = owner.service;
        kept.of_service = owner.kind == identity_kind::service_id;
        kept.made_ms = now();
        kept.hash = secret_bytes::copy_of(hash);
        return kept;
    }
    [[nodiscard]] static bool has_form(std::string_view text) {
        if (text.size() != text_characters || text[id_characters] != '.') return false;
        return from_base64url(text.substr(0, id_characters)).has_value();
    }
    [[nodiscard]] result<void> check(identity const& owner, api_key_options const& options) const {
        if (owner.kind == identity_kind::instance)
            return error{errc::inconsistent,
                         "an instance has no API key; its service takes a CRN token for it"};
        auto const again = owner.kind == identity_kind::service_id
                               ? service_id(owner.iam_id, owner.account, owner.service)
                               : user(owner.iam_id, owner.account);
        if (!again) return again.error();
        if (options.name.size() > name_bytes_max)
            return error{errc::out_of_range,
                         concat("the name of the API key has ", thousands(options.name.size()),
                                " bytes; at most ", thousands(name_bytes_max), " are allowed")};
        if (auto const at = cryptoperiod::detail::find_control_character(options.name);
            at != std::string_view::npos)
            return error{errc::malformed, concat("the name of the API key has a control character "
                                                 "at offset ",
                                                 std::to_string(at), "; remove it")};
        if (options.expires_ms <= now())
            return error{errc::out_of_range, "the API key would have expired; give a later moment"};
        return {};
    }
    [[nodiscard]] result<loaded> load(std::string_view id) const {
        auto const none = [] { return error{errc::api_key_not_found, "there is no such API key"}; };
        // Whatever is not an id is not looked up: it may be an API key, pasted in the wrong place.
        if (id.size() != id_characters || !from_base64url(id)) return none();
        CRYPTOPERIOD_TRY(auto found, records_.load(place_of(id)));
        if (!found) return none();
        return *std::move(found);
    }
    template <class Event>
    [[nodiscard]] result<void> change(std::string_view id, Event const& event) {
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto found, load(id));
            CRYPTOPERIOD_TRY(auto machine, found.record.machine());
            if (auto done = machine.send(event); !done) return done;
            if (machine.template is<api_key::deleted>())
                return records_.erase(place_of(id), found.version);
            found.record.keep(machine);
            auto const saved = records_.save(place_of(id), found.record, found.version);
            return saved ? result<void>() : result<void>(saved.error());
        });
    }

    records records_;
    crypto::secret_array<32> pepper_;
    Clock const* clock_;
};

}  // namespace cryptoperiod::iam
