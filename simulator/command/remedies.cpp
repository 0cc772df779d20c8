#include "remedies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "input/utf8.hpp"
#include "output/text.hpp"

namespace cryptoperiod::command {
namespace {

using fleet::answer_kind;

constexpr auto grace = days{14};  // from a release to the day on which the update is forced
constexpr double comply = 0.5;
constexpr auto cache = std::chrono::hours{6};

/// Enough devices that a budget is tens of them, few enough to be done in a moment.
std::uint64_t devices_to_try(fleet::scenario const& s, double share) {
    constexpr double broken = 30;
    constexpr std::uint64_t lowest = 20'000, highest = 100'000;
    auto const wanted = static_cast<std::uint64_t>(std::min(broken / share, 1e9));
    return std::min(s.devices, std::clamp(wanted, lowest, highest));
}

class search {
public:
    search(fleet::scenario const& s, fleet::retirement const& plan,
           fleet::run_options const& options)
        : s_(s), plan_(plan), options_(options), devices_(s.devices) {
        s_.devices = found_.devices = devices_to_try(s, plan.target.share);
        for (auto& set : s_.credential_sets)
            if (set.id == plan.credential_set) set.deleted.reset();
    }

    output::plan_advice run() {
        try_forced_update();
        try_larger_loss();
        try_served_key();
        if (options_.stop != nullptr && *options_.stop) return {};
        std::stable_sort(found_.remedies.begin(), found_.remedies.end(),
                         [](auto const& a, auto const& b) { return a.date < b.date; });
        return found_;
    }

private:
    std::optional<fleet::retirement_curve> curve_of(fleet::scenario const& changed) const {
        if (fleet::first_problem(changed)) return std::nullopt;
        for (std::size_t i = 0; i < changed.credential_sets.size(); ++i)
            if (changed.credential_sets[i].id == plan_.credential_set)
                return fleet::find_retirement_curve(
                    fleet::compile(changed), static_cast<credentials::set_index>(i), options_);
        return std::nullopt;
    }
    /// Keeps a change that leads to a date, and to a sooner one than without it.
    bool add(std::string what, std::string price, fleet::retirement_curve const& curve,
             double share) {
        auto const answer = fleet::earliest_retirement(curve, {share, plan_.target.confidence});
        if (answer.kind != answer_kind::date) return false;
        if (plan_.kind == answer_kind::date && answer.day >= plan_.day) return false;
        found_.remedies.push_back({std::move(what), std::move(price), s_.start + days{answer.day}});
        return true;
    }
    /// Can a device on this version present the set?
    bool carries(fleet::release const& release) const {
        if (auto const* const in_package = std::get_if<credentials::embedded>(&release.delivery))
            return in_package->credential_set == plan_.credential_set;
        return std::any_of(
            s_.credential_sets.begin(), s_.credential_sets.end(),
            [&](auto const& set) { return set.id == plan_.credential_set && set.served; });
    }
    /// Everybody below the first version from which on none carries the set must update.
    void try_forced_update() {
        auto const last = std::find_if(s_.releases.rbegin(), s_.releases.rend(),
                                       [&](auto const& release) { return carries(release); });
        if (!s_.forced_updates.empty() || last == s_.releases.rend() ||
            last == s_.releases.rbegin())
            return;
        auto const& clean = *last.base();
        auto const from = std::max(clean.date + clean.review + grace, s_.start);
        auto changed = s_;
        changed.forced_updates.push_back({from, clean.version, comply});
        if (auto const curve = curve_of(changed))
            add(fmt::format("force {} from {}", input::printable(clean.version), to_date(from)),
                "half comply", *curve, plan_.target.share);
    }
    bool accept(std::string what, double share, fleet::retirement_curve const& curve) {
        if (share >= 1 || !add(std::move(what), {}, curve, share)) return false;
        if (!(found_.larger_budget > 0)) found_.larger_budget = share;
        return true;
    }
    /// Could a loss of that share come sooner? The curve of the plan leaves out the devices that
    /// the end of the horizon hides, so it may say yes too often, never no.
    bool may_help(double share) const {
        auto const& curve = plan_.curve;
        auto const sooner = std::find_if(curve.begin(), curve.end(),
                                         [&](auto const& row) { return row.upper_bound <= share; });
        return sooner != curve.end() &&
               (plan_.kind != answer_kind::date || sooner->day < plan_.day);
    }
    /// Twice and five times as much; where there is no date at all, the least round share that has
    /// one.
    void try_larger_loss() {
        double const budget = plan_.target.share;
        bool const is_dated = plan_.kind == answer_kind::date;
        if (!may_help(is_dated ? budget * 5 : 0.5)) return;
        auto whole = s_;
        whole.devices = devices_;
        auto const curve = curve_of(whole);
        if (!curve) return;
        bool enough = is_dated;
        for (unsigned const factor : {2U, 5U})
            enough |= accept(
                fmt::format("accept {}x the loss, {}", factor, output::percent(budget * factor)),
                budget * factor, *curve);
        for (double const share : {.001, .002, .005, .01, .02, .05, .1, .2, .5})
            if (!enough && share > budget)
                enough = accept(fmt::format("accept a loss of {}", output::percent(share)), share,
                                *curve);
    }
    /// The same app, had it asked its server for the key from the first version on.
    void try_served_key() {
        auto const& newest = s_.releases.back();
        auto const* const fresh = std::get_if<credentials::embedded>(&newest.delivery);
        if (fresh == nullptr || carries(newest) ||
            std::none_of(s_.releases.begin(), s_.releases.end(),
                         [&](auto const& release) { return carries(release); }))
            return;
        auto const fresh_id = fresh->credential_set;
        auto changed = s_;
        auto first_use = newest.date;
        for (auto& release : changed.releases) {
            auto const* const set = std::get_if<credentials::embedded>(&release.delivery);
            if (set != nullptr && set->credential_set == fresh_id)
                first_use = std::min(first_use, release.date);
            release.delivery = credentials::served{cache};
        }
        for (auto& set : changed.credential_sets) {
            set.served.reset();
            if (set.id == plan_.credential_set) set.served = changed.releases.front().date;
            if (set.id != fresh_id) continue;
            auto const ready = set.activated ? set.activated : set.created;
            set.served = ready.value_or(first_use) + days{1};
        }
        if (auto const curve = curve_of(changed))
            add("serve the key", "needs a key server", *curve, plan_.target.share);
    }

    fleet::scenario s_;
    fleet::retirement const& plan_;
    fleet::run_options const& options_;
    std::uint64_t devices_;
    output::plan_advice found_;
};

}  // namespace

output::plan_advice find_remedies(fleet::scenario const& s, fleet::retirement const& plan,
                                  fleet::run_options const& options) {
    return search(s, plan, options).run();
}

}  // namespace cryptoperiod::command
