/// @file registration.hpp
/// The registration of one device with one app as a table. Source: IBM push, documentation of its
/// API; seed "Security in push notifications".
#pragma once

#include <algorithm>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <string_view>

namespace cryptoperiod::device {

struct unregistered {};
struct registered {};

struct register_device {
    static constexpr std::string_view label = "register";
    std::int64_t now_ms = 0;
};
struct update_device {
    static constexpr std::string_view label = "update";
    std::int64_t now_ms = 0;
};
struct unregister_device {
    static constexpr std::string_view label = "unregister";
};
/// The provider (APNs, FCM) says that the token is of no device any more.
struct report_dead_token {};

struct registration_record {
    std::int64_t created_ms = 0, updated_ms = 0;

    friend constexpr bool operator==(registration_record const&,
                                     registration_record const&) = default;
};

struct is_new {
    static constexpr errc code = errc::device_exists;
    static constexpr std::string_view reason =
        "it is registered already; update it, or unregister it first";
    static constexpr bool run(register_device const&, registration_record const&) noexcept {
        return false;
    }
};
struct is_known {
    static constexpr errc code = errc::device_not_found;
    static constexpr std::string_view reason = "it is not registered; register it first";
    template <class Event>
    static constexpr bool run(Event const&, registration_record const&) noexcept {
        return false;
    }
};
struct note_creation {
    static constexpr void run(register_device const& e, registration_record& r) noexcept {
        r = {e.now_ms, e.now_ms};
    }
};
struct note_update {
    static constexpr void run(update_device const& e, registration_record& r) noexcept {
        r.updated_ms = std::max(r.created_ms, e.now_ms);  // a clock may be set back
    }
};

/// A provider that reports a dead token twice, or too late, is no fault of anybody.
struct registration {
    static constexpr std::string_view name = "device_registration";
    using context = registration_record;
    using initial_state = unregistered;
    // clang-format off
    using transition_table = fsm::rows<
        //       from          on                 to            do             if
        fsm::row<unregistered, register_device,   registered,   note_creation>,
        fsm::row<unregistered, update_device,     fsm::stay,    fsm::nothing,  is_known>,
        fsm::row<unregistered, unregister_device, fsm::stay,    fsm::nothing,  is_known>,
        fsm::row<unregistered, report_dead_token, fsm::stay>,
        fsm::row<registered,   register_device,   fsm::stay,    fsm::nothing,  is_new>,
        fsm::row<registered,   update_device,     fsm::stay,    note_update>,
        fsm::row<registered,   unregister_device, unregistered>,
        fsm::row<registered,   report_dead_token, unregistered>>;
    // clang-format on
};

}  // namespace cryptoperiod::device
