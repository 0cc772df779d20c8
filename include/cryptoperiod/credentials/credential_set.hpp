/// @file credential_set.hpp
/// The life of one credential set {id, key, secret} at its provider, as one transition table.
/// Source: seed "Managing Channels keys in mobile apps": several sets are live at once, and a set
/// that was deleted cannot be restored.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <limits>
#include <string_view>

namespace cryptoperiod::credentials {

/// A moment that never came, in milliseconds of the caller's own epoch.
inline constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::min();

// States: what is true now.
struct staged {};    ///< created, not yet accepted
struct active {};    ///< accepted, handed out to apps
struct retiring {};  ///< accepted, no longer handed out
struct deleted {};   ///< gone for ever

// Events: what is asked for.
struct activate {};
struct retire {};
struct compromise {
    std::int64_t now_ms = 0;
};
/// A connection presents the set. Taken = accepted; anything else is close code 4001 (or 401).
struct present {
    std::int64_t now_ms = 0;
};
struct erase {
    static constexpr std::string_view label = "delete";
};
struct restore {};

/// What is remembered about a set. `compromised` is a mark, not a state: a compromised set works
/// until it is deleted.
struct set_record {
    std::int64_t compromised_ms = never_ms;
    std::int64_t last_use_ms = never_ms;
    std::uint64_t uses = 0;

    friend constexpr bool operator==(set_record const&, set_record const&) = default;
};

struct note_use {
    static constexpr void run(present const& e, set_record& set) noexcept {
        set.last_use_ms = e.now_ms;
        ++set.uses;
    }
};
struct mark_compromised {
    static constexpr void run(compromise const& e, set_record& set) noexcept {
        if (set.compromised_ms == never_ms) set.compromised_ms = e.now_ms;
    }
};
struct provider_can_restore {
    static constexpr errc code = errc::credential_deleted;
    static constexpr std::string_view reason =
        "the provider is unable to restore a deleted credential set; create a new one and release "
        "or serve it";
    static constexpr bool run(restore const&, set_record const&) noexcept { return false; }
};

/// The table. A state without a row for `present` does not let anyone in.
struct credential_set {
    static constexpr std::string_view name = "credential_set";
    using context = set_record;
    using initial_state = staged;
    // clang-format off
    using transition_table = fsm::rows<
        //       from      on          to         do                if
        fsm::row<staged,   activate,   active>,
        fsm::row<staged,   compromise, fsm::stay, mark_compromised>,
        fsm::row<staged,   erase,      deleted>,
        fsm::row<active,   present,    fsm::stay, note_use>,
        fsm::row<active,   compromise, fsm::stay, mark_compromised>,
        fsm::row<active,   retire,     retiring>,
        fsm::row<active,   erase,      deleted>,
        fsm::row<retiring, present,    fsm::stay, note_use>,
        fsm::row<retiring, compromise, fsm::stay, mark_compromised>,
        fsm::row<retiring, activate,   active>,
        fsm::row<retiring, erase,      deleted>,
        fsm::row<deleted,  restore,    active,    fsm::nothing,     provider_can_restore>>;
    // clang-format on
};

}  // namespace cryptoperiod::credentials
