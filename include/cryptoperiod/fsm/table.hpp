/// @file table.hpp
/// Everything that can be read off a transition table at compile time: ids, names, the dense table
/// that the one-byte engine runs, and lint for static_assert. Needs no Boost.MSM.
///
///     struct rotation {                                            // a definition
///         static constexpr std::string_view name = "rotation";
///         struct context { int version = 1; };
///         using initial_state = idle;
///         using transition_table = fsm::rows<
///             //       from     on       to        do           if
///             fsm::row<idle   , start  , running                        >,
///             fsm::row<running, finish , idle    , new_version, is_done>>;
///     };
///     static_assert(fsm::table_view<rotation>::unreachable_states.empty());
#pragma once

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <boost/mp11/set.hpp>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/fsm/name.hpp>
#include <cryptoperiod/fsm/row.hpp>
#include <cryptoperiod/fsm/short_list.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace cryptoperiod::fsm {

/// Position of a state, an event or a row. Positions change when rows are reordered: store names.
using state_t = std::uint8_t;
using event_t = std::uint8_t;
using row_t = std::uint8_t;

/// One row as data.
struct row_info {
    state_t source;
    event_t event;
    state_t target;
    bool internal;            ///< neither exit nor entry
    bool guarded;             ///< has a guard
    bool acts;                ///< has an action
    std::string_view guard;   ///< empty when unguarded
    std::string_view action;  ///< empty when it does nothing
    std::uint8_t guard_id;    ///< equal for equal guards
};

/// A state and an event.
struct state_event {
    state_t state;
    event_t event;

    friend bool operator==(state_event const&, state_event const&) = default;
};

namespace detail {

namespace mp = boost::mp11;

template <class Row>
using source_of = typename Row::source;
template <class Row>
using target_of = typename Row::target;
template <class Row>
using event_of = typename Row::event;
template <class Row>
using guard_of = typename Row::guard;

// The numbering of Boost.MSM's generate_state_ids: sources top-down, then targets top-down, then
// the initial state.
template <class Rows, class Initial>
using states_of =
    mp::mp_unique<mp::mp_append<mp::mp_transform<source_of, Rows>,
                                mp::mp_transform<target_of, Rows>, mp::mp_list<Initial>>>;
template <class Rows>
using events_of = mp::mp_unique<mp::mp_transform<event_of, Rows>>;

template <class Base>
struct is_proper_base_of {
    template <class Event>
    using fn = std::bool_constant<std::is_base_of_v<Base, Event> && !std::is_same_v<Base, Event>>;
};
// Does `Event` derive from one of `Events`?
template <class Event, class Events>
struct derives_from_one : std::false_type {};
template <class Event, class... Base>
struct derives_from_one<Event, mp::mp_list<Base...>>
    : std::bool_constant<(is_proper_base_of<Base>::template fn<Event>::value || ...)> {};
template <class Events>
struct any_derived : std::false_type {};
template <class... Event>
struct any_derived<mp::mp_list<Event...>>
    : std::bool_constant<(derives_from_one<Event, mp::mp_list<Event...>>::value || ...)> {};

template <class List>
inline constexpr auto labels_of = nullptr;
template <class... T>
inline constexpr auto labels_of<mp::mp_list<T...>> =
    std::array<std::string_view, sizeof...(T)>{label_of<T>()...};

// A row as data: positions in the lists, and names.
template <class Row, class States, class Events, class Guards>
[[nodiscard]] constexpr row_info info_of() {
    row_info info{};
    info.source = static_cast<state_t>(mp::mp_find<States, typename Row::source>::value);
    info.event = static_cast<event_t>(mp::mp_find<Events, typename Row::event>::value);
    info.target = static_cast<state_t>(mp::mp_find<States, typename Row::target>::value);
    info.internal = Row::internal;
    info.guarded = Row::guarded;
    info.acts = Row::acts;
    if (Row::guarded) info.guard = label_of<typename Row::guard>();
    if (Row::acts) info.action = label_of<typename Row::action>();
    info.guard_id = static_cast<std::uint8_t>(mp::mp_find<Guards, typename Row::guard>::value);
    return info;
}
template <class Rows, class States, class Events, class Guards>
inline constexpr auto infos_of = nullptr;
template <class... Row, class States, class Events, class Guards>
inline constexpr auto infos_of<mp::mp_list<Row...>, States, Events, Guards> =
    std::array<row_info, sizeof...(Row)>{info_of<Row, States, Events, Guards>()...};

template <std::size_t Size>
[[nodiscard]] constexpr bool all_different(std::array<std::string_view, Size> const& names) {
    for (std::size_t a = 0; a < Size; ++a)
        for (std::size_t b = a + 1; b < Size; ++b)
            if (names[a] == names[b]) return false;
    return true;
}

template <std::size_t Size>
[[nodiscard]] constexpr std::optional<std::uint8_t> find_name(
    std::array<std::string_view, Size> const& names, std::string_view name) {
    for (std::size_t i = 0; i < Size; ++i)
        if (names[i] == name) return static_cast<std::uint8_t>(i);
    return std::nullopt;
}

// One static_assert a rule; the row that breaks it is named in "required from" of the message.
template <class Row, class Context>
struct check_row {
    using event = typename Row::event;
    static_assert(!Row::guarded || guard_for<typename Row::guard, event, Context>,
                  "a guard is an empty struct with "
                  "static constexpr bool run(Event const&, Context const&)");
    static_assert(!Row::guarded || explained_guard<typename Row::guard, event, Context>,
                  "a guard's reason is a static constexpr std::string_view or "
                  "static std::string reason(Event const&, Context const&)");
    static_assert(!Row::guarded || coded_guard<typename Row::guard, event, Context>,
                  "a guard's code is a static constexpr errc or "
                  "static errc code(Event const&, Context const&)");
    static_assert(!Row::acts || action_for<typename Row::action, event, Context>,
                  "an action is an empty struct with "
                  "static constexpr void run(Event const&, Context&) noexcept");
    static_assert(Row::internal || leavable_state<typename Row::source, event, Context>,
                  "a state is an empty struct; its on_exit, if any, is "
                  "static constexpr void on_exit(Event const&, Context&) noexcept for each event "
                  "that leaves it");
    static_assert(Row::internal || enterable_state<typename Row::target, event, Context>,
                  "a state is an empty struct; its on_entry, if any, is "
                  "static constexpr void on_entry(Event const&, Context&) noexcept for each event "
                  "that enters it");
    static constexpr bool ok = true;
};

template <class Rows>
inline constexpr bool is_row_list = false;
template <class... Row>
inline constexpr bool is_row_list<mp::mp_list<Row...>> = (requires {
    typename Row::source;
    typename Row::guard;
    Row::internal;
} && ...);

template <class Rows, class Context>
inline constexpr bool checked_rows = false;
template <class... Row, class Context>
inline constexpr bool checked_rows<mp::mp_list<Row...>, Context> = (check_row<Row, Context>::ok &&
                                                                    ...);

template <class Def>
struct check_definition {
    static_assert(
        requires { std::string_view(Def::name); },
        "a definition has a static constexpr std::string_view name");
    static_assert(
        requires { typename Def::context; }, "a definition has a type context");
    static_assert(
        requires { typename Def::initial_state; }, "a definition has a type initial_state");
    static_assert(
        requires { typename Def::transition_table; }, "a definition has a type transition_table");
    static_assert(is_row_list<typename Def::transition_table>,
                  "transition_table is an alias: using transition_table = fsm::rows<fsm::row<...>, "
                  "...>; a struct derived from rows would be an empty table to Boost.MSM");
    static_assert(!std::is_same_v<typename Def::transition_table, rows<>>,
                  "an empty transition_table accepts no event: add a row");
    static_assert(!any_derived<events_of<typename Def::transition_table>>::value,
                  "an event of the table derives from another one: a row of the base would take "
                  "the derived event too; make them unrelated structs");
    static_assert(checked_rows<typename Def::transition_table, typename Def::context>);
    static constexpr bool ok = true;
};

}  // namespace detail

