/// @file rings.hpp
/// Key rings for tests: the sets of Pusher's own examples.
#pragma once

#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/credentials/key_ring.hpp>
#include <string_view>

namespace cryptoperiod::test {

inline constexpr std::string_view documented_key = "278d425bdf160c739803";
inline constexpr std::string_view documented_secret = "7ad3773142a6692b25b8";

/// Adds a set that works.
inline void add_active(credentials::key_ring& ring, std::string_view key, std::string_view secret) {
    bool const added = ring.add(key, secret_bytes::copy_of(secret)).has_value() &&
                       ring.send(key, credentials::activate{}).has_value();
    CRYPTOPERIOD_ASSERT(added);
}

/// The set of Pusher's documentation, alone.
inline credentials::key_ring documented_ring() {
    credentials::key_ring ring;
    add_active(ring, documented_key, documented_secret);
    return ring;
}

/// The name of the error, or "ok".
template <class Result>
[[nodiscard]] std::string_view answer(Result const& result) {
    return result ? "ok" : to_string(result.error().code);
}

}  // namespace cryptoperiod::test
