/// @file credential_set.hpp
/// The life of one credential set {id, key, secret} at its provider, as one transition table.
/// Source: seed "Managing Channels keys in mobile apps": several sets are live at once, and a set
/// that was deleted cannot be restored.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace cryptoperiod::credentials {

/// A moment that never came, in milliseconds of the caller's own epoch.
inline constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::min();

/// So long a set must rest before it is deleted, unless told; who was seen in that time counts as
/// one of its users. *Assumption*: 30 days.
inline constexpr milliseconds resting_time = days{30};

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
/// Deletes the set, which is refused while devices use it unless it is forced.
struct erase {
    static constexpr std::string_view label = "delete";
    std::int64_t now_ms = 0;
    bool force = false;
};
/// What live traffic tells of the set (usage.hpp).
struct observe_devices {
    std::uint64_t devices_left = 0;       ///< that have presented the set lately
    std::int64_t last_use_ms = never_ms;  ///< by any of them, at any server
};
struct restore {};

/// What is remembered about a set. `compromised` is a mark, not a state: a compromised set works
/// until it is deleted.
struct set_record {
    std::int64_t compromised_ms = never_ms;
    std::int64_t last_use_ms = never_ms;
    std::uint64_t uses = 0;
    std::uint64_t devices_left = 0;  ///< that still present the set, as far as anybody has told
    std::uint64_t stranded = 0;      ///< devices cut off by a forced deletion
    std::int64_t quiet_ms = resting_time.count();  ///< it rests so long before it is deleted

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
struct note_devices {
    static constexpr void run(observe_devices const& e, set_record& set) noexcept {
        set.devices_left = e.devices_left;
        if (e.last_use_ms > set.last_use_ms) set.last_use_ms = e.last_use_ms;
    }
};
struct count_devices_left {
    static constexpr void run(erase const&, set_record& set) noexcept {
        set.stranded = set.devices_left;
    }
};

/// Whether nobody has presented a set for `quiet_ms`.
[[nodiscard]] constexpr bool has_rested(std::int64_t last_use_ms, std::int64_t now_ms,
                                        std::int64_t quiet_ms) noexcept {
    return last_use_ms == never_ms || now_ms - last_use_ms >= quiet_ms;
}
/// Why a set that has not rested is not deleted. `which` names it: "the set".
[[nodiscard]] inline std::string not_rested(std::string_view which, std::int64_t last_use_ms,
                                            std::int64_t now_ms, std::int64_t quiet_ms,
                                            std::uint64_t devices_left) {
    return concat(which, " was last used ", to_text(milliseconds{now_ms - last_use_ms}),
                  " ago, by devices of which ", thousands(devices_left),
                  " are left; wait until it has rested for ", to_text(milliseconds{quiet_ms}));
}
struct has_no_use {
    static constexpr errc code = errc::credential_in_use;
    static constexpr bool run(erase const& e, set_record const& set) noexcept {
        return has_rested(set.last_use_ms, e.now_ms, set.quiet_ms);
    }
    static std::string reason(erase const& e, set_record const& set) {
        return not_rested("the set", set.last_use_ms, e.now_ms, set.quiet_ms, set.devices_left);
    }
};
struct is_erased_by_force {
    static constexpr errc code = errc::credential_in_use;
    static constexpr std::string_view reason = "or force it, which strands them";
    static constexpr bool run(erase const& e, set_record const&) noexcept { return e.force; }
};
struct provider_can_restore {
    static constexpr errc code = errc::credential_deleted;
    static constexpr std::string_view reason =
        "the provider is unable to restore a deleted credential set; create a new one and release "
        "or serve it";
    static constexpr bool run(restore const&, set_record const&) noexcept { return false; }
};

/// The table. A state without a row for `present` does not let anyone in. Of the two rows for
/// deleting a set the lower one is tried first.
struct credential_set {
    static constexpr std::string_view name = "credential_set";
    using context = set_record;
    using initial_state = staged;
    // clang-format off
    using transition_table = fsm::rows<
        //       from      on               to         do                  if
        fsm::row<staged,   activate,        active>,
        fsm::row<staged,   compromise,      fsm::stay, mark_compromised>,
        fsm::row<staged,   erase,           deleted>,
        fsm::row<active,   present,         fsm::stay, note_use>,
        fsm::row<active,   observe_devices, fsm::stay, note_devices>,
        fsm::row<active,   compromise,      fsm::stay, mark_compromised>,
        fsm::row<active,   retire,          retiring>,
        fsm::row<active,   erase,           deleted,   count_devices_left, is_erased_by_force>,
        fsm::row<active,   erase,           deleted,   fsm::nothing,       has_no_use>,
        fsm::row<retiring, present,         fsm::stay, note_use>,
        fsm::row<retiring, observe_devices, fsm::stay, note_devices>,
        fsm::row<retiring, compromise,      fsm::stay, mark_compromised>,
        fsm::row<retiring, activate,        active>,
        fsm::row<retiring, erase,           deleted,   count_devices_left, is_erased_by_force>,
        fsm::row<retiring, erase,           deleted,   fsm::nothing,       has_no_use>,
        fsm::row<deleted,  restore,         active,    fsm::nothing,       provider_can_restore>>;
    // clang-format on
};

}  // namespace cryptoperiod::credentials
