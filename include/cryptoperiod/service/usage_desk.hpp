/// @file usage_desk.hpp
/// The uses of credential sets, as the service sees them: noted in memory, merged into the store
/// now and then, so that several services on one store know of all.
#pragma once

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

/// Calls may come from any thread. Merging uses twice is the same as once, so they stay in memory
/// until they lie in the store, and are seen all the while. `Records`: store::sealed_records of
/// credentials::set_usage.
template <class Records>
class usage_desk {
public:
    static constexpr std::size_t apps_max =
        64;  ///< kept in memory; one more is written for a new one

    explicit usage_desk(Records records) : records_(std::move(records)) {}

    /// Never fails who is served: what cannot be noted is not.
    void note(loaded_instance const& at, credentials::use const& seen) {
        std::unique_lock lock(mutex_);
        if (logs_.size() >= apps_max && !logs_.contains(at.app)) {
            auto const other = logs_.begin()->first;
            lock.unlock();
            if (!flush(other)) return;  // a store that does not answer must not cost all memory
            lock.lock();
        }
        auto const [log, made] =
            logs_.try_emplace(at.app, kept_log{credentials::usage_log(at.kept.usage_salt)});
        if (log->second.log.note(seen)) ++log->second.notes;
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
        if (auto const here = copy_of(at.app))
            if (auto merged = all.merge(here->log); !merged) return std::move(merged).error();
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
            if (auto const log = logs_.find(app); log != logs_.end())
                log->second.log.forget(credential_set);
        }
        return store::retry_on_conflict([&]() -> result<void> {
            CRYPTOPERIOD_TRY(auto const there, records_.read(place_of(app, credential_set)));
            return there ? records_.erase(there->key, there->version) : result<void>();
        });
    }
    /// All of an instance that is deleted. Again after a failure: goes on.
    [[nodiscard]] result<void> forget(application_id const& app) {
        std::scoped_lock const one(writing_);
        {
            std::scoped_lock const lock(mutex_);
            logs_.erase(app);
        }
        return records_.for_each_entry(usage_prefix_of(app),
                                       [&](store::entry const& entry) -> result<void> {
                                           auto gone = records_.erase(entry.key, entry.version);
                                           if (!gone && gone.error().code == errc::store_conflict)
                                               return {};
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
    };
    [[nodiscard]] std::optional<kept_log> copy_of(application_id const& app) const {
        std::scoped_lock const lock(mutex_);
        auto const at = logs_.find(app);
        return at == logs_.end() ? std::optional<kept_log>() : at->second;
    }
    [[nodiscard]] result<void> flush(application_id const& app) {
        std::scoped_lock const one(writing_);
        auto const copy = copy_of(app);
        if (!copy) return {};
        for (auto const& [name, usage] : copy->log.sets())
            if (auto saved = merge_into_store(place_of(app, name), usage); !saved) return saved;
        std::scoped_lock const lock(mutex_);
        if (auto const at = logs_.find(app); at != logs_.end() && at->second.notes == copy->notes)
            logs_.erase(at);
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
    std::mutex writing_;  // held while uses are written or forgotten, before mutex_
    mutable std::mutex mutex_;
    std::map<application_id, kept_log> logs_;
};

}  // namespace cryptoperiod::service
