/// @file interruption.hpp
/// ^C: the first one asks the run to end, so that what was finished can be written; the second one
/// kills, as if nobody listened.
#pragma once

#include <atomic>

namespace cryptoperiod::command {

/// Set by the first SIGINT.
[[nodiscard]] std::atomic<bool> const& interrupted() noexcept;

/// From now on SIGINT is listened to.
void listen_to_interruptions();

}  // namespace cryptoperiod::command
