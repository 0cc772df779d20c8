/// @file cells.hpp
/// What a table does in one cell, in words: "active" (the next state), "refused" (by a guard) or
/// "-" (no row). A whole row of the table of cells is then one line of a test.
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <boost/mp11/utility.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <string>
#include <utility>

namespace cryptoperiod::test {

/// The answer of one cell, from the default context.
template <class Def, class State, class Event>
std::string cell(Event const& event = {}) {
    fsm::compact_machine<Def> machine({}, fsm::table_view<Def>::template state_id<State>);
    auto const answer = machine.process(event);
    if (answer == fsm::verdict::no_row) return "-";
    if (answer == fsm::verdict::refused) return "refused";
    return std::string(machine.state_name());
}

/// "event: answer" of every event of the table in `State`, one after the other.
template <class Def, class State>
std::string cells_of() {
    std::string line;
    using events = typename fsm::table_view<Def>::events;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, events>>(
        [&]<class Event>(boost::mp11::mp_identity<Event>) {
            if (!line.empty()) line += ", ";
            line.append(fsm::label_of<Event>()).append(": ").append(cell<Def, State, Event>());
        });
    return line;
}

/// "state/event" of every pair without a row, in the order of the table.
template <class Def>
std::string undecided() {
    using view = fsm::table_view<Def>;
    std::string line;
    for (auto const& pair : view::undecided_pairs) {
        if (!line.empty()) line += ' ';
        line.append(view::state_name(pair.state)).append("/").append(view::event_name(pair.event));
    }
    return line;
}

/// A machine in `State`.
template <class Def, class State>
fsm::compact_machine<Def> in_state(typename Def::context context = {}) {
    return fsm::compact_machine<Def>(std::move(context),
                                     fsm::table_view<Def>::template state_id<State>);
}

}  // namespace cryptoperiod::test
