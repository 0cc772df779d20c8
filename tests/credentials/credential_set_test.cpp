#include "../fsm/cells.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/fsm/compact.hpp>

namespace credentials = cryptoperiod::credentials;
namespace fsm = cryptoperiod::fsm;
using namespace cryptoperiod::credentials;
using cryptoperiod::ms_per_day;
using cryptoperiod::test::cells_of;
using cryptoperiod::test::in_state;
using fsm::verdict;
using set_table = credentials::credential_set;
using view = fsm::table_view<set_table>;
using set_machine = fsm::compact_machine<set_table>;

// ---- what the compiler can see for itself ----------------------------------------------------

static_assert(view::unreachable_states.empty(), "every state can be reached");
static_assert(view::shadowed_rows.empty(), "every row can be taken");
// The row for restore leaves `deleted` on paper; its guard never lets it.
static_assert(view::sinks.empty());
static_assert(view::initial_id == view::state_id<staged>);

static_assert([] {
    set_machine set;
    return set.process(present{1}) == verdict::no_row &&
           set.process(activate{}) == verdict::taken && set.process(present{2}) == verdict::taken &&
           set.process(retire{}) == verdict::taken && set.process(present{3}) == verdict::taken &&
           set.process(erase{30 * ms_per_day + 2}) == verdict::refused &&
           set.process(erase{30 * ms_per_day + 3}) == verdict::taken &&
           set.process(present{4}) == verdict::no_row && set.is<deleted>() &&
           set.context().uses == 2 && set.context().last_use_ms == 3;
}());
static_assert([] {
    for (auto const state :
         {view::state_id<staged>, view::state_id<active>, view::state_id<retiring>}) {
        set_machine set({}, state);
        if (set.process(erase{}) != verdict::taken || !set.is<deleted>()) return false;
        if (set.process(restore{}) != verdict::refused || !set.is<deleted>()) return false;
    }
    return true;
}());

BOOST_AUTO_TEST_SUITE(credentials_credential_set)

// ---- every cell -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_staged_set_can_be_activated_marked_and_deleted_and_lets_nobody_in) {
    auto const cells = cells_of<set_table, staged>();
    BOOST_TEST(
        cells ==
        "activate: active, compromise: staged, delete: deleted, present: -, observe_devices: -, "
        "retire: -, restore: -");
}

BOOST_AUTO_TEST_CASE(an_active_set_lets_people_in_and_can_be_retired_marked_and_deleted) {
    auto const cells = cells_of<set_table, active>();
    BOOST_TEST(cells ==
               "activate: -, compromise: active, delete: deleted, present: active, "
               "observe_devices: active, retire: retiring, restore: -");
}

BOOST_AUTO_TEST_CASE(a_retiring_set_still_lets_people_in_and_can_come_back) {
    auto const cells = cells_of<set_table, retiring>();
    BOOST_TEST(cells ==
               "activate: active, compromise: retiring, delete: deleted, present: retiring, "
               "observe_devices: retiring, retire: -, restore: -");
}

BOOST_AUTO_TEST_CASE(a_deleted_set_does_nothing_any_more) {
    auto const cells = cells_of<set_table, deleted>();
    BOOST_TEST(cells ==
               "activate: -, compromise: -, delete: -, present: -, observe_devices: -, retire: -, "
               "restore: refused");
}

BOOST_AUTO_TEST_CASE(the_pairs_without_a_row_are_the_ones_meant) {
    BOOST_TEST(
        cryptoperiod::test::undecided<set_table>() ==
        "staged/present staged/observe_devices staged/retire staged/restore active/activate "
        "active/restore retiring/retire retiring/restore deleted/activate deleted/compromise "
        "deleted/delete deleted/present deleted/observe_devices deleted/retire");
}

// ---- deleted is for ever ----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(restoring_a_deleted_set_is_refused_with_the_reason_and_the_remedy) {
    auto set = in_state<set_table, deleted>();
    auto const answer = set.send(restore{});
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(to_string(answer.error().code) == "credential_deleted");
    BOOST_TEST(answer.error().detail ==
               "'restore' is not possible while the credential_set is deleted: the provider is "
               "unable to restore a deleted credential set; create a new one and release or serve "
               "it");
    BOOST_TEST(set.is<deleted>());
}

BOOST_AUTO_TEST_CASE(no_record_makes_a_deleted_set_restorable) {
    for (set_record const& record : {set_record{}, set_record{5, 6, 7}, set_record{never_ms, 1, 1}})
        BOOST_TEST((!in_state<set_table, deleted>(record).accepts(restore{})));
}

