/// @file scenarios.hpp
/// Whole stories on the one-byte engine, each true or false: run by compact_test.cpp, and by the
/// compiler in constexpr_test.cpp.
#pragma once

#include "samples.hpp"

#include <array>
#include <cryptoperiod/fsm/compact.hpp>
#include <cstddef>
#include <string_view>

namespace scenarios {

namespace fsm = cryptoperiod::fsm;
using fsm::verdict;
using namespace samples;  // the words of the sample machine
using set_machine = fsm::compact_machine<credential_set>;

[[nodiscard]] constexpr bool a_life() {
    set_machine m;
    bool good = m.is<active>() && m.process(rotate{1}) == verdict::taken &&
                m.context().version == 2 && m.process(use{5}) == verdict::taken &&
                m.process(retire{}) == verdict::taken && m.is<retired>() &&
                m.process(erase{20}) == verdict::refused && m.is<retired>();
    good = good && !m.accepts(erase{34}) && m.accepts(erase{35}) &&
           m.process(erase{35}) == verdict::taken && m.is<deleted>();
    return good && m.process(rotate{36}) == verdict::no_row && m.state_name() == "deleted";
}

[[nodiscard]] constexpr bool the_lower_row_is_tried_first() {
    set_machine m;
    bool good = m.process(retire{}) == verdict::taken;
    m.context().held = false;  // both rows would do: the lower one is taken, which stays and holds
    good = good && m.process(revive{}) == verdict::taken && m.is<retired>() && m.context().held;
    m.context().locked = true;  // neither would do
    good = good && m.process(revive{}) == verdict::refused && m.is<retired>();
    m.context().held = false;  // the lower row refuses, the upper one has its turn
    return good && m.process(revive{}) == verdict::taken && m.is<active>();
}

[[nodiscard]] constexpr bool hooks_run_on_self_rows_and_not_on_internal_ones() {
    set_machine m;
    bool good = m.process(use{1}) == verdict::taken && m.context().comebacks == 0;
    good = good && m.process(retire{}) == verdict::taken && m.context().retirements == 1;
    m.context().held = true;
    good = good && m.process(revive{}) == verdict::taken && m.context().retirements == 1 &&
           m.context().held;
    return good && m.process(retire{}) == verdict::taken && m.context().retirements == 2 &&
           !m.context().held && m.is<retired>();
}

[[nodiscard]] constexpr bool the_two_parts_can_be_kept_apart() {
    using engine = fsm::compact<credential_set>;
    samples::context shared;
    std::array<fsm::state_t, 3> states{engine::initial, engine::initial, engine::initial};
    return engine::process(shared, states[1], retire{}) == verdict::taken &&
           engine::ask(shared, states[0], retire{}) == verdict::taken &&
           engine::ask(shared, states[1], use{}) == verdict::no_row &&
           states[0] == engine::initial && states[1] == engine::view::state_id<retired>;
}

struct journal {
    std::array<char, 16> calls{};
    std::size_t count = 0;
    constexpr void add(char c) noexcept { calls[count++] = c; }
    constexpr std::string_view text() const { return {calls.data(), count}; }
};
struct left {
    static constexpr void on_exit(auto const&, journal& j) noexcept { j.add('x'); }
};
struct right {
    static constexpr void on_entry(auto const&, journal& j) noexcept { j.add('n'); }
};
struct cross {};
struct tick {};
struct write {
    static constexpr void run(auto const&, journal& j) noexcept { j.add('a'); }
};
struct walk {
    static constexpr std::string_view name = "walk";
    using context = journal;
    using initial_state = left;
    using transition_table =
        fsm::rows<fsm::row<left, cross, right, write>, fsm::row<left, tick, fsm::stay, write>,
                  fsm::row<right, cross, right, write>>;
};
[[nodiscard]] constexpr bool exit_then_action_then_entry() {
    fsm::compact_machine<walk> m;
    bool const taken = m.process(tick{}) == verdict::taken && m.process(cross{}) == verdict::taken;
    return taken && m.context().text() == "axan";
}

}  // namespace scenarios
