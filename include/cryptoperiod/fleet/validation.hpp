/// @file validation.hpp
/// Every contradiction of a scenario, found in one pass: numbers outside what an engine can do,
/// dates in the wrong order, names that do not exist. What passes here is safe to simulate.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace cryptoperiod::fleet {

/// How large a scenario may be.
struct limits {
    static constexpr std::uint64_t devices = 4'294'967'295;  ///< what 32 bits can number
    static constexpr days horizon{7305};                     ///< 20 years; also of every wait
    static constexpr double opens_per_day_least = 0.0001;
    static constexpr double opens_per_day = 1000;
    static constexpr double exponent_least = 0.01;  ///< of a Pareto tail, of a Weibull law
    static constexpr double exponent = 100;
    static constexpr days law_wait{1'000'000};  ///< of a mean time between opportunities
    static constexpr std::size_t releases = 4000;
    static constexpr std::size_t credential_sets = 200;
    static constexpr std::size_t forced_updates = 1000;
    static constexpr std::size_t promises = 1000;
    static constexpr std::size_t rollout_stages = 1000;
    static constexpr std::size_t measured_cells = 16'000'000;      ///< dates times versions
    static constexpr double weight_tolerance = 0.02;               ///< of the sum of a law
    static constexpr double measured_tolerance = 0.005;            ///< of the sum of a date
    static constexpr std::int64_t attempts_per_session = 100'000;  ///< of reject_policy::loop
    static constexpr unsigned retry_attempts = 1000;
    static constexpr std::uint64_t counter_bytes = std::uint64_t{256} << 20U;  ///< of one thread
    static constexpr time_point first_date = civil(1970, 1, 1);
    static constexpr time_point last_date = civil(2999, 12, 31);
};

namespace detail::validation {

/// Problems as they are found. One that rests on a value which could not be read is left out: that
/// value has its own error already, and what follows from it is noise.
class findings {
public:
    explicit findings(std::span<std::string const> unread)
        : unread_(unread.begin(), unread.end()) {}

    /// Neither the value at `path`, nor what it is part of, nor a part of it is unread.
    [[nodiscard]] bool readable(std::string const& path) const {
        if (unread_.empty()) return true;
        for (char const joint : {'.', '['}) {
            auto const part = unread_.lower_bound(path + joint);
            if (part != unread_.end() && part->starts_with(path + joint)) return false;
        }
        std::string_view whole = path;
        while (!unread_.contains(whole)) {
            auto const joint = whole.find_last_of(".[");
            if (joint == std::string_view::npos) return true;
            whole = whole.substr(0, joint);
        }
        return false;
    }

    /// Notes a problem of the value at `path`, which also rests on the values at `rests_on`.
    void add(errc code, std::string path, std::string message, std::string help,
             std::initializer_list<std::string> rests_on = {}) {
        if (!readable(path)) return;
        for (auto const& other : rests_on)
            if (!readable(other)) return;
        problems_.push_back({std::move(path), std::move(message), std::move(help), code});
    }

    [[nodiscard]] std::vector<problem> take() && { return std::move(problems_); }

private:
    std::set<std::string, std::less<>> unread_;
    std::vector<problem> problems_;
};

inline std::string in_quotes(std::string_view text) { return concat("'", text, "'"); }

inline constexpr time_point year_one = civil(1, 1, 1), year_9999 = civil(9999, 12, 31);

/// A date that can be printed, and added to and subtracted from without overflow.
inline time_point bounded(time_point t) { return std::clamp(t, year_one, year_9999); }

/// "2026-01-05", with the time of day where there is one.
inline std::string say(time_point t) {
    if (t < year_one) return "a date before year 1";
    if (t > year_9999) return "a date after year 9999";
    return t == std::chrono::floor<days>(t) ? to_date(t) : to_iso(t);
}

inline std::string say(double value) {
    std::array<char, 32> text{};
    auto const end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6);
    return {text.data(), end.ptr};
}

inline std::string percent(double share) { return say(share * 100) + " %"; }

/// "release[1].credentials"; without `key`, "release[1]".
inline std::string at(std::string_view list, std::size_t index, std::string_view key = {}) {
    auto const item = std::string(list) + "[" + std::to_string(index) + "]";
    return key.empty() ? item : item + "." + std::string(key);
}

