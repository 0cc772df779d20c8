/// @file registration.hpp
/// A service says that it depends on a root key: root key <-> instance CRN. And what it owes when
/// the key changes: an acknowledgement within four hours. Source: Key Protect (registrations are
/// made by services only, visible to the customer; keyVersion never goes back), seed "Key Protect
/// integration" (registration of the root key with the instance's CRN).
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod::kms {

// ---- the registration ---------------------------------------------------------------------------

struct unregistered {};
struct registered {};

struct register_service {
    static constexpr std::string_view label = "register";
    bool by_service = true;     ///< the caller is a service, not a person
    std::uint32_t version = 0;  ///< of the key, as the service uses it
    bool prevents_deletion = false;
};
struct update_registration {
    static constexpr std::string_view label = "update";
    bool by_service = true;
    std::uint32_t version = 0;
    bool prevents_deletion = false;
};
struct unregister_service {
    static constexpr std::string_view label = "unregister";
    bool by_service = true;
};
struct drop_registration {  ///< the key was deleted by force
    static constexpr std::string_view label = "drop";
};

/// What is remembered about a registration.
struct registration_record {
    std::uint32_t version = 0;  ///< of the key
    bool prevents_deletion = false;

    friend constexpr bool operator==(registration_record const&,
                                     registration_record const&) = default;
};

struct is_service {
    static constexpr errc code = errc::registration_service_only;
    static constexpr std::string_view reason =
        "registrations are made by services, not by people; the service does it when an instance "
        "is provisioned or deleted";
    template <class Event>
    static constexpr bool run(Event const& e, registration_record const&) noexcept {
        return e.by_service;
    }
};
struct keeps_version {
    static constexpr errc code(update_registration const& e, registration_record const&) noexcept {
        return e.by_service ? errc::registration_version_invalid : is_service::code;
    }
    static std::string reason(update_registration const& e, registration_record const& r) {
        if (!e.by_service) return std::string(is_service::reason);
        return concat("it uses version ", std::to_string(r.version), " of the key; ",
                      std::to_string(e.version), " is older");
    }
    static constexpr bool run(update_registration const& e, registration_record const& r) noexcept {
        return e.by_service && e.version >= r.version;
    }
};
struct note_registration {
    template <class Event>
    static constexpr void run(Event const& e, registration_record& r) noexcept {
        r.version = e.version;
        r.prevents_deletion = e.prevents_deletion;
    }
};

/// The table of one registration. Registering again is idempotent: a repeated call after a lost
/// answer finds what it asked for.
struct registration {
    static constexpr std::string_view name = "registration";
    using context = registration_record;
    using initial_state = unregistered;
    // clang-format off
    using transition_table = fsm::rows<
        //       from          on                   to            do                 if
        fsm::row<unregistered, register_service,    registered,   note_registration, is_service>,
        fsm::row<registered,   register_service,    fsm::stay,    fsm::nothing,      is_service>,
        fsm::row<registered,   update_registration, fsm::stay,    note_registration, keeps_version>,
        fsm::row<registered,   unregister_service,  unregistered, fsm::nothing,      is_service>,
        fsm::row<registered,   drop_registration,   unregistered>>;
    // clang-format on
};

// ---- what a registered service owes -------------------------------------------------------------

/// A service has so long to acknowledge a lifecycle event of a key.
inline constexpr std::int64_t acknowledgement_ms = 4 * ms_per_hour;
/// Notifying again (`sync`) is possible so long after the last time.
inline constexpr std::int64_t sync_rest_ms = ms_per_hour;

/// What happened to the key that a service must act on.
enum class key_event : std::uint8_t { rotate, disable, enable, remove, restore };

inline constexpr std::size_t key_events = 5;  ///< kinds of key_event

[[nodiscard]] constexpr std::string_view to_string(key_event what) noexcept {
    constexpr std::string_view names[key_events] = {"rotate", "disable", "enable", "delete",
                                                    "restore"};
    return names[static_cast<std::size_t>(what)];
}

struct unnotified {};
struct notified {};      ///< told, and owes an acknowledgement
struct acknowledged {};  ///< did what the event asks for
struct late {};          ///< did not answer in time: reason 408 in the customer's log
struct conflicting {};   ///< answered that its own state forbids it: reason 409

struct notify {
    std::int64_t now_ms = 0;
};
struct acknowledge {
    std::int64_t now_ms = 0;
};
struct report_conflict {
    std::int64_t now_ms = 0;
};
struct run_out {  ///< the time is up
    std::int64_t now_ms = 0;
};

/// What is remembered about a notice.
struct notice_record {
    std::int64_t notified_ms = 0;

    friend constexpr bool operator==(notice_record const&, notice_record const&) = default;
};

struct note_notice {
    static constexpr void run(notify const& e, notice_record& n) noexcept {
        n.notified_ms = e.now_ms;
    }
};
struct may_notify_again {
    static constexpr errc code = errc::too_early;
    static std::string reason(notify const& e, notice_record const& n) {
        return "it was notified less than an hour ago; wait " +
               to_text(milliseconds{sync_rest_ms - (e.now_ms - n.notified_ms)}) + " more";
    }
    static constexpr bool run(notify const& e, notice_record const& n) noexcept {
        return e.now_ms - n.notified_ms > sync_rest_ms;
    }
};
struct is_overdue {
    static constexpr std::string_view reason = "the service has 4 h to answer";
    static constexpr bool run(run_out const& e, notice_record const& n) noexcept {
        return e.now_ms - n.notified_ms > acknowledgement_ms;
    }
};

/// The table of one notice to one registered service. A late answer is taken: the service did its
/// work, and the customer's log keeps the 408.
struct notice {
    static constexpr std::string_view name = "notice";
    using context = notice_record;
    using initial_state = unnotified;
    // clang-format off
    using transition_table = fsm::rows<
        //       from          on               to            do            if
        fsm::row<unnotified,   notify,          notified,     note_notice>,
        fsm::row<notified,     notify,          fsm::stay,    note_notice,  may_notify_again>,
        fsm::row<notified,     acknowledge,     acknowledged>,
        fsm::row<notified,     report_conflict, conflicting>,
        fsm::row<notified,     run_out,         late,         fsm::nothing, is_overdue>,
        fsm::row<late,         notify,          notified,     note_notice,  may_notify_again>,
        fsm::row<late,         acknowledge,     acknowledged>,
        fsm::row<late,         report_conflict, conflicting>,
        fsm::row<conflicting,  notify,          notified,     note_notice,  may_notify_again>,
        fsm::row<conflicting,  acknowledge,     acknowledged>>;
    // clang-format on
};

}  // namespace cryptoperiod::kms
