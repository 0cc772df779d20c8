#include "samples.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/refusal.hpp>
#include <string>

namespace fsm = cryptoperiod::fsm;
using cryptoperiod::errc;
using samples::credential_set;

namespace {

// What the engine answers to `event`, as "code: text"; "taken" if nothing was refused.
template <class Event>
std::string answer(samples::context context, std::string_view state, Event const& event) {
    auto id = fsm::table_view<credential_set>::state_by_name(state).value();
    auto const before = context;
    auto const sent = fsm::compact<credential_set>::send(context, id, event);
    if (sent) return "taken";
    BOOST_TEST((context == before));
    BOOST_TEST(fsm::table_view<credential_set>::state_name(id) == state);
    return to_string(sent.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_refusal)

BOOST_AUTO_TEST_CASE(an_event_without_a_row_is_answered_with_those_that_are_accepted) {
    BOOST_TEST(answer({}, "active", samples::erase{}) ==
               "event_not_allowed: 'delete' is not possible while the credential_set is active: "
               "accepted is 'rotate', 'use', 'retire' or 'audit'");
    BOOST_TEST(answer({}, "retired", samples::use{}) ==
               "event_not_allowed: 'use' is not possible while the credential_set is retired: "
               "accepted is 'retire', 'revive' or 'delete'");
}

BOOST_AUTO_TEST_CASE(a_sink_says_that_it_accepts_nothing) {
    BOOST_TEST(answer({}, "deleted", samples::revive{}) ==
               "event_not_allowed: 'revive' is not possible while the credential_set is deleted: "
               "no event is accepted");
}

BOOST_AUTO_TEST_CASE(an_event_that_no_row_knows_is_refused_in_the_same_words) {
    BOOST_TEST(answer({}, "retired", samples::unknown{}) ==
               "event_not_allowed: 'unknown' is not possible while the credential_set is retired: "
               "accepted is 'retire', 'revive' or 'delete'");
}

BOOST_AUTO_TEST_CASE(a_constant_reason_is_given_as_it_stands) {
    samples::context locked;
    locked.locked = true;
    BOOST_TEST(answer(locked, "active", samples::retire{}) ==
               "refused_by_guard: 'retire' is not possible while the credential_set is active: "
               "it is locked: unlock it first");
}

BOOST_AUTO_TEST_CASE(
    a_reason_may_speak_of_the_event_and_the_context_and_a_silent_guard_is_left_out) {
    samples::context used;
    used.last_use = 4;
    BOOST_TEST(answer(used, "retired", samples::erase{7}) ==
               "credential_in_use: 'delete' is not possible while the credential_set is retired: "
               "it was used 3 days ago, wait for 30");
}

BOOST_AUTO_TEST_CASE(reasons_of_several_guards_stand_in_the_order_in_which_they_were_asked) {
    samples::context stuck;
    stuck.held = true;
    stuck.locked = true;
    BOOST_TEST(answer(stuck, "retired", samples::revive{}) ==
               "refused_by_guard: 'revive' is not possible while the credential_set is retired: "
               "it is locked: unlock it first; is_free does not hold");
}

BOOST_AUTO_TEST_CASE(where_all_guards_are_silent_their_names_are_the_answer) {
    BOOST_TEST(answer({}, "active", samples::audit{}) ==
               "refused_by_guard: 'audit' is not possible while the credential_set is active: "
               "is_holiday does not hold; is_monday does not hold");
}

BOOST_AUTO_TEST_CASE(a_code_may_depend_on_the_event_and_the_context) {
    samples::context locked;
    locked.locked = true;
    BOOST_TEST(answer({}, "active", samples::rotate{-1}) ==
               "out_of_range: 'rotate' is not possible while the credential_set is active: "
               "the day is not usable");
    BOOST_TEST(answer(locked, "active", samples::rotate{1}) ==
               "credential_deleted: 'rotate' is not possible while the credential_set is active: "
               "the day is not usable");
}

BOOST_AUTO_TEST_CASE(an_event_that_is_taken_is_no_refusal) {
    BOOST_TEST(answer({}, "active", samples::rotate{1}) == "taken");
    BOOST_TEST(answer({}, "retired", samples::erase{0, true}) == "taken");
}

BOOST_AUTO_TEST_CASE(a_refusal_can_be_worded_without_an_engine) {
    auto const said = fsm::refusal<credential_set>(
        samples::context{}, fsm::table_view<credential_set>::state_id<samples::deleted>,
        samples::use{}, fsm::verdict::no_row);
    BOOST_TEST((said.code == errc::event_not_allowed));
    BOOST_TEST(said.detail ==
               "'use' is not possible while the credential_set is deleted: no event is accepted");
}

BOOST_AUTO_TEST_SUITE_END()