inline std::string or_else(std::string const& suggestion, std::string_view otherwise) {
    return suggestion.empty() ? std::string(otherwise) : suggestion;
}

/// A wait no longer than the limit, so that adding it to a date cannot overflow.
inline milliseconds bounded(milliseconds wait) {
    return std::clamp(wait, milliseconds{0}, milliseconds{limits::horizon});
}

inline time_point end_of(scenario const& s) { return bounded(s.start) + bounded(s.horizon); }
inline time_point offered(release const& r) { return bounded(r.date) + bounded(r.review); }

/// "release '4.2'"; without a version, "the release".
inline std::string called(release const& r) {
    return r.version.empty() ? "the release" : "release " + in_quotes(r.version);
}

inline void check_label(findings& found, std::string const& path, std::string_view what,
                        std::string_view text) {
    std::string const name(what);
    if (text.empty())
        found.add(errc::missing, path, name + " is empty", "give at least one character");
    else if (text.size() > id_bytes_max)
        found.add(errc::out_of_range, path, name + " has " + std::to_string(text.size()) + " bytes",
                  "at most " + std::to_string(id_bytes_max) + " are allowed");
    else if (cryptoperiod::detail::find_control_character(text) != std::string_view::npos)
        found.add(errc::malformed, path, name + " contains a control character", "remove it");
}

inline void check_date(findings& found, std::string const& path, time_point date) {
    if (date < limits::first_date || date > limits::last_date)
        found.add(errc::out_of_range, path, say(date) + " is outside the years 1970 to 2999",
                  "mend the year");
}

/// A wait: not negative, not longer than 20 years.
inline void check_wait(findings& found, std::string const& path, std::string_view name,
                       milliseconds wait) {
    if (wait < milliseconds{0})
        found.add(errc::out_of_range, path, std::string(name) + " is negative: " + to_text(wait),
                  "write a duration such as 1d or 6h");
    else if (wait > limits::horizon)
        found.add(errc::out_of_range, path,
                  std::string(name) + " of " + to_text(wait) + " is longer than 20 years",
                  "write at most " + to_text(limits::horizon));
}

inline void check_time(scenario const& s, findings& found) {
    check_label(found, "name", "the name", s.name);
    check_date(found, "start", s.start);
    if (s.horizon <= milliseconds{0})
        found.add(errc::out_of_range, "horizon",
                  "a horizon of " + to_text(s.horizon) + " leaves nothing to simulate",
                  "give it at least one day, such as 720d");
    else if (s.horizon > limits::horizon)
        found.add(errc::out_of_range, "horizon",
                  "the horizon of " + to_text(s.horizon) + " is longer than 20 years",
                  "write at most " + to_text(limits::horizon));
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
                      " credential sets takes " + std::to_string(bytes >> 20U) + " MiB a thread",
                  "at most " + std::to_string(limits::counter_bytes >> 20U) +
                      " MiB: shorten the horizon, or leave sets out",
                  {"credential_set", "release"});
}

inline void check_profile(std::vector<double> const& profile, findings& found) {
    if (profile.empty()) return;
    if (profile.size() != 24)
        found.add(errc::malformed, "fleet.daily_profile",
                  "daily_profile has " + std::to_string(profile.size()) + " weights",
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
                  std::to_string(s.devices) + " devices are more than an engine can number",
                  "at most " + std::to_string(limits::devices) +
                      "; a sample of 1000000 gives the same shares");
    if (!(s.opens_per_day >= limits::opens_per_day_least &&
          s.opens_per_day <= limits::opens_per_day))
        found.add(errc::out_of_range, "fleet.opens_per_day",
                  "opens_per_day is " + say(s.opens_per_day),
                  "give a number from " + say(limits::opens_per_day_least) + " to " +
                      say(limits::opens_per_day));
    check_profile(s.daily_profile, found);
    if (s.breaks) check_breaks(*s.breaks, found);
}

/// A time of an adoption law: not negative, and short enough to be added to a date.
inline void check_law_wait(findings& found, std::string_view name, milliseconds wait) {
    if (wait < milliseconds{0} || wait > limits::law_wait)
        found.add(errc::out_of_range, "fleet.adoption." + std::string(name),
                  std::string(name) + " is " + to_text(wait),
                  "give a duration from 0d to " + to_text(limits::law_wait));
}

