/// @file policy.hpp
/// Where policies are kept and found. A policy never changes: it is added and removed, and each
/// account's policies for each service lie apart, so that a decision does not pay for the others.
#pragma once

#include <algorithm>
#include <concepts>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cryptoperiod::iam {

using shared_policy = std::shared_ptr<policy const>;
/// Policies in the order of their ids.
using policy_list = std::vector<shared_policy>;

/// A policy as it is kept.
struct revised_policy {
    shared_policy what;
    std::uint64_t revision = 0;  ///< grows with every change of the policies that it lies with
};

/// Where decisions find policies. All calls are atomic and may come from any thread.
///
///     concerning(request)  -> result<policy_list>: all that concern the request, by id
///     lookup(account, id)  -> result<revised_policy>; policy_not_found
///     list(account)        -> result<vector<revised_policy>> of the account that holds them, by id
///
/// Errors: those of the place where they are kept. A policy lives in the account of its resource.
template <class S>
concept policy_source = requires(S const& source, request const& r, std::string_view text) {
    { source.concerning(r) } -> std::same_as<result<policy_list>>;
    { source.lookup(text, text) } -> std::same_as<result<revised_policy>>;
    { source.list(text) } -> std::same_as<result<std::vector<revised_policy>>>;
};

/// A new id for a policy: 128 random bits. Errors: those of the entropy.
template <crypto::production_entropy Entropy>
[[nodiscard]] result<std::string> new_policy_id(Entropy&& source) {
    CRYPTOPERIOD_TRY(auto const bytes, crypto::random_bytes<16>(source));
    return to_hex(bytes);
}

/// The policies of one account for one service, by whom they are for. For one thread.
class policy_shelf {
public:
    /// False when the id is there already.
    bool add(shared_policy p) {
        auto const [at, added] = by_id_.try_emplace(p->id, p);
        if (added) by_subject_[address_of(*p)].push_back(std::move(p));
        return added;
    }
    /// False when there is none.
    bool remove(std::string_view id) {
        auto const at = by_id_.find(id);
        if (at == by_id_.end()) return false;
        auto const neighbours = by_subject_.find(address_of(*at->second));
        std::erase(neighbours->second, at->second);
        if (neighbours->second.empty()) by_subject_.erase(neighbours);
        by_id_.erase(at);
        return true;
    }
    [[nodiscard]] bool empty() const noexcept { return by_id_.empty(); }
    /// Null when there is none.
    [[nodiscard]] shared_policy find(std::string_view id) const {
        auto const at = by_id_.find(id);
        return at == by_id_.end() ? nullptr : at->second;
    }
    /// Policies by id.
    [[nodiscard]] std::map<std::string, shared_policy, std::less<>> const& all() const noexcept {
        return by_id_;
    }
    /// Appends those that concern the request, in any order.
    void concerning(request const& r, policy_list& into) const {
        // Those for this very subject, and those that name several.
        if (r.who.kind == identity_kind::instance) {
            append("s", r.who.account, r.who.instance.service_name, r, into);
            append("s", r.who.account, {}, r, into);
        } else {
            append("i", r.who.iam_id, {}, r, into);
            append("i", {}, {}, r, into);
        }
    }

private:
    // '/' occurs in neither an account nor a service's name, and an iam_id comes alone.
    [[nodiscard]] static std::string address(std::string_view kind, std::string_view first,
                                             std::string_view second) {
        return concat(kind, "/", first, "/", second);
    }
    [[nodiscard]] static std::string address_of(policy const& p) {
        if (p.type == policy_type::access)
            return address("i", exact_value(p.subject, attribute_name::iam_id), {});
        return address("s", exact_value(p.subject, attribute_name::account_id),
                       exact_value(p.subject, attribute_name::service_name));
    }
    void append(std::string_view kind, std::string_view first, std::string_view second,
                request const& r, policy_list& into) const {
        auto const found = by_subject_.find(address(kind, first, second));
        if (found == by_subject_.end()) return;
        for (auto const& p : found->second)
            if (concerns(*p, r)) into.push_back(p);
    }

