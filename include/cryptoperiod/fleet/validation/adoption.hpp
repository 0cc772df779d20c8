/// @file adoption.hpp
/// The rules of adoption laws and of measured shares.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace cryptoperiod::fleet::detail::validation {

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
                         say(row.date) + " has " + thousands(row.shares.size()) + " shares for " +
                             thousands(measured.versions.size()) + " versions",
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
                         "the measured shares are of " + thousands(measured.rows.size()) +
                             (measured.rows.size() == 1 ? " date" : " dates"),
                         "at least two are needed to replay a movement");
    if (measured.versions.size() > limits::releases ||
        measured.rows.size() > limits::measured_cells / (measured.versions.size() + 1))
        return found.add(errc::out_of_range, path,
                         "measured shares of " + thousands(measured.rows.size()) + " dates and " +
                             thousands(measured.versions.size()) + " versions are too many",
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

}  // namespace cryptoperiod::fleet::detail::validation
