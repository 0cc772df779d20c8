/// @file refusal.hpp
/// The one place of the wording with which a machine says no.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cryptoperiod/fsm/verdict.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::fsm {

namespace detail {

// What a guard says about its refusal. An empty text: it leaves the answer to the others.
template <class Guard, class Event, class Context>
[[nodiscard]] std::string reason_of([[maybe_unused]] Event const& event,
                                    [[maybe_unused]] Context const& context) {
    if constexpr (has_reason_function<Guard, Event, Context>)
        return std::string(Guard::reason(event, context));
    else if constexpr (has_reason_text<Guard>)
        return std::string(std::string_view(Guard::reason));
    else
        return std::string(label_of<Guard>()) + " does not hold";
}

template <class Guard, class Event, class Context>
[[nodiscard]] errc code_of([[maybe_unused]] Event const& event,
                           [[maybe_unused]] Context const& context) {
    if constexpr (has_code_function<Guard, Event, Context>)
        return Guard::code(event, context);
    else if constexpr (has_code_constant<Guard>)
        return Guard::code;
    else
        return errc::refused_by_guard;
}

// Gathers what the guards of one state and event say, in the order in which they were asked.
class reasons {
public:
    template <class Guard, class Event, class Context>
    void ask(Event const& event, Context const& context) {
        guards_.emplace_back(label_of<Guard>());
        auto text = reason_of<Guard>(event, context);
        if (text.empty()) return;
        if (code_ == errc::refused_by_guard) code_ = code_of<Guard>(event, context);
        if (std::find(texts_.begin(), texts_.end(), text) == texts_.end())
            texts_.push_back(std::move(text));
    }

    [[nodiscard]] errc code() const noexcept { return code_; }

    [[nodiscard]] std::string text() const {
        std::string all;
        for (auto const& text : texts_) all += (all.empty() ? "" : "; ") + text;
        if (!all.empty()) return all;
        for (auto const& guard : guards_)
            all += (all.empty() ? "" : "; ") + guard + " does not hold";
        return all;
    }

private:
    errc code_ = errc::refused_by_guard;
    std::vector<std::string> texts_;
    std::vector<std::string> guards_;
};

template <class Row, class Def, class Event>
void add_reason(reasons& found, typename Def::context const& context, state_t state,
                Event const& event) {
    if constexpr (std::is_same_v<typename Row::event, Event> && Row::guarded)
        if (table_view<Def>::template state_id<typename Row::source> == state)
            found.ask<typename Row::guard>(event, context);
}

template <class Def, class Event>
[[nodiscard]] reasons reasons_of(typename Def::context const& context, state_t state,
                                 Event const& event) {
    using backwards = mp::mp_reverse<typename Def::transition_table>;  // as the rows are tried
    reasons found;
    [&]<class... Row>(mp::mp_list<Row...>) {
        (add_reason<Row, Def>(found, context, state, event), ...);
    }(backwards{});
    return found;
}

template <class Def>
[[nodiscard]] std::string accepted_text(state_t state) {
    using view = table_view<Def>;
    auto const accepted = view::accepted_events(state);
    if (accepted.empty()) return "no event is accepted";
    std::string text = "accepted is ";
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        if (i != 0) text += i + 1 == accepted.size() ? " or " : ", ";
        text += concat("'", view::event_name(accepted[i]), "'");
    }
    return text;
}

}  // namespace detail

/// The error for an event that was not taken, e.g. "'delete' is not possible while the
/// credential_set is active: it was used 3 days ago". `outcome` is what an engine answered, never
/// `taken`; `context` and `state` are as they were. Errors: event_not_allowed where no row has the
/// state and event, with the events that are accepted instead; else the code of the first guard
/// asked that declares one, refused_by_guard if none does, with the reasons of all guards asked.
template <class Def, class Event>
[[nodiscard]] error refusal([[maybe_unused]] typename Def::context const& context, state_t state,
                            [[maybe_unused]] Event const& event, verdict outcome) {
    using view = table_view<Def>;
    CRYPTOPERIOD_ASSERT(outcome != verdict::taken);
    std::string text = "'" + std::string(label_of<Event>()) + "' is not possible while the " +
                       std::string(Def::name) + " is " + std::string(view::state_name(state)) +
                       ": ";
    if (outcome == verdict::no_row)
        return {errc::event_not_allowed, std::move(text) + detail::accepted_text<Def>(state)};
    auto const found = detail::reasons_of<Def>(context, state, event);
    return {found.code(), std::move(text) + found.text()};
}

}  // namespace cryptoperiod::fsm
