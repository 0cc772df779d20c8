/// @file key.hpp
/// The life of one key in a key-management service, as one transition table: create or import, use,
/// rotate, disable, expire, delete, restore, purge. Source: IBM Key Protect (key states,
/// dual authorization, restore and purge; NIST SP 800-57 numbers the states), the rules gathered in
/// the errors below by the provider's own reason codes.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace cryptoperiod::kms {

/// A moment that never came, and one that never comes.
inline constexpr std::int64_t not_yet_ms = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();

inline constexpr std::int64_t settling_ms = 30'000;  ///< between an action and enable or restore
inline constexpr std::int64_t rotation_rest_ms = ms_per_hour;         ///< between two by hand
inline constexpr std::int64_t authorization_ms = 7 * ms_per_day;      ///< for the second person
inline constexpr std::int64_t restorable_ms = 30 * ms_per_day;        ///< after a deletion
inline constexpr std::int64_t purgeable_after_ms = 4 * ms_per_hour;   ///< after a deletion
inline constexpr std::int64_t purged_by_itself_ms = 90 * ms_per_day;  ///< after a deletion, about

/// A root key wraps other keys and never leaves the service; a standard key is a stored secret.
enum class key_kind : std::uint8_t { root, standard };

/// Who acts, as a number that the authorization side gives each identity.
struct person {
    static constexpr std::string_view name = "person";
};
using person_id = number_id<person, std::uint64_t>;

// States. Their numbers are those of NIST SP 800-57 and Key Protect: 0, 1, 2, 3, 5; 4 is not used.
struct pre_active {};   ///< before the key exists
struct active {};       ///< does everything
struct suspended {};    ///< does nothing until it is enabled
struct deactivated {};  ///< expired: unwraps what it has wrapped
struct destroyed {};    ///< deleted: does nothing, can be restored for a while
struct purged {};       ///< does not exist any more

// Events. `ok` is the HTTP status of success; times are in milliseconds since 1970.
struct create {
    static constexpr std::uint16_t ok = 201;
    std::int64_t now_ms = 0;
    key_kind kind = key_kind::root;
    std::int64_t expires_ms = never_ms;
    bool dual_authorization = false;  ///< to delete it takes two people, for ever
};
/// Key material from outside: 128, 192 or 256 bits for a root key.
struct import_material {
    static constexpr std::string_view label = "import";
    static constexpr std::uint16_t ok = 201;
    std::int64_t now_ms = 0;
    key_kind kind = key_kind::root;
    std::int64_t expires_ms = never_ms;
    bool dual_authorization = false;
    std::uint32_t bits = 256;
};
struct wrap {
    static constexpr std::uint16_t ok = 200;
    std::int64_t now_ms = 0;
};
struct unwrap {
    static constexpr std::uint16_t ok = 200;
};
struct rewrap {
    static constexpr std::uint16_t ok = 200;
};
struct rotate {
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
    bool by_policy = false;
    bool with_material = false;  ///< new material comes with the call
    std::uint32_t bits = 256;    ///< of it
};
struct disable {
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
};
struct enable {
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
};
struct expire {
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
};
struct authorize_deletion {  ///< the first of two people
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
    person_id by{};
};
struct cancel_deletion {
    static constexpr std::uint16_t ok = 204;
};
struct erase {
    static constexpr std::string_view label = "delete";
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
    person_id by{};
    bool force = false;       ///< also removes the registrations
    bool by_service = false;  ///< the caller is a service, not a person
};
struct restore {
    static constexpr std::uint16_t ok = 201;
    std::int64_t now_ms = 0;
};
struct purge {
    static constexpr std::uint16_t ok = 204;
    std::int64_t now_ms = 0;
};
/// A service begins (ends) to depend on the key.
struct attach {
    static constexpr std::uint16_t ok = 201;
    bool prevents_deletion = false;
};
struct detach {
    static constexpr std::uint16_t ok = 204;
    bool prevents_deletion = false;
};

/// What is remembered about a key.
struct key_record {
    key_kind kind = key_kind::root;
    bool imported = false;
    bool dual_authorization = false;
    std::uint8_t former = 1;  ///< before it was deleted: 1 active, 2 suspended, 3 deactivated
    std::uint32_t bits = 256;
    std::uint32_t versions = 0;  ///< made so far; the last one wraps
    std::uint32_t registrations = 0;
    std::uint32_t preventing = 0;  ///< of them, those that forbid deletion
    std::int64_t expires_ms = never_ms;
    std::int64_t changed_ms = not_yet_ms;  ///< last change of the state
    std::int64_t rotated_ms = not_yet_ms;
    std::int64_t deleted_ms = not_yet_ms;
    std::int64_t authorized_ms = not_yet_ms;  ///< the first authorization to delete
    person_id authorized_by{};