inline void check_law(adoption_law const& law, findings& found) {
    struct weighted {
        std::string_view weight_name, tau_name;
        double weight;
        milliseconds tau;
    };
    std::array const types{
        weighted{"w_prompt", "tau_prompt", law.w_prompt, law.tau_prompt},
        weighted{"w_laggard", "tau_laggard", law.w_laggard, law.tau_laggard},
        weighted{"w_never", "", law.w_never, milliseconds{1}},
    };
    std::string const path = "fleet.adoption";
    double sum = 0;
    bool usable = true;
    for (auto const& type : types) {
        sum += type.weight;
        auto const weight_path = path + "." + std::string(type.weight_name);
        if (!(type.weight >= 0 && std::isfinite(type.weight))) {
            usable = false;
            found.add(errc::out_of_range, weight_path,
                      std::string(type.weight_name) + " is " + say(type.weight),
                      "a weight is a share from 0 to 1");
        } else if (type.weight > 0 && type.tau == milliseconds{0}) {
            found.add(errc::out_of_range, path + "." + std::string(type.tau_name),
                      std::string(type.tau_name) + " is " + to_text(type.tau) + " while " +
                          std::string(type.weight_name) + " is " + say(type.weight),
                      "give the mean time between update opportunities, such as 5d", {weight_path});
        }
    }
    if (usable && !(std::abs(sum - 1) <= limits::weight_tolerance))
        found.add(errc::inconsistent, path, "the weights add up to " + say(sum) + ", not to 1",
                  "w_prompt, w_laggard and w_never are shares of all devices");
    check_law_wait(found, "onset", law.onset);
    check_law_wait(found, "tau_prompt", law.tau_prompt);
    check_law_wait(found, "tau_laggard", law.tau_laggard);
}

inline void check_law(weibull_law const& law, findings& found) {
    std::string const path = "fleet.adoption.";
    if (!(law.w_never >= 0 && law.w_never <= 1))
        found.add(errc::out_of_range, path + "w_never", "w_never is " + say(law.w_never),
                  "a weight is a share from 0 to 1");
    if (!(law.shape >= limits::exponent_least && law.shape <= limits::exponent))
        found.add(errc::out_of_range, path + "shape", "shape is " + say(law.shape),
                  "give a number from 0.01 to 100; 1 is an exponential law");
    if (law.scale == milliseconds{0})
        found.add(errc::out_of_range, path + "scale", "scale is " + to_text(law.scale),
                  "give the time after which 63 % have updated, such as 12d");
    check_law_wait(found, "onset", law.onset);
    check_law_wait(found, "scale", law.scale);
}

inline void check_row(measured_shares const& measured, std::size_t index, findings& found) {
    auto const& row = measured.rows[index];
    auto const path = at("fleet.adoption.rows", index);
    if (row.shares.size() != measured.versions.size())
        return found.add(errc::inconsistent, path,
                         say(row.date) + " has " + std::to_string(row.shares.size()) +
                             " shares for " + std::to_string(measured.versions.size()) +
                             " versions",
                         "give one share a version");
    double sum = 0;
    bool usable = true;
    for (std::size_t v = 0; v != row.shares.size(); ++v) {
        sum += row.shares[v];
        if (row.shares[v] >= 0 && row.shares[v] <= 1) continue;
        usable = false;
        found.add(errc::out_of_range, path,
                  "the share of " + in_quotes(measured.versions[v]) + " on " + say(row.date) +
                      " is " + percent(row.shares[v]),
                  "give 0 % to 100 %");
    }
    if (usable && !(std::abs(sum - 1) <= limits::measured_tolerance))
        found.add(
            errc::inconsistent, path,
            "the shares of " + say(row.date) + " add up to " + percent(sum) + ", not to 100 %",
            "every date needs the shares of all versions");
}

