/// @file usage_desk.hpp
/// The uses of credential sets, as the service sees them: noted in memory, merged into the store
/// now and then, so that several services on one store know of all.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/credentials/usage.hpp>
#include <cryptoperiod/service/loaded_instance.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::service {

/// Where the uses of an instance lie.
[[nodiscard]] inline std::string usage_prefix_of(application_id const& app) {
    return concat("push/usage/", app.str(), "/");
}

/// What the uses of a clientSecret are kept under, beside those of credential sets, whose keys have
/// no '.'.
[[nodiscard]] inline std::string usage_name_of(std::uint32_t client_secret) {
    return concat("clientSecret.", std::to_string(client_secret));
}

/// What the uses of a set are kept under that nobody has proven.
[[nodiscard]] inline std::string unproven_name_of(std::string_view credential_set) {
    return concat(credential_set, ".unproven");
}

/// How much memory the uses take that have not been written yet, unless told, and the least that
/// can be told: all that one set may take.
inline constexpr std::size_t usage_bytes_default = std::size_t{64} << 20U;
inline constexpr std::size_t usage_bytes_min = std::size_t{1} << 20U;

/// Calls may come from any thread. Merging uses twice is the same as once, so they stay in memory
/// until they lie in the store, and are seen all the while. They never take more than `bytes_max`:
/// what has no room makes room, by writing the app that takes most. `Records`:
/// store::sealed_records of credentials::set_usage.
template <class Records>
class usage_desk {
public:
    usage_desk(Records records, std::size_t bytes_max)
        : records_(std::move(records)), bytes_max_(bytes_max) {}

    /// Never fails who is served: what cannot be noted is not.
    void note(loaded_instance const& at, credentials::use const& seen) {
        constexpr auto most =
            credentials::set_usage::growth_bytes_max + 2 * credentials::set_usage::node_bytes;
        std::unique_lock lock(mutex_);
        if (bytes_ + most > bytes_max_) {
            auto const largest = largest_app();
            lock.unlock();
            // A store that does not answer must not cost all memory.
            if (!largest || !flush(*largest)) return;
            lock.lock();
            if (bytes_ + most > bytes_max_) return;
        }
        auto const [log, made] =
            logs_.try_emplace(at.app, kept_log{credentials::usage_log(at.kept.usage_salt)});
        if (log->second.log.note(seen)) ++log->second.notes;
        count(log->second);
    }
    /// What is in memory takes so much, about.
    [[nodiscard]] std::size_t memory_bytes() const {
        std::scoped_lock const lock(mutex_);
        return bytes_;
    }
    /// Writes what is in memory. What cannot be written stays there. Errors: those of the store.
    [[nodiscard]] result<void> flush() {
        std::vector<application_id> apps;
        {
            std::scoped_lock const lock(mutex_);
            for (auto const& [app, log] : logs_) apps.push_back(app);
        }
        result<void> answer;
        for (auto const& app : apps)
            if (auto done = flush(app); !done) answer = done;
        return answer;
    }
    /// What this service and, up to their last flush, all others on the store know of a set.
    [[nodiscard]] result<credentials::usage_summary> summary(loaded_instance const& at,
                                                             std::string_view credential_set,
                                                             time_point since) {
        credentials::usage_log all(at.kept.usage_salt);
        if (auto const here = copy_of(at.app, credential_set))
            if (auto merged = all.merge(credential_set, *here); !merged)
                return std::move(merged).error();
        CRYPTOPERIOD_TRY(auto const stored, records_.load(place_of(at.app, credential_set)));
        if (stored)
            if (auto merged = all.merge(credential_set, stored->record); !merged)
                return std::move(merged).error();
        return all.summary(credential_set, since);
    }
    /// A set that was deleted.
    [[nodiscard]] result<void> forget(application_id const& app, std::string_view credential_set) {
        std::scoped_lock const one(writing_);
        {
            std::scoped_lock const lock(mutex_);
            if (auto const log = logs_.find(app); log != logs_.end()) {
                log->second.log.forget(credential_set);
                count(log->second);
            }
        }
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto const there, records_.read(place_of(app, credential_set)));
            return there ? records_.erase(there->key, there->version) : result<void>();
        });
    }
    /// All of an instance that is deleted; erased(name) for each that was in the store. Again after
    /// a failure: goes on.
    template <class Erased>
    [[nodiscard]] result<void> forget_all(application_id const& app, Erased const& erased) {
        std::scoped_lock const one(writing_);
        {
            std::scoped_lock const lock(mutex_);
            drop(app);
        }
        auto const prefix = usage_prefix_of(app);
        return records_.for_each_entry(prefix, [&](store::entry const& entry) -> result<void> {
            auto gone = records_.erase(entry.key, entry.version);
            if (gone) erased(std::string_view(entry.key).substr(prefix.size()));
            if (!gone && gone.error().code == errc::store_conflict) return {};
            return gone;
        });
    }

