/// @file vault.hpp
/// A customer's settings under the customer's own root key: seal, open, list, rewrap, shred. One
/// record per instance and platform, an envelope CPE1, in any store. Source: seed "Key Protect
/// integration" (encryption and decryption of platform settings).
#pragma once

#include <algorithm>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/envelope.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/verified_plaintext.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cryptoperiod/vault/data_key_cache.hpp>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cryptoperiod::vault {

/// An opened record. What parses the payload takes payload.view().
struct opened_record {
    crypto::verified_plaintext payload;
    std::uint64_t version = 0;  ///< 1, 2, ... each time the record is sealed anew
};

/// How far a rewrap has come. `cursor` goes on where it stopped; empty: at the end. What it saw is
/// then under the version that was the newest when it asked. A process that seals beside it does so
/// under the old version until its own cache is old (cache_limits::age_ms) or it has rewrapped,
/// too: acknowledge a rotation after one more complete rewrap once that time has passed.
struct rewrap_progress {
    std::uint64_t seen = 0, rewrapped = 0, current = 0, failed = 0;
    std::string cursor;
    bool finished = false;
    std::optional<error>
        last_failure;  ///< names the record: of those that failed, or why it stopped

    [[nodiscard]] bool is_complete() const noexcept { return finished && failed == 0; }
};

/// How a rewrap goes on.
struct rewrap_options {
    std::string cursor;                  ///< from an earlier rewrap; empty: from the start
    std::optional<crn> instance{};       ///< its records only; else all
    std::optional<kms::key_id> root{};   ///< the records under this key only; else all
    std::uint64_t calls_per_second = 0;  ///< of key management; 0: as fast as it answers
    /// Called after each record; false stops, and the cursor goes on from there.
    std::function<bool(rewrap_progress const&)> after_each;
    /// How it waits; for tests.
    std::function<void(milliseconds)> pause;
};

/// The vault asks key management with the token of its caller whenever it has no data key at hand.
/// Who holds the vault may open what its cache holds: to decide who may is the caller's part.
/// Safe from any thread, and for several processes on one store.
template <kms::key_management Kms, store::store Store, class Cache = data_key_cache<>,
          crypto::production_entropy Entropy = crypto::os_entropy,
          clock_source Clock = system_clock_source>
class vault {
public:
    using token = typename Kms::token;
    /// Longest payload of a record: with its envelope it is one value of the store.
    static constexpr std::size_t payload_bytes_max = store::value_bytes_max - 8192;

    /// Key management, store and clock are somebody else's and must outlive this object. `Cache` is
    /// a data_key_cache, which also says what is served in an outage, or what has its members.
    vault(Kms& kms, Store& store, Clock const&& clock, cache_limits limits = {},
          Entropy entropy = {}) = delete;  // the clock would be gone
    vault(Kms& kms, Store& store, Clock const& clock, cache_limits limits = {},
          Entropy entropy = {})
        : kms_(&kms),
          store_(&store),
          clock_(&clock),
          cache_(limits),
          entropy_(std::move(entropy)) {}

    /// Seals `payload` as the record of `platform` of `instance`, in the place of the last one.
    /// Returns its version; after shredding they begin at 1 again. `replaces`, when given, is the
    /// version that has to be there, 0 for none. Errors: malformed (the CRN, the platform, the root
    /// key id, what lies there), out_of_range (the payload), store_conflict (another version is
    /// there), those of key management, the entropy and the store.
    [[nodiscard]] result<std::uint64_t> seal(token const& who, kms::key_id const& root,
                                             crn const& instance, std::string_view platform,
                                             std::span<std::byte const> payload,
                                             std::optional<std::uint64_t> replaces = {}) {
        CRYPTOPERIOD_TRY(auto const context, crypto::record_context::make(instance, platform, 1));
        if (auto checked = crypto::check_root_key_id(root.str()); !checked)
            return std::move(checked).error();
        if (payload.size() > payload_bytes_max)
            return error{errc::out_of_range,
                         concat("the payload has ", thousands(payload.size()),
                                " bytes; a record holds at most ", thousands(payload_bytes_max))};
        auto const place = place_of(context);
        std::uint64_t version = 0;
        bool is_expected = true;
        auto const kept = store::retry_on_conflict([&]() -> result<std::uint64_t> {
            CRYPTOPERIOD_TRY(auto const before, store_->get(place));
            CRYPTOPERIOD_TRY(version, next_version(before, platform));
            is_expected = !replaces || version == *replaces + 1;
            if (!is_expected) return store::absent;  // for good, so it is not tried again
            CRYPTOPERIOD_TRY(auto const key, key_for_sealing(who, root, context, payload.size()));
            CRYPTOPERIOD_TRY(auto const envelope,
                             sealed(*key, context.at_version(version), payload));
            return store_->compare_and_swap(place, before ? before->version : store::absent,
                                            envelope);
        });
        if (!kept) return kept.error();
        if (is_expected) return version;
        return error{
            errc::store_conflict,
            concat("the record '", platform, "' is at version ", std::to_string(version - 1),
                   ", not ", std::to_string(*replaces), "; open it again before sealing")};
    }