/// The table of `Def` as constant data. `Def` has a `name`, a `context`, an `initial_state` and a
/// `transition_table`; whatever is not in the required form is a static_assert with the rule.
template <class Def>
struct table_view {
    static_assert(detail::check_definition<Def>::ok);

    using row_list = typename Def::transition_table;
    /// States in Boost.MSM's numbering (its get_state_id).
    using states = detail::states_of<row_list, typename Def::initial_state>;
    /// Events in the order of their first row.
    using events = detail::events_of<row_list>;
    using guards = detail::mp::mp_unique<detail::mp::mp_transform<detail::guard_of, row_list>>;

    static constexpr std::size_t row_count = detail::mp::mp_size<row_list>::value;
    static constexpr std::size_t state_count = detail::mp::mp_size<states>::value;
    static constexpr std::size_t event_count = detail::mp::mp_size<events>::value;
    static_assert(state_count < 256 && event_count < 256 && row_count < 256, "ids are one byte");

    template <class State>
    static constexpr bool has_state = detail::mp::mp_contains<states, State>::value;
    template <class Event>
    static constexpr bool has_event = detail::mp::mp_contains<events, Event>::value;

    /// The id of a state or event of the table.
    template <class State>
    requires has_state<State>
    static constexpr state_t state_id =
        static_cast<state_t>(detail::mp::mp_find<states, State>::value);
    template <class Event>
    requires has_event<Event>
    static constexpr event_t event_id =
        static_cast<event_t>(detail::mp::mp_find<events, Event>::value);
    static constexpr state_t initial_id = state_id<typename Def::initial_state>;

