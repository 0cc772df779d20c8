/// @file provisioning.hpp
/// The life of a service instance as one table: from the request over the CRN token and the
/// registration of its root key to the day it is gone, without a trace in key management. Source:
/// seed "Key Protect integration"; Key Protect, contract of services that depend on a key.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <string_view>

namespace cryptoperiod::instance {

// States: what is true now.
struct requested {};   ///< the request is on record, and nothing outside knows of it
struct authorized {};  ///< key management may know of the instance: a registration is on its way
struct registered {};  ///< root key <-> instance CRN is registered
struct active {};
struct suspended {};  ///< its root key does nothing: nothing is served, all data are kept
struct deleting {};   ///< on its way out: the registration is taken back
struct deleted {};    ///< gone for ever
struct failed {};     ///< could not be provisioned, and left nothing behind

// Events: what is asked for, and what key management has answered.
struct grant_token {};  ///< the CRN token was given: the authorization exists
struct refuse_token {   ///< there is none: 401
    std::int64_t now_ms = 0;
};
struct note_registration {};
struct refuse_registration {  ///< the key is not one that can be depended on
    std::int64_t now_ms = 0;
};
struct activate {
    std::int64_t now_ms = 0;
};
struct lose_key {  ///< disabled or deleted
    std::int64_t now_ms = 0;
};
struct regain_key {  ///< enabled or restored
    std::int64_t now_ms = 0;
};
struct begin_deletion {
    static constexpr std::string_view label = "delete";
    std::int64_t now_ms = 0;
};
/// Nobody will finish its provisioning: its maker crashed, or gave up.
struct abandon {
    std::int64_t now_ms = 0;
};
struct note_unregistration {};
struct serve {};  ///< a call is about to be served
struct clear {};  ///< what it has, here and in key management, is about to be erased
struct forget {   ///< its record is about to be erased
    std::int64_t now_ms = 0;
};
struct refuse_unregistration {  ///< the authorization is gone: the registration is an orphan
    std::int64_t now_ms = 0;
};

/// What is remembered about an instance.
struct provisioning_record {
    bool own_key = false;      ///< a root key of the customer's; else the service's own
    bool is_orphaned = false;  ///< its registration could not be taken back so far
    std::int64_t changed_ms = 0;

    friend constexpr bool operator==(provisioning_record const&,
                                     provisioning_record const&) = default;
};

struct has_own_key {
    static constexpr std::string_view reason =
        "the instance is protected by the service's own key; no token is asked for";
    template <class Event>
    static constexpr bool run(Event const&, provisioning_record const& r) noexcept {
        return r.own_key;
    }
};
struct has_default_key {
    static constexpr std::string_view reason =
        "the instance has a root key of its own, which has to be registered first";
    template <class Event>
    static constexpr bool run(Event const&, provisioning_record const& r) noexcept {
        return !r.own_key;
    }
};
/// So long a deleted instance stays on record: a registration that was on its way for so long is
/// still found and taken back.
inline constexpr std::int64_t tombstone_ms = ms_per_day;
struct has_long_been_gone {
    static constexpr std::string_view reason =
        "it was deleted less than a day ago, and something of it may still arrive";
    static constexpr bool run(forget const& e, provisioning_record const& r) noexcept {
        auto const age = e.now_ms - r.changed_ms;  // of a clock that was set back by much, too
        return age >= tombstone_ms || age <= -tombstone_ms;
    }
};
struct has_working_key {
    static constexpr errc code = errc::instance_suspended;
    static constexpr std::string_view reason =
        "its root key does nothing for it: nothing is served and nothing is lost; enable or "
        "restore "
        "the key, or give the authorization (imfpush -> kms, Reader) back";
    static constexpr bool run(serve const&, provisioning_record const&) noexcept { return false; }
};
/// To its callers an instance that is not there yet, or not any more, is none.
struct is_there {
    static constexpr errc code = errc::instance_not_found;
    static constexpr std::string_view reason = "it is not there yet, or not any more";
    static constexpr bool run(serve const&, provisioning_record const&) noexcept { return false; }
};
struct note_change {
    template <class Event>
    static constexpr void run(Event const& e, provisioning_record& r) noexcept {
        r.changed_ms = e.now_ms;
    }
};
struct note_orphan {
    static constexpr void run(refuse_unregistration const& e, provisioning_record& r) noexcept {
        r.is_orphaned = true;
        r.changed_ms = e.now_ms;
    }
};
struct forget_orphan {
    static constexpr void run(note_unregistration const&, provisioning_record& r) noexcept {
        r.is_orphaned = false;
    }
};

/// The table. Only an active instance serves. Who crashed in `authorized` does not know whether the
/// registration was made, so both ways out of it lead through taking it back. What has failed left
/// nothing, so nothing of it is erased: its id may stand for another instance by then.
struct provisioning {
    static constexpr std::string_view name = "provisioning";
    using context = provisioning_record;
    using initial_state = requested;
    // clang-format off
    using transition_table = fsm::rows<
        //       from        on                     to          do             if
        fsm::row<requested,  grant_token,           authorized, fsm::nothing,  has_own_key>,
        fsm::row<requested,  refuse_token,          failed,     note_change,   has_own_key>,
        fsm::row<requested,  activate,              active,     note_change,   has_default_key>,
        fsm::row<requested,  begin_deletion,        deleted,    note_change>,
        fsm::row<requested,  abandon,               failed,     note_change>,
        fsm::row<requested,  serve,                 fsm::stay,  fsm::nothing,  is_there>,
        fsm::row<authorized, note_registration,     registered>,
        fsm::row<authorized, refuse_registration,   failed,     note_change>,
        fsm::row<authorized, begin_deletion,        deleting,   note_change>,
        fsm::row<authorized, abandon,               deleting,   note_change>,
        fsm::row<authorized, serve,                 fsm::stay,  fsm::nothing,  is_there>,
        fsm::row<registered, activate,              active,     note_change>,
        fsm::row<registered, begin_deletion,        deleting,   note_change>,
        fsm::row<registered, abandon,               deleting,   note_change>,
        fsm::row<registered, serve,                 fsm::stay,  fsm::nothing,  is_there>,
        fsm::row<active,     serve,                 fsm::stay>,
        fsm::row<active,     lose_key,              suspended,  note_change,   has_own_key>,
        fsm::row<active,     begin_deletion,        deleting,   note_change,   has_own_key>,
        fsm::row<active,     begin_deletion,        deleted,    note_change,   has_default_key>,
        fsm::row<suspended,  regain_key,            active,     note_change>,
        fsm::row<suspended,  begin_deletion,        deleting,   note_change>,
        fsm::row<suspended,  serve,                 fsm::stay,  fsm::nothing,  has_working_key>,
        fsm::row<deleting,   note_unregistration,   deleted,    forget_orphan>,
        fsm::row<deleting,   refuse_unregistration, fsm::stay,  note_orphan>,
        fsm::row<deleting,   clear,                 fsm::stay>,
        fsm::row<deleting,   serve,                 fsm::stay,  fsm::nothing,  is_there>,
        fsm::row<deleted,    clear,                 fsm::stay>,
        fsm::row<deleted,    forget,                fsm::stay,  fsm::nothing,  has_long_been_gone>,
        fsm::row<deleted,    serve,                 fsm::stay,  fsm::nothing,  is_there>,
        fsm::row<failed,     forget,                fsm::stay>,
        fsm::row<failed,     serve,                 fsm::stay,  fsm::nothing,  is_there>>;
    // clang-format on
};

}  // namespace cryptoperiod::instance
