#include <boost/test/unit_test.hpp>
#include <cryptoperiod/device/client_secret.hpp>
#include <string>
#include <vector>

using namespace cryptoperiod;
using namespace cryptoperiod::device;

namespace {

std::vector<client_call> all_calls() {
    std::vector<client_call> calls;
    for (std::size_t i = 0; i != client_calls; ++i) calls.push_back(static_cast<client_call>(i));
    return calls;
}
constexpr app_security new_app{app_kind::created_enforced, true};
constexpr app_security new_app_off{app_kind::created_enforced, false};
constexpr app_security old_app{app_kind::created_before, false};
constexpr app_security old_app_on{app_kind::created_before, true};
constexpr client_secret_policy lenient{.of_new_apps = reading::lenient};

std::string code(result<void> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_client_secret)

BOOST_AUTO_TEST_CASE(a_new_app_shows_it_for_every_call_whatever_the_flag_says) {
    for (auto const call : all_calls())
        for (bool const user : {false, true})
            for (auto const& app : {new_app, new_app_off}) {
                call_facts const facts{call, user, false};
                BOOST_TEST(needs_client_secret(app, facts));
                BOOST_TEST(code(admit(app, facts, shown_secret::none)) == "client_secret_required");
                BOOST_TEST(code(admit(app, facts, shown_secret::wrong)) ==
                           "client_secret_required");
                BOOST_TEST(code(admit(app, facts, shown_secret::right)) == "ok");
            }
}
BOOST_AUTO_TEST_CASE(an_existing_app_shows_it_to_bind_a_device_to_a_user) {
    for (auto const call : all_calls())
        for (bool const user : {false, true}) {
            bool const binds = user && (call == client_call::register_device ||
                                        call == client_call::update_device);
            BOOST_TEST(needs_client_secret(old_app, {call, user, false}) == binds,
                       row_of(call).name);
            BOOST_TEST(needs_client_secret(old_app_on, {call, user, false}), row_of(call).name);
        }
}
BOOST_AUTO_TEST_CASE(the_lenient_reading_lets_a_new_app_turn_it_off) {
    for (auto const call : all_calls())
        for (bool const user : {false, true}) {
            call_facts const facts{call, user, false};
            BOOST_TEST(needs_client_secret(new_app, facts, lenient));
            BOOST_TEST(needs_client_secret(new_app_off, facts, lenient) ==
                       needs_client_secret(old_app, facts));
        }
}
BOOST_AUTO_TEST_CASE(an_update_without_a_user_does_not_take_a_device_from_its_user) {
    call_facts const anonymous{client_call::update_device, false, true};
    BOOST_TEST(needs_client_secret(old_app, anonymous));
    BOOST_TEST(!needs_client_secret(old_app, anonymous, {.protects_bound_devices = false}));
    // What the seed warns of: who knows the ids sees and removes a device of an existing app.
    BOOST_TEST(!needs_client_secret(old_app, {client_call::look_up_device, false, true}));
    BOOST_TEST(!needs_client_secret(old_app, {client_call::unregister_device, false, true}));
}
BOOST_AUTO_TEST_CASE(a_wrong_secret_that_nobody_asked_for_is_ignored_or_checked) {
    call_facts const facts{client_call::list_tags, false, false};
    BOOST_TEST(code(admit(old_app, facts, shown_secret::wrong)) == "ok");
    client_secret_policy const checking{.checks_what_is_shown = true};
    BOOST_TEST(code(admit(old_app, facts, shown_secret::wrong, checking)) ==
               "client_secret_required");
    BOOST_TEST(code(admit(old_app, facts, shown_secret::none, checking)) == "ok");
}
BOOST_AUTO_TEST_CASE(verify_client_secret_by_app_and_reading) {
    BOOST_TEST((verify_client_secret(old_app, true).value() == old_app_on));
    BOOST_TEST((verify_client_secret(old_app_on, false).value() == old_app));
    BOOST_TEST((verify_client_secret(new_app, true).value() == new_app));
    auto const refused = verify_client_secret(new_app, false);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(to_string(refused.error()) ==
               "client_secret_enforced: the app is a new one: its clientSecret is enforced on "
               "every client call and verifyClientSecret cannot change that (strict reading; the "
               "lenient one is a policy of the service)");
    BOOST_TEST((verify_client_secret(new_app, false, lenient).value() == new_app_off));
}
BOOST_AUTO_TEST_CASE(no_sequence_of_calls_makes_a_new_app_unenforced) {
    for (unsigned sequence = 0; sequence != 256; ++sequence) {
        auto app = new_app;
        for (unsigned step = 0; step != 8; ++step)
            if (auto const changed = verify_client_secret(app, (sequence >> step & 1U) != 0))
                app = *changed;
        for (auto const call : all_calls())
            BOOST_TEST(needs_client_secret(app, {call, false, false}));
    }
}
BOOST_AUTO_TEST_CASE(a_refusal_says_why_and_by_which_reading) {
    BOOST_TEST(
        to_string(
            admit(new_app, {client_call::subscribe, false, false}, shown_secret::none).error()) ==
        "client_secret_required: to subscribe takes the clientSecret in the header of that "
        "name: every client call of a new app shows it, whatever verifyClientSecret says "
        "(strict reading)");
    BOOST_TEST(
        to_string(admit(old_app, {client_call::register_device, true, false}, shown_secret::none)
                      .error()) ==
        "client_secret_required: to register a device takes the clientSecret in the header "
        "of that name: it binds a device to a userId");
}

BOOST_AUTO_TEST_SUITE_END()
