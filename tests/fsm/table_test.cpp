#include "samples.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cryptoperiod/fsm/verdict.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsm = cryptoperiod::fsm;
using view = fsm::table_view<samples::credential_set>;

namespace {

struct context {};
struct a {};
struct b {};
struct c {};
struct lost {};
struct go {};
struct jump {};
struct is_day {
    static constexpr bool run(auto const&, auto const&) { return true; }
};
struct is_night {
    static constexpr bool run(auto const&, auto const&) { return true; }
};

template <class... Row>
struct machine_of {
    static constexpr std::string_view name = "probe";
    using context = ::context;
    using initial_state = a;
    using transition_table = fsm::rows<Row...>;
};
template <class... Row>
using view_of = fsm::table_view<machine_of<Row...>>;

// Names of the states or events in a lint list, one after the other.
template <class List, class Names>
std::string names_of(List const& list, Names const& names) {
    std::string out;
    for (auto const id : list) out += std::string(names[id]) + " ";
    return out;
}

struct derived_go : go {};
struct final_event final {};

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_table)

BOOST_AUTO_TEST_CASE(states_are_numbered_sources_first_then_targets_then_the_initial_state) {
    using table = view_of<fsm::row<b, go, c>, fsm::row<c, go, lost>>;
    static_assert(table::state_id<b> == 0 && table::state_id<c> == 1);
    static_assert(table::state_id<lost> == 2 && table::state_id<a> == 3);
    static_assert(table::initial_id == 3 && table::state_count == 4);
    static_assert(table::has_state<a> && !table::has_state<go>);
    static_assert(table::has_event<go> && !table::has_event<jump>);
    BOOST_TEST(table::initial_id == 3);
}

BOOST_AUTO_TEST_CASE(names_lead_to_ids_and_back) {
    for (std::size_t s = 0; s < view::state_count; ++s) {
        auto const id = static_cast<fsm::state_t>(s);
        BOOST_TEST((view::state_by_name(view::state_name(id)) == id));
    }
    static_assert(view::event_by_name("delete") == view::event_id<samples::erase>);
    static_assert(view::event_name(view::event_id<samples::erase>) == "delete");
    static_assert(!view::event_by_name("erase"));
    static_assert(!view::state_by_name("ACTIVE"));
    static_assert(!view::state_by_name(""));
}

BOOST_AUTO_TEST_CASE(a_row_is_readable_as_data) {
    constexpr auto const& row = view::info[2];
    static_assert(view::row_count == 10);
    static_assert(row.source == view::state_id<samples::active>);
    static_assert(row.target == view::state_id<samples::retired>);
    static_assert(row.event == view::event_id<samples::retire>);
    static_assert(row.guard == "is_unlocked" && row.action == "hold");
    static_assert(row.guarded && row.acts && !row.internal);
    static_assert(view::info[1].guard.empty() && !view::info[1].guarded && view::info[1].internal);
    BOOST_TEST(row.guard == "is_unlocked");
}

BOOST_AUTO_TEST_CASE(candidates_stand_in_the_dense_table_last_row_first) {
    constexpr auto cell =
        view::dense.cell[view::state_id<samples::retired>][view::event_id<samples::erase>];
    static_assert(cell.count == 2);
    BOOST_TEST(int{view::dense.order[cell.first]} == 9);
    BOOST_TEST(int{view::dense.order[cell.first + 1U]} == 8);
}

BOOST_AUTO_TEST_CASE(every_row_stands_in_the_dense_table_once) {
    auto rows = view::dense.order;
    std::sort(rows.begin(), rows.end());
    for (std::size_t r = 0; r < rows.size(); ++r) BOOST_TEST(rows[r] == r);
}

BOOST_AUTO_TEST_CASE(accepted_events_are_those_with_a_row) {
    auto const accepted = view::accepted_events(view::state_id<samples::retired>);
    BOOST_TEST(names_of(accepted, view::event_names) == "retire revive delete ");
    BOOST_TEST(view::accepted_events(view::state_id<samples::deleted>).empty());
}

BOOST_AUTO_TEST_CASE(lint_finds_states_that_nothing_leads_to) {
    using table = view_of<fsm::row<a, go, b>, fsm::row<lost, go, b>, fsm::row<lost, jump, c>>;
    BOOST_TEST(names_of(table::unreachable_states, table::state_names) == "lost c ");
    static_assert(view::unreachable_states.empty());
}

BOOST_AUTO_TEST_CASE(lint_follows_rows_that_stand_in_the_wrong_order) {
    using table = view_of<fsm::row<c, go, lost>, fsm::row<b, go, c>, fsm::row<a, go, b>>;
    static_assert(table::unreachable_states.empty());
    BOOST_TEST(table::unreachable_states.empty());
}