    std::map<std::string, shared_policy, std::less<>> by_id_;
    std::unordered_map<std::string, policy_list> by_subject_;
};

namespace detail {

/// The service whose shelf a policy lies on; "*" when it is about several.
[[nodiscard]] inline std::string shelf_service(policy const& p) {
    auto const service = exact_value(p.resource, attribute_name::service_name);
    return std::string(service.empty() ? "*" : service);
}
[[nodiscard]] inline std::string_view account_of(policy const& p) noexcept {
    return exact_value(p.resource, attribute_name::account_id);
}
inline void sort_by_id(policy_list& list) {
    std::ranges::sort(
        list, {}, [](auto const& p) -> auto const& { return p->id; });
}
[[nodiscard]] inline result<void> check_to_keep(policy const& p) {
    if (p.id.empty())
        return error{errc::missing, "policy: it has no id; give it one of new_policy_id"};
    return check_policy(p);
}
[[nodiscard]] inline error no_policy(std::string_view account, std::string_view id) {
    return {errc::policy_not_found,
            concat("there is no policy '", id, "' in the account '", account, "'")};
}
[[nodiscard]] inline error policy_is_there(policy const& p) {
    return {errc::policy_exists,
            concat("a policy '", p.id, "' is there already in the account '", account_of(p),
                   "'; policies do not change: remove it "
                   "and add another")};
}

}  // namespace detail

/// Policies in memory: for tests, for the simulator, and for what is read from a file at the start.
class memory_policies {
public:
    /// Keeps a policy; the answer is its revision. Errors: those of check_policy; missing (its id),
    /// policy_exists.
    [[nodiscard]] result<std::uint64_t> add(policy p) {
        if (auto sound = detail::check_to_keep(p); !sound) return std::move(sound).error();
        auto const kept = std::make_shared<policy const>(std::move(p));
        std::unique_lock const lock(mutex_);
        auto& account = accounts_[std::string(detail::account_of(*kept))];
        if (account.places.contains(kept->id)) return detail::policy_is_there(*kept);
        auto const service = detail::shelf_service(*kept);
        account.places.emplace(kept->id, place{service, ++revision_});
        account.shelves[service].add(kept);
        return revision_;
    }
    /// Errors: policy_not_found.
    [[nodiscard]] result<void> remove(std::string_view account_id, std::string_view id) {
        std::unique_lock const lock(mutex_);
        auto const account = accounts_.find(std::string(account_id));
        if (account == accounts_.end()) return detail::no_policy(account_id, id);
        auto const at = account->second.places.find(id);
        if (at == account->second.places.end()) return detail::no_policy(account_id, id);
        auto const shelf = account->second.shelves.find(at->second.service);
        shelf->second.remove(id);
        if (shelf->second.empty()) account->second.shelves.erase(shelf);
        account->second.places.erase(at);
        if (account->second.places.empty()) accounts_.erase(account);
        ++revision_;
        return {};
    }
    [[nodiscard]] result<policy_list> concerning(request const& r) const {
        policy_list found;
        std::shared_lock const lock(mutex_);
        auto const account = accounts_.find(std::string(account_of(r.resource)));
        if (account == accounts_.end()) return found;
        for (std::string_view const service :
             {std::string_view(r.resource.service_name), std::string_view("*")})
            if (auto const at = account->second.shelves.find(service);
                at != account->second.shelves.end())
                at->second.concerning(r, found);
        detail::sort_by_id(found);
        return found;
    }
    [[nodiscard]] result<revised_policy> lookup(std::string_view account_id,
                                                std::string_view id) const {
        std::shared_lock const lock(mutex_);
        auto const account = accounts_.find(std::string(account_id));
        if (account == accounts_.end()) return detail::no_policy(account_id, id);
        auto const at = account->second.places.find(id);
        if (at == account->second.places.end()) return detail::no_policy(account_id, id);
        return revised(account->second, *at);
    }
    [[nodiscard]] result<std::vector<revised_policy>> list(std::string_view account_id) const {
        std::vector<revised_policy> all;
        std::shared_lock const lock(mutex_);
        auto const account = accounts_.find(std::string(account_id));
        if (account == accounts_.end()) return all;
        for (auto const& at : account->second.places) all.push_back(revised(account->second, at));
        return all;
    }

private:
    struct place {
        std::string service;
        std::uint64_t revision;
    };
    struct account_policies {
        std::map<std::string, policy_shelf, std::less<>> shelves;  // by service
        std::map<std::string, place, std::less<>> places;          // by id
    };
    [[nodiscard]] static revised_policy revised(account_policies const& in,
                                                std::pair<std::string const, place> const& at) {
        return {in.shelves.find(at.second.service)->second.find(at.first), at.second.revision};
    }

    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, account_policies> accounts_;
    std::uint64_t revision_ = 0;
};