inline void check_row_dates(measured_shares const& measured, findings& found) {
    auto const& rows = measured.rows;
    std::vector<milliseconds> steps;
    for (std::size_t i = 1; i < rows.size(); ++i)
        steps.push_back(bounded(rows[i].date) - bounded(rows[i - 1].date));
    if (steps.empty()) return;
    auto sorted = steps;
    auto const middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    for (std::size_t i = 1; i < rows.size(); ++i) {
        auto const path = at("fleet.adoption.rows", i);
        if (steps[i - 1] <= milliseconds{0})
            found.add(errc::inconsistent, path,
                      say(rows[i].date) + " does not come after " + say(rows[i - 1].date),
                      "measurements ascend by date");
        else if (*middle > milliseconds{0} && steps[i - 1] / 3 > *middle)
            found.add(
                errc::inconsistent, path,
                "no measurement between " + say(rows[i - 1].date) + " and " + say(rows[i].date),
                "the others are " + to_text(*middle) +
                    " apart; add the missing dates, or use one side of the gap",
                {"fleet.adoption.rows"});
    }
}

inline void check_row_range(scenario const& s, measured_shares const& measured, findings& found) {
    time_point const first = measured.rows.front().date, last = measured.rows.back().date;
    if (first > s.start)
        found.add(
            errc::inconsistent, "fleet.adoption",
            "the measured shares begin on " + say(first) + ", after the start on " + say(s.start),
            "start on " + to_date(std::chrono::ceil<days>(bounded(first))) +
                " or later, or use a preset",
            {"start"});
    if (last >= end_of(s)) return;
    auto const whole_days = std::chrono::floor<days>(bounded(last) - bounded(s.start));
    found.add(errc::inconsistent, "fleet.adoption",
              "the measured shares end on " + say(last) + ", before the horizon does on " +
                  say(end_of(s)),
              (whole_days >= days{1} ? "shorten the horizon to " + to_text(whole_days)
                                     : std::string("start earlier")) +
                  ", or use a preset: measured shares do not extrapolate",
              {"start", "horizon"});
}

inline std::vector<std::string_view> versions_of(scenario const& s) {
    std::vector<std::string_view> versions;
    for (auto const& release : s.releases) versions.emplace_back(release.version);
    return versions;
}

/// Are all versions known, so that one may say of a name that it is none of them?
inline bool versions_readable(scenario const& s, findings const& found) {
    if (s.releases.empty() && !found.readable("release")) return false;
    for (std::size_t i = 0; i != s.releases.size(); ++i)
        if (!found.readable(at("release", i, "version"))) return false;
    return true;
}

inline void check_measured_versions(scenario const& s, measured_shares const& measured,
                                    findings& found) {
    auto const releases = versions_of(s);
    std::set<std::string_view> const released(releases.begin(), releases.end());
    std::set<std::string_view> seen;
    bool const all_known = versions_readable(s, found);
    for (std::size_t i = 0; i != measured.versions.size(); ++i) {
        auto const& version = measured.versions[i];
        auto const path = at("fleet.adoption.versions", i);
        if (!seen.insert(version).second)
            found.add(errc::inconsistent, path, in_quotes(version) + " is listed twice",
                      "give a version one column");
        else if (all_known && !released.contains(version))
            found.add(
                errc::unknown_name, path,
                in_quotes(version) + " has measured shares, but is no release of the scenario",
                or_else(did_you_mean(version, releases), "add a [[release]] for it"));
    }
    for (std::size_t i = 0; i != s.releases.size(); ++i)
        if (!seen.contains(releases[i]))
            found.add(errc::inconsistent, at("release", i, "version"),
                      "release " + in_quotes(releases[i]) + " has no measured shares",
                      "add them, or remove the release: what was not measured cannot be replayed",
                      {"fleet.adoption.rows"});
}

inline void check_measured(scenario const& s, measured_shares const& measured, findings& found) {
    std::string const path = "fleet.adoption";
    if (measured.rows.size() < 2)
        return found.add(errc::missing, path,
                         "the measured shares are of " + std::to_string(measured.rows.size()) +
                             (measured.rows.size() == 1 ? " date" : " dates"),
                         "at least two are needed to replay a movement");
    if (measured.versions.size() > limits::releases ||
        measured.rows.size() > limits::measured_cells / (measured.versions.size() + 1))
        return found.add(errc::out_of_range, path,
                         "measured shares of " + std::to_string(measured.rows.size()) +
                             " dates and " + std::to_string(measured.versions.size()) +
                             " versions are too many",
                         "fold rare versions, or measure by the week");
    for (std::size_t i = 0; i != measured.rows.size(); ++i) check_row(measured, i, found);
    check_row_dates(measured, found);
    check_row_range(s, measured, found);
    if (s.releases.size() <= limits::releases) check_measured_versions(s, measured, found);
}

