/// @file errc.hpp
/// Every way in which cryptoperiod says no: number, text, HTTP status. Numbers are explicit,
/// grouped by hundreds and never re-used, because they reach logs, reports and other people's
/// programs.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cryptoperiod {

/// What went wrong. 100: input; 200: crypto; 300: state machines; 400: key management; 500: vault;
/// 600: credential sets; 700: fleets; 800: stores; 900: access; 950: the push service.
enum class errc : std::uint16_t {
    malformed = 100,        ///< the text or the bytes do not have the promised form
    unknown_name = 101,     ///< a name that is not in the list of known ones
    out_of_range = 102,     ///< a number or a date outside what is allowed
    inconsistent = 103,     ///< two parts of the input contradict each other
    missing = 104,          ///< something required was not given
    unknown_version = 105,  ///< a format version this build does not read
    unknown_member = 106,   ///< a document has a member that is not in the list of known ones
    authentication_failed =
        200,                    ///< a tag, a code, a signature or a wrapped key is not of this key
    commitment_mismatch = 201,  ///< sealed under another key; to a remote caller the same as 200
    key_refused = 202,    ///< a key that must not be used: its length, its order, too guessable
    nonce_reused = 203,   ///< the same nonce twice under one key
    limit_reached = 204,  ///< a key has protected as much as it may
    entropy_unavailable = 205,  ///< the operating system gives no random bytes
    unknown_suite = 206,        ///< sealed or wrapped by an algorithm that this build does not have
    wrong_context = 207,        ///< a record of another instance, platform or version
    event_not_allowed = 300,    ///< no row of the table accepts the event in this state
    refused_by_guard = 301,     ///< a row exists, its guard said no
    key_state_refused = 400,    ///< the state of the key does not allow the action
    key_not_found = 401,        ///< no such key, or it was purged
    key_deleted = 402,          ///< the key is deleted
    key_expired = 403,          ///< the key has expired
    too_early = 404,            ///< too soon after the last action on the key
    rotation_not_permitted = 405,         ///< rotated less than an hour ago
    key_material_required = 406,          ///< an imported key needs new material
    root_key_required = 407,              ///< a standard key cannot do this
    protected_resource = 408,             ///< registrations protect the key
    deletion_prevented = 409,             ///< a registration forbids deletion, also by force
    resource_owner_required = 410,        ///< a service cannot delete the key of a customer
    authorizations_not_met = 411,         ///< a second person has not authorized the deletion
    no_dual_authorization = 412,          ///< the key has no dual-authorization policy
    restore_expired = 413,                ///< deleted too long ago to be restored
    registration_needs_root_key = 414,    ///< a standard key cannot be registered
    registration_needs_active_key = 415,  ///< registrations change on active keys only
    registration_version_invalid = 416,   ///< the version of a registration never goes back
    registration_service_only = 417,      ///< registrations are made by services only
    registration_not_found = 418,         ///< the service is not registered with the key
    event_timeout = 419,                  ///< a lifecycle event was not acknowledged in time
    ciphertext_refused = 420,   ///< a wrapped key that is not of this key, or other associated data
    unauthorized = 421,         ///< the caller may not do this
    kms_unavailable = 422,      ///< key management does not answer; try again
    rate_limited = 423,         ///< too many calls; wait and try again
    key_disabled = 424,         ///< the key is disabled
    key_destroyed = 425,        ///< the key is deleted and does nothing
    event_conflict = 426,       ///< a service cannot do what a lifecycle event asks for
    key_store_unknown = 427,    ///< no key store of this name is among those that are served
    record_not_found = 500,     ///< the vault has no such record
    credential_deleted = 600,   ///< the credential set was deleted, which is for ever
    credential_in_use = 601,    ///< the credential set was used too recently to be deleted
    credential_rejected = 602,  ///< a connection presented a set that is not accepted (4001)
    credential_unknown = 603,   ///< a signature names a key that no live set has
    signature_mismatch = 604,   ///< a signature is not that of the request under this set
    signature_stale = 605,      ///< signed too long ago
    signature_future = 606,     ///< signed by a clock that is ahead of this one
    no_live_credential = 607,   ///< no credential set is there to sign with
    delivery_wrong_app = 608,   ///< a delivery of keys for another app
    delivery_wrong_channel = 609,  ///< a delivery of keys over another channel
    delivery_replayed = 610,       ///< a delivery of keys that no outstanding request asked for
    delivery_superseded = 611,     ///< a delivery of keys older than the one in use
    delivery_expired = 612,        ///< a delivery of keys after its time
    delivery_not_yet_valid = 613,  ///< a delivery of keys before its time
    client_secret_fixed = 614,     ///< an instance has one client secret, for ever
    client_secret_wrong = 615,     ///< a client secret that the instance does not accept
    no_devices = 700,              ///< a fleet without devices, or more than an engine can number
    store_conflict = 800,          ///< the record has another version than the writer has seen
    store_too_large = 801,         ///< more bytes or items than one record may have
    store_unavailable = 802,    ///< locked, full, read-only or gone: whether it wrote is not known
    store_corrupt = 803,        ///< what lies there is damaged, or not a store of ours
    record_corrupt = 804,       ///< bytes that are genuine and yet no record of the expected kind
    input_too_large = 900,      ///< a text from outside that is longer than is ever read
    credential_missing = 901,   ///< neither a token nor an API key was shown
    token_malformed = 902,      ///< what was shown does not have the form of a token
    signing_key_unknown = 903,  ///< signed by a key that is not, or no longer, trusted
    token_forged = 904,         ///< the signature of the token is not one of its key
    token_expired = 905,        ///< the time of the token is over; get a new one
    token_not_yet_valid = 906,  ///< the token is from the future: clocks differ
    token_of_another_issuer = 907,    ///< the token was issued by somebody else
    token_of_another_instance = 908,  ///< a CRN token acts as one instance only
    api_key_refused = 909,            ///< no such API key, or not its secret
    api_key_expired = 910,            ///< the time of the API key is over
    api_key_disabled = 911,           ///< the API key gives no tokens until it is enabled
    api_key_locked = 912,             ///< a locked API key is not changed
    api_key_not_found = 913,          ///< there is no such API key
    forbidden = 914,                  ///< who asks is known and may not do this
    policy_not_found = 915,           ///< there is no such policy
    policy_exists = 916,              ///< a policy of this id is there already
    client_secret_required = 950,     ///< the call has to show the right clientSecret
    client_secret_enforced = 951,     ///< verifyClientSecret cannot turn verification off here
    plan_without_own_key = 952,       ///< the plan does not allow a root key of one's own
    region_mismatch = 953,            ///< the root key is in another region than the instance
    device_not_found = 954,           ///< no such registration of a device
    device_exists = 955,              ///< the device is registered already
    device_limit = 956,               ///< the plan allows no more devices
    instance_not_found = 957,         ///< no such instance: never made, not ready, or deleted
    instance_exists = 958,            ///< an instance of this id was made before
    instance_suspended = 959,         ///< its root key does nothing, and so does the instance
    registration_orphaned = 960,      ///< a deleted instance is still registered with its root key
    settings_not_found = 961,         ///< the instance has no settings for that platform
    path_not_found = 962,             ///< no call of the service has this path
    method_not_allowed = 963,         ///< a path of the service, with a method that it has not
    credential_set_not_found = 964,   ///< the app has no such credential set or clientSecret
    root_key_unauthorized = 965,      ///< an instance may not use its root key any more
};

