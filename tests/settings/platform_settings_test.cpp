#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/settings/platform_settings.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <cryptoperiod/settings/shown_settings.hpp>
#include <string>
#include <utility>
#include <vector>

#include "settings/samples.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::settings;

namespace {

template <class Value>
std::string told(result<Value> const& r) {
    return r ? "ok" : concat(to_string(r.error().code), ": ", r.error().detail);
}
template <class Value>
std::string code(result<Value> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}
platform_settings read(test::settings_sample const& sample) {
    return parse_settings(sample.which, sample.body()).value();
}
std::string decoded(kind which, std::span<std::byte const> bytes) {
    return code(decode(which, test::opened(bytes)));
}
/// The secrets of settings, as bytes.
std::vector<std::string> secret_bytes_of(platform_settings const& settings) {
    std::vector<std::string> all;
    auto const add = [&](secret_bytes const& secret) {
        all.emplace_back(reinterpret_cast<char const*>(secret.expose().data()), secret.size());
    };
    if (auto const* const fcm = std::get_if<fcm_settings>(&settings)) {
        if (auto const* const key = std::get_if<fcm_legacy_key>(&fcm->access)) add(key->api_key);
        if (auto const* const account = std::get_if<fcm_service_account>(&fcm->access))
            add(account->private_key);
    }
    if (auto const* const apns = std::get_if<apns_settings>(&settings)) {
        if (auto const* const given = std::get_if<apns_certificate>(&apns->access))
            add(given->password), add(given->certificate);
        if (auto const* const key = std::get_if<apns_key>(&apns->access)) add(key->private_key);
    }
    if (auto const* const chrome = std::get_if<chrome_web_settings>(&settings))
        add(chrome->api_key);
    if (auto const* const safari = std::get_if<safari_web_settings>(&settings))
        add(safari->password), add(safari->certificate);
    if (auto const* const app = std::get_if<chrome_app_extension_settings>(&settings))
        add(app->api_key);
    return all;
}
/// Whether 8 bytes of a secret in a row are in the text, in the clear, in hex or in base64.
bool tells(std::string_view text, std::string_view secret) {
    constexpr std::size_t few = 8;
    for (std::size_t at = 0; at + few <= secret.size(); ++at) {
        auto const part = secret.substr(at, few);
        if (text.find(part) != text.npos || text.find(to_hex(bytes_of(part))) != text.npos)
            return true;
    }
    for (std::size_t shift = 0; shift != 3; ++shift) {
        auto const encoded = to_base64url(bytes_of(secret.substr(std::min(shift, secret.size()))));
        for (std::size_t at = 0; at + 12 <= encoded.size(); ++at)
            if (text.find(encoded.substr(at, 12)) != text.npos) return true;
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_platform_settings)

BOOST_AUTO_TEST_CASE(what_was_encoded_is_decoded_to_the_same) {
    for (auto const& sample : test::settings_samples()) {
        auto const before = read(sample);
        auto const bytes = encode(before);
        BOOST_TEST_REQUIRE(bytes.has_value(), told(bytes));
        auto const after = decode(sample.which, test::opened(bytes->expose()));
        BOOST_TEST_REQUIRE(after.has_value(), told(after));
        BOOST_TEST(described(*after) == described(before));
        BOOST_TEST(secret_bytes_of(*after) == secret_bytes_of(before));
        BOOST_TEST(equal_in_constant_time(encode(*after).value(), bytes->expose()));
    }
}
BOOST_AUTO_TEST_CASE(every_truncation_every_trailing_byte_and_every_other_platform_is_refused) {
    for (auto const& sample : test::settings_samples()) {
        auto const bytes = encode(read(sample)).value();
        std::vector<std::byte> const whole(bytes.expose().begin(), bytes.expose().end());
        for (std::size_t size = 0; size != whole.size(); ++size)
            BOOST_TEST(decoded(sample.which, std::span(whole).first(size)) == "record_corrupt");
        auto longer = whole;
        longer.push_back(std::byte{0});
        BOOST_TEST(decoded(sample.which, longer) == "record_corrupt");
        for (auto const other : kinds)
            if (other != sample.which) BOOST_TEST(decoded(other, whole) == "record_corrupt");
    }
}
BOOST_AUTO_TEST_CASE(a_newer_version_is_not_guessed_at) {
    for (auto const& sample : test::settings_samples()) {
        auto const bytes = encode(read(sample)).value();
        std::vector<std::byte> newer(bytes.expose().begin(), bytes.expose().end());
        newer[4 + std::to_integer<std::size_t>(newer[0])] = std::byte{2};
        BOOST_TEST(decoded(sample.which, newer) == "unknown_version");
    }
}
BOOST_AUTO_TEST_CASE(settings_put_together_by_hand_are_checked_before_they_are_encoded) {
    chrome_web_settings chrome;
    chrome.api_key = secret_bytes::copy_of("a key");
    chrome.web_site_url = "https://example.com";
    BOOST_TEST(told(check(chrome)) ==
               "malformed: chromeWebConf: apiKey is not of visible ASCII characters only");
    BOOST_TEST(code(encode(platform_settings(std::move(chrome)))) == "malformed");

    BOOST_TEST(told(check(fcm_settings())) == "missing: gcmConf: senderId is empty");
    BOOST_TEST(told(check(apns_settings())) == "missing: apnsConf: password is empty");
    BOOST_TEST(told(check(firefox_web_settings())) ==
               "missing: firefoxWebConf: webSiteUrl is empty");
    BOOST_TEST(told(check(safari_web_settings())) == "missing: safariWebConf: password is empty");
    BOOST_TEST(told(check(chrome_app_extension_settings())) ==
               "missing: chromeAppExtConf: apiKey is empty");

    auto safari = read(test::safari_sample());
    std::get<safari_web_settings>(safari).website_name = "\xff";
    BOOST_TEST(told(check(safari)) == "malformed: safariWebConf: websiteName is not UTF-8");
}
BOOST_AUTO_TEST_CASE(nothing_that_is_shown_tells_a_secret) {
    BOOST_TEST(tells("a secret-key b", "secret-key"));  // the search finds
    BOOST_TEST(tells(to_base64(bytes_of("xsecret-key-of-16")), "secret-key-of-16"));
    for (auto const& sample : test::settings_samples()) {
        auto const settings = read(sample);
        auto const secrets = secret_bytes_of(settings);
        BOOST_TEST(secrets.empty() == sample.secrets.empty());
        auto const shown = public_form(settings);
        for (auto const& text :
             {described(settings), shown ? *shown : shown.error().detail,
              std::string(told(parse_settings(kind::firefox_web, sample.body())))})
            for (auto const& secret : secrets) BOOST_TEST(!tells(text, secret), text);
    }
}
BOOST_AUTO_TEST_CASE(what_is_described_is_the_document_without_its_secrets) {
    auto const shown = [](kind which, std::string_view form) {
        for (auto const& sample : test::settings_samples())
            if (sample.which == which && sample.form == form) return described(read(sample));
        return std::string();
    };
    BOOST_TEST(shown(kind::gcm, "legacy") == R"({"apiKey":true,"senderId":"123456789012"})");
    BOOST_TEST(
        shown(kind::gcm, "v1") ==
        R"({"senderId":"123456789012","serviceAccount":{"client_email":)"
        R"("push@example-project.iam.gserviceaccount.com","private_key":true,"private_key_id":)"
        R"("0123456789abcdef0123456789abcdef01234567","project_id":"example-project","token_uri":)"
        R"("https://oauth2.googleapis.com/token","type":"service_account"}})");
    auto const file = from_base64(test::certificate_base64).value();
    auto const print = to_hex(crypto::digest<crypto::sha256>({file}));
    BOOST_TEST(shown(kind::apns, "certificate") ==
               concat(R"({"certificate":")", print,
                      R"(","isSandBox":true,"password":true,"validUntil":1798761600000})"));
    BOOST_TEST(shown(kind::apns, "key") ==
               R"({"bundleId":"com.example.app-1","isSandBox":false,"keyId":"ABC123DEFG",)"
               R"("privateKey":true,"teamId":"DEF123GHIJ"})");
    BOOST_TEST(shown(kind::chrome_web, "") ==
               R"({"apiKey":true,"webSiteUrl":"https://example.com:8443/app"})");
    BOOST_TEST(shown(kind::firefox_web, "") == R"({"webSiteUrl":"http://localhost:8080"})");
    auto const safari = shown(kind::safari_web, "");
    BOOST_TEST(safari.starts_with(concat(R"({"certificate":")", print, R"(","icon_128x128":")")));
    BOOST_TEST(
        safari.ends_with("\"password\":true,\"urlFormatString\":"
                         "\"https://example.com/%@/?flight=%@\",\"webSiteUrl\":"
                         "\"https://example.com\",\"websiteName\":\"Caf\xc3\xa9 "
                         "\\\"Example\\\"\",\"websitePushID\":\"web.com.example.news\"}"));
    BOOST_TEST(shown(kind::chrome_app_extension, "") ==
               R"({"apiKey":true,"senderId":"123456789012"})");
}
BOOST_AUTO_TEST_CASE(what_is_described_needs_no_check) {
    chrome_web_settings unchecked;
    unchecked.web_site_url = "\xff";
    BOOST_TEST(described(platform_settings(std::move(unchecked))) ==
               "{\"apiKey\":false,\"webSiteUrl\":\"\xef\xbf\xbd\"}");
}
BOOST_AUTO_TEST_CASE(only_platforms_of_google_have_a_public_form) {
    for (auto const& sample : test::settings_samples()) {
        auto const shown = public_form(read(sample));
        bool const has_one =
            sample.which == kind::gcm || sample.which == kind::chrome_app_extension;
        BOOST_TEST((shown ? *shown : told(shown)) ==
                   (has_one ? R"({"senderId":"123456789012"})"
                            : concat("record_not_found: ", to_string(sample.which),
                                     " has nothing public; gcmConf and chromeAppExtConf have")));
    }
}

BOOST_AUTO_TEST_SUITE_END()
