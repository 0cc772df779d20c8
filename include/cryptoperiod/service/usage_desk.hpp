/// @file usage_desk.hpp
/// The uses of credential sets, as the service sees them: noted in memory, merged into the store
/// now and then, so that several services on one store know of all.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/credentials/usage.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::service {

/// Where the uses of an instance lie.
[[nodiscard]] inline std::string usage_prefix_of(application_id const& app) {
    return concat("push/usage/", app.str(), "/");
}

/// Calls may come from any thread. At most apps_max apps are kept in memory; then all are written.
template <class Context>
class usage_desk {
public:
    static constexpr std::size_t apps_max = 256;

    explicit usage_desk(Context& c)
        : c_(&c), records_(c.template records_of<credentials::set_usage>()) {}

    /// Errors: those of usage_log::note; of `flush`, when it is time to write.
    [[nodiscard]] result<void> note(loaded_instance const& at, credentials::use const& seen) {
        bool is_full = false;
        {
            std::scoped_lock const lock(mutex_);
            auto const [log, made] = logs_.try_emplace(at.app, at.kept.usage_salt);
            if (auto noted = log->second.note(seen); !noted) return noted;
            is_full = made && logs_.size() > apps_max;
        }
        return is_full ? flush() : result<void>();
    }
    /// Writes what is in memory. What cannot be written stays there. Errors: those of the store.
    [[nodiscard]] result<void> flush() {
        std::map<application_id, credentials::usage_log> logs;
        {
            std::scoped_lock const lock(mutex_);
            logs.swap(logs_);
        }
        result<void> answer;
        for (auto& [app, log] : logs) {
            auto done = write(app, log);
            if (done) continue;
            answer = done;
            std::scoped_lock const lock(mutex_);
            auto const [there, made] = logs_.try_emplace(app, log);
            if (!made) static_cast<void>(there->second.merge(log));  // salts are equal
        }
        return answer;
    }
    /// What all services on the store know of a set, up to their last flush.
    [[nodiscard]] result<credentials::usage_summary> summary(loaded_instance const& at,
                                                             std::string_view credential_set,
                                                             time_point since) {
        if (auto written = flush(); !written) return std::move(written).error();
        credentials::usage_log all(at.kept.usage_salt);
        CRYPTOPERIOD_TRY(auto const stored, records_.load(place_of(at.app, credential_set)));
        if (stored)
            if (auto merged = all.merge(credential_set, stored->record); !merged)
                return std::move(merged).error();
        return all.summary(credential_set, since);
    }
    /// A set that was deleted.
    [[nodiscard]] result<void> forget(application_id const& app, std::string_view credential_set) {
        {
            std::scoped_lock const lock(mutex_);
            if (auto const log = logs_.find(app); log != logs_.end())
                log->second.forget(credential_set);
        }
        CRYPTOPERIOD_TRY(auto const there, records_.read(place_of(app, credential_set)));
        return there ? records_.erase(there->key, there->version) : result<void>();
    }

private:
    [[nodiscard]] static std::string place_of(application_id const& app,
                                              std::string_view credential_set) {
        return concat(usage_prefix_of(app), credential_set);
    }
    [[nodiscard]] result<void> write(application_id const& app, credentials::usage_log& log) {
        while (!log.sets().empty()) {
            auto const& [name, usage] = *log.sets().begin();
            if (auto saved = merge_into_store(place_of(app, name), usage); !saved) return saved;
            log.forget(std::string(name));
        }
        return {};
    }
    [[nodiscard]] result<void> merge_into_store(std::string const& place,
                                                credentials::set_usage const& usage) {
        for (int attempt = 0;; ++attempt) {
            CRYPTOPERIOD_TRY(auto found, records_.load(place));
            auto all = usage;
            if (found) all.merge(found->record);
            auto const saved = records_.save(place, all, found ? found->version : store::absent);
            if (saved) return {};
            if (saved.error().code != errc::store_conflict || attempt == Context::attempts_max)
                return saved.error();
        }
    }

    Context* c_;
    typename Context::template records<credentials::set_usage> records_;
    std::mutex mutex_;
    std::map<application_id, credentials::usage_log> logs_;
};

}  // namespace cryptoperiod::service
