/// @file row.hpp
/// One line of a transition table, and the form that guards, actions and hooks must have.
#pragma once

#include <boost/mp11/list.hpp>
#include <concepts>
#include <cryptoperiod/core/errc.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace cryptoperiod::fsm {

/// `To = stay`: an internal row, which runs neither exit nor entry. `row<S, E, S>` runs both.
struct stay {};

/// `Do = nothing` or `If = nothing`: no action, no guard.
struct nothing {};

/// In state `From`, event `On` leads to state `To`, performing `Do`, if `If` says yes.
template <class From, class On, class To, class Do = nothing, class If = nothing>
struct row {
    using source = From;
    using event = On;
    using action = Do;
    using guard = If;
    static constexpr bool internal = std::is_same_v<To, stay>;
    static constexpr bool acts = !std::is_same_v<Do, nothing>;
    static constexpr bool guarded = !std::is_same_v<If, nothing>;
    using target = std::conditional_t<internal, From, To>;
};

/// The table: `using transition_table = rows<row<...>, ...>`, always as an alias. Of several rows
/// with the same state and event the LOWER one is tried first (the rule of Boost.MSM): put the
/// default above the special cases. Source: Boost.MSM 1.81, order of evaluation of guards.
template <class... Rows>
using rows = boost::mp11::mp_list<Rows...>;

namespace detail {

// Does T have a member of this name, of whatever form? A member of that name in a second base makes
// the name ambiguous exactly then. It is how a misspelt parameter list is told from an absent hook.
struct named_reason {
    int reason;
};
struct named_code {
    int code;
};
struct named_on_entry {
    int on_entry;
};
struct named_on_exit {
    int on_exit;
};
template <class T, class Name>
struct named : T, Name {};

template <class T>
concept names_reason = !requires {
    &named<T, named_reason>::reason;
};
template <class T>
concept names_code = !requires {
    &named<T, named_code>::code;
};
template <class T>
concept names_on_entry = !requires {
    &named<T, named_on_entry>::on_entry;
};
template <class T>
concept names_on_exit = !requires {
    &named<T, named_on_exit>::on_exit;
};

template <class T>
concept tag = std::is_class_v<T> && std::is_empty_v<T> && !std::is_final_v<T>;

template <class G>
concept has_reason_text = requires {
    std::string_view(G::reason);
};
template <class G, class Event, class Context>
concept has_reason_function = requires(Event const& event, Context const& context) {
    std::string(G::reason(event, context));
};
template <class G>
concept has_code_constant = std::same_as<std::remove_cvref_t<decltype(G::code)>, errc>;
template <class G, class Event, class Context>
concept has_code_function = requires(Event const& event, Context const& context) {
    { G::code(event, context) } -> std::same_as<errc>;
};

template <class S, class Event, class Context>
concept has_on_entry = requires(Event const& event, Context& context) {
    { S::on_entry(event, context) } -> std::same_as<void>;
    requires noexcept(S::on_entry(event, context));
};
template <class S, class Event, class Context>
concept has_on_exit = requires(Event const& event, Context& context) {
    { S::on_exit(event, context) } -> std::same_as<void>;
    requires noexcept(S::on_exit(event, context));
};

}  // namespace detail

/// A guard asks and changes nothing: an empty struct with
/// `static constexpr bool run(Event const&, Context const&)`.
template <class G, class Event, class Context>
concept guard_for = detail::tag<G> && requires(Event const& event, Context const& context) {
    { G::run(event, context) } -> std::same_as<bool>;
};

/// What a guard may say about its refusal: `reason` is absent, a `static constexpr
/// std::string_view`, or a `static std::string reason(Event const&, Context const&)`; an empty text
/// leaves the answer to the other guards of the same state and event.
template <class G, class Event, class Context>
concept explained_guard = !detail::names_reason<G> || detail::has_reason_text<G> ||
                          detail::has_reason_function<G, Event, Context>;

/// The code of a refusal: `code` is absent (`errc::refused_by_guard`), a `static constexpr errc`,
/// or a `static errc code(Event const&, Context const&)`.
template <class G, class Event, class Context>
concept coded_guard = !detail::names_code<G> || detail::has_code_constant<G> ||
                      detail::has_code_function<G, Event, Context>;

/// An action keeps the books and cannot fail: an empty struct with
/// `static constexpr void run(Event const&, Context&) noexcept`. Whatever may fail is done before
/// the event is sent, or asked in a guard.
template <class A, class Event, class Context>
concept action_for = detail::tag<A> && requires(Event const& event, Context& context) {
    { A::run(event, context) } -> std::same_as<void>;
    requires noexcept(A::run(event, context));
};

/// A state is an empty struct: its data belongs in the context. If it has an `on_entry`, that is
/// `static constexpr void on_entry(Event const&, Context&) noexcept`, for each event that enters
/// it.
template <class S, class Event, class Context>
concept enterable_state = detail::tag<S> &&
    (!detail::names_on_entry<S> || detail::has_on_entry<S, Event, Context>);

/// The same for `on_exit` and each event that leaves the state.
template <class S, class Event, class Context>
concept leavable_state = detail::tag<S> &&
    (!detail::names_on_exit<S> || detail::has_on_exit<S, Event, Context>);

}  // namespace cryptoperiod::fsm
