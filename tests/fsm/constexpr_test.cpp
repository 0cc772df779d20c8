#include "scenarios.hpp"

#include <boost/test/unit_test.hpp>

static_assert(scenarios::a_life());
static_assert(scenarios::the_lower_row_is_tried_first());
static_assert(scenarios::hooks_run_on_self_rows_and_not_on_internal_ones());
static_assert(scenarios::the_two_parts_can_be_kept_apart());
static_assert(scenarios::exit_then_action_then_entry());

BOOST_AUTO_TEST_SUITE(fsm_constexpr)

BOOST_AUTO_TEST_CASE(whole_scenarios_have_been_run_by_the_compiler) {
    constexpr bool all = scenarios::a_life() && scenarios::exit_then_action_then_entry();
    BOOST_TEST(all);
}

BOOST_AUTO_TEST_SUITE_END()