inline void check_adoption(scenario const& s, findings& found) {
    std::visit(
        [&]<class Law>(Law const& law) {
            if constexpr (std::is_same_v<Law, measured_shares>)
                check_measured(s, law, found);
            else
                check_law(law, found);
        },
        s.update_law);
}

inline void check_rollout(release const& r, std::string const& path, findings& found) {
    if (r.stages.size() > limits::rollout_stages)
        return found.add(errc::out_of_range, path,
                         "the rollout has " + std::to_string(r.stages.size()) + " stages",
                         "at most " + std::to_string(limits::rollout_stages) + " are allowed");
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
    if (s.credential_sets.empty() && !found.readable("credential_set")) return false;
    for (std::size_t i = 0; i != s.credential_sets.size(); ++i)
        if (!found.readable(at("credential_set", i, "id"))) return false;
    return true;
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
    if (s.releases.size() > limits::releases)
        return found.add(errc::out_of_range, "release",
                         std::to_string(s.releases.size()) + " releases are too many",
                         "at most " + std::to_string(limits::releases) + " are allowed");
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i != s.releases.size(); ++i) {
        auto const& version = s.releases[i].version;
        if (auto const [first, is_new] = seen.emplace(version, i); !is_new && !version.empty())
            found.add(errc::inconsistent, at("release", i, "version"),
                      "version " + in_quotes(version) + " is released twice",
                      "give each release a version of its own",
                      {at("release", first->second, "version")});
        check_release(s, i, found);
    }
}

/// One date of a set with the word for it.
struct dated {
    std::string_view key, is;
    std::optional<time_point> date;
};

inline void check_order(std::size_t index, std::string_view id, dated const& first,
                        dated const& second, std::string_view help, findings& found) {
    if (!first.date || !second.date || *first.date <= *second.date) return;
    // The caret stands at the second date, the one that has to wait for the first.
    found.add(errc::inconsistent, at("credential_set", index, second.key),
              in_quotes(id) + " " + std::string(second.is) + " on " + say(*second.date) +
                  ", before it " + std::string(first.is) + " on " + say(*first.date),
              std::string(help), {at("credential_set", index, first.key)});
}

inline void check_not_after_deletion(credential_set_plan const& set, std::size_t index,
                                     dated const& event, findings& found) {
    if (!event.date || !set.deleted || *event.date <= *set.deleted) return;
    found.add(errc::credential_deleted, at("credential_set", index, event.key),
              in_quotes(set.id) + " " + std::string(event.is) + " on " + say(*event.date) +
                  ", after its deletion on " + say(*set.deleted),
              "deleted is for ever: remove the date, or delete later",
              {at("credential_set", index, "deleted")});
}

inline void check_set_dates(credential_set_plan const& set, std::size_t index, findings& found) {
    dated const created{"created", "is created", set.created};
    dated const activated{"activated", "is activated", set.activated};
    dated const served{"served", "is served", set.served};
    dated const retired{"retired", "is retired", set.retired};
    dated const deleted{"deleted", "is deleted", set.deleted};
    dated const compromised{"compromised", "is compromised", set.compromised};
    for (auto const& one : {created, activated, served, retired, deleted, compromised})
        if (one.date) check_date(found, at("credential_set", index, one.key), *one.date);

    dated const* before = nullptr;  // the latest step of the life that has a date
    for (auto const* step : {&created, &activated, &retired}) {
        if (!step->date) continue;
        if (before != nullptr)
            check_order(index, set.id, *before, *step,
                        "the order is created, activated, retired, deleted", found);
        before = step;
    }
    check_order(index, set.id, created, deleted, "a set is created before it is deleted", found);
    for (auto const* event : {&activated, &retired, &served, &compromised})
        check_not_after_deletion(set, index, *event, found);
    check_order(index, set.id, created, compromised, "a set leaks after it was made", found);
    check_order(index, set.id, set.activated ? activated : created, served,
                "serve a set that is accepted already", found);
}

