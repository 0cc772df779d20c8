/// @file retry_on_conflict.hpp
/// Read, work, write; and from the start when somebody else has written in between.
#pragma once

#include <cryptoperiod/core/errc.hpp>

namespace cryptoperiod::store {

/// How often one writer tries: with fewer writers at one record than this, each of them succeeds.
inline constexpr int attempts_max = 16;

/// once() -> result<T>, which reads, works and writes: again while it is refused with
/// store_conflict. It has to read anew each time, and to leave nothing behind that a further time
/// could not meet. Errors: those of `once`; store_conflict (attempts_max times somebody else was
/// quicker).
template <class Once>
[[nodiscard]] auto retry_on_conflict(Once const& once) -> decltype(once()) {
    for (int attempt = 1;; ++attempt) {
        auto done = once();
        if (done || done.error().code != errc::store_conflict || attempt == attempts_max)
            return done;
    }
}

}  // namespace cryptoperiod::store
