/// @file sealed_records.hpp
/// Records of one kind in any store, sealed under one key: nobody who reaches the store reads one,
/// changes it or puts one in the place of another.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/crypto/verified_plaintext.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::store {

/// A record as it was read, and its version in the store.
template <recordable Record>
struct versioned_record {
    Record record;
    std::uint64_t version = absent;
};

/// Values are nonce 24 | ciphertext | tag 16, XAES-256-GCM, bound to their place and to `bound`.
/// Calls may come from any thread and any process that shares the store. Errors of every call:
/// those of the store; store_corrupt (another key, altered, of another place), record_corrupt.
template <recordable Record, store Store, crypto::production_entropy Entropy>
class sealed_records {
public:
    using key_type = crypto::secret_array<crypto::xaes_256_gcm::key_bytes>;

    /// The store is somebody else's and must outlive this object, as must the text of `bound`.
    sealed_records(Store& store, key_type key, Entropy entropy, std::string_view bound = {})
        : store_(&store), key_(std::move(key)), entropy_(std::move(entropy)), bound_(bound) {}

    /// None when there is none.
    [[nodiscard]] result<std::optional<versioned_record<Record>>> load(
        std::string_view place) const {
        CRYPTOPERIOD_TRY(auto const found, read(place));
        std::optional<versioned_record<Record>> out;
        if (!found) return out;
        CRYPTOPERIOD_TRY(auto record, open(*found));
        out = versioned_record<Record>{std::move(record), found->version};
        return out;
    }
    /// The new version. Errors: store_conflict (somebody else was quicker), those of encode and of
    /// the entropy.
    [[nodiscard]] result<std::uint64_t> save(std::string_view place, Record const& record,
                                             std::uint64_t expected) {
        CRYPTOPERIOD_TRY(auto const value, sealed(record, place));
        return store_->compare_and_swap(place, expected, value);
    }
    /// For ever. Errors: store_conflict.
    [[nodiscard]] result<void> erase(std::string_view place, std::uint64_t expected) {
        return store_->compare_and_erase(place, expected);
    }

    /// The entry as it lies there, to be opened when its version is new to the reader.
    [[nodiscard]] result<std::optional<entry>> read(std::string_view place) const {
        return store_->get(place);
    }
    [[nodiscard]] result<Record> open(entry const& from) const {
        auto const refused = [&] {
            return error{
                errc::store_corrupt,
                concat("the record '", std::string_view(Record::schema), "' at '", from.key,
                       "' does not open: another key has sealed it, or it was altered; "
                       "give the right key")};
        };
        std::span<std::byte const> const value(from.value);
        if (value.size() < nonce_bytes + tag_bytes) return refused();
        crypto::xaes_256_gcm cipher(key_.expose());
        auto const bound = bound_to(from.key);
        auto const body = value.subspan(nonce_bytes, value.size() - nonce_bytes - tag_bytes);
        auto const plain =
            crypto::verifier::open(cipher, value.template first<nonce_bytes>(), bytes_of(bound),
                                   body, value.template last<tag_bytes>());
        if (!plain) return refused();
        return decode<Record>(plain->view());
    }
    /// Entries as they lie there, as the store lists them.
    [[nodiscard]] result<store::page> list(std::string_view prefix, std::string_view after,
                                           std::size_t limit) const {
        return store_->list(prefix, after, limit);
    }
    /// visit(entry) -> result<void>, entry by entry, up to the first error.
    template <class Visit>
    [[nodiscard]] result<void> for_each_entry(std::string_view prefix, Visit const& visit) const {
        std::string after;
        for (;;) {
            CRYPTOPERIOD_TRY(auto const found, store_->list(prefix, after, page_entries_max));
            for (auto const& one : found.entries)
                if (auto done = visit(one); !done) return done;
            if (!found.next) return {};
            after = *found.next;
        }
    }
    /// Whether the key is the one that seals the records below `prefix`; so where there is none.
    /// Errors: store_corrupt (no record that was looked at opens).
    [[nodiscard]] result<void> check_key(std::string_view prefix) const {
        constexpr std::size_t enough = 16;  // one damaged record is no wrong key
        CRYPTOPERIOD_TRY(auto const found, store_->list(prefix, "", enough));
        result<void> answer;
        for (auto const& one : found.entries) {
            auto const opened = open(one);
            if (opened) return {};
            answer = opened.error();
        }
        return answer;
    }
    /// Seals the records below `prefix` under `next`, which is the key from then on. Again after a
    /// failure: goes on. Returns how many records there are. No other call may run meanwhile in
    /// this object. Errors: of the first record that neither key opens.
    [[nodiscard]] result<std::uint64_t> change_key(std::string_view prefix, key_type next) {
        sealed_records with_next(*store_, std::move(next), entropy_, bound_);
        std::uint64_t records = 0;
        auto done = for_each_entry(prefix, [&](entry const& one) {
            ++records;
            return reseal(one, with_next);
        });
        if (!done) return std::move(done).error();
        key_ = std::move(with_next.key_);
        return records;
    }
    [[nodiscard]] Entropy& entropy() noexcept { return entropy_; }

private:
    [[nodiscard]] result<void> reseal(entry const& listed, sealed_records& with_next) {
        std::optional<entry> one = listed;
        return retry_on_conflict([&]() -> result<void> {
            if (!one) {
                CRYPTOPERIOD_TRY(one, read(listed.key));
            }
            if (!one) return {};  // erased meanwhile
            auto const now_is = *std::exchange(one, std::nullopt);
            if (with_next.open(now_is)) return {};
            CRYPTOPERIOD_TRY(auto const record, open(now_is));
            auto const saved = with_next.save(now_is.key, record, now_is.version);
            return saved ? result<void>() : result<void>(saved.error());
        });
    }

    static constexpr std::size_t nonce_bytes = crypto::xaes_256_gcm::nonce_bytes;
    static constexpr std::size_t tag_bytes = crypto::xaes_256_gcm::tag_bytes;

    [[nodiscard]] std::string bound_to(std::string_view place) const {
        return concat(place, bound_);
    }
    [[nodiscard]] result<std::vector<std::byte>> sealed(Record const& record,
                                                        std::string_view place) {
        CRYPTOPERIOD_TRY(auto const plain, encode(record));
        std::vector<std::byte> out(nonce_bytes + plain.size() + tag_bytes);
        std::span<std::byte> const all(out);
        crypto::xaes_256_gcm cipher(key_.expose());
        auto const bound = bound_to(place);
        auto done = cipher.seal_with_random_nonce(
            entropy_, bytes_of(bound), plain.expose(), all.subspan(nonce_bytes, plain.size()),
            all.template first<nonce_bytes>(), all.template last<tag_bytes>());
        if (!done) return std::move(done).error();
        return out;
    }

    Store* store_;
    key_type key_;
    [[no_unique_address]] Entropy entropy_;
    std::string_view bound_;
};

}  // namespace cryptoperiod::store
