/// @file key_books.hpp
/// What a key-management service remembers of its keys, in any store, sealed under a master key:
/// nobody who reaches the store reads it, changes it or puts one key in the place of another. Who
/// can write the store can put back what a key was before, whole: it is then disabled, or purged,
/// no longer. Keep the store from others' writing, and its backups no longer than a key must be
/// dead.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/verified_plaintext.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/kms/stored_key.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
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
    /// of the material.
    key_books(Store& store, master_key master, Entropy entropy, std::string_view kind)
        : store_(&store), master_(std::move(master)), entropy_(std::move(entropy)), kind_(kind) {}

    /// Errors: key_not_found.
    [[nodiscard]] result<loaded_key> load(key_id const& id) const {
        auto const place = place_of(id);
        CRYPTOPERIOD_TRY(auto const entry, store_->get(place));
        if (!entry) return error{errc::key_not_found, concat("there is no key '", id.str(), "'")};
        CRYPTOPERIOD_TRY(auto key, opened_state(entry->value, place));
        return loaded_key{std::move(key), entry->version};
    }
    [[nodiscard]] result<void> save(key_id const& id, stored_key const& key,
                                    std::uint64_t expected) {
        auto const place = place_of(id);
        CRYPTOPERIOD_TRY(auto const value, sealed_state(key, place));
        CRYPTOPERIOD_TRY(auto const version, store_->compare_and_swap(place, expected, value));
        static_cast<void>(version);
        return {};
    }
    /// For ever.
    [[nodiscard]] result<void> erase(key_id const& id, std::uint64_t expected) {
        return store_->compare_and_erase(place_of(id), expected);
    }
    /// Whether the master key is the one that seals what is there; so of books without a key.
    /// Errors: store_corrupt (no key that was looked at opens).
    [[nodiscard]] result<void> check_master() const {
        constexpr std::size_t enough = 16;  // one damaged key is no wrong master key
        CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, "", enough));
        result<void> answer;
        for (auto const& entry : page.entries) {
            auto const key = opened_state(entry.value, entry.key);
            if (key) return {};
            answer = key.error();
        }
        return answer;
    }
    /// Seals every key under `next`, which is the master key from then on. Again after a failure:
    /// goes on. Returns how many keys there are. Another process with the last master key is
    /// refused from now on (store_corrupt). Errors: of the first key that neither master key opens.
    [[nodiscard]] result<std::uint64_t> change_master(master_key next) {
        key_books with_next(*store_, std::move(next), entropy_, kind_);
        std::uint64_t keys = 0;
        std::string after;
        for (;;) {
            CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, after, store::page_entries_max));
            for (auto const& entry : page.entries) {
                if (auto done = reseal(entry, with_next); !done) return std::move(done).error();
                ++keys;
            }
            if (!page.next) break;
            after = *page.next;
        }
        master_ = std::move(with_next.master_);
        return keys;
    }
    /// The ids after `after`, in their order: at least one when there is one, at most `limit`.
    [[nodiscard]] result<std::vector<key_id>> list(std::string_view after,
                                                   std::size_t limit) const {
        CRYPTOPERIOD_TRY(auto const page,
                         store_->list(prefix, after.empty() ? std::string() : concat(prefix, after),
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
        std::string after;
        for (;;) {
            CRYPTOPERIOD_TRY(auto const page, store_->list(prefix, after, store::page_entries_max));
            for (auto const& entry : page.entries) {
                CRYPTOPERIOD_TRY(auto const id, key_id::parse(entry.key.substr(prefix.size())));
                auto key = opened_state(entry.value, entry.key);
                if (key)
                    visit(id, result<loaded_key>(loaded_key{*std::move(key), entry.version}));
                else
                    visit(id, result<loaded_key>(std::move(key).error()));
            }
            if (!page.next) return {};
            after = *page.next;
        }
    }
    [[nodiscard]] Entropy& entropy() noexcept { return entropy_; }

private:
    [[nodiscard]] result<void> reseal(store::entry entry, key_books& with_next) {
        for (int attempt = 0;; ++attempt) {
            if (with_next.opened_state(entry.value, entry.key)) return {};
            CRYPTOPERIOD_TRY(auto const key, opened_state(entry.value, entry.key));
            CRYPTOPERIOD_TRY(auto const value, with_next.sealed_state(key, entry.key));
            auto const saved = store_->compare_and_swap(entry.key, entry.version, value);
            if (saved) return {};
            if (saved.error().code != errc::store_conflict || attempt == attempts_max)
                return saved.error();
            CRYPTOPERIOD_TRY(auto const now_there, store_->get(entry.key));
            if (!now_there) return {};  // purged meanwhile
            entry = *now_there;
        }
    }

    static constexpr int attempts_max = 16;
    static constexpr std::size_t nonce_bytes = crypto::xaes_256_gcm::nonce_bytes;
    static constexpr std::size_t tag_bytes = crypto::xaes_256_gcm::tag_bytes;

    [[nodiscard]] static std::string place_of(key_id const& id) { return concat(prefix, id.str()); }

    /// Where a state lies and the kind of its material are bound to it.
    [[nodiscard]] std::string bound_to(std::string_view place) const {
        return concat(place, kind_);
    }
    /// nonce | ciphertext | tag under the master key.
    [[nodiscard]] result<std::vector<std::byte>> sealed_state(stored_key const& key,
                                                              std::string_view place) {
        CRYPTOPERIOD_TRY(auto const plain, store::encode(key));
        std::vector<std::byte> out(nonce_bytes + plain.size() + tag_bytes);
        std::span<std::byte> const all(out);
        crypto::xaes_256_gcm cipher(master_.expose());
        auto const bound = bound_to(place);
        auto done = cipher.seal_with_random_nonce(
            entropy_, bytes_of(bound), plain.expose(), all.subspan(nonce_bytes, plain.size()),
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
        auto const bound = bound_to(place);
        auto const body = value.subspan(nonce_bytes, value.size() - nonce_bytes - tag_bytes);
        auto const plain =
            crypto::verifier::open(cipher, value.template first<nonce_bytes>(), bytes_of(bound),
                                   body, value.template last<tag_bytes>());
        if (!plain) return refused();
        return store::decode<stored_key>(plain->view());
    }

    Store* store_;
    master_key master_;
    [[no_unique_address]] Entropy entropy_;
    std::string_view kind_;
};

}  // namespace cryptoperiod::kms
