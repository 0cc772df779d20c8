#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/kms/registration.hpp>
#include <cryptoperiod/kms/rotation_policy.hpp>
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

static_assert(fsm::table_view<kms::registration>::unreachable_states.empty());
static_assert(fsm::table_view<kms::registration>::shadowed_rows.empty());
static_assert(fsm::table_view<kms::notice>::unreachable_states.empty());
static_assert(fsm::table_view<kms::notice>::shadowed_rows.empty());

BOOST_AUTO_TEST_SUITE(kms_registration)

BOOST_AUTO_TEST_CASE(a_service_registers_updates_and_leaves) {
    BOOST_TEST((cells_of<kms::registration, unregistered>()) ==
               "register: registered, update: -, unregister: -, drop: -");
    BOOST_TEST((cells_of<kms::registration, registered>()) ==
               "register: registered, update: registered, unregister: unregistered, drop: "
               "unregistered");
}
BOOST_AUTO_TEST_CASE(people_do_not_register) {
    fsm::compact_machine<kms::registration> r;
    auto const answer = r.send(register_service{.by_service = false});
    BOOST_REQUIRE(!answer);
    BOOST_TEST(cryptoperiod::info(answer.error().code).provider_code == "SERVICE_ONLY_ERR");
    BOOST_REQUIRE((r.process(register_service{.version = 3}) == verdict::taken));
    BOOST_TEST((r.process(unregister_service{.by_service = false}) == verdict::refused));
    auto const update = r.send(update_registration{.by_service = false, .version = 4});
    BOOST_REQUIRE(!update);
    BOOST_TEST((update.error().code == errc::registration_service_only));
}
BOOST_AUTO_TEST_CASE(the_version_of_a_registration_never_goes_back) {
    fsm::compact_machine<kms::registration> r;
    BOOST_REQUIRE((r.process(register_service{.version = 3}) == verdict::taken));
    BOOST_TEST((r.process(update_registration{.version = 3}) == verdict::taken));
    BOOST_TEST((r.process(update_registration{.version = 5}) == verdict::taken));
    auto const answer = r.send(update_registration{.version = 4});
    BOOST_REQUIRE(!answer);
    BOOST_TEST(cryptoperiod::info(answer.error().code).provider_code == "KEY_VERSION_INVALID");
    BOOST_TEST(answer.error().detail ==
               "'update' is not possible while the registration is registered: it uses version 5 "
               "of the key; 4 is older");
    BOOST_TEST(r.context().version == 5U);
}
BOOST_AUTO_TEST_CASE(registering_again_changes_nothing) {
    fsm::compact_machine<kms::registration> r;
    BOOST_REQUIRE((r.process(register_service{.version = 3}) == verdict::taken));
    BOOST_REQUIRE((r.process(register_service{.version = 1}) == verdict::taken));
    BOOST_TEST(r.context().version == 3U);
}
BOOST_AUTO_TEST_CASE(a_service_has_four_hours_to_acknowledge) {
    fsm::compact_machine<kms::notice> n;
    BOOST_REQUIRE((n.process(notify{1'000}) == verdict::taken));
    BOOST_TEST((n.process(run_out{1'000 + 4 * ms_per_hour}) == verdict::refused));
    BOOST_TEST((n.process(run_out{1'001 + 4 * ms_per_hour}) == verdict::taken));
    BOOST_TEST(n.is<late>());
    BOOST_TEST((n.process(acknowledge{5 * ms_per_hour}) == verdict::taken));
    BOOST_TEST(n.is<acknowledged>());
}
BOOST_AUTO_TEST_CASE(a_service_is_notified_again_after_an_hour) {
    fsm::compact_machine<kms::notice> n;
    BOOST_REQUIRE((n.process(notify{0}) == verdict::taken));
    BOOST_TEST((n.process(notify{ms_per_hour}) == verdict::refused));
    BOOST_TEST((n.process(notify{ms_per_hour + 1}) == verdict::taken));
    BOOST_TEST(n.context().notified_ms == ms_per_hour + 1);
}
BOOST_AUTO_TEST_CASE(the_cells_of_a_notice) {
    BOOST_TEST((cells_of<kms::notice, unnotified>()) ==
               "notify: notified, acknowledge: -, report_conflict: -, run_out: -");
    BOOST_TEST((cells_of<kms::notice, notified>()) ==
               "notify: refused, acknowledge: acknowledged, report_conflict: conflicting, run_out: "
               "refused");
    BOOST_TEST((cells_of<kms::notice, late>()) ==
               "notify: refused, acknowledge: acknowledged, report_conflict: conflicting, run_out: "
               "-");
    BOOST_TEST((cells_of<kms::notice, conflicting>()) ==
               "notify: refused, acknowledge: acknowledged, report_conflict: -, run_out: -");
    BOOST_TEST((cells_of<kms::notice, acknowledged>()) ==
               "notify: -, acknowledge: -, report_conflict: -, run_out: -");
}
BOOST_AUTO_TEST_CASE(both_engines_agree_on_registration_and_notice) {
    registration_record used;
    used.version = 3;
    CRYPTOPERIOD_AGREES(kms::registration, registration_record{}, used, register_service{},
                        register_service{.by_service = false}, update_registration{.version = 2},
                        update_registration{.version = 4}, unregister_service{},
                        unregister_service{.by_service = false});
    CRYPTOPERIOD_AGREES(kms::notice, notify{0}, notify{2 * ms_per_hour}, run_out{0},
                        run_out{5 * ms_per_hour});
}

BOOST_AUTO_TEST_CASE(a_rotation_policy_is_one_to_twelve_months_of_thirty_days) {
    key_record k;
    BOOST_TEST(rotation_policy::every(2)->due_ms(k, 5) == 60 * ms_per_day + 5);
    k.rotated_ms = 7;
    BOOST_TEST(rotation_policy::every(12)->due_ms(k, 5) == 360 * ms_per_day + 7);
    for (std::uint32_t const months : {0U, 13U, 4'000'000'000U}) {
        auto const refused = rotation_policy::every(months);
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == errc::out_of_range));
    }
}
BOOST_AUTO_TEST_CASE(a_policy_leaves_imported_and_standard_keys_alone) {
    key_record k;
    k.imported = true;
    BOOST_TEST(rotation_policy::every(1)->due_ms(k, 0) == never_ms);
    k = {};
    k.kind = key_kind::standard;
    BOOST_TEST(rotation_policy::every(1)->due_ms(k, 0) == never_ms);
}

BOOST_AUTO_TEST_SUITE_END()