    /// Names by id.
    static constexpr auto state_names = detail::labels_of<states>;
    static constexpr auto event_names = detail::labels_of<events>;
    static_assert(detail::all_different(state_names),
                  "two states have the same name: give one of them a label");
    static_assert(detail::all_different(event_names),
                  "two events have the same name: give one of them a label");

    /// The name of a state or event id.
    [[nodiscard]] static constexpr std::string_view state_name(state_t state) {
        CRYPTOPERIOD_ASSERT(state < state_count);
        return state_names[state];
    }
    [[nodiscard]] static constexpr std::string_view event_name(event_t event) {
        CRYPTOPERIOD_ASSERT(event < event_count);
        return event_names[event];
    }

    /// The id of a name; nothing when the table has no such state or event.
    [[nodiscard]] static constexpr std::optional<state_t> state_by_name(std::string_view name) {
        return detail::find_name(state_names, name);
    }
    [[nodiscard]] static constexpr std::optional<event_t> event_by_name(std::string_view name) {
        return detail::find_name(event_names, name);
    }

    /// The rows as data, top-down.
    static constexpr auto info = detail::infos_of<row_list, states, events, guards>;

    /// A part of `dense_table::order`.
    struct slice {
        row_t first;
        row_t count;
    };
    /// `cell[state][event]` says which part of `order` holds the candidate rows, in the order in
    /// which they are tried: the LAST row of the table first.
    struct dense_table {
        std::array<std::array<slice, event_count>, state_count> cell{};
        std::array<row_t, row_count> order{};
    };
    static constexpr dense_table dense = [] {
        dense_table d;
        std::size_t n = 0;
        for (std::size_t s = 0; s < state_count; ++s)
            for (std::size_t e = 0; e < event_count; ++e) {
                auto const first = n;
                for (std::size_t r = row_count; r-- > 0;)
                    if (info[r].source == s && info[r].event == e)
                        d.order[n++] = static_cast<row_t>(r);
                d.cell[s][e] = {static_cast<row_t>(first), static_cast<row_t>(n - first)};
            }
        return d;
    }();

    /// The events that some row accepts in `state`, guards aside.
    [[nodiscard]] static constexpr auto accepted_events(state_t state) {
        CRYPTOPERIOD_ASSERT(state < state_count);
        short_list<event_t, event_count> accepted;
        for (std::size_t e = 0; e < event_count; ++e)
            if (dense.cell[state][e].count != 0) accepted.push_back(static_cast<event_t>(e));
        return accepted;
    }

    /// Lint: states that no chain of rows leads to from the initial state, guards aside.
    static constexpr auto unreachable_states = [] {
        std::array<bool, state_count> seen{};
        seen[initial_id] = true;
        for (std::size_t pass = 0; pass < state_count; ++pass)
            for (auto const& r : info)
                if (seen[r.source]) seen[r.target] = true;
        short_list<state_t, state_count> found;
        for (std::size_t s = 0; s < state_count; ++s)
            if (!seen[s]) found.push_back(static_cast<state_t>(s));
        return found;
    }();

    /// Lint: rows that can never be taken, because a LATER row with the same state and event has no
    /// guard, or has the same guard.
    static constexpr auto shadowed_rows = [] {
        short_list<row_t, row_count> found;
        for (std::size_t a = 0; a < row_count; ++a)
            for (std::size_t b = a + 1; b < row_count; ++b) {
                if (info[a].source != info[b].source || info[a].event != info[b].event) continue;
                if (info[b].guarded && info[b].guard_id != info[a].guard_id) continue;
                found.push_back(static_cast<row_t>(a));
                break;
            }
        return found;
    }();

    /// Lint: states that no row leaves.
    static constexpr auto sinks = [] {
        short_list<state_t, state_count> found;
        for (std::size_t s = 0; s < state_count; ++s) {
            bool left = false;
            for (auto const& r : info) left = left || (r.source == s && r.target != s);
            if (!left) found.push_back(static_cast<state_t>(s));
        }
        return found;
    }();

    /// Lint: pairs of a state and an event without any row. They are refused, by choice or by
    /// omission: a test that lists them says which.
    static constexpr auto undecided_pairs = [] {
        short_list<state_event, state_count * event_count> found;
        for (std::size_t s = 0; s < state_count; ++s)
            for (std::size_t e = 0; e < event_count; ++e)
                if (dense.cell[s][e].count == 0)
                    found.push_back({static_cast<state_t>(s), static_cast<event_t>(e)});
        return found;
    }();
};

namespace detail {

// Boost.MSM lets a row of a base class take a derived event; here such an event is refused, so that
// both engines give the same answer.
template <class Def, class Event>
struct check_event {
    static_assert(!derives_from_one<Event, typename table_view<Def>::events>::value,
                  "this event derives from an event of the table: send the event itself");
    static constexpr bool ok = true;
};

}  // namespace detail

}  // namespace cryptoperiod::fsm
