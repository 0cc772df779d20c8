/// @file key_management.hpp
/// What a key-management service is for those who use it: a concept, and the values of its calls.
/// Source: Key Protect (wrap, unwrap, rewrap, registrations, lifecycle events).
#pragma once

#include <algorithm>
#include <concepts>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/kms/registration.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod::kms {

struct key_tag {
    static constexpr std::string_view name = "key id";
};
/// The id of a key: what stays when its material changes.
using key_id = id<key_tag>;

/// The CRN of a key, from that of its key store.
[[nodiscard]] inline crn crn_of_key(crn key_store, key_id const& key) {
    key_store.resource_type = "key";
    key_store.resource = key.str();
    return key_store;
}

/// A key under a root key. The bytes are the service's own and name the version by themselves.
struct wrapped_key {
    std::vector<std::byte> bytes;
    std::uint32_t version = 0;  ///< of the root key, from 1 on

    friend bool operator==(wrapped_key const&, wrapped_key const&) = default;
};
/// A new data key, in the clear and wrapped.
struct data_key {
    secret_bytes plaintext;
    wrapped_key wrapped;
};
/// An unwrapped key, and, if and only if an older version had wrapped it, the same key under the
/// newest one: to be kept instead.
struct unwrapped_key {
    secret_bytes plaintext;
    std::uint32_t version = 0;
    std::optional<wrapped_key> rewrapped;
};
struct rewrapped_key {
    wrapped_key wrapped;
    std::uint32_t old_version = 0;
};

/// What a registered service is told and must acknowledge, within acknowledgement_ms.
struct lifecycle_event {
    std::uint64_t number = 0;  ///< of the key
    key_event what{};
    std::string key;
    std::string resource_crn;  ///< the registered instance
    std::uint32_t old_version = 0, new_version = 0;
    std::int64_t notified_ms = 0;
    std::uint16_t reason = 0;  ///< 408: not answered in time; 409: it reported a conflict; else 0

    friend bool operator==(lifecycle_event const&, lifecycle_event const&) = default;
};

/// A service that wraps keys. `token` shows who calls; `aad` is bound to the wrapped key and must
/// be given again.
///
///     wrap(token, key, plaintext, aad)     -> result<wrapped_key>
///     wrap_new(token, key, aad)            -> result<data_key>, of 32 random bytes
///     unwrap(token, key, ciphertext, aad)  -> result<unwrapped_key>
///     rewrap(token, key, ciphertext, aad)  -> result<rewrapped_key>; nobody sees the key
///     register_service(token, key, crn, prevents_deletion) -> result<void>; again: the same
///     unregister_service(token, key, crn)  -> result<void>
///     events_for(token, key, crn)          -> result<vector<lifecycle_event>>, not acknowledged
///     acknowledge(token, event)            -> result<void>
///     report_conflict(token, event)        -> result<void>; what the instance needs forbids it
///
/// Errors: unauthorized, key_not_found, key_disabled, key_destroyed, key_state_refused,
/// root_key_required, ciphertext_refused (also: other associated data), kms_unavailable,
/// rate_limited; registrations: registration_*; acknowledge: too late is taken, and the customer's
/// log keeps the 408.
template <class K>
concept key_management = requires(K& kms, typename K::token const& token, key_id const& key,
                                  std::span<std::byte const> bytes, crn const& resource,
                                  lifecycle_event const& event) {
    { kms.wrap(token, key, bytes, bytes) } -> std::same_as<result<wrapped_key>>;
    { kms.wrap_new(token, key, bytes) } -> std::same_as<result<data_key>>;
    { kms.unwrap(token, key, bytes, bytes) } -> std::same_as<result<unwrapped_key>>;
    { kms.rewrap(token, key, bytes, bytes) } -> std::same_as<result<rewrapped_key>>;
    { kms.register_service(token, key, resource, true) } -> std::same_as<result<void>>;
    { kms.unregister_service(token, key, resource) } -> std::same_as<result<void>>;
    { kms.events_for(token, key, resource) } -> std::same_as<result<std::vector<lifecycle_event>>>;
    { kms.acknowledge(token, event) } -> std::same_as<result<void>>;
    { kms.report_conflict(token, event) } -> std::same_as<result<void>>;
};

/// What a caller may do after a failed call.
enum class retry_advice : std::uint8_t {
    give_up,  ///< the same call fails again
    again,    ///< at once
    later,    ///< after a pause that grows
};

/// Every call of the concept may be repeated: wrapping twice gives two wrapped keys of which one is
/// forgotten, registering and acknowledging twice is the same as once.
[[nodiscard]] constexpr retry_advice advice_after(errc code) noexcept {
    switch (code) {
        case errc::store_conflict:
            return retry_advice::again;
        case errc::kms_unavailable:
        case errc::rate_limited:
        case errc::store_unavailable:
        case errc::entropy_unavailable:
            return retry_advice::later;
        default:
            return retry_advice::give_up;
    }
}

}  // namespace cryptoperiod::kms
