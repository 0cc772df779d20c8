#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <string>
#include <vector>

#include "../fsm/agreement.hpp"
#include "../fsm/cells.hpp"

namespace fsm = cryptoperiod::fsm;
namespace kms = cryptoperiod::kms;
using namespace kms;
using cryptoperiod::errc;
using cryptoperiod::ms_per_day;
using cryptoperiod::ms_per_hour;
using cryptoperiod::test::cells_of;
using fsm::verdict;
using view = fsm::table_view<kms::key>;
using machine = fsm::compact_machine<kms::key>;

static_assert(view::unreachable_states.empty(), "every state can be reached");
static_assert(view::shadowed_rows.empty(), "every row can be taken");
static_assert(view::sinks.size() == 1 && view::sinks[0] == view::state_id<purged>);

namespace {

constexpr std::int64_t now = 1'000 * ms_per_day;

/// A root key made on day 0, in `State`; a deleted one was deleted five hours ago.
template <class State>
machine in(key_record record = {}) {
    record.versions = 1;
    if constexpr (std::is_same_v<State, destroyed>) record.deleted_ms = now - 5 * ms_per_hour;
    return machine(record, view::state_id<State>);
}

/// "200" when the action is taken, else the HTTP status and the provider's reason code.
template <class State, class Event>
std::string cell(Event const& event, key_record record = {}) {
    auto m = in<State>(record);
    auto const state = m.state_id();
    auto const answer = m.send(event);
    if (answer) return std::to_string(Event::ok);
    auto const e = as_answer(answer.error(), state);
    auto const& line = cryptoperiod::info(e.code);
    std::string out = std::to_string(line.http);
    if (!line.provider_code.empty()) out.append(" ").append(line.provider_code);
    return out;
}

/// The row of one action in the table of the source: Active, Suspended, Deactivated, Destroyed.
template <class Event>
std::string row(Event const& event, key_record record = {}) {
    return cell<active>(event, record) + " | " + cell<suspended>(event, record) + " | " +
           cell<deactivated>(event, record) + " | " + cell<destroyed>(event, record);
}

constexpr char const* invalid = "409 KEY_ACTION_INVALID_STATE_ERR";
std::string const no = invalid;

}  // namespace

BOOST_AUTO_TEST_SUITE(kms_key)

// ---- every cell of the source's table, with status and reason code ------------------------------

BOOST_AUTO_TEST_CASE(only_an_active_key_wraps) {
    BOOST_TEST(row(wrap{}) == "200 | " + no + " | " + no + " | " + no);
}
BOOST_AUTO_TEST_CASE(an_active_and_a_deactivated_key_unwrap_and_rewrap) {
    BOOST_TEST(row(unwrap{}) == "200 | " + no + " | 200 | " + no);
    BOOST_TEST(row(rewrap{}) == "200 | " + no + " | 200 | " + no);
}
BOOST_AUTO_TEST_CASE(an_active_and_a_deactivated_key_rotate) {
    BOOST_TEST(row(rotate{now}) == "204 | " + no + " | 204 | " + no);
}
BOOST_AUTO_TEST_CASE(only_an_active_key_is_disabled_and_only_a_suspended_one_enabled) {
    BOOST_TEST(row(disable{now}) == "204 | " + no + " | " + no + " | " + no);
    BOOST_TEST(row(enable{now}) == no + " | 204 | " + no + " | " + no);
}
BOOST_AUTO_TEST_CASE(every_key_is_deleted_once) {
    BOOST_TEST(row(erase{now}) == "204 | 204 | 204 | 410 KEY_DELETED_ERR");
}
BOOST_AUTO_TEST_CASE(only_a_deleted_key_is_restored_or_purged) {
    BOOST_TEST(row(restore{now}) == no + " | " + no + " | " + no + " | 201");
    BOOST_TEST(row(purge{now}) == no + " | " + no + " | " + no + " | 204");
}
BOOST_AUTO_TEST_CASE(registrations_change_on_an_active_key_only) {
    std::string const inactive = "422 KEY_INVALID_STATE_ERR";
    BOOST_TEST(row(attach{}) == "201 | " + inactive + " | " + inactive + " | " + inactive);
    key_record registered;
    registered.registrations = 1;
    BOOST_TEST(row(detach{}, registered) ==
               "204 | " + inactive + " | " + inactive + " | " + inactive);
}
BOOST_AUTO_TEST_CASE(a_purged_key_and_one_not_made_do_not_exist) {
    BOOST_TEST(cell<purged>(wrap{}) == "404");
    BOOST_TEST(cell<purged>(restore{now}) == "404");
    BOOST_TEST(cell<purged>(erase{now}) == "404");
    BOOST_TEST(cell<pre_active>(wrap{}) == "404");
}
BOOST_AUTO_TEST_CASE(the_numbers_of_the_states_are_those_of_nist) {
    std::vector<int> numbers;
    for (fsm::state_t s = 0; s < view::state_count; ++s) numbers.push_back(nist_state(s));
    BOOST_TEST(numbers == (std::vector{0, 1, 2, 3, 5, -1}), boost::test_tools::per_element());
}

