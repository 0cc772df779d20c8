/// @file key_books.hpp
/// What a key-management service remembers of its keys, in any store, sealed under a master key:
/// nobody who reaches the store reads it, changes it or puts one key in the place of another. Who
/// can write the store can put back what a key was before, whole: it is then disabled, or purged,
/// no longer. Keep the store from others' writing, and its backups no longer than a key must be
/// dead.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/kms/stored_key.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::kms {

/// A key as it was read, and the version of its record in the store.
struct loaded_key {
    stored_key key;
    std::uint64_t version = store::absent;
};

/// The books: one record a key. Calls may come from any thread and any process that shares the
/// store. Errors of every call: those of the store; store_corrupt (another master key, altered);
/// of save: store_conflict (somebody else was quicker).
template <store::store Store, crypto::production_entropy Entropy>
class key_books {
public:
    static constexpr std::string_view prefix = "kms/key/";  ///< of the keys in the store

    /// The store is somebody else's and must outlive this object, as must the text of `kind`, that
    /// of the material: it is bound to each record, as is its place.
    key_books(Store& store, master_key master, Entropy entropy, std::string_view kind)
        : records_(store, std::move(master), std::move(entropy), kind) {}

    /// Errors: key_not_found.
    [[nodiscard]] result<loaded_key> load(key_id const& id) const {
        CRYPTOPERIOD_TRY(auto found, records_.load(place_of(id)));
        if (!found) return error{errc::key_not_found, concat("there is no key '", id.str(), "'")};
        return loaded_key{std::move(found->record), found->version};
    }
    [[nodiscard]] result<void> save(key_id const& id, stored_key const& key,
                                    std::uint64_t expected) {
        CRYPTOPERIOD_TRY(auto const version, records_.save(place_of(id), key, expected));
        static_cast<void>(version);
        return {};
    }
    /// For ever.
    [[nodiscard]] result<void> erase(key_id const& id, std::uint64_t expected) {
        return records_.erase(place_of(id), expected);
    }
    /// Whether the master key is the one that seals what is there; so of books without a key.
    /// Errors: store_corrupt.
    [[nodiscard]] result<void> check_master() const { return records_.check_key(prefix); }
    /// Seals every key under `next`, which is the master key from then on. Again after a failure:
    /// goes on. Returns how many keys there are. Another process with the last master key is
    /// refused from now on (store_corrupt). Errors: of the first key that neither master key opens.
    [[nodiscard]] result<std::uint64_t> change_master(master_key next) {
        return records_.change_key(prefix, std::move(next));
    }
    /// The ids after `after`, in their order: at least one when there is one, at most `limit`.
    [[nodiscard]] result<std::vector<key_id>> list(std::string_view after,
                                                   std::size_t limit) const {
        CRYPTOPERIOD_TRY(
            auto const page,
            records_.list(prefix, after.empty() ? std::string() : concat(prefix, after),
                          std::min(limit, store::page_entries_max)));
        std::vector<key_id> ids;
        for (auto const& entry : page.entries) {
            CRYPTOPERIOD_TRY(auto id, key_id::parse(entry.key.substr(prefix.size())));
            ids.push_back(std::move(id));
        }
        return ids;
    }
    /// visit(id, result<loaded_key>), key by key. Errors: those of the store's list, and
    /// store_corrupt of a place that is no key's; what was visited was.
    template <class Visit>
    [[nodiscard]] result<void> for_each(Visit const& visit) {
        return records_.for_each_entry(prefix, [&](store::entry const& entry) -> result<void> {
            CRYPTOPERIOD_TRY(auto const id, key_id::parse(entry.key.substr(prefix.size())));
            auto key = records_.open(entry);
            if (key)
                visit(id, result<loaded_key>(loaded_key{*std::move(key), entry.version}));
            else
                visit(id, result<loaded_key>(std::move(key).error()));
            return {};
        });
    }
    [[nodiscard]] Entropy& entropy() noexcept { return records_.entropy(); }

private:
    [[nodiscard]] static std::string place_of(key_id const& id) { return concat(prefix, id.str()); }

    store::sealed_records<stored_key, Store, Entropy> records_;
};

}  // namespace cryptoperiod::kms
