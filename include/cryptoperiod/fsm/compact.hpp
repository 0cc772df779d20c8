/// @file compact.hpp
/// The one-byte engine: runs a table on a context and one byte, also in constant expressions. It
/// gives the same answers as Boost.MSM on the same table (machine.hpp), call by call.
#pragma once

#include <array>
#include <concepts>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/refusal.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cryptoperiod/fsm/verdict.hpp>
#include <cstddef>
#include <string_view>
#include <utility>

namespace cryptoperiod::fsm {

/// The trace that keeps nothing. A trace has `static void on_row(std::size_t) noexcept`, called
/// with the index of each row that was taken: what coverage counts.
struct no_trace {
    static constexpr void on_row(std::size_t) noexcept {}
};

/// The engine: static functions on a context and a byte that the caller owns, so that a million
/// objects cost a million bytes plus whatever data they have. No shared state: safe from any thread
/// and before main. A context is not to be changed by guards; actions do not send events.
template <class Def, class Trace = no_trace>
struct compact {
    using definition = Def;
    using view = table_view<Def>;
    using context_t = typename Def::context;
    static constexpr state_t initial = view::initial_id;

    /// Runs one event: guard, exit, action, entry, then the state changes. Cost: one indirect call.
    /// `state` must be an id of the table. Whatever is not `taken` leaves both as they were; so
    /// does a guard that throws.
    template <class Event>
    [[nodiscard]] static constexpr verdict process(context_t& context, state_t& state,
                                                   Event const& event) {
        static_assert(detail::check_event<Def, Event>::ok);
        CRYPTOPERIOD_ASSERT(state < view::state_count);
        if constexpr (view::template has_event<Event>)
            return jump<Event>[state](context, state, event);
        else
            return verdict::no_row;
    }

    /// What `process` would answer; changes nothing.
    template <class Event>
    [[nodiscard]] static constexpr verdict ask(context_t const& context, state_t state,
                                               Event const& event) {
        static_assert(detail::check_event<Def, Event>::ok);
        CRYPTOPERIOD_ASSERT(state < view::state_count);
        if constexpr (view::template has_event<Event>)
            return asked<Event>[state](context, event);
        else
            return verdict::no_row;
    }

    /// Runs one event like `process`. Errors: event_not_allowed, refused_by_guard or the guard's
    /// own code, worded by `refusal`; then neither context nor state has changed.
    template <class Event>
    static result<void> send(context_t& context, state_t& state, Event const& event) {
        auto const outcome = process(context, state, event);
        if (outcome == verdict::taken) return {};
        return refusal<Def>(context, state, event, outcome);
    }

private:
    template <std::size_t R>
    using row_at = detail::mp::mp_at_c<typename view::row_list, R>;

    template <std::size_t R, class Event>
    [[nodiscard]] static constexpr bool allows([[maybe_unused]] context_t const& context,
                                               [[maybe_unused]] Event const& event) {
        if constexpr (row_at<R>::guarded)
            return row_at<R>::guard::run(event, context);
        else
            return true;
    }

    template <std::size_t R, class Event>
    static constexpr verdict take([[maybe_unused]] context_t& context, state_t& state,
                                  [[maybe_unused]] Event const& event) {
        using row = row_at<R>;
        using source = typename row::source;
        using target = typename row::target;
        if constexpr (!row::internal && detail::has_on_exit<source, Event, context_t>)
            source::on_exit(event, context);
        if constexpr (row::acts) row::action::run(event, context);
        if constexpr (!row::internal && detail::has_on_entry<target, Event, context_t>)
            target::on_entry(event, context);
        state = view::template state_id<target>;
        Trace::on_row(R);
        return verdict::taken;
    }

    // The fold over the candidates stops at the first row whose guard says yes.
    template <class Event, row_t First, std::size_t... I>
    static constexpr verdict run_rows(context_t& context, state_t& state, Event const& event,
                                      std::index_sequence<I...>) {
        auto outcome = verdict::refused;
        static_cast<void>(
            ((allows<view::dense.order[First + I]>(context, event) &&
              (outcome = take<view::dense.order[First + I]>(context, state, event), true)) ||
             ...));
        return outcome;
    }
    template <class Event, row_t First, std::size_t... I>
    static constexpr verdict ask_rows(context_t const& context, Event const& event,
                                      std::index_sequence<I...>) {
        bool const allowed = (allows<view::dense.order[First + I]>(context, event) || ...);
        return allowed ? verdict::taken : verdict::refused;
    }