    /// Opens the record of `platform` of `instance`, in version `at_least`. Who can write the store
    /// can put back an older record, which is as genuine as it was; a caller that remembers the
    /// version which `seal` or `open` gave it, and asks for that one at least, notices (and forgets
    /// it when the record is shredded). Errors: record_not_found, malformed, wrong_context (also:
    /// an older version), commitment_mismatch, authentication_failed (tell remote callers
    /// for_remote_caller), those of key management and the store.
    [[nodiscard]] result<opened_record> open(token const& who, crn const& instance,
                                             std::string_view platform,
                                             std::uint64_t at_least = 1) {
        CRYPTOPERIOD_TRY(auto const owner, crypto::record_context::make(instance, platform, 1));
        CRYPTOPERIOD_TRY(auto const found, store_->get(place_of(owner)));
        if (!found)
            return error{errc::record_not_found,
                         concat("the instance has no record '", platform, "'; seal one")};
        auto const parsed = crypto::parse_envelope(found->value);
        if (!parsed) return damaged(platform, parsed.error());
        auto const& envelope = *parsed;
        auto const context = owner.at_version(envelope.record_version);
        if (auto same = crypto::check_context(envelope, context); !same)
            return damaged(platform, same.error());
        if (envelope.record_version < at_least)
            return error{
                errc::wrong_context,
                concat("the record is version ", std::to_string(envelope.record_version), ", not ",
                       std::to_string(at_least), " or later: an older one was put back")};
        auto const asked = key_for_opening(who, context, envelope);
        if (!asked)
            return is_damage(asked.error()) ? damaged(platform, asked.error()) : asked.error();
        auto const& key = *asked;
        auto& cipher = cipher_of_this_thread();
        if (auto ready = cipher.rekey(key->id, key->key.expose(), envelope.wrapped); !ready)
            return std::move(ready).error();
        auto payload = crypto::verifier::open(cipher, envelope, context);
        cipher.clear();
        if (!payload) return damaged(platform, payload.error());
        return opened_record{*std::move(payload), envelope.record_version};
    }

