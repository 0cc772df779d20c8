#include "../fsm/cells.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/rotation.hpp>
#include <cryptoperiod/fsm/compact.hpp>

namespace credentials = cryptoperiod::credentials;
namespace fsm = cryptoperiod::fsm;
using namespace cryptoperiod::credentials;
using cryptoperiod::ms_per_day;
using cryptoperiod::test::cells_of;
using cryptoperiod::test::in_state;
using fsm::verdict;
using rotation_table = credentials::rotation;
using view = fsm::table_view<rotation_table>;
using procedure = fsm::compact_machine<rotation_table>;

// ---- what the compiler can see for itself ----------------------------------------------------

static_assert(view::unreachable_states.empty(), "every state can be reached");
static_assert(view::shadowed_rows.empty(), "every row can be taken");
static_assert(view::sinks.size() == 1 && view::sinks[0] == view::state_id<finished>);
static_assert(view::initial_id == view::state_id<planned>);

static_assert([] {
    procedure p;
    return p.process(create_set{}) == verdict::taken &&
           p.process(release_version{}) == verdict::taken &&
           p.process(observe_use{5 * ms_per_day, 10}) == verdict::taken &&
           p.process(retire_old{}) == verdict::taken &&
           p.process(delete_old{34 * ms_per_day}) == verdict::refused && p.is<draining>() &&
           p.process(delete_old{35 * ms_per_day}) == verdict::taken && p.is<finished>() &&
           p.context().stranded == 0;
}());
static_assert([] {
    procedure p;
    return p.process(create_set{}) == verdict::taken && p.process(serve_set{}) == verdict::taken &&
           p.process(retire_old{}) == verdict::taken && p.process(resume{}) == verdict::taken &&
           p.is<overlapping>();
}());

namespace {

/// A rotation in which 42 devices used the old set on day 100.
procedure draining_in_use() {
    rotation_record record;
    record.last_use_ms = 100 * ms_per_day;
    record.devices_left = 42;
    return in_state<rotation_table, draining>(record);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_rotation)

// ---- every cell -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_planned_rotation_waits_for_the_new_set) {
    auto const cells = cells_of<rotation_table, planned>();
    BOOST_TEST(cells ==
               "observe_use: planned, create_set: prepared, release_version: -, serve_set: -, "
               "retire_old: -, resume: -, delete_old: -");
}

BOOST_AUTO_TEST_CASE(a_prepared_rotation_is_released_or_served) {
    auto const cells = cells_of<rotation_table, prepared>();
    BOOST_TEST(cells ==
               "observe_use: prepared, create_set: -, release_version: overlapping, serve_set: "
               "overlapping, retire_old: -, resume: -, delete_old: -");
}

BOOST_AUTO_TEST_CASE(an_overlapping_rotation_must_retire_before_it_deletes) {
    auto const cells = cells_of<rotation_table, overlapping>();
    BOOST_TEST(cells ==
               "observe_use: overlapping, create_set: -, release_version: -, serve_set: -, "
               "retire_old: draining, resume: -, delete_old: -");
}

BOOST_AUTO_TEST_CASE(a_draining_rotation_can_resume_or_delete) {
    auto const cells = cells_of<rotation_table, draining>();
    BOOST_TEST(cells ==
               "observe_use: draining, create_set: -, release_version: -, serve_set: -, "
               "retire_old: -, resume: overlapping, delete_old: finished");
}

BOOST_AUTO_TEST_CASE(a_finished_rotation_is_over) {
    auto const cells = cells_of<rotation_table, finished>();
    BOOST_TEST(cells ==
               "observe_use: -, create_set: -, release_version: -, serve_set: -, retire_old: -, "
               "resume: -, delete_old: -");
}

