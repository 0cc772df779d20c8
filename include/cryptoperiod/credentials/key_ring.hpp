/// @file key_ring.hpp
/// The live credential sets of one app with their secrets, oldest first: what signs and what
/// signatures are verified with. Whether a set is accepted is decided by its table
/// (credential_set.hpp), and each accepted signature is a use of it. Source: seed "Managing
/// Channels keys in mobile apps"; docs.bird.com/pusher/channels.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::credentials {

using set_machine = fsm::compact_machine<credential_set>;

/// One set: its public name, its secret, its life.
class signing_set {
public:
    static constexpr std::size_t key_bytes_max = 128;
    static constexpr std::size_t secret_bytes_max = 1024;

    /// Whether a set may have this key and a secret of that length. Errors: missing (an empty key
    /// or secret), out_of_range (longer than key_bytes_max or secret_bytes_max), malformed (a key
    /// of other characters than letters, digits, '-', '_').
    [[nodiscard]] static result<void> check(std::string_view key, std::size_t secret_size) {
        if (key.empty() || secret_size == 0)
            return error{errc::missing, "a credential set has a key and a secret; give both"};
        if (key.size() > key_bytes_max || secret_size > secret_bytes_max)
            return error{errc::out_of_range, "a key has at most 128 bytes, a secret at most 1024"};
        if (!std::ranges::all_of(key, is_of_a_key))
            return error{errc::malformed,
                         "a key has letters, digits, '-' and '_' only; this one has others"};
        return {};
    }
    /// Errors: those of check.
    [[nodiscard]] static result<signing_set> make(std::string_view key, secret_bytes secret) {
        if (auto good = check(key, secret.size()); !good) return std::move(good).error();
        return signing_set(key, std::move(secret));
    }

    [[nodiscard]] std::string const& key() const noexcept { return key_; }
    [[nodiscard]] set_machine const& life() const noexcept { return life_; }
    /// For who delivers it.
    [[nodiscard]] secret_bytes const& secret() const noexcept { return secret_; }

    /// HMAC-SHA256 of the parts in lower-case hex, keyed with the bytes of the secret.
    [[nodiscard]] std::string sign(crypto::parts_view parts) const {
        return to_hex(crypto::hmac<crypto::sha256>(secret_.expose()).compute(parts));
    }
    /// Whether `signature` is that of the parts, compared in constant time. Errors: malformed (not
    /// 64 hex digits), signature_mismatch.
    [[nodiscard]] result<void> verify(crypto::parts_view parts, std::string_view signature) const {
        if (signature.size() != 64)
            return error{errc::malformed,
                         "a signature has 64 hex digits, not " + std::to_string(signature.size())};
        CRYPTOPERIOD_TRY(auto const code, from_hex(signature));
        crypto::hmac<crypto::sha256> mac(secret_.expose());
        if (mac.verify(parts, std::span(code).first<32>())) return {};
        return error{errc::signature_mismatch,
                     concat("the signature is not that of this text under the secret of '", key_,
                            "'; compare what was signed, byte by byte")};
    }

    /// None: what an archive reads into.
    signing_set() = default;
    template <class Archive>
    void serialize(Archive& archive) {
        std::string state(life_.state_name());  // outlives changes of the table
        auto& record = life_.context();
        archive(key_, secret_, state, record.compromised_ms, record.last_use_ms, record.uses,
                record.devices_left, record.stranded, record.quiet_ms);
        fsm::snapshot const written{.machine = std::string(credential_set::name), .state = state};
        auto const found = fsm::restore<credential_set>(written);
        is_sound_ = found.has_value();
        if (found) life_.set_state(found->state);
    }

private:
    friend class key_ring;
    signing_set(std::string_view key, secret_bytes secret)
        : key_(key), secret_(std::move(secret)) {}

    [[nodiscard]] static bool is_of_a_key(char c) noexcept {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    }

    std::string key_;
    secret_bytes secret_;
    set_machine life_;
    bool is_sound_ = true;  // the state that was stored is one of the table
};

/// The sets that exist, in the order of their making: a record of store/record.hpp, with the
/// secrets. Belongs to one thread.
class key_ring {
public:
    static constexpr std::string_view schema = "cryptoperiod key ring";
    static constexpr std::uint32_t schema_version = 1;
    /// *Assumption*: a rotation needs two; nobody needs more at once.
    static constexpr std::size_t sets_max = 16;