    // The candidates of a cell, in the order of the dense table.
    template <class Event, std::size_t S>
    static constexpr verdict run_cell([[maybe_unused]] context_t& context,
                                      [[maybe_unused]] state_t& state,
                                      [[maybe_unused]] Event const& event) {
        constexpr auto cell = view::dense.cell[S][view::template event_id<Event>];
        if constexpr (cell.count == 0)
            return verdict::no_row;
        else
            return run_rows<Event, cell.first>(context, state, event,
                                               std::make_index_sequence<cell.count>{});
    }
    template <class Event, std::size_t S>
    static constexpr verdict ask_cell([[maybe_unused]] context_t const& context,
                                      [[maybe_unused]] Event const& event) {
        constexpr auto cell = view::dense.cell[S][view::template event_id<Event>];
        if constexpr (cell.count == 0)
            return verdict::no_row;
        else
            return ask_rows<Event, cell.first>(context, event,
                                               std::make_index_sequence<cell.count>{});
    }

    template <class Event>
    using run_function = verdict (*)(context_t&, state_t&, Event const&);
    template <class Event>
    using ask_function = verdict (*)(context_t const&, Event const&);

    template <class Event, std::size_t... S>
    [[nodiscard]] static constexpr auto run_functions(std::index_sequence<S...>) {
        return std::array<run_function<Event>, sizeof...(S)>{&compact::run_cell<Event, S>...};
    }
    template <class Event, std::size_t... S>
    [[nodiscard]] static constexpr auto ask_functions(std::index_sequence<S...>) {
        return std::array<ask_function<Event>, sizeof...(S)>{&compact::ask_cell<Event, S>...};
    }

    // One function a state, by event: the whole dispatch.
    template <class Event>
    static constexpr auto jump =
        run_functions<Event>(std::make_index_sequence<view::state_count>{});
    template <class Event>
    static constexpr auto asked =
        ask_functions<Event>(std::make_index_sequence<view::state_count>{});
};

/// A small value: the context and the byte. Copied, moved, compared and kept in containers like
/// any other value.
template <class Def, class Trace = no_trace>
class compact_machine {
public:
    using definition = Def;
    using engine = compact<Def, Trace>;
    using view = table_view<Def>;
    using context_t = typename Def::context;

    /// In the initial state, or in one that was stored. `state` must be an id of the table. No hook
    /// runs.
    constexpr compact_machine() requires std::default_initializable<context_t>
        : compact_machine(context_t{}) {}
    constexpr explicit compact_machine(context_t context, state_t state = view::initial_id)
        : context_(std::move(context)), state_(state) {
        CRYPTOPERIOD_ASSERT(state < view::state_count);
    }

    /// Runs one event. Errors: event_not_allowed, refused_by_guard or the guard's own code; then
    /// nothing has changed.
    template <class Event>
    result<void> send(Event const& event) {
        return engine::send(context_, state_, event);
    }
    /// Runs one event and says only what became of it; usable in constant expressions.
    template <class Event>
    [[nodiscard]] constexpr verdict process(Event const& event) {
        return engine::process(context_, state_, event);
    }
    /// Would the event be taken? Changes nothing.
    template <class Event>
    [[nodiscard]] constexpr bool accepts(Event const& event) const {
        return engine::ask(context_, state_, event) == verdict::taken;
    }

    /// Is the machine in this state?
    template <class State>
    [[nodiscard]] constexpr bool is() const noexcept {
        return state_ == view::template state_id<State>;
    }
    [[nodiscard]] constexpr state_t state_id() const noexcept { return state_; }
    [[nodiscard]] constexpr std::string_view state_name() const { return view::state_name(state_); }
    /// Puts the machine into a state without running anything: for snapshots and explorers.
    constexpr void set_state(state_t state) {
        CRYPTOPERIOD_ASSERT(state < view::state_count);
        state_ = state;
    }

    /// The data that guards read and actions change.
    [[nodiscard]] constexpr context_t const& context() const noexcept { return context_; }
    [[nodiscard]] constexpr context_t& context() noexcept { return context_; }

    friend bool operator==(compact_machine const&, compact_machine const&) = default;

private:
    context_t context_;
    state_t state_;
};

}  // namespace cryptoperiod::fsm
