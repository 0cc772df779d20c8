/// @file api_key_life.hpp
/// The life of an API key as one table. Source: IBM Cloud IAM (locked, disabled, expires_at).
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstdint>
#include <limits>
#include <string_view>

namespace cryptoperiod::iam {

/// A moment that never comes.
inline constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();

namespace api_key {

// States: what is true now.
struct enabled {};
struct disabled {};  ///< gives no tokens; those that it gave live on
struct deleted {};

// Events: what is asked for.
/// The key was shown, with its secret.
struct authenticate {
    std::int64_t now_ms = 0;
};
struct disable {};
struct enable {};
struct lock {};
struct unlock {};
struct erase {
    static constexpr std::string_view label = "delete";
};

/// What is remembered. `locked` is a mark, not a state: a locked key works, and is not changed.
struct record {
    bool locked = false;
    std::int64_t expires_ms = never_ms;

    friend constexpr bool operator==(record const&, record const&) = default;
};

struct is_unlocked {
    static constexpr errc code = errc::api_key_locked;
    static constexpr std::string_view reason = "the API key is locked; unlock it first";
    template <class Event>
    static constexpr bool run(Event const&, record const& key) noexcept {
        return !key.locked;
    }
};
struct is_in_time {
    static constexpr errc code = errc::api_key_expired;
    static constexpr std::string_view reason = "the API key has expired; create a new one";
    static constexpr bool run(authenticate const& e, record const& key) noexcept {
        return e.now_ms < key.expires_ms;
    }
};
struct is_enabled {
    static constexpr errc code = errc::api_key_disabled;
    static constexpr std::string_view reason = "the API key is disabled; have it enabled";
    static constexpr bool run(authenticate const&, record const&) noexcept { return false; }
};
struct set_lock {
    static constexpr void run(lock const&, record& key) noexcept { key.locked = true; }
    static constexpr void run(unlock const&, record& key) noexcept { key.locked = false; }
};

/// The table.
struct table {
    static constexpr std::string_view name = "api_key";
    using context = record;
    using initial_state = enabled;
    // clang-format off
    using transition_table = fsm::rows<
        //       from      on            to         do            if
        fsm::row<enabled,  authenticate, fsm::stay, fsm::nothing, is_in_time>,
        fsm::row<enabled,  disable,      disabled,  fsm::nothing, is_unlocked>,
        fsm::row<enabled,  enable,       fsm::stay, fsm::nothing, is_unlocked>,
        fsm::row<enabled,  lock,         fsm::stay, set_lock>,
        fsm::row<enabled,  unlock,       fsm::stay, set_lock>,
        fsm::row<enabled,  erase,        deleted,   fsm::nothing, is_unlocked>,
        fsm::row<disabled, authenticate, fsm::stay, fsm::nothing, is_enabled>,
        fsm::row<disabled, enable,       enabled,   fsm::nothing, is_unlocked>,
        fsm::row<disabled, disable,      fsm::stay, fsm::nothing, is_unlocked>,
        fsm::row<disabled, lock,         fsm::stay, set_lock>,
        fsm::row<disabled, unlock,       fsm::stay, set_lock>,
        fsm::row<disabled, erase,        deleted,   fsm::nothing, is_unlocked>>;
    // clang-format on
};
using machine = fsm::compact_machine<table>;

}  // namespace api_key

}  // namespace cryptoperiod::iam
