#include <boost/test/unit_test.hpp>
#include <cryptoperiod/device/registration.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <vector>

#include "../fsm/agreement.hpp"
#include "../fsm/cells.hpp"

namespace fsm = cryptoperiod::fsm;
using namespace cryptoperiod;
using cryptoperiod::test::cells_of;
using fsm::verdict;
using view = fsm::table_view<device::registration>;
using machine = fsm::compact_machine<device::registration>;

static_assert(view::unreachable_states.empty());
static_assert(view::shadowed_rows.empty());

BOOST_AUTO_TEST_SUITE(device_registration)

BOOST_AUTO_TEST_CASE(every_cell) {
    BOOST_TEST((cells_of<device::registration, device::unregistered>()) ==
               "register: registered, update: refused, unregister: refused, report_dead_token: "
               "unregistered");
    BOOST_TEST((cells_of<device::registration, device::registered>()) ==
               "register: refused, update: registered, unregister: unregistered, "
               "report_dead_token: unregistered");
}
BOOST_AUTO_TEST_CASE(a_device_is_registered_once_updated_and_removed) {
    machine m;
    BOOST_REQUIRE((m.process(device::register_device{5}) == verdict::taken));
    auto const twice = m.send(device::register_device{6});
    BOOST_REQUIRE(!twice);
    BOOST_TEST((twice.error().code == errc::device_exists));
    BOOST_TEST(http_status(twice.error().code) == 409);
    BOOST_REQUIRE((m.process(device::update_device{7}) == verdict::taken));
    BOOST_TEST(m.context().created_ms == 5);
    BOOST_TEST(m.context().updated_ms == 7);
    BOOST_REQUIRE((m.process(device::unregister_device{}) == verdict::taken));
    auto const gone = m.send(device::update_device{8});
    BOOST_REQUIRE(!gone);
    BOOST_TEST((gone.error().code == errc::device_not_found));
    BOOST_TEST((m.process(device::register_device{9}) == verdict::taken));
    BOOST_TEST(m.context().created_ms == 9);
}
BOOST_AUTO_TEST_CASE(an_update_under_a_clock_that_was_set_back_is_not_before_the_creation) {
    machine m;
    BOOST_REQUIRE((m.process(device::register_device{5}) == verdict::taken));
    BOOST_REQUIRE((m.process(device::update_device{3}) == verdict::taken));
    BOOST_TEST(m.context().updated_ms == 5);
}
BOOST_AUTO_TEST_CASE(a_dead_token_ends_a_registration_and_may_be_reported_twice) {
    machine m;
    BOOST_REQUIRE((m.process(device::register_device{5}) == verdict::taken));
    BOOST_REQUIRE((m.process(device::report_dead_token{}) == verdict::taken));
    BOOST_TEST(m.is<device::unregistered>());
    BOOST_TEST((m.process(device::report_dead_token{}) == verdict::taken));
}
BOOST_AUTO_TEST_CASE(both_engines_agree_on_device_registration) {
    std::vector<device::registration_record> contexts(2);
    contexts[1] = {1, 2};
    CRYPTOPERIOD_AGREES(device::registration, contexts, device::register_device{3},
                        device::update_device{4}, device::unregister_device{},
                        device::report_dead_token{});
}

BOOST_AUTO_TEST_SUITE_END()