    friend constexpr bool operator==(key_record const&, key_record const&) = default;
};

// ---- guards: what a state alone does not decide ------------------------------------------------

namespace detail {
/// "since"; a moment that never came is infinitely long ago.
[[nodiscard]] constexpr std::int64_t since(std::int64_t then_ms, std::int64_t now_ms) noexcept {
    return then_ms == not_yet_ms ? never_ms : now_ms - then_ms;
}
/// Whether so much time has passed. A moment in the future was noted by a clock that went wrong:
/// who only has to rest does not wait for it.
[[nodiscard]] constexpr bool has_rested(std::int64_t then_ms, std::int64_t now_ms,
                                        std::int64_t rest_ms) noexcept {
    auto const passed = since(then_ms, now_ms);
    return passed < 0 || passed >= rest_ms;
}
inline constexpr std::string_view lengths = "a root key has 128, 192 or 256 bits";
[[nodiscard]] constexpr bool is_root_key_length(std::uint32_t bits) noexcept {
    return bits == 128 || bits == 192 || bits == 256;
}
[[nodiscard]] inline std::string wait_text(std::int64_t rest_ms) {
    constexpr std::int64_t ms_per_second = 1000, ms_per_minute = 60 * ms_per_second;
    auto const unit = rest_ms > 2 * ms_per_hour     ? ms_per_hour
                      : rest_ms > 2 * ms_per_minute ? ms_per_minute
                                                    : ms_per_second;
    auto const units = std::max<std::int64_t>((rest_ms + unit - 1) / unit, 0);
    return "wait " + to_text(milliseconds{units * unit}) + " more";
}
}  // namespace detail