// ---- standard keys and imported ones ------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_standard_key_is_a_stored_secret) {
    key_record standard;
    standard.kind = key_kind::standard;
    BOOST_TEST(cell<active>(wrap{}, standard) == "400 KEY_ROOT_REQ_ERR");
    BOOST_TEST(cell<active>(unwrap{}, standard) == "400 KEY_ROOT_REQ_ERR");
    BOOST_TEST(cell<active>(rewrap{}, standard) == "400 KEY_ROOT_REQ_ERR");
    BOOST_TEST(cell<active>(rotate{now}, standard) == "400 KEY_ROOT_REQ_ERR");
    BOOST_TEST(cell<active>(disable{now}, standard) == "400 KEY_ROOT_REQ_ERR");
    BOOST_TEST(cell<active>(attach{}, standard) == "422 KEY_ROOT_REQ_REG_ERR");
    BOOST_TEST(cell<active>(erase{now}, standard) == "204");
}
BOOST_AUTO_TEST_CASE(root_keys_are_imported_in_three_lengths) {
    for (std::uint32_t const bits : {128U, 192U, 256U})
        BOOST_TEST(cell<pre_active>(import_material{.bits = bits}) == "201");
    for (std::uint32_t const bits : {0U, 127U, 160U, 512U})
        BOOST_TEST(cell<pre_active>(import_material{.bits = bits}) == "400");
    BOOST_TEST(cell<pre_active>(import_material{.kind = key_kind::standard, .bits = 2048}) ==
               "201");
}
BOOST_AUTO_TEST_CASE(an_imported_key_is_rotated_with_material_and_never_by_policy) {
    key_record imported;
    imported.imported = true;
    BOOST_TEST(cell<active>(rotate{.now_ms = now, .with_material = true}, imported) == "204");
    BOOST_TEST(cell<active>(rotate{.now_ms = now, .with_material = true, .bits = 8}, imported) ==
               "400");
    BOOST_TEST(cell<active>(rotate{now}, imported) == "400 KEY_PAYLOAD_REQ_ERR");
    BOOST_TEST(cell<active>(rotate{now, true, true}, imported) == "400 KEY_PAYLOAD_REQ_ERR");
    BOOST_TEST(cell<active>(rotate{.now_ms = now, .with_material = true}) ==
               "409 KEY_ROTATION_NOT_PERMITTED");
}