    /// Adds a set, staged: `send(key, activate{})` puts it to work. Errors: those of
    /// signing_set::make; inconsistent (there is a set of that key), out_of_range (sets_max).
    [[nodiscard]] result<void> add(std::string_view key, secret_bytes secret) {
        CRYPTOPERIOD_TRY(auto set, signing_set::make(key, std::move(secret)));
        if (find(key) != nullptr)
            return error{errc::inconsistent, concat("there is a set '", key, "' already")};
        if (sets_.size() == sets_max)
            return error{errc::out_of_range,
                         "there are 16 sets already; delete one that nobody uses"};
        sets_.push_back(std::move(set));
        return {};
    }

    /// Runs an event of the table on a set. A set that it deletes is forgotten, its secret wiped.
    /// Errors: credential_unknown; those of the table, and nothing has changed.
    template <class Event>
    [[nodiscard]] result<void> send(std::string_view key, Event const& event) {
        auto const at = place_of(key);
        if (at == sets_.end()) return unknown(key);
        if (auto done = at->life_.send(event); !done) return done;
        if (at->life_.template is<deleted>()) sets_.erase(at);
        return {};
    }

    /// The set of that key, or null.
    [[nodiscard]] signing_set const* find(std::string_view key) const noexcept {
        for (auto const& set : sets_)
            if (set.key_ == key) return &set;
        return nullptr;
    }

    /// The set of a key that somebody has presented. The pointer is valid until the ring changes.
    /// Errors: credential_unknown (there is none, or it was deleted), credential_rejected (its
    /// table does not let anybody in).
    [[nodiscard]] result<signing_set const*> accepted(std::string_view key) const {
        auto const* const set = find(key);
        if (set == nullptr) return unknown(key);
        if (!set->life_.accepts(present{}))
            return error{errc::credential_rejected,
                         concat("the credential set '", key, "' is ", set->life_.state_name(),
                                "; activate it")};
        return set;
    }

    /// What webhooks are signed with: the oldest set that is accepted, also when it is no longer
    /// handed out. Deleting it changes the signing key of all webhooks. Errors: no_live_credential.
    /// Source: pusher/docs, server_api/webhooks.md.
    [[nodiscard]] result<signing_set const*> oldest() const {
        for (auto const& set : sets_)
            if (set.life_.accepts(present{})) return &set;
        return none_live();
    }
    /// What requests are signed with: the newest set that is handed out. Errors:
    /// no_live_credential.
    [[nodiscard]] result<signing_set const*> newest() const {
        for (auto set = sets_.rbegin(); set != sets_.rend(); ++set)
            if (set->life_.is<active>()) return &*set;
        return none_live();
    }

    /// The sets, oldest first.
    [[nodiscard]] std::vector<signing_set> const& sets() const noexcept { return sets_; }

    /// Whether stored bytes are a ring. Errors: malformed.
    [[nodiscard]] result<void> validate() const {
        bool sound = sets_.size() <= sets_max;
        for (auto const& set : sets_)
            sound = sound && set.is_sound_ && find(set.key_) == &set &&
                    signing_set::check(set.key_, set.secret_.size());
        if (sound) return {};
        return error{errc::malformed, "the sets are too many, of one key or in no known state"};
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(sets_);
    }

private:
    [[nodiscard]] std::vector<signing_set>::iterator place_of(std::string_view key) noexcept {
        return std::ranges::find(sets_, key, &signing_set::key_);
    }
    [[nodiscard]] static error unknown(std::string_view key) {
        // What a stranger presents is repeated only where it has the form of a key.
        bool const printable = !key.empty() && key.size() <= signing_set::key_bytes_max &&
                               std::ranges::all_of(key, signing_set::is_of_a_key);
        return {errc::credential_unknown,
                concat("there is no live credential set", printable ? " '" : "",
                       printable ? key : "", printable ? "'" : " of that key",
                       ": it was deleted, or belongs to another app or cluster")};
    }
    [[nodiscard]] static error none_live() {
        return {errc::no_live_credential,
                "there is no live credential set; create and activate one"};
    }

    std::vector<signing_set> sets_;
};

}  // namespace cryptoperiod::credentials