BOOST_AUTO_TEST_CASE(lint_finds_rows_that_a_later_row_without_guard_hides) {
    using hidden = view_of<fsm::row<a, go, b, fsm::nothing, is_day>, fsm::row<a, go, c>>;
    using shown = view_of<fsm::row<a, go, c>, fsm::row<a, go, b, fsm::nothing, is_day>>;
    BOOST_REQUIRE(hidden::shadowed_rows.size() == 1);
    BOOST_TEST(int{hidden::shadowed_rows[0]} == 0);
    static_assert(shown::shadowed_rows.empty());
    static_assert(view::shadowed_rows.empty());
}

BOOST_AUTO_TEST_CASE(lint_finds_rows_that_a_later_row_with_the_same_guard_hides) {
    using hidden = view_of<fsm::row<a, go, b, fsm::nothing, is_day>,
                           fsm::row<a, go, c, fsm::nothing, is_night>,
                           fsm::row<a, go, fsm::stay, fsm::nothing, is_day>>;
    BOOST_REQUIRE(hidden::shadowed_rows.size() == 1);
    BOOST_TEST(int{hidden::shadowed_rows[0]} == 0);
}

BOOST_AUTO_TEST_CASE(lint_does_not_mistake_another_state_or_event_for_a_hidden_row) {
    using table = view_of<fsm::row<a, go, b>, fsm::row<a, jump, b>, fsm::row<b, go, a>>;
    static_assert(table::shadowed_rows.empty());
    BOOST_TEST(table::shadowed_rows.empty());
}

BOOST_AUTO_TEST_CASE(lint_finds_states_that_no_row_leaves) {
    using table = view_of<fsm::row<a, go, b>, fsm::row<b, go, fsm::stay>, fsm::row<b, jump, b>>;
    BOOST_TEST(names_of(table::sinks, table::state_names) == "b ");
    BOOST_TEST(names_of(view::sinks, view::state_names) == "deleted ");
}

BOOST_AUTO_TEST_CASE(lint_lists_the_pairs_that_no_row_decides) {
    using table = view_of<fsm::row<a, go, b>, fsm::row<b, jump, a>>;
    BOOST_REQUIRE(table::undecided_pairs.size() == 2);
    BOOST_TEST(
        (table::undecided_pairs[0] == fsm::state_event{table::state_id<a>, table::event_id<jump>}));
    BOOST_TEST(
        (table::undecided_pairs[1] == fsm::state_event{table::state_id<b>, table::event_id<go>}));
    BOOST_TEST(view::undecided_pairs.size() == 3U * 6U - 7U);
}

BOOST_AUTO_TEST_CASE(events_that_derive_from_one_another_are_detected) {
    static_assert(fsm::detail::any_derived<fsm::rows<go, derived_go>>::value);
    static_assert(fsm::detail::any_derived<fsm::rows<derived_go, jump, go>>::value);
    static_assert(!fsm::detail::any_derived<fsm::rows<go, jump, final_event, int>>::value);
    static_assert(fsm::detail::derives_from_one<derived_go, fsm::rows<jump, go>>::value);
    BOOST_TEST((fsm::detail::any_derived<fsm::rows<go, derived_go>>::value));
}

BOOST_AUTO_TEST_CASE(a_table_that_is_a_derived_struct_is_told_from_an_alias) {
    struct derived : fsm::rows<fsm::row<a, go, b>> {};
    static_assert(!fsm::detail::is_row_list<derived>);
    static_assert(!fsm::detail::is_row_list<fsm::rows<int>>);
    static_assert(fsm::detail::is_row_list<fsm::rows<fsm::row<a, go, b>>>);
    BOOST_TEST(!fsm::detail::is_row_list<derived>);
}

BOOST_AUTO_TEST_CASE(equal_names_are_detected) {
    using names = std::array<std::string_view, 3>;
    static_assert(fsm::detail::all_different(names{"a", "b", "c"}));
    static_assert(!fsm::detail::all_different(names{"a", "b", "a"}));
    BOOST_TEST(!fsm::detail::all_different(names{"a", "b", "a"}));
}

BOOST_AUTO_TEST_CASE(verdicts_have_names) {
    BOOST_TEST(to_string(fsm::verdict::no_row) == "no_row");
    BOOST_TEST(to_string(fsm::verdict::taken) == "taken");
    BOOST_TEST(to_string(fsm::verdict::refused) == "refused");
}

BOOST_AUTO_TEST_SUITE_END()