/// The policies of one account for one service as a record: their documents, by id.
struct stored_shelf {
    static constexpr std::string_view schema = "cryptoperiod iam policies";
    static constexpr std::uint32_t schema_version = 1;

    std::map<std::string, std::string> documents;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(documents);
    }
};

/// Policies in any store, sealed, for any number of services that share it: a policy that was
/// removed by one decides nothing for any other from that moment on. Each decision reads two
/// records, and parses them when they have changed. About 1,500 policies of one account for one
/// service fit (store_too_large).
template <store::store Store, crypto::production_entropy Entropy = crypto::os_entropy>
class stored_policies {
public:
    static constexpr std::string_view prefix = "iam/policies/";

    /// The store is somebody else's and must outlive this object.
    stored_policies(Store& store, crypto::secret_array<32> master, Entropy entropy = {})
        : records_(store, std::move(master), std::move(entropy)) {}
    stored_policies(stored_policies const&) = delete;
    stored_policies& operator=(stored_policies const&) = delete;

    /// Keeps a policy; the answer is its revision. Of two writers of one id in one account, for two
    /// services, at one moment, both may succeed: take ids of new_policy_id. Errors: as
    /// memory_policies, and those of the store.
    [[nodiscard]] result<std::uint64_t> add(policy const& p) {
        if (auto sound = detail::check_to_keep(p); !sound) return std::move(sound).error();
        auto const account = detail::account_of(p);
        if (auto const there = lookup(account, p.id))
            return detail::policy_is_there(p);
        else if (there.error().code != errc::policy_not_found)
            return there.error();
        CRYPTOPERIOD_TRY(auto document, policy_document(p));
        return change(place_of(account, detail::shelf_service(p)),
                      [&](stored_shelf& shelf) -> result<void> {
                          if (!shelf.documents.try_emplace(p.id, document).second)
                              return detail::policy_is_there(p);
                          return {};
                      });
    }
    /// Errors: policy_not_found, those of the store.
    [[nodiscard]] result<void> remove(std::string_view account, std::string_view id) {
        CRYPTOPERIOD_TRY(auto const found, lookup(account, id));
        auto changed = change(place_of(account, detail::shelf_service(*found.what)),
                              [&](stored_shelf& shelf) -> result<void> {
                                  if (shelf.documents.erase(std::string(id)) == 0)
                                      return detail::no_policy(account, id);
                                  return {};
                              });
        if (!changed) return std::move(changed).error();
        return {};
    }
    [[nodiscard]] result<policy_list> concerning(request const& r) const {
        policy_list found;
        auto const account = cryptoperiod::account_of(r.resource);
        if (account.empty()) return found;
        for (std::string_view const service :
             {std::string_view(r.resource.service_name), std::string_view("*")}) {
            CRYPTOPERIOD_TRY(auto const read, shelf_at(place_of(account, service)));
            if (read.shelf) read.shelf->concerning(r, found);
        }
        detail::sort_by_id(found);
        return found;
    }
    [[nodiscard]] result<revised_policy> lookup(std::string_view account,
                                                std::string_view id) const {
        revised_policy out;
        auto const seen = for_each_shelf(account, [&](read_shelf const& read) {
            if (auto found = read.shelf->find(id)) out = {std::move(found), read.version};
        });
        if (!seen) return seen.error();
        if (!out.what) return detail::no_policy(account, id);
        return out;
    }
    [[nodiscard]] result<std::vector<revised_policy>> list(std::string_view account) const {
        std::vector<revised_policy> all;
        auto const seen = for_each_shelf(account, [&](read_shelf const& read) {
            for (auto const& [id, p] : read.shelf->all()) all.push_back({p, read.version});
        });
        if (!seen) return seen.error();
        std::ranges::sort(
            all, {}, [](auto const& p) -> auto const& { return p.what->id; });
        return all;
    }

private:
    using records = store::sealed_records<stored_shelf, Store, Entropy>;
    static constexpr std::size_t shelves_kept_max = 4096;

