/// @file findings.hpp
/// What the rules of a scenario have in common: where their findings go, how they name things, and
/// the checks that every label, date and wait passes.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cryptoperiod/fleet/validation/limits.hpp>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cryptoperiod::fleet::detail::validation {

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

/// Are there more than `most`? Then that is noted.
inline bool are_too_many(findings& found, std::string path, std::uint64_t count, std::uint64_t most,
                         std::string_view what) {
    if (count <= most) return false;
    found.add(errc::out_of_range, std::move(path),
              concat(thousands(count), " ", what, " are too many"),
              concat("at most ", thousands(most), " are allowed"));
    return true;
}

/// Is `key` of all `count` items known, so that one may say of a name that no item has it?
inline bool all_readable(findings const& found, std::string_view list, std::size_t count,
                         std::string_view key) {
    if (count == 0 && !found.readable(std::string(list))) return false;
    for (std::size_t i = 0; i != count; ++i)
        if (!found.readable(at(list, i, key))) return false;
    return true;
}

inline std::vector<std::string_view> versions_of(scenario const& s) {
    std::vector<std::string_view> versions;
    for (auto const& release : s.releases) versions.emplace_back(release.version);
    return versions;
}

inline bool versions_readable(scenario const& s, findings const& found) {
    return all_readable(found, "release", s.releases.size(), "version");
}

/// The items of a list by name.
class first_places {
public:
    /// The earlier item with the name of this one; none for an empty name, which is an error of its
    /// own.
    [[nodiscard]] std::optional<std::size_t> earlier(std::string_view name, std::size_t index) {
        auto const [first, is_new] = seen_.emplace(name, index);
        if (is_new || name.empty()) return std::nullopt;
        return first->second;
    }

private:
    std::unordered_map<std::string_view, std::size_t> seen_;
};

inline void check_label(findings& found, std::string const& path, std::string_view what,
                        std::string_view text) {
    std::string const name(what);
    if (text.empty())
        found.add(errc::missing, path, name + " is empty", "give at least one character");
    else if (text.size() > id_bytes_max)
        found.add(errc::out_of_range, path, name + " has " + thousands(text.size()) + " bytes",
                  "at most " + thousands(id_bytes_max) + " are allowed");
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

}  // namespace cryptoperiod::fleet::detail::validation
