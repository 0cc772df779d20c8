#include <boost/test/unit_test.hpp>
#include <cryptoperiod/device/document.hpp>
#include <string>
#include <utility>

#include "samples.hpp"

using namespace cryptoperiod;
using device::device_document;
using device::parse_registration;
using device::parse_update;
using device::platform;
using test::as_json;

namespace {

std::string fault(std::string_view json) {
    auto const read = parse_registration(json);
    return read ? "ok" : to_string(read.error());
}
device_document sample() {
    return {device::device_id::parse("d-1").value(), "tok", platform::apns, "jane", {}, false};
}
std::string after(std::string_view json, device_document const& before = sample()) {
    auto const update = parse_update(json);
    if (!update) return to_string(update.error());
    auto const done = updated(before, *update);
    if (!done) return to_string(done.error());
    return concat(done->token, " ", to_string(done->on), " ", done->user,
                  done->vapid ? " vapid" : "", done->variables.empty() ? "" : " variables");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_document_json)

BOOST_AUTO_TEST_CASE(platforms_are_those_of_the_api) {
    for (auto const name : device::platform_names)
        BOOST_TEST(to_string(device::parse_platform(name).value()) == name);
    for (auto const* name : {"", "a", "W", "WEB_EDGE", "A "})
        BOOST_TEST(!device::parse_platform(name), name);
}
BOOST_AUTO_TEST_CASE(a_document_has_a_token_and_a_user_without_control_characters) {
    auto d = sample();
    d.user = device::anonymous;
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
BOOST_AUTO_TEST_CASE(a_registration_is_read_member_by_member) {
    auto const least =
        parse_registration(R"({"deviceId":"d-1","token":"tok","platform":"G"})").value();
    BOOST_TEST(least.id.str() == "d-1");
    BOOST_TEST(least.token == "tok");
    BOOST_TEST((least.on == platform::fcm));
    BOOST_TEST(least.user == "anonymous");
    BOOST_TEST(!least.has_user());
    BOOST_TEST(!least.vapid);
    BOOST_TEST(least.variables.empty());

    auto const most = parse_registration(
        concat(R"({"deviceId":"d-1","platform":"WEB_CHROME","userId":"jane","vapidRegistration":)"
               R"(true,"variables":{"city":"Ulm","note":""},"token":)",
               as_json(test::web_token()), "}"));
    BOOST_TEST(most.value().user == "jane");
    BOOST_TEST(most->vapid);
    BOOST_TEST(most->variables.at("city") == "Ulm");
    BOOST_TEST(most->variables.at("note").empty());
    BOOST_TEST(most->token == test::web_token());
}
BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_registration_is_named) {
    BOOST_TEST(fault(R"({"token":"t","platform":"G"})") == "missing: device: deviceId is missing");
    BOOST_TEST(fault(R"({"deviceId":"d","platform":"G"})") == "missing: device: token is missing");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t"})") == "missing: device: platform is missing");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t","platfrom":"G"})") ==
               "unknown_member: device has an unknown member 'platfrom'; did you mean 'platform'?");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t","token":"u","platform":"G"})") ==
               "malformed: a member is given twice (line 1, column 35)");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t","platform":"W"})") ==
               "unknown_name: platform is none of A, G, WEB_CHROME, WEB_FIREFOX, WEB_SAFARI, "
               "APPEXT_CHROME");
    BOOST_TEST(fault(R"({"deviceId":"d\n","token":"t","platform":"G"})") ==
               "malformed: deviceId has a control character at offset 1; remove it");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"hunter2\u0000","platform":"G"})") ==
               "malformed: token has a control character");
    BOOST_TEST(fault(R"({"deviceId":"d","token":["hunter2"],"platform":"G"})") ==
               "malformed: device: token is not a text");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t","platform":"G","userId":null})") ==
               "malformed: device: userId is not a text");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t","platform":"G","userId":""})") ==
               "out_of_range: device: userId has 0 bytes instead of 1 to 256");
    BOOST_TEST(fault(R"({"deviceId":"d","token":"t","platform":"G","vapidRegistration":1})") ==
               "malformed: device: vapidRegistration is neither true nor false");
    for (auto const* on : {"A", "G", "WEB_SAFARI", "APPEXT_CHROME"})
        BOOST_TEST(fault(concat(R"({"deviceId":"d","token":"t","vapidRegistration":true,)",
                                R"("platform":")", on, "\"}")) ==
                   "inconsistent: vapidRegistration is for WEB_CHROME only; leave it out");
}
BOOST_AUTO_TEST_CASE(chrome_and_firefox_have_tokens_with_keys_and_safari_has_none) {
    auto const with = [](std::string_view on, std::string_view token) {
        return fault(
            concat(R"({"deviceId":"d","platform":")", on, R"(","token":)", as_json(token), "}"));
    };
    for (auto const* on : {"WEB_CHROME", "WEB_FIREFOX"}) {
        BOOST_TEST(with(on, test::web_token()) == "ok");
        BOOST_TEST(with(on, "hunter2") == "malformed: this is not JSON (line 1, column 1)");
        BOOST_TEST(with(on, test::web_token("http://a.b/hunter2")) ==
                   "malformed: token of a browser: endpoint is not an https address");
    }
    for (auto const* on : {"A", "G", "WEB_SAFARI", "APPEXT_CHROME"})
        BOOST_TEST(with(on, "0123abcd") == "ok");
}
BOOST_AUTO_TEST_CASE(variables_are_texts_and_few) {
    auto const with = [](std::string_view variables) {
        return fault(
            concat(R"({"deviceId":"d","token":"t","platform":"G","variables":)", variables, "}"));
    };
    auto const many = [&](std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i != count; ++i)
            all += concat(i == 0 ? "{" : ",", "\"v", std::to_string(i), "\":\"x\"");
        return with(concat(all, "}"));
    };
    BOOST_TEST(many(64) == "ok");
    BOOST_TEST(many(65) == "out_of_range: device: variables has 65 members instead of 0 to 64");
    BOOST_TEST(with("[]") == "malformed: device: variables is not an object");
    BOOST_TEST(with(R"({"a":{"b":1}})") ==
               "malformed: device: variables: a member 'a' is not a text");
    BOOST_TEST(with(R"({"":"x"})") == "missing: the name of a variable is empty");
    BOOST_TEST(with(R"({"a":"\u001b[2J"})") == "malformed: a variable has a control character");
    BOOST_TEST(with(concat("{\"", std::string(128, 'n'), "\":\"", std::string(512, 'v'), "\"}")) ==
               "ok");
    BOOST_TEST(with(concat("{\"", std::string(129, 'n'), "\":\"\"}")) ==
               "out_of_range: the name of a variable has 129 bytes; at most 128 are kept");
    BOOST_TEST(with(concat("{\"n\":\"", std::string(513, 'v'), "\"}"))
                   .starts_with("out_of_range: device: variables: a member 'n' has 513 bytes"));
}
BOOST_AUTO_TEST_CASE(an_update_changes_what_it_names) {
    BOOST_TEST(after(R"({"token":"new"})") == "new A jane");
    BOOST_TEST(after(R"({"userId":"joe"})") == "tok A joe");
    BOOST_TEST(after(R"({"userId":"anonymous"})") == "tok A anonymous");
    BOOST_TEST(after(R"({"variables":{"a":"b"}})") == "tok A jane variables");
    // As iOS, and as the web, which repeats the whole registration.
    BOOST_TEST(after(R"({"deviceId":"d-1","token":"new","userId":"joe"})") == "new A joe");
    BOOST_TEST(after(R"({"deviceId":"d-1","token":"new","platform":"A"})") == "new A jane");
    BOOST_TEST(parse_update(R"({"userId":"joe"})")->names_user());
    BOOST_TEST(!parse_update(R"({"userId":"anonymous"})")->names_user());
    BOOST_TEST(!parse_update(R"({"token":"t"})")->names_user());
}
BOOST_AUTO_TEST_CASE(an_update_fits_its_device_or_changes_nothing) {
    BOOST_TEST(after(R"({"token":"new","platform":"G"})") ==
               "inconsistent: platform is not the A of the registration; unregister the device and "
               "register it anew");
    BOOST_TEST(after(R"({"deviceId":"d-2","token":"new"})") ==
               "inconsistent: deviceId is not that of the address; it never changes");
    for (auto const* nothing : {"{}", R"({"deviceId":"d-1","platform":"A"})"})
        BOOST_TEST(after(nothing) ==
                   "missing: device: nothing to update; give token, userId, variables or "
                   "vapidRegistration");
    BOOST_TEST(after(R"({"tokn":"hunter2"})") ==
               "unknown_member: device has an unknown member 'tokn'; did you mean 'token'?");
    BOOST_TEST(after(R"({"token":""})").starts_with("out_of_range"));
    BOOST_TEST(after(R"({"vapidRegistration":true})").starts_with("inconsistent"));
    auto chrome = sample();
    chrome.on = platform::web_chrome;
    chrome.token = test::web_token();
    BOOST_TEST(after(R"({"vapidRegistration":true})", chrome).ends_with(" jane vapid"));
    BOOST_TEST(after(R"({"token":"hunter2"})", chrome) ==
               "malformed: this is not JSON (line 1, column 1)");
}
BOOST_AUTO_TEST_CASE(the_answer_has_what_the_service_adds) {
    BOOST_TEST(to_json(sample(), 1'487'523'766'958, 1'487'523'767'000, "agent/1").value() ==
               R"({"createdMode":"API","createdTime":"2017-02-19T17:02:46Z","deviceId":"d-1",)"
               R"("lastUpdatedTime":"2017-02-19T17:02:47Z","platform":"A","token":"tok",)"
               R"("userAgent":"agent/1","userId":"jane"})");
    auto chrome = sample();
    chrome.on = platform::web_chrome;
    chrome.token = test::web_token();
    chrome.vapid = true;
    chrome.variables = {{"a", "b"}};
    auto const full = to_json(chrome, 0, 0, "").value();
    BOOST_TEST(full.find(R"("vapidRegistration":true,"variables":{"a":"b"}})") !=
               std::string::npos);
    BOOST_TEST(full.find(concat("\"token\":", as_json(chrome.token))) != std::string::npos);
    BOOST_TEST(!to_json(sample(), 0, 0, "\xff"));
    BOOST_TEST(to_json(sample(), 0, 0, device::kept_user_agent("a\xff\r\n\x7f~")).has_value());
    BOOST_TEST(device::kept_user_agent("a\xff\r\n\x7f~") == "a????~");
    BOOST_TEST(device::kept_user_agent(std::string(2000, 'a')).size() == 1024U);
}

BOOST_AUTO_TEST_SUITE_END()
