#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "service/world.hpp"

using namespace service_world;
using service::call;
using service::device_facts;
using service::route;

namespace {

// What the documents say, written down anew: nothing here comes from the table of the library.

// Statuses by what is shown: a token of a Reader, Writer, Manager; of a Viewer, an Operator; one
// that has expired, garbage; a Reader's token beside the right clientSecret.
constexpr auto readers = "200 200 200 403 403 401 401 200";
constexpr auto writers = "403 200 200 403 403 401 401 403";
constexpr auto managers = "403 403 200 403 403 401 401 403";
constexpr auto nobody = "401 401 401 401 401 401 401 200";
constexpr auto anybody = "200 200 200 200 200 200 200 200";
// By the clientSecret: none, the right one, a wrong one.
constexpr auto secret_needed = "401 200 401";
constexpr auto secret_optional = "200 200 200";
constexpr auto secret_useless = "401 401 401";

struct expected {
    call which;
    device_facts facts;
    std::string_view secret_new, secret_off,
        secret_on;  // new app; existing one, verification off, on
    std::string_view token_new, token_off, token_on;
};
constexpr expected by_both(call which, std::string_view tokens) {
    return {which, {}, secret_needed, secret_optional, secret_needed, tokens, tokens, tokens};
}
/// With a userId the secret is needed whatever verification says.
constexpr expected with_user(call which, device_facts facts, std::string_view tokens) {
    return {which, facts, secret_needed, secret_needed, secret_needed, tokens, tokens, tokens};
}
constexpr expected by_token(call which, std::string_view tokens) {
    return {which, {}, secret_useless, secret_useless, secret_useless, tokens, tokens, tokens};
}

constexpr device_facts names_user{.names_user = true};
constexpr device_facts of_user{.device_has_user = true};
std::vector<expected> const admissions{
    by_both(call::find_device, readers),
    {call::find_device, of_user, secret_needed, secret_optional, secret_needed, readers, readers,
     readers},
    by_both(call::register_device, writers),
    with_user(call::register_device, names_user, writers),
    by_both(call::update_device, writers),
    with_user(call::update_device, names_user, writers),
    with_user(call::update_device, of_user, writers),
    by_both(call::unregister_device, managers),
    {call::unregister_device, of_user, secret_needed, secret_optional, secret_needed, managers,
     managers, managers},
    by_token(call::list_devices, readers),
    {call::read_public_settings,
     {},
     secret_needed,
     secret_optional,
     secret_needed,
     nobody,
     anybody,
     nobody},
    by_token(call::read_web_push_key, readers),
    by_token(call::list_settings, readers),
    by_token(call::read_settings, readers),
    by_token(call::write_settings, managers),
    by_token(call::delete_settings, managers),
    by_token(call::write_verification, managers),
    by_token(call::send_message, writers),
    by_token(call::read_message, readers),
    by_token(call::delete_message, managers),
    by_both(call::report_message_status, writers),
    by_both(call::list_tags, readers),
    by_both(call::read_tag, readers),
    by_token(call::create_tag, writers),
    by_token(call::update_tag, writers),
    by_token(call::delete_tag, managers),
    by_both(call::list_subscriptions, readers),
    by_both(call::subscribe, writers),
    by_both(call::unsubscribe, managers),
    by_both(call::delete_subscription, managers),
    by_token(call::list_webhooks, readers),
    by_token(call::read_webhook, readers),
    by_token(call::write_webhook, writers),
    by_token(call::delete_webhook, managers),
};

struct address {
    std::string_view method, path;
    call which;
    int success;
    std::string_view segment = {};
};
std::vector<address> const addresses{
    {"GET", "/devices/d1", call::find_device, 200, "d1"},
    {"POST", "/devices", call::register_device, 201},
    {"PUT", "/devices/d1", call::update_device, 200, "d1"},
    {"DELETE", "/devices/d1", call::unregister_device, 204, "d1"},
    {"GET", "/devices", call::list_devices, 200},
    {"GET", "/devices?filter=platform==A&offset=0&size=10", call::list_devices, 200},
    {"GET", "/settings/gcmConfPublic", call::read_public_settings, 200},
    {"GET", "/settings/chromeAppExtConfPublic", call::read_public_settings, 200},
    {"GET", "/settings/webpushServerKey", call::read_web_push_key, 200},
    {"GET", "/settings/gcmConf", call::read_settings, 200, "gcmConf"},
    {"PUT", "/settings/gcmConf", call::write_settings, 200, "gcmConf"},
    {"DELETE", "/settings/gcmConf", call::delete_settings, 204, "gcmConf"},
    {"GET", "/settings/apnsConf", call::read_settings, 200, "apnsConf"},
    {"PUT", "/settings/apnsConf", call::write_settings, 200, "apnsConf"},
    {"DELETE", "/settings/apnsConf", call::delete_settings, 204, "apnsConf"},
    {"GET", "/settings/chromeWebConf", call::read_settings, 200, "chromeWebConf"},
    {"PUT", "/settings/chromeWebConf", call::write_settings, 200, "chromeWebConf"},
    {"DELETE", "/settings/chromeWebConf", call::delete_settings, 204, "chromeWebConf"},
    {"GET", "/settings/firefoxWebConf", call::read_settings, 200, "firefoxWebConf"},
    {"PUT", "/settings/firefoxWebConf", call::write_settings, 200, "firefoxWebConf"},
    {"DELETE", "/settings/firefoxWebConf", call::delete_settings, 204, "firefoxWebConf"},
    {"GET", "/settings/safariWebConf", call::read_settings, 200, "safariWebConf"},
    {"PUT", "/settings/safariWebConf", call::write_settings, 200, "safariWebConf"},
    {"DELETE", "/settings/safariWebConf", call::delete_settings, 204, "safariWebConf"},
    {"GET", "/settings/chromeAppExtConf", call::read_settings, 200, "chromeAppExtConf"},
    {"PUT", "/settings/chromeAppExtConf", call::write_settings, 200, "chromeAppExtConf"},
    {"DELETE", "/settings/chromeAppExtConf", call::delete_settings, 204, "chromeAppExtConf"},
    {"GET", "/settings", call::list_settings, 200},
    {"PUT", "/settings/verifyClientSecret", call::write_verification, 200},
    {"POST", "/messages", call::send_message, 202},
    {"POST", "/messages/bulk", call::send_message, 202},
    {"GET", "/messages/m1", call::read_message, 200, "m1"},
    {"GET", "/messages/m1/deliverystatus", call::read_message, 200, "m1"},
    {"DELETE", "/messages/m1", call::delete_message, 204, "m1"},
    {"PUT", "/messages/m1", call::report_message_status, 200, "m1"},
    {"PUT", "/messages/m1/deliverystatus", call::report_message_status, 200, "m1"},
    {"GET", "/tags", call::list_tags, 200},
    {"GET", "/tags/t1", call::read_tag, 200, "t1"},
    {"POST", "/tags", call::create_tag, 201},
    {"PUT", "/tags/t1", call::update_tag, 200, "t1"},
    {"DELETE", "/tags/t1", call::delete_tag, 204, "t1"},
    {"GET", "/subscriptions", call::list_subscriptions, 200},
    {"GET", "/subscriptions?deviceId=d1", call::list_subscriptions, 200},
    {"POST", "/subscriptions", call::subscribe, 207},
    {"POST", "/subscriptions?action=delete", call::unsubscribe, 200},
    {"POST", "/subscriptions?x=1&action=delete&y", call::unsubscribe, 200},
    {"POST", "/subscriptions?action=deleted", call::subscribe, 207},
    {"DELETE", "/subscriptions?deviceId=d1&tagName=t1", call::delete_subscription, 204},
    {"DELETE", "/subscriptions?action=delete", call::delete_subscription, 204},
    {"GET", "/webhooks", call::list_webhooks, 200},
    {"GET", "/webhooks/w1", call::read_webhook, 200, "w1"},
    {"POST", "/webhooks", call::write_webhook, 201},
    {"PUT", "/webhooks/w1", call::write_webhook, 200, "w1"},
    {"DELETE", "/webhooks/w1", call::delete_webhook, 204, "w1"},
};

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}
std::string refusal(std::string_view method, std::string_view path) {
    auto const found = route(method, path);
    return found ? "found" : std::to_string(http_status(found.error().code));
}