private:
    [[nodiscard]] static std::string place_of(application_id const& app,
                                              std::string_view credential_set) {
        return concat(usage_prefix_of(app), credential_set);
    }
    struct kept_log {
        credentials::usage_log log;
        std::uint64_t notes = 0;  ///< so far
        std::size_t bytes = 0;    ///< that were counted
    };
    struct kept_names {
        std::vector<std::string> sets;
        std::uint64_t notes = 0;
    };

    // With mutex_ held.
    void count(kept_log& log) {
        auto const now_is = log.log.memory_bytes();
        bytes_ += now_is - log.bytes;
        log.bytes = now_is;
    }
    void drop(application_id const& app) {
        auto const at = logs_.find(app);
        if (at == logs_.end()) return;
        bytes_ -= at->second.bytes;
        logs_.erase(at);
    }
    [[nodiscard]] std::optional<application_id> largest_app() const {
        auto const at =
            std::ranges::max_element(logs_, {}, [](auto const& one) { return one.second.bytes; });
        return at == logs_.end() ? std::nullopt : std::optional(at->first);
    }

    [[nodiscard]] std::optional<credentials::set_usage> copy_of(
        application_id const& app, std::string_view credential_set) const {
        std::scoped_lock const lock(mutex_);
        auto const at = logs_.find(app);
        if (at == logs_.end()) return std::nullopt;
        auto const& sets = at->second.log.sets();
        auto const set = sets.find(credential_set);
        return set == sets.end() ? std::nullopt : std::optional(set->second);
    }
    [[nodiscard]] kept_names names_of(application_id const& app) const {
        std::scoped_lock const lock(mutex_);
        kept_names out;
        auto const at = logs_.find(app);
        if (at == logs_.end()) return out;
        out.notes = at->second.notes;
        for (auto const& [name, usage] : at->second.log.sets()) out.sets.push_back(name);
        return out;
    }
    [[nodiscard]] result<void> flush(application_id const& app) {
        std::scoped_lock const one(writing_);
        auto const names = names_of(app);
        for (auto const& name : names.sets)
            if (auto const usage = copy_of(app, name))
                if (auto saved = merge_into_store(place_of(app, name), *usage); !saved)
                    return saved;
        std::scoped_lock const lock(mutex_);
        if (auto const at = logs_.find(app); at != logs_.end() && at->second.notes == names.notes)
            drop(app);
        return {};
    }
    [[nodiscard]] result<void> merge_into_store(std::string const& place,
                                                credentials::set_usage const& usage) {
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto found, records_.load(place));
            auto all = usage;
            if (found) all.merge(found->record);
            auto const saved = records_.save(place, all, found ? found->version : store::absent);
            return saved ? result<void>() : result<void>(saved.error());
        });
    }

    Records records_;
    std::size_t bytes_max_;
    std::mutex writing_;  // held while uses are written or forgotten, before mutex_
    mutable std::mutex mutex_;
    std::map<application_id, kept_log> logs_;
    std::size_t bytes_ = 0;
};

}  // namespace cryptoperiod::service