/// A key is made with a date to come, and of material that its kind can be.
struct can_be_made {
    template <class Event>
    static constexpr errc code(Event const& e, key_record const&) noexcept {
        return e.expires_ms <= e.now_ms ? errc::out_of_range : errc::malformed;
    }
    template <class Event>
    static std::string reason(Event const& e, key_record const&) {
        return e.expires_ms <= e.now_ms ? "its expiration date has passed"
                                        : std::string(detail::lengths);
    }
    template <class Event>
    static constexpr bool run(Event const& e, key_record const&) noexcept {
        if (e.expires_ms <= e.now_ms) return false;
        if constexpr (requires { e.bits; })
            return e.kind == key_kind::standard || detail::is_root_key_length(e.bits);
        return true;
    }
};
struct is_root {
    static constexpr errc code = errc::root_key_required;
    static constexpr std::string_view reason =
        "a standard key is a stored secret, it cannot wrap, rotate or be disabled; use a root key";
    template <class Event>
    static constexpr bool run(Event const&, key_record const& k) noexcept {
        return k.kind == key_kind::root;
    }
};
/// Also of a key whose date has come and whom nobody has told yet (`expire`).
struct may_wrap {
    static constexpr errc code(wrap const&, key_record const& k) noexcept {
        return k.kind == key_kind::root ? errc::key_state_refused : errc::root_key_required;
    }
    static constexpr std::string_view reason(wrap const&, key_record const& k) noexcept {
        return k.kind == key_kind::root ? "it has expired; it unwraps and rewraps only"
                                        : is_root::reason;
    }
    static constexpr bool run(wrap const& e, key_record const& k) noexcept {
        return k.kind == key_kind::root && e.now_ms < k.expires_ms;
    }
};
/// Rotation: a root key; by hand once an hour; by policy only what the service made itself; an
/// imported key needs new material.
struct may_rotate {
    static constexpr errc code(rotate const& e, key_record const& k) noexcept {
        if (k.kind != key_kind::root) return errc::root_key_required;
        if (k.imported && (e.by_policy || !e.with_material)) return errc::key_material_required;
        if (has_wrong_length(e, k)) return errc::malformed;
        return errc::rotation_not_permitted;
    }
    static std::string reason(rotate const& e, key_record const& k) {
        if (k.kind != key_kind::root) return std::string(is_root::reason);
        if (k.imported && e.by_policy)
            return "an imported key is rotated by hand, with new material";
        if (k.imported && !e.with_material) return "an imported key is rotated with new material";
        if (has_wrong_length(e, k)) return std::string(detail::lengths);
        if (!k.imported && e.with_material)
            return "a key made by the service is rotated without material";
        return "it was rotated less than an hour ago; " +
               detail::wait_text(rotation_rest_ms - detail::since(k.rotated_ms, e.now_ms));
    }
    static constexpr bool run(rotate const& e, key_record const& k) noexcept {
        if (k.kind != key_kind::root || k.imported != e.with_material) return false;
        if (e.by_policy) return !k.imported;
        return !has_wrong_length(e, k) &&
               detail::has_rested(k.rotated_ms, e.now_ms, rotation_rest_ms);
    }

private:
    static constexpr bool has_wrong_length(rotate const& e, key_record const& k) noexcept {
        return k.imported && e.with_material && !detail::is_root_key_length(e.bits);
    }
};
struct has_settled {
    static constexpr errc code = errc::too_early;
    static std::string reason(enable const& e, key_record const& k) {
        return "it was changed less than 30 s ago; " +
               detail::wait_text(settling_ms - detail::since(k.changed_ms, e.now_ms));
    }
    static constexpr bool run(enable const& e, key_record const& k) noexcept {
        return detail::has_rested(k.changed_ms, e.now_ms, settling_ms);
    }
};
struct has_expired {
    static constexpr std::string_view reason = "its expiration date has not come";
    static constexpr bool run(expire const& e, key_record const& k) noexcept {
        return e.now_ms >= k.expires_ms;
    }
};
struct takes_two_people {
    static constexpr errc code = errc::no_dual_authorization;
    static constexpr std::string_view reason =
        "the key has no dual-authorization policy; delete it directly";
    template <class Event>
    static constexpr bool run(Event const&, key_record const& k) noexcept {
        return k.dual_authorization;
    }
};
/// Deletion: no registration in the way, and a second person where the key asks for one.
struct may_delete {
    static std::string counted(std::uint32_t registrations) {
        return thousands(registrations) + (registrations == 1 ? " registration" : " registrations");
    }
    static constexpr errc code(erase const& e, key_record const& k) noexcept {
        if (e.by_service) return errc::resource_owner_required;
        if (k.preventing > 0) return errc::deletion_prevented;
        if (k.registrations > 0 && !e.force) return errc::protected_resource;
        return errc::authorizations_not_met;
    }
    static std::string reason(erase const& e, key_record const& k) {
        switch (code(e, k)) {
            case errc::resource_owner_required:
                return "a service cannot delete a customer's key";
            case errc::deletion_prevented:
                return counted(k.preventing) +
                       " made to prevent its deletion, also by force; remove them in their "
                       "services";
            case errc::protected_resource:
                return "services depend on it, by " + counted(k.registrations) +
                       "; remove them, or force the deletion, which cuts the services off";
            default:
                return "it takes two people: another one must have authorized the deletion in the "
                       "last 7 days";
        }
    }
    static constexpr bool run(erase const& e, key_record const& k) noexcept {
        if (e.by_service || k.preventing > 0 || (k.registrations > 0 && !e.force)) return false;
        return !k.dual_authorization ||
               (detail::since(k.authorized_ms, e.now_ms) <= authorization_ms &&
                k.authorized_by != e.by);
    }
};
struct is_not_deleted {
    static constexpr errc code = errc::key_deleted;
    static constexpr std::string_view reason = "it is deleted already";
    static constexpr bool run(erase const&, key_record const&) noexcept { return false; }
};
/// Restoring: 30 s to 30 days after the deletion, to the state before, and not when expired.
/// *Ambiguity* of the source (to Active, or to the state before): to the state before.
template <std::uint8_t Former>
struct was_in_state {
    static constexpr std::string_view label = "was_in_state";
    static constexpr errc code(restore const& e, key_record const& k) noexcept {
        if (e.now_ms >= k.expires_ms || k.former == 3) return errc::key_expired;
        return detail::since(k.deleted_ms, e.now_ms) > restorable_ms ? errc::restore_expired
                                                                     : errc::too_early;
    }
    static std::string reason(restore const& e, key_record const& k) {
        switch (code(e, k)) {
            case errc::key_expired:
                return "it has expired; import the material again as a new key";
            case errc::restore_expired:
                return "it was deleted more than 30 days ago";
            default:
                return "it was deleted less than 30 s ago; " +
                       detail::wait_text(settling_ms - detail::since(k.deleted_ms, e.now_ms));
        }
    }
    static constexpr bool run(restore const& e, key_record const& k) noexcept {
        auto const rested = detail::since(k.deleted_ms, e.now_ms);
        return k.former == Former && e.now_ms < k.expires_ms && rested >= settling_ms &&
               rested <= restorable_ms;
    }
};
struct is_purgeable {
    static constexpr errc code = errc::too_early;
    static std::string reason(purge const& e, key_record const& k) {
        return "a deleted key is kept for 4 h; " +
               detail::wait_text(purgeable_after_ms - detail::since(k.deleted_ms, e.now_ms));
    }
    static constexpr bool run(purge const& e, key_record const& k) noexcept {
        return detail::since(k.deleted_ms, e.now_ms) >= purgeable_after_ms;
    }
};
struct may_be_registered {
    static constexpr errc code = errc::registration_needs_root_key;
    static constexpr std::string_view reason = "services depend on root keys only";
    static constexpr bool run(attach const&, key_record const& k) noexcept {
        return k.kind == key_kind::root;
    }
};
struct has_registration {
    static constexpr errc code = errc::registration_not_found;
    static constexpr std::string_view reason = "it has no such registration";
    static constexpr bool run(detach const& e, key_record const& k) noexcept {
        return k.registrations > 0 && k.preventing >= (e.prevents_deletion ? 1U : 0U) &&
               (e.prevents_deletion || k.registrations > k.preventing);
    }
};
/// Registrations change while the key is active, never else.
struct is_active {
    static constexpr errc code = errc::registration_needs_active_key;
    static constexpr std::string_view reason =
        "registrations change while the key is active only; enable or restore it";
    template <class Event>
    static constexpr bool run(Event const&, key_record const&) noexcept {
        return false;
    }
};

