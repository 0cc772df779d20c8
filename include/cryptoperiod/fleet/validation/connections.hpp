/// @file connections.hpp
/// The rules of connections.
#pragma once

#include <algorithm>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <string>

namespace cryptoperiod::fleet::detail::validation {

inline void check_connections(scenario const& s, findings& found) {
    auto const& net = s.net;
    std::string const in = "connections.";
    check_wait(found, in + "propagation", "propagation", net.propagation);
    check_wait(found, in + "session", "session", net.session);
    check_wait(found, in + "retry_longest", "retry_longest", net.retry_longest);
    if (net.propagation > s.horizon && net.propagation <= limits::horizon &&
        s.horizon > milliseconds{0})
        found.add(errc::inconsistent, in + "propagation",
                  "a propagation of " + to_text(net.propagation) +
                      " is longer than the horizon of " + to_text(s.horizon),
                  "no deletion would ever be seen; shorten it", {"horizon"});
    if (net.drop_live && net.session == milliseconds{0})
        found.add(errc::inconsistent, in + "session",
                  "with a session of 0d there is no live connection to drop",
                  "lengthen the session, or leave drop_live out", {in + "drop_live"});
    are_too_many(found, in + "retry_attempts", net.retry_attempts, limits::retry_attempts,
                 "retries");
    if (net.retry_first <= milliseconds{0})
        return found.add(errc::out_of_range, in + "retry_first",
                         "retry_first is " + to_text(net.retry_first),
                         "a client waits before it tries again; give at least 1ms");
    check_wait(found, in + "retry_first", "retry_first", net.retry_first);
    if (net.retry_longest >= milliseconds{0} && net.retry_longest < net.retry_first)
        found.add(errc::inconsistent, in + "retry_longest",
                  "retry_longest of " + to_text(net.retry_longest) +
                      " is shorter than retry_first of " + to_text(net.retry_first),
                  "the first wait is the shortest", {in + "retry_first"});
    bool const loops = std::any_of(s.releases.begin(), s.releases.end(), [](release const& r) {
        return r.on_reject == reject_policy::loop;
    });
    if (auto const attempts = net.session / net.retry_first;
        loops && attempts > limits::attempts_per_session)
        found.add(errc::out_of_range, in + "retry_first",
                  "a looping app would connect " + thousands(static_cast<std::uint64_t>(attempts)) +
                      " times a session",
                  "at most " + thousands(limits::attempts_per_session) +
                      " are simulated: lengthen retry_first or shorten session",
                  {in + "session"});
}

}  // namespace cryptoperiod::fleet::detail::validation