BOOST_AUTO_TEST_CASE(the_pairs_without_a_row_are_the_ones_meant) {
    BOOST_TEST(cryptoperiod::test::undecided<rotation_table>() ==
               "planned/release_version planned/serve_set planned/retire_old planned/resume "
               "planned/delete_old prepared/create_set prepared/retire_old prepared/resume "
               "prepared/delete_old overlapping/create_set overlapping/release_version "
               "overlapping/serve_set overlapping/resume overlapping/delete_old "
               "draining/create_set draining/release_version draining/serve_set "
               "draining/retire_old finished/observe_use finished/create_set "
               "finished/release_version finished/serve_set finished/retire_old finished/resume "
               "finished/delete_old");
}

// ---- deletion while in use --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(deleting_a_set_in_use_is_refused_with_when_by_whom_and_how_long_to_wait) {
    auto p = draining_in_use();
    auto const answer = p.send(delete_old{103 * ms_per_day});
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(to_string(answer.error().code) == "credential_in_use");
    BOOST_TEST(answer.error().detail ==
               "'delete_old' is not possible while the rotation is draining: the old set was last "
               "used 3d ago, by devices of which 42 are left; wait until it has rested for 30d; or "
               "force it, which strands them");
    BOOST_TEST(p.is<draining>());
    BOOST_TEST(p.context().stranded == 0U);
}

BOOST_AUTO_TEST_CASE(a_forced_deletion_is_taken_and_shows_whom_it_strands) {
    auto p = draining_in_use();
    BOOST_TEST(p.send(delete_old{103 * ms_per_day, true}).has_value());
    BOOST_TEST(p.is<finished>());
    BOOST_TEST(p.context().stranded == 42U);
}

BOOST_AUTO_TEST_CASE(a_set_that_has_rested_long_enough_is_deleted_and_strands_nobody) {
    auto p = draining_in_use();
    BOOST_TEST(p.send(delete_old{130 * ms_per_day}).has_value());
    BOOST_TEST(p.context().stranded == 0U);
}

BOOST_AUTO_TEST_CASE(forcing_a_set_that_has_rested_strands_nobody_either) {
    auto p = draining_in_use();
    BOOST_TEST(p.send(delete_old{130 * ms_per_day, true}).has_value());
    BOOST_TEST(p.context().stranded == 0U);
}

BOOST_AUTO_TEST_CASE(a_millisecond_short_of_the_rest_is_still_in_use) {
    auto p = draining_in_use();
    BOOST_TEST(!p.accepts(delete_old{130 * ms_per_day - 1}));
    BOOST_TEST(p.accepts(delete_old{130 * ms_per_day}));
}

BOOST_AUTO_TEST_CASE(a_set_that_nobody_ever_used_may_be_deleted_at_once) {
    auto p = in_state<rotation_table, draining>();
    BOOST_TEST(p.accepts(delete_old{0}));
}

BOOST_AUTO_TEST_CASE(the_rest_that_is_asked_for_is_the_operators_choice) {
    auto p = draining_in_use();
    p.context().quiet_ms = 3 * ms_per_day;
    BOOST_TEST(p.accepts(delete_old{103 * ms_per_day}));
    BOOST_TEST(!p.accepts(delete_old{102 * ms_per_day}));
}

BOOST_AUTO_TEST_CASE(a_use_seen_while_draining_starts_the_rest_anew) {
    auto p = draining_in_use();
    BOOST_TEST(p.send(observe_use{120 * ms_per_day, 7}).has_value());
    BOOST_TEST(p.context().devices_left == 7U);
    BOOST_TEST(!p.accepts(delete_old{130 * ms_per_day}));
    BOOST_TEST(p.accepts(delete_old{150 * ms_per_day}));
}

BOOST_AUTO_TEST_CASE(a_use_is_noted_in_every_state_before_the_end) {
    for (auto const state : {view::state_id<planned>, view::state_id<prepared>,
                             view::state_id<overlapping>, view::state_id<draining>}) {
        procedure p({}, state);
        BOOST_TEST(p.send(observe_use{9, 1}).has_value());
        BOOST_TEST(p.context().last_use_ms == 9);
        BOOST_TEST(p.state_id() == state);
    }
}

BOOST_AUTO_TEST_SUITE_END()
