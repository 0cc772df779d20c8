/// @file data_key_cache.hpp
/// Data keys in the clear, for as long as a policy allows: a call to key management costs forty to
/// a thousand times what a seal costs. Source: the caching materials manager of the AWS Encryption
/// SDK (limits in age, messages, bytes), tink-crypto/tink#662 (revocation).
#pragma once

#include <algorithm>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/crypto/envelope.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::vault {

/// In an outage of key management nothing opens whose data key is older than the cache allows.
struct fail_closed {
    static constexpr std::int64_t grace_ms = 0;
};
/// In an outage of key management records whose data key is in the cache open for so much longer.
/// Nothing is sealed with such a key, and a key that was disabled or deleted is no outage.
template <std::int64_t Seconds>
struct serve_stale {
    static_assert(Seconds > 0);
    static constexpr std::int64_t grace_ms = Seconds * 1000;
};

/// How long, how often and for how many bytes a data key is used.
struct cache_limits {
    std::int64_t age_ms = 5 * 60'000;
    std::uint64_t messages = std::uint64_t{1} << 20U;  ///< sealed under one data key
    std::uint64_t bytes = std::uint64_t{1} << 36U;     ///< sealed under one data key
    std::size_t entries = 1024;                        ///< kept, for each direction
};

/// A data key in the clear, and how its owner wraps it. Wiped when the last user lets it go.
struct data_key_in_use {
    crypto::data_key_id id{};
    crypto::secret_array<32> key;
    std::string root_id;
    std::uint32_t root_version = 0;
    std::vector<std::byte> wrapped;
    std::int64_t since_ms = 0;  ///< when key management gave it

    /// A view: valid as long as this object.
    [[nodiscard]] crypto::wrapped_data_key as_wrapped() const noexcept {
        return {{root_id, root_version}, crypto::wrap_algorithm::opaque, wrapped};
    }
};
using shared_data_key = std::shared_ptr<data_key_in_use const>;

/// Two separate memories, one for sealing and one for opening; safe from any thread. A key for
/// sealing is never used beyond its limits, whatever the outage. Who asks key management for a key
/// notes `forgettings` first and gives it with the key: a key from before a revocation is not kept.
template <class Outage = fail_closed>
class data_key_cache {
public:
    explicit data_key_cache(cache_limits limits = {}) : limits_(limits) {
        CRYPTOPERIOD_ASSERT(limits.age_ms >= 0 && limits.entries > 0);
    }
    data_key_cache(data_key_cache const&) = delete;
    data_key_cache& operator=(data_key_cache const&) = delete;

