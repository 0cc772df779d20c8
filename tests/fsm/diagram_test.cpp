#include "samples.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/diagram.hpp>
#include <string_view>

namespace fsm = cryptoperiod::fsm;
using samples::credential_set;

namespace {

// Names that each of the three languages would stumble over.
struct final_state {
    static constexpr std::string_view label = "end";
};
struct odd {
    static constexpr std::string_view label = "a|b<\"c\">";
};
struct go {
    static constexpr std::string_view label = "go; #1 \\ [now]";
};
struct awkward {
    static constexpr std::string_view name = "the \"odd\" one";
    struct context {};
    using initial_state = odd;
    using transition_table = fsm::rows<fsm::row<odd, go, final_state>>;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_diagram)

BOOST_AUTO_TEST_CASE(mermaid_shows_guards_in_brackets_and_actions_after_a_slash) {
    BOOST_TEST(fsm::mermaid<credential_set>() ==
               "stateDiagram-v2\n"
               "  [*] --> active\n"
               "  active --> active : rotate [is_recent] / new_version (stay)\n"
               "  active --> active : use / remember (stay)\n"
               "  active --> retired : retire [is_unlocked] / hold\n"
               "  active --> active : audit [is_monday] (stay)\n"
               "  active --> deleted : audit [is_holiday]\n"
               "  retired --> retired : retire\n"
               "  retired --> active : revive [is_free]\n"
               "  retired --> retired : revive [is_unlocked] / hold (stay)\n"
               "  retired --> deleted : delete [is_forced]\n"
               "  retired --> deleted : delete [is_unused]\n"
               "  deleted --> [*]\n");
}

BOOST_AUTO_TEST_CASE(mermaid_gives_a_state_with_an_awkward_name_another_id) {
    BOOST_TEST(fsm::mermaid<awkward>() ==
               "stateDiagram-v2\n"
               "  state \"a|b#lt;#quot;c#quot;#gt;\" as state_0\n"
               "  state \"end\" as state_1\n"
               "  [*] --> state_0\n"
               "  state_0 --> state_1 : go#59; #35;1 \\ [now]\n"
               "  state_1 --> [*]\n");
}

BOOST_AUTO_TEST_CASE(dot_draws_internal_rows_dashed_and_sinks_with_two_borders) {
    BOOST_TEST(fsm::dot<credential_set>() ==
               "digraph \"credential_set\" {\n"
               "  rankdir=LR;\n"
               "  node [shape=box, style=rounded];\n"
               "  start [shape=point];\n"
               "  \"deleted\" [peripheries=2];\n"
               "  start -> \"active\";\n"
               "  \"active\" -> \"active\" [label=\"rotate [is_recent] / new_version\", "
               "style=dashed];\n"
               "  \"active\" -> \"active\" [label=\"use / remember\", style=dashed];\n"
               "  \"active\" -> \"retired\" [label=\"retire [is_unlocked] / hold\"];\n"
               "  \"active\" -> \"active\" [label=\"audit [is_monday]\", style=dashed];\n"
               "  \"active\" -> \"deleted\" [label=\"audit [is_holiday]\"];\n"
               "  \"retired\" -> \"retired\" [label=\"retire\"];\n"
               "  \"retired\" -> \"active\" [label=\"revive [is_free]\"];\n"
               "  \"retired\" -> \"retired\" [label=\"revive [is_unlocked] / hold\", "
               "style=dashed];\n"
               "  \"retired\" -> \"deleted\" [label=\"delete [is_forced]\"];\n"
               "  \"retired\" -> \"deleted\" [label=\"delete [is_unused]\"];\n"
               "}\n");
}

BOOST_AUTO_TEST_CASE(dot_escapes_quotes_and_backslashes) {
    BOOST_TEST(fsm::dot<awkward>() ==
               "digraph \"the \\\"odd\\\" one\" {\n"
               "  rankdir=LR;\n"
               "  node [shape=box, style=rounded];\n"
               "  start [shape=point];\n"
               "  \"end\" [peripheries=2];\n"
               "  start -> \"a|b<\\\"c\\\">\";\n"
               "  \"a|b<\\\"c\\\">\" -> \"end\" [label=\"go; #1 \\\\ [now]\"];\n"
               "}\n");
}

BOOST_AUTO_TEST_CASE(markdown_lists_the_rows_and_the_matrix_in_the_order_of_trial) {
    BOOST_TEST(
        fsm::markdown<credential_set>() ==
        "| row | from | event | to | guard | action |\n"
        "|---|---|---|---|---|---|\n"
        "| 0 | active | rotate | stay | is\\_recent | new\\_version |\n"
        "| 1 | active | use | stay | - | remember |\n"
        "| 2 | active | retire | retired | is\\_unlocked | hold |\n"
        "| 3 | active | audit | stay | is\\_monday | - |\n"
        "| 4 | active | audit | deleted | is\\_holiday | - |\n"
        "| 5 | retired | retire | retired | - | - |\n"
        "| 6 | retired | revive | active | is\\_free | - |\n"
        "| 7 | retired | revive | stay | is\\_unlocked | hold |\n"
        "| 8 | retired | delete | deleted | is\\_forced | - |\n"
        "| 9 | retired | delete | deleted | is\\_unused | - |\n"
        "\n"
        "| state | rotate | use | retire | audit | revive | delete |\n"
        "|---|---|---|---|---|---|---|\n"
        "| active (initial) | stay \\[is\\_recent] | stay | retired \\[is\\_unlocked] | deleted "
        "\\[is\\_holiday], else stay \\[is\\_monday] | - | - |\n"
        "| retired | - | - | retired | - | stay \\[is\\_unlocked], else active \\[is\\_free] | "
        "deleted \\[is\\_unused], else deleted \\[is\\_forced] |\n"
        "| deleted | - | - | - | - | - | - |\n");
}

BOOST_AUTO_TEST_CASE(markdown_escapes_what_would_break_a_table) {
    BOOST_TEST(fsm::markdown<awkward>() ==
               "| row | from | event | to | guard | action |\n"
               "|---|---|---|---|---|---|\n"
               "| 0 | a\\|b&lt;\"c\"&gt; | go; #1 \\ \\[now] | end | - | - |\n"
               "\n"
               "| state | go; #1 \\ \\[now] |\n"
               "|---|---|\n"
               "| a\\|b&lt;\"c\"&gt; (initial) | end |\n"
               "| end | - |\n");
}

BOOST_AUTO_TEST_CASE(the_same_table_gives_the_same_bytes) {
    BOOST_TEST(fsm::mermaid<credential_set>() == fsm::mermaid<credential_set>());
    BOOST_TEST(fsm::markdown<credential_set>() == fsm::markdown<credential_set>());
}

BOOST_AUTO_TEST_SUITE_END()
