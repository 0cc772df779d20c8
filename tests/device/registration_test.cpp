#include <boost/test/unit_test.hpp>
#include <cryptoperiod/device/registration.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <string>

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
BOOST_AUTO_TEST_CASE(a_dead_token_ends_a_registration_and_may_be_reported_twice) {
    machine m;
    BOOST_REQUIRE((m.process(device::register_device{5}) == verdict::taken));
    BOOST_REQUIRE((m.process(device::report_dead_token{}) == verdict::taken));
    BOOST_TEST(m.is<device::unregistered>());
    BOOST_TEST((m.process(device::report_dead_token{}) == verdict::taken));
}
BOOST_AUTO_TEST_CASE(platforms_are_those_of_the_api) {
    for (auto const name : device::platform_names)
        BOOST_TEST(to_string(device::parse_platform(name).value()) == name);
    for (auto const* name : {"", "a", "W", "WEB_EDGE", "A "})
        BOOST_TEST(!device::parse_platform(name), name);
}
BOOST_AUTO_TEST_CASE(a_document_has_a_token_and_a_user_without_control_characters) {
    device::device_document d{device::device_id::parse("d-1").value(), "token",
                              device::platform::fcm, std::string(device::anonymous)};
    BOOST_TEST(!d.has_user());
    BOOST_TEST(device::check(d).has_value());
    auto const refusal = [&](std::string token, std::string user) {
        d.token = std::move(token);
        d.user = std::move(user);
        auto const checked = device::check(d);
        return checked ? "ok" : to_string(checked.error());
    };
    BOOST_TEST(refusal("", "u") == "missing: token is empty");
    BOOST_TEST(refusal("t\r\n", "u") == "malformed: token has a control character");
    BOOST_TEST(refusal(std::string(4097, 't'), "u") ==
               "out_of_range: token has 4,097 bytes; at most 4,096 are kept");
    BOOST_TEST(refusal("t", "") == "missing: userId is empty");
    BOOST_TEST(refusal("t", "secret\x1b[2J") == "malformed: userId has a control character");
    BOOST_TEST(refusal(std::string(4096, 't'), std::string(256, 'u')) == "ok");
}
BOOST_AUTO_TEST_CASE(both_engines_agree_on_device_registration) {
    std::vector<device::registration_record> contexts(2);
    contexts[1] = {1, 2};
    CRYPTOPERIOD_AGREES(device::registration, contexts, device::register_device{3},
                        device::update_device{4}, device::unregister_device{},
                        device::report_dead_token{});
}

BOOST_AUTO_TEST_SUITE_END()
