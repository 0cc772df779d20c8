/// @file rotation.hpp
/// The operator's procedure for replacing one credential set by another: create, release or serve,
/// watch the last use, retire, delete. Deleting a set that is still in use is refused; it can be
/// forced, and then the table says whom that strands. Source: seed "Managing Channels keys in
/// mobile apps" ("wait until most users have installed the update before finally deleting").
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptoperiod::credentials {

// States: how far the rotation has come.
struct planned {};      ///< the old set is the only one
struct prepared {};     ///< the new set exists, nobody has it
struct overlapping {};  ///< both sets are live, the new one is being handed out
struct draining {};     ///< the old set is handed out to nobody and still accepted
struct finished {};     ///< the old set is deleted

// Events: what the operator does and sees.
struct create_set {};
struct release_version {};  ///< an app version that carries the new set is in the store
struct serve_set {};        ///< the server hands out the new set
struct observe_use {        ///< somebody presented the old set
    std::int64_t now_ms = 0;
    std::uint64_t devices_left = 0;  ///< as far as the provider can tell
};
struct retire_old {};
struct resume {};  ///< hand the old set out again
struct delete_old {
    std::int64_t now_ms = 0;
    bool force = false;
};

/// What the operator knows about the rotation.
struct rotation_record {
    std::int64_t quiet_ms = resting_time.count();  ///< of the old set, before it is deleted
    std::int64_t last_use_ms = never_ms;           ///< of the old set
    std::uint64_t devices_left = 0;                ///< that still present the old set
    std::uint64_t stranded = 0;                    ///< devices cut off by a forced deletion

    friend constexpr bool operator==(rotation_record const&, rotation_record const&) = default;
};

struct note_last_use {
    static constexpr void run(observe_use const& e, rotation_record& r) noexcept {
        r.last_use_ms = e.now_ms;
        r.devices_left = e.devices_left;
    }
};
struct count_stranded {
    static constexpr void run(delete_old const&, rotation_record& r) noexcept {
        r.stranded = r.devices_left;
    }
};
/// Nobody has presented the old set for `quiet_ms`.
struct is_unused {
    static constexpr errc code = errc::credential_in_use;
    static constexpr bool run(delete_old const& e, rotation_record const& r) noexcept {
        return has_rested(r.last_use_ms, e.now_ms, r.quiet_ms);
    }
    static std::string reason(delete_old const& e, rotation_record const& r) {
        return not_rested("the old set", r.last_use_ms, e.now_ms, r.quiet_ms, r.devices_left);
    }
};
struct is_forced {
    static constexpr errc code = errc::credential_in_use;
    static constexpr std::string_view reason = "or force it, which strands them";
    static constexpr bool run(delete_old const& e, rotation_record const&) noexcept {
        return e.force;
    }
};

/// The table. Of the two rows for delete_old the lower one is tried first.
struct rotation {
    static constexpr std::string_view name = "rotation";
    using context = rotation_record;
    using initial_state = planned;
    // clang-format off
    using transition_table = fsm::rows<
        //       from         on               to           do              if
        fsm::row<planned,     observe_use,     fsm::stay,   note_last_use>,
        fsm::row<planned,     create_set,      prepared>,
        fsm::row<prepared,    observe_use,     fsm::stay,   note_last_use>,
        fsm::row<prepared,    release_version, overlapping>,
        fsm::row<prepared,    serve_set,       overlapping>,
        fsm::row<overlapping, observe_use,     fsm::stay,   note_last_use>,
        fsm::row<overlapping, retire_old,      draining>,
        fsm::row<draining,    observe_use,     fsm::stay,   note_last_use>,
        fsm::row<draining,    resume,          overlapping>,
        fsm::row<draining,    delete_old,      finished,    count_stranded, is_forced>,
        fsm::row<draining,    delete_old,      finished,    fsm::nothing,   is_unused>>;
    // clang-format on
};

}  // namespace cryptoperiod::credentials
