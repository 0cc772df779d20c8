/// @file key_stores.hpp
/// Several key stores as one key-management service: keys are addressed by their whole CRN, which
/// names the store that has them. So each customer's root keys stay in the customer's own key
/// store, and the service's default key in the service's.
#pragma once

#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cryptoperiod::kms {

/// The id by which `key_stores` know a key. Errors: malformed (not the CRN of a key of key
/// management), those of key_id.
[[nodiscard]] inline result<key_id> key_id_of(crn const& key) {
    if (auto sound = check_crn(key); !sound) return std::move(sound).error();
    if (key.service_name != "kms" || key.resource_type != "key" || key.resource.empty() ||
        key.service_instance.empty())
        return error{errc::malformed,
                     "the root key is not the crn of a key of key management "
                     "('crn:v1:bluemix:public:kms:REGION:a/ACCOUNT:INSTANCE:key:KEY')"};
    return key_id::parse(to_string(key));
}

/// Models key_management; its ids are those of key_id_of. Stores are added before the first call,
/// then any thread may call.
template <key_management Kms>
class key_stores {
public:
    using token = typename Kms::token;
    static constexpr bool ids_are_crns = true;  ///< what asks for such ids can demand them

    /// `store` is somebody else's and must outlive this object; `name` is its CRN. Errors:
    /// malformed (not an instance), inconsistent (there is one of that name).
    [[nodiscard]] result<void> add(crn const& name, Kms& store) {
        if (auto sound = check_crn(name); !sound) return sound;
        if (!is_instance_crn(name))
            return error{errc::malformed, "a key store is an instance; its crn ends in '::'"};
        if (!stores_.emplace(to_string(name), &store).second)
            return error{errc::inconsistent,
                         concat("there is a key store '", to_string(name), "' already")};
        return {};
    }

    // As key_management; besides, key_store_unknown of a key in a store that was not added.
    [[nodiscard]] result<wrapped_key> wrap(token const& who, key_id const& id,
                                           std::span<std::byte const> plaintext,
                                           std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        return at.store->wrap(who, at.key, plaintext, aad);
    }
    [[nodiscard]] result<data_key> wrap_new(token const& who, key_id const& id,
                                            std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        return at.store->wrap_new(who, at.key, aad);
    }
    [[nodiscard]] result<unwrapped_key> unwrap(token const& who, key_id const& id,
                                               std::span<std::byte const> ciphertext,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        return at.store->unwrap(who, at.key, ciphertext, aad);
    }
    [[nodiscard]] result<rewrapped_key> rewrap(token const& who, key_id const& id,
                                               std::span<std::byte const> ciphertext,
                                               std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        return at.store->rewrap(who, at.key, ciphertext, aad);
    }
    [[nodiscard]] result<void> register_service(token const& who, key_id const& id,
                                                crn const& resource,
                                                bool prevents_deletion = false) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        return at.store->register_service(who, at.key, resource, prevents_deletion);
    }
    [[nodiscard]] result<void> unregister_service(token const& who, key_id const& id,
                                                  crn const& resource) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        return at.store->unregister_service(who, at.key, resource);
    }
    [[nodiscard]] result<std::vector<lifecycle_event>> events_for(token const& who,
                                                                  key_id const& id,
                                                                  crn const& resource) {
        CRYPTOPERIOD_TRY(auto const at, find(id));
        auto events = at.store->events_for(who, at.key, resource);
        if (events)
            for (auto& event : *events) event.key = id.str();
        return events;
    }
    [[nodiscard]] result<void> acknowledge(token const& who, lifecycle_event const& event) {
        CRYPTOPERIOD_TRY(auto const at, store_of(event));
        return at.store->acknowledge(who, at.event);
    }
    [[nodiscard]] result<void> report_conflict(token const& who, lifecycle_event const& event) {
        CRYPTOPERIOD_TRY(auto const at, store_of(event));
        return at.store->report_conflict(who, at.event);
    }

private:
    struct place {
        Kms* store;
        key_id key;
    };
    struct event_place {
        Kms* store;
        lifecycle_event event;
    };

    [[nodiscard]] result<place> find(key_id const& id) const {
        CRYPTOPERIOD_TRY(auto const name, parse_crn(id.str()));
        auto const found = stores_.find(to_string(instance_of(name)));
        if (found == stores_.end())
            return error{errc::key_store_unknown,
                         concat("there is no key store of the key '", id.str(),
                                "' among those that this process serves; add it")};
        CRYPTOPERIOD_TRY(auto key, key_id::parse(name.resource));
        return place{found->second, std::move(key)};
    }
    [[nodiscard]] result<event_place> store_of(lifecycle_event const& event) const {
        CRYPTOPERIOD_TRY(auto const id, key_id::parse(event.key));
        CRYPTOPERIOD_TRY(auto const at, find(id));
        event_place out{at.store, event};
        out.event.key = at.key.str();
        return out;
    }

    std::map<std::string, Kms*, std::less<>> stores_;
};

}  // namespace cryptoperiod::kms
