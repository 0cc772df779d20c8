/// @file forced_updates.hpp
/// The rules of forced updates.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cstddef>
#include <string>

namespace cryptoperiod::fleet::detail::validation {

inline void check_minimum(scenario const& s, std::size_t index, findings& found) {
    auto const& update = s.forced_updates[index];
    auto const path = at("forced_update", index, "minimum");
    auto const date = at("forced_update", index, "date");
    auto const versions = versions_of(s);
    auto const place = std::find(versions.begin(), versions.end(), update.minimum);
    if (place == versions.end()) {
        if (versions_readable(s, found))
            found.add(errc::unknown_name, path,
                      "the minimum " + in_quotes(update.minimum) + " is no release of the scenario",
                      or_else(did_you_mean(update.minimum, versions), "add a [[release]] for it"));
        return;
    }
    auto const release_index = static_cast<std::size_t>(place - versions.begin());
    auto const available = offered(s.releases[release_index]);
    if (available > update.date)
        found.add(
            errc::inconsistent, path,
            in_quotes(update.minimum) + " is demanded from " + say(update.date) +
                ", but offered from " + say(available),
            "demand it from " + say(available) + " on or later",
            {date, at("release", release_index, "date"), at("release", release_index, "review")});
    if (index == 0) return;
    auto const earlier =
        std::find(versions.begin(), versions.end(), s.forced_updates[index - 1].minimum);
    if (earlier != versions.end() && earlier > place)
        found.add(errc::inconsistent, path,
                  "the minimum goes back from " + in_quotes(*earlier) + " to " +
                      in_quotes(update.minimum),
                  "a later forced update demands the same version or a newer one",
                  {at("forced_update", index - 1, "minimum")});
}

inline void check_forced_updates(scenario const& s, findings& found) {
    auto const& updates = s.forced_updates;
    if (are_too_many(found, "forced_update", updates.size(), limits::forced_updates,
                     "forced updates"))
        return;
    for (std::size_t i = 0; i != updates.size(); ++i) {
        auto const date = at("forced_update", i, "date");
        auto const day = say(updates[i].date);
        check_date(found, date, updates[i].date);
        if (updates[i].date < s.start)
            found.add(errc::inconsistent, date,
                      "the forced update of " + day + " comes before the start on " + say(s.start),
                      "date it " + say(s.start) + " or later", {"start"});
        else if (updates[i].date >= end_of(s))
            found.add(errc::inconsistent, date,
                      "the forced update of " + day + " comes after the horizon ends on " +
                          say(end_of(s)),
                      "remove it, or lengthen the horizon", {"start", "horizon"});
        if (!(updates[i].comply > 0 && updates[i].comply <= 1))
            found.add(errc::out_of_range, at("forced_update", i, "comply"),
                      "comply is " + percent(updates[i].comply),
                      "give more than 0 % and at most 100 %");
        if (i != 0 && updates[i].date < updates[i - 1].date)
            found.add(
                errc::inconsistent, date,
                "the forced update of " + day + " stands after that of " + say(updates[i - 1].date),
                "forced updates ascend by date", {at("forced_update", i - 1, "date")});
        if (s.releases.size() <= limits::releases) check_minimum(s, i, found);
    }
}

}  // namespace cryptoperiod::fleet::detail::validation
