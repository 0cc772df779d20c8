#include "interruption.hpp"

#include <csignal>

namespace cryptoperiod::command {
namespace {

std::atomic<bool> stop = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");

extern "C" void ask_to_stop(int) { stop = true; }

}  // namespace

std::atomic<bool> const& interrupted() noexcept { return stop; }

void listen_to_interruptions() {
    struct sigaction action {};
    action.sa_handler = ask_to_stop;
    // Back to the default at the first signal. Not SA_RESTART: writing goes on where it was.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
}

}  // namespace cryptoperiod::command