    struct read_shelf {
        std::uint64_t version = store::absent;
        std::shared_ptr<policy_shelf const> shelf;  // null when there is none
    };

    [[nodiscard]] static std::string place_of(std::string_view account, std::string_view service) {
        return concat(prefix, account, "/", service);
    }
    /// Reads, changes and writes back, again when somebody else was quicker.
    template <class Work>
    [[nodiscard]] result<std::uint64_t> change(std::string const& place, Work const& work) {
        return store::retry_on_conflict([&]() -> result<std::uint64_t> {
            CRYPTOPERIOD_TRY(auto found, records_.load(place));
            auto shelf = found ? std::move(found->record) : stored_shelf();
            if (auto done = work(shelf); !done) return std::move(done).error();
            return records_.save(place, shelf, found ? found->version : store::absent);
        });
    }
    [[nodiscard]] static result<std::shared_ptr<policy_shelf const>> parsed(
        stored_shelf const& from) {
        auto shelf = std::make_shared<policy_shelf>();
        for (auto const& [id, document] : from.documents) {
            CRYPTOPERIOD_TRY(auto p, parse_policy(document));
            shelf->add(std::make_shared<policy const>(std::move(p)));
        }
        return std::shared_ptr<policy_shelf const>(std::move(shelf));
    }
    [[nodiscard]] result<read_shelf> shelf_at(std::string const& place) const {
        CRYPTOPERIOD_TRY(auto const entry, records_.read(place));
        if (!entry) return read_shelf{};
        return shelf_of(*entry);
    }
    /// The shelf of an entry, from memory when the version is the same: a version is given once.
    [[nodiscard]] result<read_shelf> shelf_of(store::entry const& entry) const {
        {
            std::scoped_lock const lock(mutex_);
            if (auto const at = kept_.find(entry.key);
                at != kept_.end() && at->second.version == entry.version)
                return at->second;
        }
        CRYPTOPERIOD_TRY(auto const stored, records_.open(entry));
        CRYPTOPERIOD_TRY(auto shelf, parsed(stored));
        read_shelf read{entry.version, std::move(shelf)};
        std::scoped_lock const lock(mutex_);
        if (kept_.size() >= shelves_kept_max) kept_.clear();
        kept_.insert_or_assign(entry.key, read);
        return read;
    }
    template <class Visit>
    [[nodiscard]] result<void> for_each_shelf(std::string_view account, Visit const& visit) const {
        // What may not be an account's id names nothing, and must not be a part of a prefix.
        if (!detail::check_account(account)) return {};
        return records_.for_each_entry(place_of(account, {}), [&](store::entry const& entry) {
            auto read = shelf_of(entry);
            if (!read) return result<void>(std::move(read).error());
            visit(*read);
            return result<void>();
        });
    }

    records records_;
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::string, read_shelf> kept_;
};

static_assert(policy_source<memory_policies>);

}  // namespace cryptoperiod::iam