/// Three apps and everything that can be shown to them.
struct callers : world {
    service::provisioned_instance fresh = provision();
    service::provisioned_instance old_off = existing();
    service::provisioned_instance old_on = existing();
    std::vector<std::string> tokens;

    callers() {
        auto const expired = token("manager");
        clock.time += std::chrono::hours{2};
        for (auto const* who : {"reader", "writer", "manager", "viewer", "boss"})
            tokens.push_back(token(who));
        tokens.push_back(expired);
        tokens.emplace_back("garbage");
        tokens.push_back(token("reader"));
        BOOST_REQUIRE(push.verify_client_secret(token("manager"), old_on.app, true));
    }
    service::provisioned_instance existing() {
        return provision({.region = "us-south", .app = device::app_kind::created_before});
    }
    static std::string status(push_type& at, application_id const& app, expected const& row,
                              shown const& shows) {
        auto const done = at.admit(app, row.which, shows, row.facts);
        return done ? "200" : std::to_string(http_status(done.error().code));
    }
    static std::string told_of(expected const& row, std::string_view what) {
        return "call " + std::to_string(static_cast<int>(row.which)) +
               (row.facts.names_user ? " with userId" : "") +
               (row.facts.device_has_user ? " of a device with userId" : "") + ", " +
               std::string(what);
    }
    void compare(push_type& at, service::provisioned_instance const& app, expected const& row,
                 std::string_view by_secret, std::string_view by_token) {
        auto const right = text(app.client_secret);
        std::array<std::string_view, 3> const secrets{"", right, "wrong"};
        auto const wanted = words_of(by_secret);
        for (std::size_t i = 0; i != secrets.size(); ++i)
            BOOST_TEST(status(at, app.app, row, {.client_secret = secrets[i]}) == wanted.at(i),
                       told_of(row, "secret " + std::to_string(i)));
        auto const tokens_wanted = words_of(by_token);
        for (std::size_t i = 0; i != tokens.size(); ++i) {
            std::string_view const beside = i + 1 == tokens.size() ? right : std::string_view();
            BOOST_TEST(status(at, app.app, row, {beside, tokens[i]}) == tokens_wanted.at(i),
                       told_of(row, "token " + std::to_string(i)));
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(service_endpoint)

BOOST_AUTO_TEST_CASE(the_tables_of_this_test_have_every_call) {
    for (auto const& row : service::endpoint_table) {
        BOOST_TEST(
            (std::ranges::find(admissions, row.which, &expected::which) != admissions.end()));
        BOOST_TEST((std::ranges::any_of(addresses,
                                        [&](address const& a) {
                                            return a.which == row.which && a.method == row.method &&
                                                   a.success == row.success;
                                        })),
                   row.method << " " << row.path);
    }
}
BOOST_AUTO_TEST_CASE(each_address_leads_to_its_call) {
    for (auto const& a : addresses) {
        auto const found = route(a.method, a.path);
        BOOST_REQUIRE_MESSAGE(found, a.method << " " << a.path << ": " << told(found));
        BOOST_TEST((found->to->which == a.which), a.method << " " << a.path);
        BOOST_TEST(found->to->success == a.success, a.method << " " << a.path);
        BOOST_TEST(found->segment == a.segment, a.method << " " << a.path);
    }
}
BOOST_AUTO_TEST_CASE(other_paths_are_not_there) {
    for (auto const* path : {"",
                             "/",
                             "/device",
                             "/devices/",
                             "/devicesx",
                             "devices",
                             "//devices",
                             "/devices//",
                             "/devices/d1/",
                             "/devices/d1/x",
                             "/DEVICES",
                             "/settings/",
                             "/settings/nonsense",
                             "/settings/gcmconf",
                             "/settings/gcmConf/",
                             "/messages/m1/status",
                             "/messages//deliverystatus",
                             "/messages/m1/x/deliverystatus",
                             "/tags/",
                             "/tags/a/b",
                             "/channels",
                             "/?/devices",
                             "?",
                             "/devices%3Fx",
                             "/devices/?x",
                             "/subscriptions/d1"})
        for (auto const* method : {"GET", "POST", "PUT", "DELETE"})
            BOOST_TEST(refusal(method, path) == "404", method << " " << path);
}
BOOST_AUTO_TEST_CASE(a_path_with_another_method_is_known) {
    struct known {
        std::string_view path, methods;
    };
    for (auto const& one :
         {known{"/devices", "GET POST"}, known{"/devices/d1", "GET PUT DELETE"},
          known{"/settings", "GET"}, known{"/settings/gcmConf", "GET PUT DELETE"},
          known{"/settings/gcmConfPublic", "GET"}, known{"/settings/chromeAppExtConfPublic", "GET"},
          known{"/settings/webpushServerKey", "GET"}, known{"/settings/verifyClientSecret", "PUT"},
          known{"/messages", "POST"}, known{"/messages/bulk", "POST"},
          known{"/messages/m1", "GET PUT DELETE"}, known{"/messages/m1/deliverystatus", "GET PUT"},
          known{"/tags", "GET POST"}, known{"/tags/t1", "GET PUT DELETE"},
          known{"/subscriptions", "GET POST DELETE"}, known{"/webhooks", "GET POST"},
          known{"/webhooks/w1", "GET PUT DELETE"}})
        for (auto const* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "get", ""}) {
            auto const there = words_of(one.methods);
            bool const is_there = std::ranges::find(there, method) != there.end();
            BOOST_TEST(refusal(method, one.path) == (is_there ? "found" : "405"),
                       method << " " << one.path);
        }
}
BOOST_AUTO_TEST_CASE(a_segment_is_what_was_written) {
    std::string const with_nul("a\0b", 3);
    for (std::string_view const segment :
         {"%2F", "%2e%2e", "..", "{deviceId}", "a b", "\xc3\xa9", "d#1", "a&b=c", ";", "*",
          std::string_view(with_nul).data()}) {
        auto const path = "/devices/" + std::string(segment);
        auto const found = route("GET", path);
        BOOST_REQUIRE_MESSAGE(found, path);
        BOOST_TEST(found->segment == segment);
    }
    auto const cut = route("GET", "/devices/d1?x=/y");
    BOOST_REQUIRE(cut);
    BOOST_TEST(cut->segment == "d1");
    BOOST_TEST(route("GET", "/devices/" + with_nul)->segment == with_nul);
    BOOST_TEST(route("GET", "/devices/" + std::string(100'000, 'x'))->segment.size() == 100'000U);
}
BOOST_FIXTURE_TEST_CASE(each_call_admits_whom_the_documents_name, callers) {
    for (auto const& row : admissions) {
        compare(push, fresh, row, row.secret_new, row.token_new);
        compare(push, old_off, row, row.secret_off, row.token_off);
        compare(push, old_on, row, row.secret_on, row.token_on);
    }
}
BOOST_FIXTURE_TEST_CASE(under_the_strict_reading_a_new_app_stays_as_it_is, callers) {
    auto const verify = [&](service::provisioned_instance const& app, bool on) {
        auto const done = push.verify_client_secret(token("manager"), app.app, on);
        return done ? "200" : std::to_string(http_status(done.error().code));
    };
    BOOST_TEST(verify(fresh, true) == "200");
    BOOST_TEST(verify(fresh, false) == "400");
    BOOST_TEST(verify(old_on, false) == "200");
    BOOST_TEST(verify(old_off, true) == "200");
    for (auto const& row : admissions) {
        compare(push, fresh, row, row.secret_new, row.token_new);
        compare(push, old_on, row, row.secret_off, row.token_off);
        compare(push, old_off, row, row.secret_on, row.token_on);
    }
}
BOOST_FIXTURE_TEST_CASE(under_the_lenient_reading_a_new_app_is_as_the_others, callers) {
    auto choices = options();
    choices.client_secret.of_new_apps = device::reading::lenient;
    auto lenient = make(std::move(choices));
    for (auto const& row : admissions) compare(lenient, fresh, row, row.secret_on, row.token_on);
    BOOST_REQUIRE(lenient.verify_client_secret(token("manager"), fresh.app, false));
    for (auto const& row : admissions) compare(lenient, fresh, row, row.secret_off, row.token_off);
    BOOST_REQUIRE(lenient.verify_client_secret(token("manager"), fresh.app, true));
    for (auto const& row : admissions) compare(lenient, fresh, row, row.secret_on, row.token_on);
}
BOOST_FIXTURE_TEST_CASE(only_a_manager_sets_the_verification, callers) {
    auto const wanted = words_of(managers);
    for (std::size_t i = 0; i != tokens.size(); ++i) {
        auto const done = push.verify_client_secret(tokens[i], old_off.app, false);
        BOOST_TEST((done ? "200" : std::to_string(http_status(done.error().code))) == wanted[i]);
    }
}
BOOST_FIXTURE_TEST_CASE(the_secret_of_another_app_is_a_wrong_one, callers) {
    BOOST_TEST(status(push, fresh.app, admissions.front(),
                      {.client_secret = text(old_on.client_secret)}) == "401");
    BOOST_TEST(status(push, application_id::parse("nothing").value(), admissions.front(),
                      {.token = tokens[2]}) == "404");
}

BOOST_AUTO_TEST_SUITE_END()
