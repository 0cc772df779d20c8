/// @file samples.hpp
/// The machine that the tests of this folder speak about: a small credential set with every kind of
/// row, guard, reason, code and hook.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/fsm/row.hpp>
#include <string>
#include <string_view>

namespace samples {

namespace fsm = cryptoperiod::fsm;
using cryptoperiod::errc;

struct context {
    int version = 1;
    int last_use = -100;
    int retirements = 0;
    int comebacks = 0;
    bool held = false;
    bool locked = false;

    friend constexpr bool operator==(context const&, context const&) = default;
};

struct active {
    static constexpr void on_entry(auto const&, context& c) noexcept { ++c.comebacks; }
};
struct retired {
    static constexpr void on_entry(auto const&, context& c) noexcept { ++c.retirements; }
    static constexpr void on_exit(auto const&, context& c) noexcept { c.held = false; }
};
struct deleted {};

struct rotate {
    int day = 0;
};
struct use {
    int day = 0;
};
struct retire {};
struct revive {};
struct erase {
    static constexpr std::string_view label = "delete";
    int day = 0;
    bool force = false;
};
struct audit {};    // in the table only where it is refused twice
struct unknown {};  // in no row

// A reason that depends on the event and the context, and a code.
struct is_unused {
    static constexpr errc code = errc::credential_in_use;
    static constexpr bool run(erase const& event, context const& c) {
        return event.day - c.last_use >= 30;
    }
    static std::string reason(erase const& event, context const& c) {
        return "it was used " + std::to_string(event.day - c.last_use) + " days ago, wait for 30";
    }
};
// A constant reason, no code.
struct is_unlocked {
    static constexpr std::string_view reason = "it is locked: unlock it first";
    static constexpr bool run(auto const&, context const& c) { return !c.locked; }
};
// Nothing but the question.
struct is_free {
    static constexpr bool run(auto const&, context const& c) { return !c.held; }
};
// Leaves the answer to the other guard, although it has a code.
struct is_forced {
    static constexpr errc code = errc::inconsistent;
    static constexpr bool run(erase const& event, context const&) { return event.force; }
    static std::string reason(erase const&, context const&) { return {}; }
};
// A code that depends on the context.
struct is_recent {
    static constexpr bool run(rotate const& event, context const& c) {
        return event.day >= 0 && !c.locked;
    }
    static constexpr std::string_view reason = "the day is not usable";
    static errc code(rotate const&, context const& c) {
        return c.locked ? errc::credential_deleted : errc::out_of_range;
    }
};
// Two guards that say nothing of their own accord.
struct is_monday {
    static constexpr bool run(auto const&, context const&) { return false; }
    static std::string reason(auto const&, auto const&) { return {}; }
};
struct is_holiday {
    static constexpr bool run(auto const&, context const&) { return false; }
    static std::string reason(auto const&, auto const&) { return {}; }
};

struct new_version {
    static constexpr void run(auto const&, context& c) noexcept { ++c.version; }
};
struct remember {
    static constexpr void run(use const& event, context& c) noexcept { c.last_use = event.day; }
};
struct hold {
    static constexpr void run(auto const&, context& c) noexcept { c.held = true; }
};

struct credential_set {
    static constexpr std::string_view name = "credential_set";
    using context = samples::context;
    using initial_state = active;
    // clang-format off
    using transition_table = fsm::rows<
        //       from      on       to         do            if
        fsm::row<active  , rotate , fsm::stay, new_version , is_recent  >,
        fsm::row<active  , use    , fsm::stay, remember                 >,
        fsm::row<active  , retire , retired  , hold        , is_unlocked>,
        fsm::row<active  , audit  , fsm::stay, fsm::nothing, is_monday  >,
        fsm::row<active  , audit  , deleted  , fsm::nothing, is_holiday >,
        fsm::row<retired , retire , retired                             >,
        fsm::row<retired , revive , active   , fsm::nothing, is_free    >,
        fsm::row<retired , revive , fsm::stay, hold        , is_unlocked>,
        fsm::row<retired , erase  , deleted  , fsm::nothing, is_forced  >,
        fsm::row<retired , erase  , deleted  , fsm::nothing, is_unused  >>;
    // clang-format on
};

}  // namespace samples