// ---- actions: the books -------------------------------------------------------------------------

struct note_creation {
    template <class Event>
    static constexpr void run(Event const& e, key_record& k) noexcept {
        k = {};
        k.kind = e.kind;
        k.expires_ms = e.expires_ms;
        k.dual_authorization = e.dual_authorization;
        k.changed_ms = e.now_ms;
        k.versions = 1;
        if constexpr (requires { e.bits; }) {
            k.imported = true;
            k.bits = e.bits;
        }
    }
};
struct note_version {
    static constexpr void run(rotate const& e, key_record& k) noexcept {
        ++k.versions;
        k.rotated_ms = e.now_ms;
        if (e.with_material) k.bits = e.bits;
    }
};
struct note_change {
    template <class Event>
    static constexpr void run(Event const& e, key_record& k) noexcept {
        k.changed_ms = e.now_ms;
    }
};
struct note_authorization {
    static constexpr void run(authorize_deletion const& e, key_record& k) noexcept {
        k.authorized_ms = e.now_ms;
        k.authorized_by = e.by;
    }
};
struct forget_authorization {
    static constexpr void run(cancel_deletion const&, key_record& k) noexcept {
        k.authorized_ms = not_yet_ms;
        k.authorized_by = {};
    }
};
template <std::uint8_t Former>
struct note_deletion {
    static constexpr void run(erase const& e, key_record& k) noexcept {
        k.former = Former;
        k.deleted_ms = k.changed_ms = e.now_ms;
        k.registrations = 0;
        k.authorized_ms = not_yet_ms;
        k.authorized_by = {};
    }
};
struct note_restoration {
    static constexpr void run(restore const& e, key_record& k) noexcept {
        k.deleted_ms = not_yet_ms;
        k.changed_ms = e.now_ms;
    }
};
struct count_registration {
    static constexpr void run(attach const& e, key_record& k) noexcept {
        ++k.registrations;
        k.preventing += e.prevents_deletion;
    }
};
struct discount_registration {
    static constexpr void run(detach const& e, key_record& k) noexcept {
        --k.registrations;
        k.preventing -= e.prevents_deletion;
    }
};