    /// The platforms of `instance` that have a record, `after` a name, at most `limit`; fewer: that
    /// is all. Errors: malformed (the CRN), those of the store.
    [[nodiscard]] result<std::vector<std::string>> list(crn const& instance,
                                                        std::string_view after = {},
                                                        std::size_t limit = 1000) const {
        CRYPTOPERIOD_TRY(auto const prefix, checked_prefix_of(instance));
        auto cursor = after.empty() ? std::string() : concat(prefix, after);
        std::vector<std::string> names;
        while (names.size() < limit) {
            auto const rest = std::min(limit - names.size(), store::page_entries_max);
            CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, cursor, rest));
            for (auto const& entry : page.entries) names.push_back(entry.key.substr(prefix.size()));
            if (!page.next) break;
            cursor = *page.next;
        }
        return names;
    }

    /// Puts the data key of every record under the newest version of its root key; payloads are not
    /// touched. Can be stopped and gone on with, and repeated: what is current stays as it is.
    /// Records that fail by themselves are counted and left; where key management or the store do
    /// not answer, or refuse the caller, it stops before the record, for going on there. Errors:
    /// those of the store's list.
    [[nodiscard]] result<rewrap_progress> rewrap(token const& who,
                                                 rewrap_options const& options = {}) {
        rewrap_progress progress;
        progress.cursor = options.cursor;
        std::string prefix(all_records);
        if (options.instance) {
            CRYPTOPERIOD_TRY(prefix, checked_prefix_of(*options.instance));
        }
        std::map<std::string, std::uint32_t> newest;  // versions of root keys, as learned
        for (;;) {
            CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, progress.cursor, 100));
            for (auto const& entry : page.entries) {
                if (options.root && is_under_another(entry, *options.root)) {
                    progress.cursor = entry.key;
                    continue;
                }
                if (!rewrap_one(who, entry, newest, progress, options)) return progress;
                progress.cursor = entry.key;
                ++progress.seen;
                if (options.after_each && !options.after_each(progress)) return progress;
            }
            if (!page.next) break;
        }
        progress.finished = true;
        progress.cursor.clear();
        return progress;
    }

    /// Erases the records of `instance` (only of `platform` when it is given), and forgets their
    /// data keys. What other processes have in their caches opens nothing: the records are gone.
    /// Each record holds its wrapped data key, so a copy of the record that was made elsewhere
    /// lives as long as its root key: that one's deletion and purge ends all copies. `after_each`
    /// is told the platform of each. Returns how many there were. Errors: malformed (the CRN, the
    /// platform), those of the store.
    [[nodiscard]] result<std::uint64_t> shred(
        crn const& instance, std::optional<std::string_view> platform = {},
        std::function<void(std::string_view)> const& after_each = {}) {
        CRYPTOPERIOD_TRY(auto const prefix, checked_prefix_of(instance, platform.value_or("-")));
        std::uint64_t shredded = 0;
        std::string after;
        for (bool more = true; more;) {
            CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, after, 100));
            for (auto const& entry : page.entries) {
                after = entry.key;
                auto const name = std::string_view(entry.key).substr(prefix.size());
                if (platform && name != *platform) continue;
                if (auto gone = erase(entry.key); !gone) return std::move(gone).error();
                if (after_each) after_each(name);
                ++shredded;
            }
            more = page.next.has_value();
        }
        cache_.forget(platform ? concat(prefix, *platform) : prefix);
        return shredded;
    }

    /// Forgets every data key under this root key, at once: to be called when key management says
    /// that it was disabled or deleted.
    void revoke(kms::key_id const& root) { cache_.revoke(root.str()); }
    /// Forgets data keys that nobody may use any more: to be called now and then.
    void tend() { cache_.drop_expired(now()); }
    [[nodiscard]] std::size_t cached_keys() const { return cache_.size(); }

