/// @file clock.hpp
/// Where the time comes from. Code that needs the time takes a `clock_source`, so that a test or a
/// simulation decides what time it is.
#pragma once

#include <chrono>
#include <concepts>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/time.hpp>

namespace cryptoperiod {

/// Something that tells the time: UTC without leap seconds, in milliseconds since 1970-01-01.
template <class Clock>
concept clock_source = requires(Clock const& clock) {
    { clock.now() } -> std::same_as<time_point>;
};

/// The machine's own clock, rounded down to the millisecond. It can jump, back as well, when the
/// machine's clock is set.
struct system_clock_source {
    /// The time now.
    [[nodiscard]] time_point now() const noexcept {
        return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
    }
};

/// A clock that moves only when told to, and never back. Going back is the caller's mistake, not
/// an answer it could handle, hence an assertion. Not copyable: a copy would be a second clock that
/// stands still. Not synchronised between threads.
class manual_clock {
public:
    /// A clock that stands at `start`; 1970-01-01 unless told.
    explicit manual_clock(time_point start = {}) noexcept : now_(start) {}
    manual_clock(manual_clock const&) = delete;
    manual_clock& operator=(manual_clock const&) = delete;

    /// Where it stands.
    [[nodiscard]] time_point now() const noexcept { return now_; }

    /// Moves forward. Precondition (asserted): `step` is not negative and the sum is representable.
    void advance(milliseconds step) noexcept {
        CRYPTOPERIOD_ASSERT(step >= milliseconds::zero());
        CRYPTOPERIOD_ASSERT(now_ <= time_point::max() - step);
        now_ += step;
    }

    /// Moves to `to`. Precondition (asserted): `to` is not before now().
    void set(time_point to) noexcept {
        CRYPTOPERIOD_ASSERT(to >= now_);
        now_ = to;
    }

private:
    time_point now_;
};

}  // namespace cryptoperiod