/// One line of the error vocabulary.
struct errc_info {
    errc code;
    std::string_view name;           ///< stable, as written to reports
    std::uint16_t http;              ///< the status a service would answer with
    std::string_view provider_code;  ///< the provider's own reason code; empty where none exists
};

/// The whole vocabulary, ascending by number.
inline constexpr std::array errc_table{
    errc_info{errc::malformed, "malformed", 400, ""},
    errc_info{errc::unknown_name, "unknown_name", 400, ""},
    errc_info{errc::out_of_range, "out_of_range", 400, ""},
    errc_info{errc::inconsistent, "inconsistent", 400, ""},
    errc_info{errc::missing, "missing", 400, ""},
    errc_info{errc::unknown_version, "unknown_version", 400, ""},
    errc_info{errc::unknown_member, "unknown_member", 400, ""},
    errc_info{errc::authentication_failed, "authentication_failed", 400, ""},
    errc_info{errc::commitment_mismatch, "commitment_mismatch", 400, ""},
    errc_info{errc::key_refused, "key_refused", 400, ""},
    errc_info{errc::nonce_reused, "nonce_reused", 500, ""},
    errc_info{errc::limit_reached, "limit_reached", 409, ""},
    errc_info{errc::entropy_unavailable, "entropy_unavailable", 503, ""},
    errc_info{errc::unknown_suite, "unknown_suite", 400, ""},
    errc_info{errc::wrong_context, "wrong_context", 400, ""},
    errc_info{errc::event_not_allowed, "event_not_allowed", 409, ""},
    errc_info{errc::refused_by_guard, "refused_by_guard", 409, ""},
    errc_info{errc::key_state_refused, "key_state_refused", 409, "KEY_ACTION_INVALID_STATE_ERR"},
    errc_info{errc::key_not_found, "key_not_found", 404, ""},
    errc_info{errc::key_deleted, "key_deleted", 410, "KEY_DELETED_ERR"},
    errc_info{errc::key_expired, "key_expired", 400, "KEY_EXPIRED_ERR"},
    errc_info{errc::too_early, "too_early", 409, "REQ_TOO_EARLY_ERR"},
    errc_info{errc::rotation_not_permitted, "rotation_not_permitted", 409,
              "KEY_ROTATION_NOT_PERMITTED"},
    errc_info{errc::key_material_required, "key_material_required", 400, "KEY_PAYLOAD_REQ_ERR"},
    errc_info{errc::root_key_required, "root_key_required", 400, "KEY_ROOT_REQ_ERR"},
    errc_info{errc::protected_resource, "protected_resource", 409, "PROTECTED_RESOURCE_ERR"},
    errc_info{errc::deletion_prevented, "deletion_prevented", 409, "PREV_KEY_DEL_ERR"},
    errc_info{errc::resource_owner_required, "resource_owner_required", 403, "RESOURCE_OWNER_ERR"},
    errc_info{errc::authorizations_not_met, "authorizations_not_met", 409,
              "AUTHORIZATIONS_NOT_MET"},
    errc_info{errc::no_dual_authorization, "no_dual_authorization", 409, "NOT_DUAL_AUTH_ERR"},
    errc_info{errc::restore_expired, "restore_expired", 400, "KEY_RESTORE_EXPIRED"},
    errc_info{errc::registration_needs_root_key, "registration_needs_root_key", 422,
              "KEY_ROOT_REQ_REG_ERR"},
    errc_info{errc::registration_needs_active_key, "registration_needs_active_key", 422,
              "KEY_INVALID_STATE_ERR"},
    errc_info{errc::registration_version_invalid, "registration_version_invalid", 422,
              "KEY_VERSION_INVALID"},
    errc_info{errc::registration_service_only, "registration_service_only", 403,
              "SERVICE_ONLY_ERR"},
    errc_info{errc::registration_not_found, "registration_not_found", 404, ""},
    errc_info{errc::event_timeout, "event_timeout", 408, ""},
    errc_info{errc::ciphertext_refused, "ciphertext_refused", 422, "UNPROCESSABLE_CIPHERTEXT_ERR"},
    errc_info{errc::unauthorized, "unauthorized", 401, "UNAUTHORIZED_ERR"},
    errc_info{errc::kms_unavailable, "kms_unavailable", 503, ""},
    errc_info{errc::rate_limited, "rate_limited", 429, ""},
    errc_info{errc::key_disabled, "key_disabled", 409, "KEY_ACTION_INVALID_STATE_ERR"},
    errc_info{errc::key_destroyed, "key_destroyed", 409, "KEY_ACTION_INVALID_STATE_ERR"},
    errc_info{errc::event_conflict, "event_conflict", 409, ""},
    errc_info{errc::key_store_unknown, "key_store_unknown", 404, ""},
    errc_info{errc::record_not_found, "record_not_found", 404, ""},
    errc_info{errc::credential_deleted, "credential_deleted", 410, ""},
    errc_info{errc::credential_in_use, "credential_in_use", 409, ""},
    errc_info{errc::credential_rejected, "credential_rejected", 401, "4001"},
    errc_info{errc::credential_unknown, "credential_unknown", 401, ""},
    errc_info{errc::signature_mismatch, "signature_mismatch", 401, ""},
    errc_info{errc::signature_stale, "signature_stale", 401, ""},
    errc_info{errc::signature_future, "signature_future", 401, ""},
    errc_info{errc::no_live_credential, "no_live_credential", 409, ""},
    errc_info{errc::delivery_wrong_app, "delivery_wrong_app", 403, ""},
    errc_info{errc::delivery_wrong_channel, "delivery_wrong_channel", 403, ""},
    errc_info{errc::delivery_replayed, "delivery_replayed", 409, ""},
    errc_info{errc::delivery_superseded, "delivery_superseded", 409, ""},
    errc_info{errc::delivery_expired, "delivery_expired", 410, ""},
    errc_info{errc::delivery_not_yet_valid, "delivery_not_yet_valid", 409, ""},
    errc_info{errc::client_secret_fixed, "client_secret_fixed", 409, ""},
    errc_info{errc::client_secret_wrong, "client_secret_wrong", 401, ""},
    errc_info{errc::no_devices, "no_devices", 400, ""},
    errc_info{errc::store_conflict, "store_conflict", 409, ""},
    errc_info{errc::store_too_large, "store_too_large", 413, ""},
    errc_info{errc::store_unavailable, "store_unavailable", 503, ""},
    errc_info{errc::store_corrupt, "store_corrupt", 500, ""},
    errc_info{errc::record_corrupt, "record_corrupt", 500, ""},
    errc_info{errc::input_too_large, "input_too_large", 413, ""},
    errc_info{errc::credential_missing, "credential_missing", 401, ""},
    errc_info{errc::token_malformed, "token_malformed", 401, ""},
    errc_info{errc::signing_key_unknown, "signing_key_unknown", 401, ""},
    errc_info{errc::token_forged, "token_forged", 401, ""},
    errc_info{errc::token_expired, "token_expired", 401, ""},
    errc_info{errc::token_not_yet_valid, "token_not_yet_valid", 401, ""},
    errc_info{errc::token_of_another_issuer, "token_of_another_issuer", 401, ""},
    errc_info{errc::token_of_another_instance, "token_of_another_instance", 401, ""},
    errc_info{errc::api_key_refused, "api_key_refused", 401, ""},
    errc_info{errc::api_key_expired, "api_key_expired", 401, ""},
    errc_info{errc::api_key_disabled, "api_key_disabled", 401, ""},
    errc_info{errc::api_key_locked, "api_key_locked", 409, ""},
    errc_info{errc::api_key_not_found, "api_key_not_found", 404, ""},
    errc_info{errc::forbidden, "forbidden", 403, ""},
    errc_info{errc::policy_not_found, "policy_not_found", 404, ""},
    errc_info{errc::policy_exists, "policy_exists", 409, ""},
    errc_info{errc::client_secret_required, "client_secret_required", 401, ""},
    errc_info{errc::client_secret_enforced, "client_secret_enforced", 400, "FPWSE0005E"},
    errc_info{errc::plan_without_own_key, "plan_without_own_key", 400, ""},
    errc_info{errc::region_mismatch, "region_mismatch", 400, ""},
    errc_info{errc::device_not_found, "device_not_found", 404, "FPWSE0001E"},
    errc_info{errc::device_exists, "device_exists", 409, "FPWSE0002E"},
    errc_info{errc::device_limit, "device_limit", 403, ""},
    errc_info{errc::instance_not_found, "instance_not_found", 404, "FPWSE0001E"},
    errc_info{errc::instance_exists, "instance_exists", 409, "FPWSE0002E"},
    errc_info{errc::instance_suspended, "instance_suspended", 503, "FPWSE1007E"},
    errc_info{errc::registration_orphaned, "registration_orphaned", 409, ""},
    errc_info{errc::settings_not_found, "settings_not_found", 404, "FPWSE0003E"},
    errc_info{errc::path_not_found, "path_not_found", 404, "FPWSE0001E"},
    errc_info{errc::method_not_allowed, "method_not_allowed", 405, ""},
    errc_info{errc::credential_set_not_found, "credential_set_not_found", 404, "FPWSE0001E"},
    errc_info{errc::root_key_unauthorized, "root_key_unauthorized", 409, ""},
};

/// The line of `code`.
[[nodiscard]] constexpr errc_info const& info(errc code) noexcept {
    for (auto const& line : errc_table)
        if (line.code == code) return line;
    return errc_table.front();
}

/// Stable text of a code.
[[nodiscard]] constexpr std::string_view to_string(errc code) noexcept { return info(code).name; }

/// HTTP status a service answers with.
[[nodiscard]] constexpr std::uint16_t http_status(errc code) noexcept { return info(code).http; }

}  // namespace cryptoperiod