private:
    static constexpr std::string_view all_records = "vault/";

    [[nodiscard]] std::int64_t now() const noexcept {
        return clock_->now().time_since_epoch().count();
    }
    // A space is in no CRN and in no platform, so no two records share a place.
    [[nodiscard]] static std::string prefix_of(std::string_view instance) {
        return concat(all_records, instance, " ");
    }
    /// Errors: malformed (no instance, or no platform that a record can have).
    [[nodiscard]] static result<std::string> checked_prefix_of(crn const& instance,
                                                               std::string_view platform = "-") {
        CRYPTOPERIOD_TRY(auto const owner, crypto::record_context::make(instance, platform, 1));
        return prefix_of(owner.instance());
    }
    [[nodiscard]] static std::string place_of(crypto::record_context const& context) {
        return concat(prefix_of(context.instance()), context.platform());
    }
    [[nodiscard]] static crypto::envelope_cipher& cipher_of_this_thread() {
        thread_local crypto::envelope_cipher cipher;
        return cipher;
    }
    /// Whether key management would have given the key of what was sealed there.
    [[nodiscard]] static bool is_damage(error const& e) noexcept {
        return e.code == errc::authentication_failed || e.code == errc::ciphertext_refused;
    }
    /// What lies in the place is not what was sealed there; whoever asks did nothing wrong.
    [[nodiscard]] static error damaged(std::string_view platform, error const& e) {
        return {e.code,
                concat("the record '", platform,
                       "' is damaged or was altered; restore it from a copy (", e.detail, ")")};
    }
    [[nodiscard]] static result<std::uint64_t> next_version(
        std::optional<store::entry> const& before, std::string_view platform) {
        if (!before) return 1U;
        auto const old = crypto::parse_envelope(before->value);
        if (!old || old->record_version == std::numeric_limits<std::uint64_t>::max())
            return error{errc::malformed, concat("what lies in the place of '", platform,
                                                 "' is damaged; shred it, then seal")};
        return old->record_version + 1;
    }
    [[nodiscard]] result<void> erase(std::string const& place) {
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto const entry, store_->get(place));
            return entry ? store_->compare_and_erase(place, entry->version) : result<void>();
        });
    }

    // ---- data keys ------------------------------------------------------------------------------

    [[nodiscard]] result<shared_data_key> key_for_sealing(token const& who, kms::key_id const& root,
                                                          crypto::record_context const& context,
                                                          std::size_t bytes) {
        auto const partition = concat(place_of(context), " ", root.str());
        if (auto key = cache_.for_sealing(partition, bytes, now())) return key;
        auto key = std::make_shared<data_key_in_use>();
        key->since_ms = now();
        auto const forgettings = cache_.forgettings();
        CRYPTOPERIOD_TRY(key->id, crypto::random_bytes<16>(entropy_));
        auto fresh = kms_->wrap_new(who, root, crypto::wrap_aad(context, root.str(), key->id));
        if (!fresh) return forgotten_if_revoked(root.str(), std::move(fresh).error());
        if (fresh->plaintext.size() != key->key.bytes)
            return error{errc::key_refused, "key management made a data key that has not 32 bytes"};
        key->key =
            crypto::secret_array<32>::copy_of(fresh->plaintext.expose().template first<32>());
        key->root_id = root.str();
        key->root_version = fresh->wrapped.version;
        key->wrapped = std::move(fresh->wrapped.bytes);
        cache_.keep_for_sealing(partition, key, bytes, forgettings);
        return shared_data_key(std::move(key));
    }
    [[nodiscard]] result<std::vector<std::byte>> sealed(data_key_in_use const& key,
                                                        crypto::record_context const& context,
                                                        std::span<std::byte const> payload) {
        auto& cipher = cipher_of_this_thread();
        if (auto ready = cipher.rekey(key.id, key.key.expose(), key.as_wrapped()); !ready)
            return std::move(ready).error();
        auto envelope = cipher.seal(entropy_, context, payload);
        cipher.clear();
        return envelope;
    }
    [[nodiscard]] result<shared_data_key> key_for_opening(token const& who,
                                                          crypto::record_context const& context,
                                                          crypto::envelope_view const& envelope) {
        // The place, then what only this wrapped key has: a key never serves another record.
        auto name = concat(place_of(context), " ");
        for (auto const part : {crypto::bytes_view(envelope.key_id), envelope.outer})
            name.append(reinterpret_cast<char const*>(part.data()), part.size());
        if (auto key = cache_.for_opening(name, now())) return key;
        CRYPTOPERIOD_TRY(auto const root, kms::key_id::parse(envelope.wrapped.root.id));
        auto key = std::make_shared<data_key_in_use>();
        key->since_ms = now();
        auto const forgettings = cache_.forgettings();
        auto unwrapped = kms_->unwrap(who, root, envelope.wrapped.bytes,
                                      crypto::wrap_aad(context, root.str(), envelope.key_id));
        if (!unwrapped) {
            if (unwrapped.error().code == errc::kms_unavailable)
                if (auto old = cache_.for_opening_in_outage(name, now())) return old;
            return forgotten_if_revoked(root.str(), std::move(unwrapped).error());
        }
        // The outer block is nobody's associated data: what it says beside the wrapped key is
        // compared with what key management found.
        if (unwrapped->version != envelope.wrapped.root.version ||
            envelope.wrapped.algorithm != crypto::wrap_algorithm::opaque)
            return error{
                errc::authentication_failed,
                "the record names another version of the root key than wraps its data key, or "
                "another way to wrap"};
        if (unwrapped->plaintext.size() != 32)
            return error{errc::key_refused, "the record's data key has not 32 bytes"};
        std::ranges::copy(envelope.key_id, key->id.begin());
        key->key =
            crypto::secret_array<32>::copy_of(unwrapped->plaintext.expose().template first<32>());
        key->root_id = root.str();
        key->root_version = envelope.wrapped.root.version;
        cache_.keep_for_opening(name, key, forgettings);
        return shared_data_key(std::move(key));
    }
    /// A root key that does nothing any more takes its data keys with it.
    [[nodiscard]] error forgotten_if_revoked(std::string_view root, error refusal) {
        switch (refusal.code) {
            case errc::key_disabled:
            case errc::key_destroyed:
            case errc::key_deleted:
            case errc::key_not_found:
                cache_.revoke(root);
                break;
            default:
                break;
        }
        return refusal;
    }

    // ---- rewrap ---------------------------------------------------------------------------------

    /// What is damaged may be under any key.
    [[nodiscard]] static bool is_under_another(store::entry const& entry, kms::key_id const& root) {
        auto const envelope = crypto::parse_envelope(entry.value);
        return envelope && envelope->wrapped.root.id != root.str();
    }
    /// Whether to go on with the next.
    [[nodiscard]] bool rewrap_one(token const& who, store::entry const& entry,
                                  std::map<std::string, std::uint32_t>& newest,
                                  rewrap_progress& progress, rewrap_options const& options) {
        auto const done = rewrapped(who, entry, newest, options);
        if (done) {
            ++(*done ? progress.rewrapped : progress.current);
            return true;
        }
        auto const code = done.error().code;
        progress.last_failure =
            error{code, concat("the record '", entry.key.substr(all_records.size()),
                               "': ", done.error().detail)};
        if (code == errc::unauthorized || kms::advice_after(code) == kms::retry_advice::later)
            return false;
        ++progress.failed;
        return true;
    }
    /// Whether the record was changed.
    [[nodiscard]] result<bool> rewrapped(token const& who, store::entry const& listed,
                                         std::map<std::string, std::uint32_t>& newest,
                                         rewrap_options const& options) {
        std::optional<store::entry> there = listed;
        return store::retry_on_conflict([&]() -> result<bool> {
            if (!there) {
                CRYPTOPERIOD_TRY(there, store_->get(listed.key));
            }
            if (!there) return false;  // shredded meanwhile
            auto const entry = *std::exchange(there, std::nullopt);
            CRYPTOPERIOD_TRY(auto const envelope, crypto::parse_envelope(entry.value));
            auto const& root = envelope.wrapped.root;
            auto const known = newest.find(std::string(root.id));
            if (known != newest.end() && root.version >= known->second) return false;
            CRYPTOPERIOD_TRY(auto const instance, parse_crn(envelope.instance));
            CRYPTOPERIOD_TRY(
                auto const context,
                crypto::record_context::make(instance, envelope.platform, envelope.record_version));
            CRYPTOPERIOD_TRY(auto const id, kms::key_id::parse(root.id));
            wait_for_turn(options);
            CRYPTOPERIOD_TRY(auto const fresh,
                             kms_->rewrap(who, id, envelope.wrapped.bytes,
                                          crypto::wrap_aad(context, root.id, envelope.key_id)));
            if (auto& learned = newest[std::string(root.id)]; learned != fresh.wrapped.version) {
                learned = fresh.wrapped.version;
                cache_.outdate(root.id, learned);
            }
            if (fresh.wrapped.version == root.version) return false;
            CRYPTOPERIOD_TRY(auto const changed,
                             crypto::rewrap(entry.value, {{root.id, fresh.wrapped.version},
                                                          envelope.wrapped.algorithm,
                                                          fresh.wrapped.bytes}));
            auto const kept = store_->compare_and_swap(entry.key, entry.version, changed);
            return kept ? result<bool>(true) : result<bool>(kept.error());
        });
    }
    static void wait_for_turn(rewrap_options const& options) {
        if (options.calls_per_second == 0) return;
        milliseconds const turn{1000 / options.calls_per_second + 1};
        if (options.pause)
            options.pause(turn);
        else
            std::this_thread::sleep_for(turn);
    }

    Kms* kms_;
    Store* store_;
    Clock const* clock_;
    Cache cache_;
    [[no_unique_address]] Entropy entropy_;
};

}  // namespace cryptoperiod::vault
