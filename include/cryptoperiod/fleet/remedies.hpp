/// @file remedies.hpp
/// What would help: the same fleet under a changed plan, and the date that each change leads to.
#pragma once

#include <algorithm>
#include <cryptoperiod/fleet/retirement.hpp>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace cryptoperiod::fleet {

/// Accepting that more devices break.
struct larger_loss {
    double share = 0;
    unsigned factor = 0;  ///< of the plan's share; 0: no multiple of it
};
/// Forcing the update to the first version from which on none presents the set.
struct forcing {
    forced_update update;
};
/// The same app, had it asked its server for the key from the first version on.
struct serving {
    milliseconds cache{};
};

/// A change, and the date that it leads to: sooner than without it.
struct remedy {
    std::variant<larger_loss, forcing, serving> change;
    unsigned day = 0;
    time_point date{};
};

struct remedies {
    std::vector<remedy> found;  ///< the earliest date first
    std::uint64_t devices = 0;  ///< on so many were changes of the app tried
};

namespace detail {

/// Tries changes of a scenario; see find_remedies.
class remedy_search {
public:
    remedy_search(scenario const& s, retirement const& plan, run_options const& options)
        : s_(with_deletion(s, plan.credential_set, std::nullopt)), plan_(plan), options_(options) {
        s_.devices = found_.devices = devices_to_try(s.devices, plan.target.share);
    }

    remedies run() {
        if (!plan_.finished || s_.releases.empty()) return {};
        try_forcing();
        accept_larger_loss();
        try_serving();
        if (options_.stop != nullptr && *options_.stop) return {};
        std::stable_sort(found_.found.begin(), found_.found.end(),
                         [](auto const& a, auto const& b) { return a.day < b.day; });
        return std::move(found_);
    }

private:
    static constexpr auto grace = days{14};  // from a release to the day on which it is forced
    static constexpr double comply = 0.5;
    static constexpr auto cache = std::chrono::hours{6};

    /// Enough devices that a budget is tens of them, few enough to be done in a moment.
    static std::uint64_t devices_to_try(std::uint64_t devices, double share) {
        constexpr double broken = 30;
        constexpr std::uint64_t lowest = 20'000, highest = 100'000;
        auto const wanted = static_cast<std::uint64_t>(std::min(broken / share, 1e9));
        return std::min(devices, std::clamp(wanted, lowest, highest));
    }
    /// Keeps a change that leads to a date, and to a sooner one than without it.
    template <class Change>
    bool keep(Change change, retirement_answer const& answer) {
        if (answer.kind != answer_kind::date) return false;
        if (plan_.kind == answer_kind::date && answer.day >= plan_.day) return false;
        found_.found.push_back({std::move(change), answer.day, s_.start + days{answer.day}});
        return true;
    }
    template <class Change>
    void keep_if_it_helps(Change change, scenario const& changed) {
        auto const set = index_of_set(changed, plan_.credential_set);
        if (!set || first_problem(changed)) return;
        keep(std::move(change),
             earliest_retirement(find_retirement_curve(compile(changed), *set, options_),
                                 plan_.target));
    }
    /// Can a device on this version present the set?
    bool carries(release const& r) const {
        if (auto const* const in_package = std::get_if<credentials::embedded>(&r.delivery))
            return in_package->credential_set == plan_.credential_set;
        return std::any_of(
            s_.credential_sets.begin(), s_.credential_sets.end(),
            [&](auto const& set) { return set.id == plan_.credential_set && set.served; });
    }
    void try_forcing() {
        auto const last = std::find_if(s_.releases.rbegin(), s_.releases.rend(),
                                       [&](auto const& r) { return carries(r); });
        if (!s_.forced_updates.empty() || last == s_.releases.rend() ||
            last == s_.releases.rbegin())
            return;
        auto const& clean = *last.base();
        forced_update const update{std::max(clean.date + clean.review + grace, s_.start),
                                   clean.version, comply};
        auto changed = s_;
        changed.forced_updates.push_back(update);
        keep_if_it_helps(forcing{update}, changed);
    }
    bool accept(double share, unsigned factor) {
        return share < 1 && keep(larger_loss{share, factor}, answer_with(plan_, share));
    }
    /// Twice and five times as much; where that gives no date and there was none, the least round
    /// share that has one.
    void accept_larger_loss() {
        double const share = plan_.target.share;
        bool enough = plan_.kind == answer_kind::date;
        for (unsigned const factor : {2U, 5U}) enough |= accept(share * factor, factor);
        for (double const round : {.001, .002, .005, .01, .02, .05, .1, .2, .5})
            if (!enough && round > share) enough = accept(round, 0);
    }
    void try_serving() {
        auto const& newest = s_.releases.back();
        auto const* const fresh = std::get_if<credentials::embedded>(&newest.delivery);
        if (fresh == nullptr || carries(newest) ||
            std::none_of(s_.releases.begin(), s_.releases.end(),
                         [&](auto const& r) { return carries(r); }))
            return;
        auto const fresh_id = fresh->credential_set;
        auto changed = s_;
        auto first_use = newest.date;
        for (auto& r : changed.releases) {
            auto const* const set = std::get_if<credentials::embedded>(&r.delivery);
            if (set != nullptr && set->credential_set == fresh_id)
                first_use = std::min(first_use, r.date);
            r.delivery = credentials::served{cache};
        }
        for (auto& set : changed.credential_sets) {
            set.served.reset();
            if (set.id == plan_.credential_set) set.served = changed.releases.front().date;
            if (set.id != fresh_id) continue;
            auto const ready = set.activated ? set.activated : set.created;
            set.served = ready.value_or(first_use) + days{1};
        }
        keep_if_it_helps(serving{cache}, changed);
    }

    scenario s_;
    retirement const& plan_;
    run_options const& options_;
    remedies found_;
};

}  // namespace detail

/// Tries the changes that apply to the scenario and keeps those that help: a larger loss, a forced
/// update (two weeks after the first version that does without the set; half comply), a served key.
/// A larger loss is read from the plan and is what planning for it answers; the other changes are
/// tried on a smaller fleet (remedies::devices), two runs. Empty when the plan is not finished or
/// the search was interrupted.
[[nodiscard]] inline remedies find_remedies(scenario const& s, retirement const& plan,
                                            run_options const& options = {}) {
    return detail::remedy_search(s, plan, options).run();
}

}  // namespace cryptoperiod::fleet
