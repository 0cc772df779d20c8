/// @file releases.hpp
/// The rules of releases: their rollouts, and the credential sets that they deliver.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cryptoperiod::fleet::detail::validation {

inline void check_rollout(release const& r, std::string const& path, findings& found) {
    if (r.stages.size() > limits::rollout_stages)
        return found.add(errc::out_of_range, path,
                         "the rollout has " + thousands(r.stages.size()) + " stages",
                         "at most " + thousands(limits::rollout_stages) + " are allowed");
    for (std::size_t i = 0; i != r.stages.size(); ++i) {
        auto const& stage = r.stages[i];
        auto const after = at(path, i, "after"), share = at(path, i, "share");
        check_wait(found, after, "after", stage.after);
        if (!(stage.share > 0 && stage.share <= 1))
            found.add(errc::out_of_range, share,
                      "a stage cannot reach " + percent(stage.share) + " of the devices",
                      "give more than 0 % and at most 100 %");
        if (i == 0) continue;
        auto const& before = r.stages[i - 1];
        if (stage.after <= before.after)
            found.add(errc::inconsistent, after,
                      "the stage after " + to_text(stage.after) +
                          " does not come after the one before it, after " + to_text(before.after),
                      "stages ascend in time", {at(path, i - 1, "after")});
        if (stage.share <= before.share)
            found.add(errc::inconsistent, share,
                      "the stage reaches " + percent(stage.share) + ", the one before it " +
                          percent(before.share),
                      "shares are cumulative and ascend; to halt a rollout, end the list",
                      {at(path, i - 1, "share")});
    }
}

inline std::vector<std::string_view> ids_of(scenario const& s) {
    std::vector<std::string_view> ids;
    for (auto const& set : s.credential_sets) ids.emplace_back(set.id);
    return ids;
}

inline bool ids_readable(scenario const& s, findings const& found) {
    return all_readable(found, "credential_set", s.credential_sets.size(), "id");
}

inline void check_embedded(scenario const& s, std::size_t index, std::string const& id,
                           findings& found) {
    auto const& r = s.releases[index];
    auto const path = at("release", index, "credentials");
    auto const ids = ids_of(s);
    auto const place = std::find(ids.begin(), ids.end(), id);
    auto const who = called(r) + " of " + say(r.date) + " embeds " + in_quotes(id);
    if (id.empty())
        return found.add(errc::missing, path, called(r) + " embeds no credential set",
                         "name one, such as [\"k1\"]");
    if (place == ids.end()) {
        if (ids_readable(s, found))
            found.add(errc::unknown_name, path,
                      called(r) + " embeds the unknown credential set " + in_quotes(id),
                      or_else(did_you_mean(id, ids), "add a [[credential_set]] with this id"));
        return;
    }
    auto const set_index = static_cast<std::size_t>(place - ids.begin());
    auto const& set = s.credential_sets[set_index];
    auto const rests_on = [&](std::string_view key) {
        return at("credential_set", set_index, key);
    };
    auto const date = at("release", index, "date");
    if (set.created && *set.created > r.date)
        found.add(errc::inconsistent, path, who + ", which is created on " + say(*set.created),
                  "create the set first, or date the release " + say(*set.created) + " or later",
                  {date, rests_on("created")});
    else if (set.activated && *set.activated > r.date)
        found.add(
            errc::inconsistent, path, who + ", which is activated on " + say(*set.activated),
            "activate the set first, or date the release " + say(*set.activated) + " or later",
            {date, rests_on("activated")});
    if (set.deleted && *set.deleted <= r.date)
        found.add(errc::inconsistent, path, who + ", which is deleted on " + say(*set.deleted),
                  "embed a set that is alive; deleted is for ever", {date, rests_on("deleted")});
}

inline void check_served(scenario const& s, std::size_t index, credentials::served const& served,
                         findings& found) {
    auto const& r = s.releases[index];
    auto const path = at("release", index, "delivery");
    check_wait(found, at("release", index, "cache"), "cache", served.cache);
    std::optional<time_point> first;
    for (auto const& set : s.credential_sets)
        if (set.served && (!first || *set.served < *first)) first = set.served;
    if (!first)
        found.add(errc::inconsistent, path,
                  called(r) + " fetches its set, but no set is ever served",
                  "give a [[credential_set]] its served date", {"credential_set"});
    else if (*first > r.date)
        found.add(errc::inconsistent, path,
                  called(r) + " of " + say(r.date) +
                      " fetches its set, but the first is served on " + say(*first),
                  "serve a set from " + say(r.date) + " on or earlier",
                  {at("release", index, "date"), "credential_set"});
}

inline void check_release(scenario const& s, std::size_t index, findings& found) {
    auto const& r = s.releases[index];
    auto const date = at("release", index, "date");
    check_label(found, at("release", index, "version"), "the version", r.version);
    check_date(found, date, r.date);
    check_wait(found, at("release", index, "review"), "review", r.review);
    check_rollout(r, at("release", index, "rollout"), found);
    if (auto const* embedded = std::get_if<credentials::embedded>(&r.delivery))
        check_embedded(s, index, embedded->credential_set, found);
    else if (auto const* served = std::get_if<credentials::served>(&r.delivery))
        check_served(s, index, *served, found);
    if (index == 0) {
        if (r.date > s.start)
            found.add(
                errc::inconsistent, date,
                "the first release is of " + say(r.date) + ", after the start on " + say(s.start),
                "every device needs a version at the start: add the release it has then",
                {"start"});
        return;
    }
    auto const& before = s.releases[index - 1];
    if (r.date < before.date)
        found.add(errc::inconsistent, date,
                  called(r) + " of " + say(r.date) + " stands after " + in_quotes(before.version) +
                      " of " + say(before.date),
                  "releases ascend by date", {at("release", index - 1, "date")});
}

inline void check_releases(scenario const& s, findings& found) {
    if (s.releases.empty())
        return found.add(errc::missing, "release", "the scenario has no release",
                         "every device has a version: add a [[release]]");
    if (are_too_many(found, "release", s.releases.size(), limits::releases, "releases")) return;
    first_places seen;
    for (std::size_t i = 0; i != s.releases.size(); ++i) {
        auto const& version = s.releases[i].version;
        if (auto const first = seen.earlier(version, i))
            found.add(errc::inconsistent, at("release", i, "version"),
                      "version " + in_quotes(version) + " is released twice",
                      "give each release a version of its own", {at("release", *first, "version")});
        check_release(s, i, found);
    }
}

}  // namespace cryptoperiod::fleet::detail::validation