inline void check_credential_sets(scenario const& s, findings& found) {
    if (s.credential_sets.size() > limits::credential_sets)
        return found.add(errc::out_of_range, "credential_set",
                         std::to_string(s.credential_sets.size()) + " credential sets are too many",
                         "at most " + std::to_string(limits::credential_sets) + " are allowed");
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i != s.credential_sets.size(); ++i) {
        auto const& set = s.credential_sets[i];
        check_label(found, at("credential_set", i, "id"), "the id", set.id);
        if (auto const [first, is_new] = seen.emplace(set.id, i); !is_new && !set.id.empty())
            found.add(errc::inconsistent, at("credential_set", i, "id"),
                      "credential set " + in_quotes(set.id) + " is listed twice",
                      "put all its dates into one [[credential_set]]",
                      {at("credential_set", first->second, "id")});
        check_set_dates(set, i, found);
    }
}

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
    if (updates.size() > limits::forced_updates)
        return found.add(errc::out_of_range, "forced_update",
                         std::to_string(updates.size()) + " forced updates are too many",
                         "at most " + std::to_string(limits::forced_updates) + " are allowed");
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
    if (net.retry_attempts > limits::retry_attempts)
        found.add(errc::out_of_range, in + "retry_attempts",
                  std::to_string(net.retry_attempts) + " retries are too many",
                  "at most " + std::to_string(limits::retry_attempts) + " are allowed");
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
                  "a looping app would connect " + std::to_string(attempts) + " times a session",
                  "at most " + std::to_string(limits::attempts_per_session) +
                      " are simulated: lengthen retry_first or shorten session",
                  {in + "session"});
}

inline std::string joined(std::span<std::string_view const> names) {
    std::string text;
    for (auto const name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

inline void check_promises(scenario const& s, std::span<std::string_view const> known_metrics,
                           findings& found) {
    if (s.promises.size() > limits::promises)
        return found.add(errc::out_of_range, "promises",
                         std::to_string(s.promises.size()) + " promises are too many",
                         "at most " + std::to_string(limits::promises) + " are allowed");
    for (std::size_t i = 0; i != s.promises.size(); ++i) {
        auto const& promise = s.promises[i];
        auto const known = std::find(known_metrics.begin(), known_metrics.end(), promise.metric);
        if (known == known_metrics.end())
            found.add(errc::unknown_name, at("promises", i),
                      "unknown metric " + in_quotes(promise.metric),
                      or_else(did_you_mean(promise.metric, known_metrics),
                              "known metrics: " + joined(known_metrics)));
        auto const limit = at("promises", i, "limit");
        if (!std::isfinite(promise.limit))
            found.add(errc::out_of_range, limit, "the limit is " + say(promise.limit),
                      "give a number");
        else if (std::string_view(promise.metric).ends_with(".share") &&
                 !(promise.limit >= 0 && promise.limit <= 1))
            found.add(
                errc::out_of_range, limit,
                "the limit " + say(promise.limit) + " of a share is " + percent(promise.limit),
                "give 0 % to 100 %; with a number, 1 is all");
    }
}

}  // namespace detail::validation

/// Every contradiction of `s`, in the order of the scenario's parts; empty when it can be
/// simulated. `known_metrics`: the names that a promise may use. `unread`: paths of values that
/// could not be read; they and what rests on them are not judged.
[[nodiscard]] inline std::vector<problem> validate(scenario const& s,
                                                   std::span<std::string_view const> known_metrics,
                                                   std::span<std::string const> unread = {}) {
    namespace rules = detail::validation;
    rules::findings found(unread);
    rules::check_time(s, found);
    rules::check_fleet(s, found);
    rules::check_memory(s, found);
    rules::check_adoption(s, found);
    rules::check_releases(s, found);
    rules::check_credential_sets(s, found);
    rules::check_forced_updates(s, found);
    rules::check_connections(s, found);
    rules::check_promises(s, known_metrics, found);
    return std::move(found).take();
}

}  // namespace cryptoperiod::fleet