/// The table. A state without a row for `wrap` does not wrap. Of two rows for one state and event
/// the LOWER is tried first.
struct key {
    static constexpr std::string_view name = "key";
    using context = key_record;
    using initial_state = pre_active;
    // clang-format off
    using transition_table = fsm::rows<
        //       from         on                  to           do                     if
        fsm::row<pre_active,  create,             active,      note_creation,         can_be_made>,
        fsm::row<pre_active,  import_material,    active,      note_creation,         can_be_made>,
        fsm::row<active,      wrap,               fsm::stay,   fsm::nothing,          may_wrap>,
        fsm::row<active,      unwrap,             fsm::stay,   fsm::nothing,          is_root>,
        fsm::row<active,      rewrap,             fsm::stay,   fsm::nothing,          is_root>,
        fsm::row<active,      rotate,             fsm::stay,   note_version,          may_rotate>,
        fsm::row<active,      disable,            suspended,   note_change,           is_root>,
        fsm::row<active,      expire,             deactivated, note_change,           has_expired>,
        fsm::row<active,      authorize_deletion, fsm::stay,   note_authorization,    takes_two_people>,
        fsm::row<active,      cancel_deletion,    fsm::stay,   forget_authorization,  takes_two_people>,
        fsm::row<active,      erase,              destroyed,   note_deletion<1>,      may_delete>,
        fsm::row<active,      attach,             fsm::stay,   count_registration,    may_be_registered>,
        fsm::row<active,      detach,             fsm::stay,   discount_registration, has_registration>,
        fsm::row<suspended,   enable,             active,      note_change,           has_settled>,
        fsm::row<suspended,   expire,             deactivated, note_change,           has_expired>,
        fsm::row<suspended,   authorize_deletion, fsm::stay,   note_authorization,    takes_two_people>,
        fsm::row<suspended,   cancel_deletion,    fsm::stay,   forget_authorization,  takes_two_people>,
        fsm::row<suspended,   erase,              destroyed,   note_deletion<2>,      may_delete>,
        fsm::row<suspended,   attach,             fsm::stay,   count_registration,    is_active>,
        fsm::row<suspended,   detach,             fsm::stay,   discount_registration, is_active>,
        fsm::row<deactivated, unwrap,             fsm::stay,   fsm::nothing,          is_root>,
        fsm::row<deactivated, rewrap,             fsm::stay,   fsm::nothing,          is_root>,
        fsm::row<deactivated, rotate,             fsm::stay,   note_version,          may_rotate>,
        fsm::row<deactivated, authorize_deletion, fsm::stay,   note_authorization,    takes_two_people>,
        fsm::row<deactivated, cancel_deletion,    fsm::stay,   forget_authorization,  takes_two_people>,
        fsm::row<deactivated, erase,              destroyed,   note_deletion<3>,      may_delete>,
        fsm::row<deactivated, attach,             fsm::stay,   count_registration,    is_active>,
        fsm::row<deactivated, detach,             fsm::stay,   discount_registration, is_active>,
        fsm::row<destroyed,   erase,              fsm::stay,   fsm::nothing,          is_not_deleted>,
        fsm::row<destroyed,   attach,             fsm::stay,   count_registration,    is_active>,
        fsm::row<destroyed,   detach,             fsm::stay,   discount_registration, is_active>,
        fsm::row<destroyed,   restore,            suspended,   note_restoration,      was_in_state<2>>,
        fsm::row<destroyed,   restore,            active,      note_restoration,      was_in_state<1>>,
        fsm::row<destroyed,   purge,              purged,      fsm::nothing,          is_purgeable>>;
    // clang-format on
};

/// The number of a state in NIST SP 800-57 and Key Protect; a purged key has none.
[[nodiscard]] constexpr int nist_state(fsm::state_t state) noexcept {
    using view = fsm::table_view<key>;
    if (state == view::state_id<pre_active>) return 0;
    if (state == view::state_id<active>) return 1;
    if (state == view::state_id<suspended>) return 2;
    if (state == view::state_id<deactivated>) return 3;
    return state == view::state_id<destroyed> ? 5 : -1;
}

/// The refusal of a key, in the codes of the service: an action that the state does not know is
/// key_not_found (purged, or never made), key_disabled, key_destroyed or key_state_refused.
[[nodiscard]] inline error as_answer(error refused, fsm::state_t state) {
    using view = fsm::table_view<key>;
    if (refused.code != errc::event_not_allowed) return refused;
    refused.code = state == view::state_id<purged> || state == view::state_id<pre_active>
                       ? errc::key_not_found
                   : state == view::state_id<suspended> ? errc::key_disabled
                   : state == view::state_id<destroyed> ? errc::key_destroyed
                                                        : errc::key_state_refused;
    switch (refused.code) {
        case errc::key_not_found:
            refused.detail = "there is no such key";
            break;
        case errc::key_disabled:
            refused.detail = "the key is disabled; enable it";
            break;
        case errc::key_destroyed:
            refused.detail = "the key is deleted; restore it within 30 days of its deletion";
            break;
        case errc::key_state_refused:
            if (state == view::state_id<deactivated>)
                refused.detail = "the key has expired: it unwraps and rewraps, and nothing else";
            break;
        default:
            break;
    }
    return refused;
}

}  // namespace cryptoperiod::kms
