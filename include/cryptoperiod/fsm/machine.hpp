/// @file machine.hpp
/// The same table executed by a genuine Boost.MSM back end, as an object with state. The only file
/// that includes Boost.MSM: about 1.7 s and 300 MB for each translation unit that includes it.
///
/// Not before main: the dispatch tables of Boost.MSM 1.81 are static objects with a dynamic
/// initialiser, so a machine that is sent an event while a global is being initialised jumps
/// through a table that may still be empty (a crash with g++). Use `compact_machine` there; its
/// tables are constants.
#pragma once

#include <boost/mp11/mpl.hpp>  // lets Boost.MSM read an mp_list: no limit of 20 rows, no macros
#include <boost/msm/back/state_machine.hpp>
#include <boost/msm/front/functor_row.hpp>
#include <boost/msm/front/state_machine_def.hpp>
#include <concepts>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/refusal.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cryptoperiod/fsm/verdict.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cryptoperiod::fsm {

namespace detail {

template <class Def, class State>
struct state_adapter : boost::msm::front::state<> {
    // Boost.MSM enters the initial state with an event of its own when it is started. That event
    // is not in the table, so no hook runs: as in the one-byte engine.
    template <class Event>
    static constexpr bool known = table_view<Def>::template has_event<Event>;

    template <class Event, class Fsm>
    void on_entry(Event const& event, Fsm& fsm) {
        if constexpr (known<Event> && has_on_entry<State, Event, typename Def::context>)
            State::on_entry(event, fsm.data);
    }
    template <class Event, class Fsm>
    void on_exit(Event const& event, Fsm& fsm) {
        if constexpr (known<Event> && has_on_exit<State, Event, typename Def::context>)
            State::on_exit(event, fsm.data);
    }
};

template <class Guard>
struct guard_adapter {
    template <class Event, class Fsm, class Source, class Target>
    bool operator()(Event const& event, Fsm& fsm, Source&, Target&) const {
        return Guard::run(event, std::as_const(fsm.data));
    }
};

template <class Action>
struct action_adapter {
    template <class Event, class Fsm, class Source, class Target>
    void operator()(Event const& event, Fsm& fsm, Source&, Target&) const {
        Action::run(event, fsm.data);
    }
};

template <class Def>
struct row_adapter {
    using none = boost::msm::front::none;
    template <class Row>
    using fn = boost::msm::front::Row<
        state_adapter<Def, typename Row::source>, typename Row::event,
        std::conditional_t<Row::internal, none, state_adapter<Def, typename Row::target>>,
        std::conditional_t<Row::acts, action_adapter<typename Row::action>, none>,
        std::conditional_t<Row::guarded, guard_adapter<typename Row::guard>, none>>;
};

template <class Def>
struct front_end : boost::msm::front::state_machine_def<front_end<Def>> {
    // Always both: the first alone lets exceptions vanish (an event that threw answers "handled"),
    // the second alone locks the machine after an exception.
    using no_message_queue = int;
    using no_exception_thrown = int;
    using initial_state = state_adapter<Def, typename Def::initial_state>;
    using transition_table = mp::mp_transform_q<row_adapter<Def>, typename Def::transition_table>;

    explicit front_end(typename Def::context&& context) : data(std::move(context)) {}

    // The default asserts. What no row accepts is an answer here, not an accident.
    template <class Event, class Fsm>
    void no_transition(Event const&, Fsm&, int) noexcept {}

    typename Def::context data;
};

// These three names, and the includes, are all that a move to another back end would change.
template <class Def>
using back_end = boost::msm::back::state_machine<front_end<Def>>;

template <class Def>
[[nodiscard]] state_t get_state(back_end<Def> const& machine) noexcept {
    return static_cast<state_t>(machine.current_state()[0]);
}

// Boost.MSM 1.81 has no setter. It has a `serialize`, which shows its archive the array of current
// states first; this archive writes into it.
struct state_writer {
    int state;
    template <class T>
    state_writer& operator&(T& member) noexcept {
        if constexpr (std::is_array_v<T>) member[0] = state;
        return *this;
    }
};

template <class Def>
void put_state(back_end<Def>& machine, state_t state) {
    state_writer writer{state};
    machine.serialize(writer, 0);
    CRYPTOPERIOD_ASSERT(get_state<Def>(machine) == state);
}

}  // namespace detail

/// A state machine on Boost.MSM: context and state in one object, started on construction. Copies
/// and moves keep the state, unlike those of the back end itself, whose copy from a non-const
/// object starts anew. Use `compact_machine` where size, compile time or constant expressions
/// matter; both give the same answers.
template <class Def>
class machine {
public:
    using definition = Def;
    using view = table_view<Def>;
    using context_t = typename Def::context;

    /// In the initial state, or in one that was stored. `state` must be an id of the table. No hook
    /// runs.
    machine() requires std::default_initializable<context_t> : machine(context_t{}) {}
    explicit machine(context_t context, state_t state = view::initial_id)
        : back_end_(std::move(context)) {
        back_end_.start();
        set_state(state);
    }

    machine(machine const& other) requires std::is_copy_constructible_v<context_t>
        : machine(context_t(other.context()), other.state_id()) {}
    machine(machine&& other) noexcept(std::is_nothrow_move_constructible_v<context_t>)
        : machine(std::move(other.context()), other.state_id()) {}
    machine& operator=(machine const& other) requires std::is_copy_assignable_v<context_t> {
        context() = other.context();
        set_state(other.state_id());
        return *this;
    }
    machine& operator=(machine&& other) noexcept(std::is_nothrow_move_assignable_v<context_t>) {
        context() = std::move(other.context());
        set_state(other.state_id());
        return *this;
    }
    ~machine() = default;

    /// Runs one event. Errors: event_not_allowed, refused_by_guard or the guard's own code; then
    /// nothing has changed.
    template <class Event>
    result<void> send(Event const& event) {
        auto const outcome = process(event);
        if (outcome == verdict::taken) return {};
        return refusal<Def>(context(), state_id(), event, outcome);
    }
    /// Runs one event and says only what became of it.
    template <class Event>
    [[nodiscard]] verdict process(Event const& event) {
        static_assert(detail::check_event<Def, Event>::ok);
        auto const answer = static_cast<int>(back_end_.process_event(event));
        CRYPTOPERIOD_ASSERT(answer >= 0 && answer <= 2);  // 4 would be a deferred event
        return static_cast<verdict>(answer);
    }

    /// Is the machine in this state?
    template <class State>
    [[nodiscard]] bool is() const noexcept {
        return state_id() == view::template state_id<State>;
    }
    [[nodiscard]] state_t state_id() const noexcept { return detail::get_state<Def>(back_end_); }
    [[nodiscard]] std::string_view state_name() const { return view::state_name(state_id()); }
    /// Puts the machine into a state without running anything: for snapshots and explorers.
    void set_state(state_t state) {
        CRYPTOPERIOD_ASSERT(state < view::state_count);
        detail::put_state<Def>(back_end_, state);
    }

    /// The data that guards read and actions change.
    [[nodiscard]] context_t const& context() const noexcept { return back_end_.data; }
    [[nodiscard]] context_t& context() noexcept { return back_end_.data; }

private:
    detail::back_end<Def> back_end_;
};

}  // namespace cryptoperiod::fsm