    /// How often something was revoked or forgotten.
    [[nodiscard]] std::uint64_t forgettings() const {
        std::scoped_lock const lock(mutex_);
        return forgettings_;
    }
    /// The key to seal one more message of `bytes` in `partition` with, and counts it; none when
    /// there is none within the limits.
    [[nodiscard]] shared_data_key for_sealing(std::string const& partition, std::uint64_t bytes,
                                              std::int64_t now_ms) {
        std::scoped_lock const lock(mutex_);
        auto const at = sealing_.find(partition);
        if (at == sealing_.end()) return nullptr;
        auto& e = at->second;
        if (age_of(e, now_ms) >= limits_.age_ms || e.messages >= limits_.messages ||
            bytes > limits_.bytes - std::min(limits_.bytes, e.bytes)) {
            sealing_.erase(at);
            return nullptr;
        }
        e.used = ++clock_;
        ++e.messages;
        e.bytes += bytes;
        return e.key;
    }
    /// Remembers a key that has just been made, and whose first message has `bytes`.
    void keep_for_sealing(std::string const& partition, shared_data_key key, std::uint64_t bytes,
                          std::uint64_t forgettings_before) {
        if (limits_.messages <= 1 || bytes >= limits_.bytes) return;
        keep(sealing_, partition, {std::move(key), 0, 1, bytes}, forgettings_before);
    }
    /// The key that opens what has this id and outer block.
    [[nodiscard]] shared_data_key for_opening(std::string const& name, std::int64_t now_ms) {
        return not_older(name, now_ms, limits_.age_ms);
    }
    /// The same while key management does not answer: for as much longer as `Outage` allows.
    [[nodiscard]] shared_data_key for_opening_in_outage(std::string const& name,
                                                        std::int64_t now_ms) {
        return not_older(name, now_ms, limits_.age_ms + Outage::grace_ms);
    }
    void keep_for_opening(std::string const& name, shared_data_key key,
                          std::uint64_t forgettings_before) {
        keep(opening_, name, {std::move(key), 0, 0, 0}, forgettings_before);
    }
    /// Forgets every key that this root key wraps, at once.
    void revoke(std::string_view root_id) {
        forget_if([&](std::string const&, entry const& e) { return e.key->root_id == root_id; });
    }
    /// Nothing is sealed any more under a version of this root key before `version`.
    void outdate(std::string_view root_id, std::uint32_t version) {
        std::scoped_lock const lock(mutex_);
        ++forgettings_;
        std::erase_if(sealing_, [&](auto const& e) {
            return e.second.key->root_id == root_id && e.second.key->root_version < version;
        });
    }
    /// Forgets the keys of what `name_prefix` names.
    void forget(std::string_view name_prefix) {
        forget_if([&](std::string const& name, entry const&) {
            return std::string_view(name).starts_with(name_prefix);
        });
    }
    /// Forgets what nobody may use any more.
    void drop_expired(std::int64_t now_ms) {
        std::scoped_lock const lock(mutex_);
        std::erase_if(sealing_,
                      [&](auto const& e) { return age_of(e.second, now_ms) >= limits_.age_ms; });
        std::erase_if(opening_, [&](auto const& e) {
            return age_of(e.second, now_ms) >= limits_.age_ms + Outage::grace_ms;
        });
    }
    /// How many keys are kept, of both directions.
    [[nodiscard]] std::size_t size() const {
        std::scoped_lock const lock(mutex_);
        return sealing_.size() + opening_.size();
    }

private:
    struct entry {
        shared_data_key key;
        std::uint64_t used = 0;
        std::uint64_t messages = 0, bytes = 0;
    };
    using memory = std::map<std::string, entry, std::less<>>;

    /// A clock that goes back makes a key old, not young.
    [[nodiscard]] static std::int64_t age_of(entry const& e, std::int64_t now_ms) noexcept {
        auto const age = now_ms - e.key->since_ms;
        return age < 0 ? std::numeric_limits<std::int64_t>::max() : age;
    }
    [[nodiscard]] shared_data_key not_older(std::string const& name, std::int64_t now_ms,
                                            std::int64_t age_ms) {
        std::scoped_lock const lock(mutex_);
        auto const at = opening_.find(name);
        if (at == opening_.end()) return nullptr;
        auto const age = age_of(at->second, now_ms);
        if (age >= limits_.age_ms + Outage::grace_ms) {
            opening_.erase(at);
            return nullptr;
        }
        if (age >= age_ms) return nullptr;
        at->second.used = ++clock_;
        return at->second.key;
    }
    void keep(memory& where, std::string const& name, entry e, std::uint64_t forgettings_before) {
        std::scoped_lock const lock(mutex_);
        if (limits_.age_ms == 0 || forgettings_ != forgettings_before) return;
        if (where.size() >= limits_.entries && !where.contains(name))
            where.erase(std::ranges::min_element(where, {},
                                                 [](auto const& one) { return one.second.used; }));
        e.used = ++clock_;
        where.insert_or_assign(name, std::move(e));
    }
    template <class Forgets>
    void forget_if(Forgets const& forgets) {
        std::scoped_lock const lock(mutex_);
        ++forgettings_;
        for (auto* where : {&sealing_, &opening_})
            std::erase_if(*where, [&](auto const& e) { return forgets(e.first, e.second); });
    }

    cache_limits limits_;
    mutable std::mutex mutex_;
    memory sealing_, opening_;
    std::uint64_t clock_ = 0, forgettings_ = 0;
};

}  // namespace cryptoperiod::vault
