/// @file timeline.hpp
/// What happens to the credential sets of a scenario, and when: the operator's dates run through
/// the credential_set table, and what the table then says about a connection. Both engines read the
/// table here or drive it themselves; neither has a rule of its own.
#pragma once

#include <algorithm>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

namespace cryptoperiod::fleet {

/// Milliseconds since the start of the scenario; negative in its history.
using ms_t = std::int64_t;
inline constexpr ms_t beginning = std::numeric_limits<ms_t>::min() / 4;
inline constexpr ms_t forever = std::numeric_limits<ms_t>::max() / 4;

using set_engine = fsm::compact<credentials::credential_set>;

/// One act of the operator on one set. The order of the list is the order at equal times.
struct operator_event {
    enum class kind : std::uint8_t { activate, serve, compromise, retire, erase };

    ms_t at = 0;
    credentials::set_index set = 0;
    kind what = kind::activate;
};

/// A set as its provider sees it: the table's context and its one byte.
struct live_set {
    credentials::set_record record{};
    fsm::state_t state = set_engine::initial;

    /// Applies the operator's act; one that the table refuses changes nothing.
    fsm::verdict apply(operator_event const& e) {
        using kind = operator_event::kind;
        switch (e.what) {
            case kind::activate:
                return process(credentials::activate{});
            case kind::compromise:
                return process(credentials::compromise{e.at});
            case kind::retire:
                return process(credentials::retire{});
            case kind::erase:
                // The plan stands: whom it strands is what the simulation counts.
                return process(credentials::erase{e.at, true});
            case kind::serve:
                break;  // an act on the app's server, not on the provider's set
        }
        return fsm::verdict::taken;
    }
    /// A connection presents the set: is it let in?
    bool present(ms_t now) { return process(credentials::present{now}) == fsm::verdict::taken; }
    /// Would a connection be let in? Changes nothing.
    [[nodiscard]] bool accepts() const {
        return set_engine::ask(record, state, credentials::present{}) == fsm::verdict::taken;
    }

private:
    template <class Event>
    fsm::verdict process(Event const& event) {
        return set_engine::process(record, state, event);
    }
};

/// Every act of the operator in the scenario, in order of time.
[[nodiscard]] inline std::vector<operator_event> operator_events(scenario const& s) {
    using kind = operator_event::kind;
    std::vector<operator_event> events;
    for (std::size_t i = 0; i < s.credential_sets.size(); ++i) {
        auto const& set = s.credential_sets[i];
        auto const add = [&](std::optional<time_point> const& when, kind what) {
            if (when)
                events.push_back(
                    {(*when - s.start).count(), static_cast<credentials::set_index>(i), what});
        };
        auto const active_from = set.activated ? set.activated : set.created;
        if (active_from)
            add(active_from, kind::activate);
        else
            events.push_back({beginning, static_cast<credentials::set_index>(i), kind::activate});
        add(set.served, kind::serve);
        add(set.compromised, kind::compromise);
        add(set.retired, kind::retire);
        add(set.deleted, kind::erase);
    }
    std::sort(events.begin(), events.end(), [](auto const& a, auto const& b) {
        return std::tie(a.at, a.what, a.set) < std::tie(b.at, b.what, b.set);
    });
    return events;
}

/// From `at` on (until the next change), connections with the set are accepted or not.
struct acceptance_change {
    ms_t at = beginning;
    bool accepted = false;
};

/// For each set, when its acceptance changes, as connections see it: an act of the operator takes
/// effect `propagation` later. The first entry is at `beginning`.
[[nodiscard]] inline std::vector<std::vector<acceptance_change>> acceptance(scenario const& s) {
    std::vector<live_set> sets(s.credential_sets.size());
    std::vector<std::vector<acceptance_change>> changes(sets.size(), {acceptance_change{}});
    for (auto const& e : operator_events(s)) {
        sets[e.set].apply(e);
        auto& list = changes[e.set];
        bool const accepted = sets[e.set].accepts();
        ms_t const at = e.at == beginning ? beginning : e.at + s.net.propagation.count();
        if (list.back().at == at)
            list.back().accepted = accepted;
        else if (list.back().accepted != accepted)
            list.push_back({at, accepted});
    }
    return changes;
}

/// So many sets are live (accepted by their provider) from `at` on.
struct live_sets {
    ms_t at = 0;
    std::size_t sets = 0;
};
/// How many sets are live at once within [start, end), each time that it changes.
[[nodiscard]] inline std::vector<live_sets> live_sets_over_time(scenario const& s) {
    std::vector<live_set> sets(s.credential_sets.size());
    std::vector<live_sets> history;
    auto const count = [&](ms_t at) {
        auto const live = static_cast<std::size_t>(
            std::count_if(sets.begin(), sets.end(), [](auto const& x) { return x.accepts(); }));
        if (!history.empty() && history.back().at == at)
            history.back().sets = live;
        else if (history.empty() || history.back().sets != live)
            history.push_back({at, live});
    };
    bool started = false;
    for (auto const& e : operator_events(s)) {
        if (e.at >= s.horizon.count()) break;
        if (e.at > 0 && !started) {
            count(0);
            started = true;
        }
        sets[e.set].apply(e);
        if (started) count(e.at);
    }
    if (!started) count(0);
    return history;
}

/// The largest number of sets that are live at once.
[[nodiscard]] inline std::size_t live_sets_peak(scenario const& s) {
    std::size_t most = 0;
    for (auto const& moment : live_sets_over_time(s)) most = std::max(most, moment.sets);
    return most;
}

/// For how long within [start, end) at least `sets` sets are live.
[[nodiscard]] inline milliseconds time_with_live_sets(scenario const& s, std::size_t sets) {
    auto const history = live_sets_over_time(s);
    ms_t total = 0;
    for (std::size_t i = 0; i < history.size(); ++i)
        if (history[i].sets >= sets)
            total +=
                (i + 1 < history.size() ? history[i + 1].at : s.horizon.count()) - history[i].at;
    return milliseconds{total};
}

}  // namespace cryptoperiod::fleet
