/// @file memory_store.hpp
/// A store in memory: for tests, for the simulator, and for what may be lost.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::store {

/// Keeps the contract of `store`, as long as the object lives.
class memory_store {
public:
    static constexpr bool durable = false;

    /// Source: the concept `store`, here and below.
    [[nodiscard]] result<std::optional<entry>> get(std::string_view key) const {
        if (auto sound = detail::check_key(key); !sound) return std::move(sound).error();
        std::shared_lock const lock(mutex_);
        auto const found = records_.find(key);
        if (found == records_.end()) return std::optional<entry>{};
        return std::optional(entry_of(*found));
    }

    [[nodiscard]] result<page> list(std::string_view prefix, std::string_view after,
                                    std::size_t limit) const {
        if (auto sound = detail::check_list(prefix, after, limit); !sound)
            return std::move(sound).error();
        detail::page_builder builder(limit);
        std::shared_lock const lock(mutex_);
        auto at = after < prefix ? records_.lower_bound(prefix) : records_.upper_bound(after);
        for (; at != records_.end() && at->first.starts_with(prefix); ++at) {
            if (!builder.has_room()) break;
            builder.add(entry_of(*at));
        }
        return std::move(builder).take();
    }

    [[nodiscard]] result<std::uint64_t> compare_and_swap(std::string_view key,
                                                         std::uint64_t expected,
                                                         std::span<std::byte const> value) {
        if (auto sound = detail::check_write(key, value); !sound) return std::move(sound).error();
        std::vector<std::byte> copy(value.begin(), value.end());
        std::unique_lock const lock(mutex_);
        auto const found = records_.find(key);
        auto const version = found == records_.end() ? absent : found->second.version;
        if (version != expected) return detail::conflict(expected, version);
        if (found == records_.end())
            records_.emplace(key, versioned{last_version_ + 1, std::move(copy)});
        else
            found->second = {last_version_ + 1, std::move(copy)};
        return ++last_version_;
    }

    [[nodiscard]] result<void> compare_and_erase(std::string_view key, std::uint64_t expected) {
        if (auto sound = detail::check_key(key); !sound) return sound;
        if (expected == absent) return detail::nothing_to_erase();
        std::unique_lock const lock(mutex_);
        auto const found = records_.find(key);
        auto const version = found == records_.end() ? absent : found->second.version;
        if (version != expected) return detail::conflict(expected, version);
        records_.erase(found);
        return {};
    }

private:
    struct versioned {
        std::uint64_t version;
        std::vector<std::byte> value;
    };
    using records = std::map<std::string, versioned, std::less<>>;

    [[nodiscard]] static entry entry_of(records::value_type const& record) {
        return {record.first, record.second.version, record.second.value};
    }

    mutable std::shared_mutex mutex_;
    records records_;
    std::uint64_t last_version_ = absent;
};

static_assert(store<memory_store>);

}  // namespace cryptoperiod::store