BOOST_AUTO_TEST_CASE(deleting_twice_is_refused_and_says_what_is_accepted_instead) {
    auto set = in_state<set_table, deleted>();
    auto const answer = set.send(erase{});
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(to_string(answer.error().code) == "event_not_allowed");
    BOOST_TEST(answer.error().detail ==
               "'delete' is not possible while the credential_set is deleted: accepted is "
               "'restore'");
}

BOOST_AUTO_TEST_CASE(the_event_erase_is_called_delete_in_reports) {
    BOOST_TEST(fsm::label_of<erase>() == "delete");
}

// ---- compromised is a mark --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_compromised_set_stays_in_its_state_and_still_lets_people_in) {
    auto set = in_state<set_table, active>();
    BOOST_TEST(set.send(compromise{10}).has_value());
    BOOST_TEST(set.is<active>());
    BOOST_TEST(set.context().compromised_ms == 10);
    BOOST_TEST(set.accepts(present{11}));
}

BOOST_AUTO_TEST_CASE(the_first_compromise_is_the_one_that_is_remembered) {
    auto set = in_state<set_table, retiring>();
    BOOST_TEST(set.send(compromise{10}).has_value());
    BOOST_TEST(set.send(compromise{20}).has_value());
    BOOST_TEST(set.context().compromised_ms == 10);
}

BOOST_AUTO_TEST_CASE(a_set_compromised_before_it_is_active_keeps_the_mark) {
    set_machine set;
    BOOST_TEST(set.send(compromise{3}).has_value());
    BOOST_TEST(set.send(activate{}).has_value());
    BOOST_TEST(set.context().compromised_ms == 3);
    BOOST_TEST(set.is<active>());
}

// ---- deleting a set that is in use ------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_set_in_use_is_not_deleted_and_says_how_many_devices_would_be_stranded) {
    for (auto const state : {view::state_id<active>, view::state_id<retiring>}) {
        set_machine set({}, state);
        BOOST_TEST(set.send(observe_devices{1'234, 100 * ms_per_day}).has_value());
        auto const answer = set.send(erase{103 * ms_per_day});
        BOOST_REQUIRE(!answer.has_value());
        BOOST_TEST(to_string(answer.error().code) == "credential_in_use");
        BOOST_TEST(answer.error().detail.ends_with(
            "the set was last used 3d ago, by devices of which 1,234 are left; wait until it has "
            "rested for 30d; or force it, which strands them"));
        BOOST_TEST(set.state_id() == state);
    }
}

BOOST_AUTO_TEST_CASE(a_forced_deletion_of_a_set_in_use_remembers_whom_it_stranded) {
    auto set = in_state<set_table, active>();
    BOOST_TEST(set.send(observe_devices{7, 5}).has_value());
    BOOST_TEST(set.send(erase{6, true}).has_value());
    BOOST_TEST(set.is<deleted>());
    BOOST_TEST(set.context().stranded == 7U);
}

BOOST_AUTO_TEST_CASE(a_set_that_has_rested_is_deleted_and_strands_nobody_forced_or_not) {
    for (bool const force : {false, true}) {
        auto set = in_state<set_table, retiring>(set_record{never_ms, 0, 1, 9});
        BOOST_TEST(!set.accepts(erase{30 * ms_per_day - 1}));
        BOOST_TEST(set.send(erase{30 * ms_per_day, force}).has_value());
        BOOST_TEST(set.context().stranded == 0U);
    }
}

BOOST_AUTO_TEST_CASE(an_old_observation_does_not_make_the_last_use_older) {
    auto set = in_state<set_table, active>();
    BOOST_TEST(set.send(present{50}).has_value());
    BOOST_TEST(set.send(observe_devices{3, 40}).has_value());
    BOOST_TEST(set.context().last_use_ms == 50);
    BOOST_TEST(set.context().devices_left == 3U);
}

// ---- uses -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(each_accepted_connection_is_counted_with_its_moment) {
    auto set = in_state<set_table, active>();
    for (std::int64_t const now : {5, 7, 9}) BOOST_TEST(set.send(present{now}).has_value());
    BOOST_TEST(set.context().uses == 3U);
    BOOST_TEST(set.context().last_use_ms == 9);
}

BOOST_AUTO_TEST_CASE(a_refused_connection_leaves_the_record_alone) {
    set_record const before{1, 2, 3};
    auto set = in_state<set_table, deleted>(before);
    BOOST_TEST(!set.send(present{99}).has_value());
    BOOST_TEST((set.context() == before));
}

BOOST_AUTO_TEST_SUITE_END()
