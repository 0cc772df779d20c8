/// @file delivery.hpp
/// How an installed app comes by the credential set that it presents when it connects. Each way is
/// a policy: a small type that says what the app holds and when it must ask its server. Source:
/// seed "Managing Channels keys in mobile apps" (key included in the app, keys supplied from
/// server).
#pragma once

#include <cryptoperiod/core/time.hpp>
#include <cstdint>
#include <string>
#include <variant>

namespace cryptoperiod::credentials {

/// The index of a credential set in its provider's list.
using set_index = std::uint16_t;
inline constexpr set_index no_set = 0xFFFF;

/// What one installation has in its hands.
struct held_set {
    set_index set = no_set;
    std::int64_t fetched_ms = 0;  ///< when it came from the server; unused by `embedded`
};

/// The set ships in the package of a version: it changes when the app is updated, and only then.
struct embedded {
    std::string credential_set;
};

/// The app fetches the current set from its own server before it connects, and keeps the answer for
/// `cache`. A rejected set is forgotten at once (*Assumption*: the next attempt asks again).
struct served {
    milliseconds cache{0};

    /// Must the app ask its server before it connects at `now_ms`?
    [[nodiscard]] static constexpr bool must_fetch(held_set const& held, std::int64_t now_ms,
                                                   std::int64_t cache_ms) noexcept {
        return held.set == no_set || now_ms - held.fetched_ms >= cache_ms;
    }
};

/// The ways that exist. `embedded_with_spare` and `served_with_fallback` join this list; whoever
/// visits it with `each_delivery` and does not know them will not compile.
using delivery = std::variant<embedded, served>;

/// One function per way, for std::visit.
template <class... Function>
struct each_delivery : Function... {
    using Function::operator()...;
};
template <class... Function>
each_delivery(Function...) -> each_delivery<Function...>;

}  // namespace cryptoperiod::credentials
