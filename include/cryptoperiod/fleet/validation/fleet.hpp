/// @file fleet.hpp
/// The rules of the time that a scenario spans, and of its devices.
#pragma once

#include <algorithm>
#include <cmath>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace cryptoperiod::fleet::detail::validation {

inline void check_time(scenario const& s, findings& found) {
    check_label(found, "name", "the name", s.name);
    check_date(found, "start", s.start);
    if (s.horizon <= milliseconds{0})
        found.add(errc::out_of_range, "horizon",
                  "a horizon of " + to_text(s.horizon) + " leaves nothing to simulate",
                  "give it at least one day, such as 720d");
    else if (s.horizon > limits::horizon)
        check_wait(found, "horizon", "the horizon", s.horizon);
    else if (s.horizon % days{1} != milliseconds{0})
        found.add(errc::malformed, "horizon",
                  "the horizon of " + to_text(s.horizon) + " is not a whole number of days",
                  "write " + to_text(std::chrono::ceil<days>(s.horizon)));
}

/// An engine counts connections by the hour and set, versions by the day, eight bytes a counter and
/// four in its histogram, and keeps a plan of 48 bytes for each version and block of opens.
inline void check_memory(scenario const& s, findings& found) {
    auto const whole_days = static_cast<std::uint64_t>(bounded(s.horizon) / days{1});
    auto const sets = std::min(s.credential_sets.size(), limits::credential_sets);
    auto const releases = std::min(s.releases.size(), limits::releases);
    double const opens = std::isfinite(s.opens_per_day) ? std::max(s.opens_per_day, 0.0) : 0.0;
    auto const blocks =
        static_cast<std::uint64_t>(std::min(1.0, opens / 32) * static_cast<double>(whole_days));
    std::uint64_t const bytes = 8 * whole_days * (24 * (2 * sets + 4) + releases) +
                                4 * whole_days * 24 * (2 * sets + 1) + 48 * releases * blocks;
    if (bytes > limits::counter_bytes)
        found.add(errc::out_of_range, "horizon",
                  "counting " + to_text(bounded(s.horizon)) + " of " + std::to_string(sets) +
                      " credential sets takes " + thousands(bytes >> 20U) + " MiB a thread",
                  "at most " + std::to_string(limits::counter_bytes >> 20U) +
                      " MiB: shorten the horizon, or leave sets out",
                  {"credential_set", "release"});
}

inline void check_profile(std::vector<double> const& profile, findings& found) {
    if (profile.empty()) return;
    if (profile.size() != 24)
        found.add(errc::malformed, "fleet.daily_profile",
                  "daily_profile has " + thousands(profile.size()) + " weights",
                  "give 24, one for each hour from 00:00 UTC");
    double sum = 0;
    bool usable = true;
    for (std::size_t hour = 0; hour != profile.size(); ++hour) {
        sum += profile[hour];
        if (std::isfinite(profile[hour]) && profile[hour] >= 0) continue;
        usable = false;
        found.add(errc::out_of_range, at("fleet.daily_profile", hour),
                  "the weight " + say(profile[hour]) + " of hour " + std::to_string(hour) +
                      " is not a number from 0 up",
                  "give 0 for an hour in which nobody opens the app");
    }
    if (usable && !(sum > 0 && std::isfinite(sum)))
        found.add(errc::out_of_range, "fleet.daily_profile",
                  "the weights of daily_profile add up to " + say(sum),
                  "at least one hour needs a weight above 0");
}

inline void check_breaks(dormancy const& breaks, findings& found) {
    if (!(breaks.share >= 0 && breaks.share <= 1))
        found.add(errc::out_of_range, "fleet.dormancy.share",
                  "the dormant share is " + percent(breaks.share), "give 0 % to 100 %");
    if (breaks.shortest <= milliseconds{0})
        found.add(errc::out_of_range, "fleet.dormancy.shortest",
                  "the shortest break is " + to_text(breaks.shortest),
                  "give a length above 0, such as 50d");
    else
        check_wait(found, "fleet.dormancy.shortest", "the shortest break", breaks.shortest);
    if (!(breaks.tail >= limits::exponent_least && breaks.tail <= limits::exponent))
        found.add(errc::out_of_range, "fleet.dormancy.tail",
                  "the tail exponent is " + say(breaks.tail),
                  "give a number from 0.01 to 100; measured: 1.51");
}

inline void check_fleet(scenario const& s, findings& found) {
    if (s.devices == 0)
        found.add(errc::no_devices, "fleet.devices", "the fleet has no devices",
                  "give it at least 1");
    else if (s.devices > limits::devices)
        found.add(errc::no_devices, "fleet.devices",
                  thousands(s.devices) + " devices are more than an engine can number",
                  "at most " + thousands(limits::devices) +
                      "; a sample of 1,000,000 gives the same shares");
    if (!(s.opens_per_day >= limits::opens_per_day_least &&
          s.opens_per_day <= limits::opens_per_day))
        found.add(errc::out_of_range, "fleet.opens_per_day",
                  "opens_per_day is " + say(s.opens_per_day),
                  "give a number from " + say(limits::opens_per_day_least) + " to " +
                      say(limits::opens_per_day));
    check_profile(s.daily_profile, found);
    if (s.breaks) check_breaks(*s.breaks, found);
}

}  // namespace cryptoperiod::fleet::detail::validation