// ---- times --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(rotation_by_hand_rests_for_an_hour_and_by_policy_does_not) {
    key_record k;
    k.rotated_ms = now;
    BOOST_TEST(cell<active>(rotate{now + ms_per_hour - 1}, k) == "409 KEY_ROTATION_NOT_PERMITTED");
    BOOST_TEST(cell<active>(rotate{now + ms_per_hour}, k) == "204");
    BOOST_TEST(cell<active>(rotate{.now_ms = now, .by_policy = true}, k) == "204");
}
BOOST_AUTO_TEST_CASE(enabling_waits_thirty_seconds_after_the_last_change) {
    auto m = in<active>();
    BOOST_REQUIRE((m.process(disable{now}) == verdict::taken));
    auto const early = m.send(enable{now + 29'999});
    BOOST_REQUIRE(!early);
    BOOST_TEST(to_string(early.error().code) == "too_early");
    BOOST_TEST(early.error().detail ==
               "'enable' is not possible while the key is suspended: it was changed less than 30 s "
               "ago; wait 1s more");
    BOOST_TEST((m.process(enable{now + 30'000}) == verdict::taken));
    BOOST_TEST(m.is<active>());
}
BOOST_AUTO_TEST_CASE(a_clock_that_was_a_year_ahead_keeps_nobody_waiting_and_purges_nothing_early) {
    key_record k;
    k.rotated_ms = k.changed_ms = now + 365 * ms_per_day;
    BOOST_TEST(cell<active>(rotate{now}, k) == "204");
    BOOST_TEST(cell<suspended>(enable{now}, k) == "204");
    auto m = in<active>();
    BOOST_REQUIRE((m.process(erase{now + 365 * ms_per_day}) == verdict::taken));
    BOOST_TEST((m.process(purge{now}) == verdict::refused));
}
BOOST_AUTO_TEST_CASE(a_key_expires_when_its_date_comes) {
    key_record k;
    k.expires_ms = now;
    auto m = in<active>(k);
    BOOST_TEST((m.process(expire{now - 1}) == verdict::refused));
    BOOST_TEST((m.process(expire{now}) == verdict::taken));
    BOOST_TEST(m.is<deactivated>());
    BOOST_TEST((m.process(rotate{now}) == verdict::taken));  // and stays unable to wrap
    BOOST_TEST((m.process(wrap{}) == verdict::no_row));
    auto asleep = in<suspended>(k);
    BOOST_TEST((asleep.process(expire{now}) == verdict::taken));
    BOOST_TEST(asleep.is<deactivated>());
}
BOOST_AUTO_TEST_CASE(nothing_is_wrapped_after_the_date_and_no_key_made_after_it) {
    key_record k;
    k.expires_ms = now;
    BOOST_TEST(cell<active>(wrap{now - 1}, k) == "200");
    BOOST_TEST(cell<active>(wrap{now}, k) == invalid);
    BOOST_TEST(cell<active>(unwrap{}, k) == "200");
    BOOST_TEST(cell<pre_active>(create{.now_ms = now, .expires_ms = now}) == "400");
    BOOST_TEST(cell<pre_active>(create{.now_ms = now, .expires_ms = now + 1}) == "201");
}
BOOST_AUTO_TEST_CASE(a_deletion_can_be_undone_from_thirty_seconds_to_thirty_days) {
    auto const restored = [](std::int64_t after_ms) {
        auto m = in<active>();
        BOOST_REQUIRE((m.process(erase{now}) == verdict::taken));
        auto const state = m.state_id();
        auto const answer = m.send(restore{now + after_ms});
        return answer
                   ? std::string(m.state_name())
                   : std::string(
                         cryptoperiod::info(as_answer(answer.error(), state).code).provider_code);
    };
    BOOST_TEST(restored(29'999) == "REQ_TOO_EARLY_ERR");
    BOOST_TEST(restored(30'000) == "active");
    BOOST_TEST(restored(30 * ms_per_day) == "active");
    BOOST_TEST(restored(30 * ms_per_day + 1) == "KEY_RESTORE_EXPIRED");
}
BOOST_AUTO_TEST_CASE(a_restored_key_is_in_the_state_before) {
    auto m = in<suspended>();
    BOOST_REQUIRE((m.process(erase{now}) == verdict::taken));
    BOOST_REQUIRE((m.process(restore{now + 60'000}) == verdict::taken));
    BOOST_TEST(m.is<suspended>());
}
BOOST_AUTO_TEST_CASE(an_expired_key_is_not_restored) {
    auto m = in<deactivated>();
    BOOST_REQUIRE((m.process(erase{now}) == verdict::taken));
    auto const answer = m.send(restore{now + 60'000});
    BOOST_REQUIRE(!answer);
    BOOST_TEST(cryptoperiod::info(answer.error().code).provider_code == "KEY_EXPIRED_ERR");
    key_record k;
    k.expires_ms = now + 60'000;
    auto other = in<active>(k);
    BOOST_REQUIRE((other.process(erase{now}) == verdict::taken));
    BOOST_TEST((other.process(restore{now + 59'999}) == verdict::taken));
    BOOST_REQUIRE((other.process(erase{now + 59'999}) == verdict::taken));
    BOOST_TEST((other.process(restore{now + 120'000}) == verdict::refused));
}
BOOST_AUTO_TEST_CASE(a_deleted_key_is_kept_for_four_hours) {
    auto m = in<active>();
    BOOST_REQUIRE((m.process(erase{now}) == verdict::taken));
    BOOST_TEST((m.process(purge{now + 4 * ms_per_hour - 1}) == verdict::refused));
    BOOST_TEST((m.process(purge{now + 4 * ms_per_hour}) == verdict::taken));
    BOOST_TEST(m.is<purged>());
}

// ---- deletion: registrations, and two people ----------------------------------------------------

BOOST_AUTO_TEST_CASE(registrations_protect_a_key_unless_it_is_forced) {
    auto m = in<active>();
    BOOST_REQUIRE((m.process(attach{}) == verdict::taken));
    auto const answer = m.send(erase{now});
    BOOST_REQUIRE(!answer);
    BOOST_TEST(cryptoperiod::info(answer.error().code).provider_code == "PROTECTED_RESOURCE_ERR");
    BOOST_TEST(answer.error().detail ==
               "'delete' is not possible while the key is active: services depend on it, by 1 "
               "registration; remove them, or force the deletion, which cuts the services off");
    BOOST_TEST((m.process(erase{.now_ms = now, .force = true}) == verdict::taken));
    BOOST_TEST(m.context().registrations == 0U);
}
BOOST_AUTO_TEST_CASE(a_registration_that_prevents_deletion_is_stronger_than_force) {
    auto m = in<active>();
    BOOST_REQUIRE((m.process(attach{.prevents_deletion = true}) == verdict::taken));
    BOOST_TEST(cell<active>(erase{.now_ms = now, .force = true}, m.context()) ==
               "409 PREV_KEY_DEL_ERR");
    BOOST_TEST((m.process(detach{.prevents_deletion = false}) == verdict::refused));
    BOOST_TEST((m.process(detach{.prevents_deletion = true}) == verdict::taken));
    BOOST_TEST((m.process(erase{now}) == verdict::taken));
}
BOOST_AUTO_TEST_CASE(a_service_deletes_no_key) {
    BOOST_TEST(cell<active>(erase{.now_ms = now, .by_service = true}) == "403 RESOURCE_OWNER_ERR");
}
BOOST_AUTO_TEST_CASE(two_people_delete_within_seven_days) {
    key_record dual;
    dual.dual_authorization = true;
    person_id const ann{1}, bob{2};
    auto const after = [&](std::int64_t wait_ms, person_id by) {
        auto m = in<active>(dual);
        BOOST_REQUIRE((m.process(authorize_deletion{now, ann}) == verdict::taken));
        BOOST_TEST((m.process(wrap{}) == verdict::taken));  // it stays fully usable
        return cell<active>(erase{.now_ms = now + wait_ms, .by = by}, m.context());
    };
    BOOST_TEST(cell<active>(erase{.now_ms = now, .by = bob}, dual) == "409 AUTHORIZATIONS_NOT_MET");
    BOOST_TEST(after(0, bob) == "204");
    BOOST_TEST(after(7 * ms_per_day, bob) == "204");
    BOOST_TEST(after(7 * ms_per_day + 1, bob) == "409 AUTHORIZATIONS_NOT_MET");
    BOOST_TEST(after(0, ann) == "409 AUTHORIZATIONS_NOT_MET");  // the same person twice
}
BOOST_AUTO_TEST_CASE(an_authorization_can_be_taken_back) {
    key_record dual;
    dual.dual_authorization = true;
    auto m = in<suspended>(dual);
    BOOST_REQUIRE((m.process(authorize_deletion{now, person_id{1}}) == verdict::taken));
    BOOST_REQUIRE((m.process(cancel_deletion{}) == verdict::taken));
    BOOST_TEST((m.process(erase{.now_ms = now, .by = person_id{2}}) == verdict::refused));
}
BOOST_AUTO_TEST_CASE(authorizing_asks_for_the_policy) {
    BOOST_TEST(cell<active>(authorize_deletion{now}) == "409 NOT_DUAL_AUTH_ERR");
    BOOST_TEST(cell<active>(cancel_deletion{}) == "409 NOT_DUAL_AUTH_ERR");
}

// ---- both engines -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(both_engines_agree_on_key) {
    std::vector<key_record> contexts(6);
    contexts[1].kind = key_kind::standard;
    contexts[2].imported = true;
    contexts[3].dual_authorization = true;
    contexts[3].authorized_ms = now;
    contexts[3].authorized_by = person_id{1};
    contexts[4].registrations = contexts[4].preventing = 1;
    contexts[4].former = 2;
    contexts[4].deleted_ms = contexts[4].changed_ms = contexts[4].rotated_ms = now;
    contexts[5].deleted_ms = now - ms_per_day;
    contexts[5].expires_ms = now;
    CRYPTOPERIOD_AGREES(kms::key, contexts, rotate{now},
                        rotate{.now_ms = now, .with_material = true}, enable{now}, expire{now},
                        erase{.now_ms = now, .by = person_id{2}},
                        erase{.now_ms = now, .force = true}, restore{now}, purge{now}, attach{},
                        detach{}, detach{true}, authorize_deletion{now}, cancel_deletion{});
}

BOOST_AUTO_TEST_SUITE_END()
