#include <boost/test/unit_test.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <string>
#include <utility>
#include <vector>

#include "settings/samples.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::settings;

namespace {

template <class Value>
std::string told(result<Value> const& r) {
    return r ? "ok" : concat(to_string(r.error().code), ": ", r.error().detail);
}
std::string parsed(kind which, json_value const& document) {
    return told(parse_settings(which, document.dump()));
}
/// The sample of a platform, in this form.
json_value good(kind which, std::string_view form = "") {
    for (auto const& sample : test::settings_samples())
        if (sample.which == which && sample.form == form) return sample.document;
    return {};
}
/// What is said of the sample of a platform with one member replaced.
std::string with(kind which, std::string_view form, std::string const& name, json_value value) {
    auto document = good(which, form);
    auto& place = name.starts_with("serviceAccount.")
                      ? document["serviceAccount"][name.substr(name.find('.') + 1)]
                      : document[name];
    place = std::move(value);
    return parsed(which, document);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_document)

BOOST_AUTO_TEST_CASE(every_form_of_every_platform_is_read) {
    std::size_t forms = 0;
    for (auto const& sample : test::settings_samples()) {
        auto const read = parse_settings(sample.which, sample.body());
        BOOST_TEST_REQUIRE(read.has_value(), to_string(sample.which) << " " << told(read));
        BOOST_TEST(to_string(kind_of(*read)) == to_string(sample.which));
        ++forms;
    }
    BOOST_TEST(forms == kinds.size() + 2);  // two of FCM, two of APNs
}
BOOST_AUTO_TEST_CASE(what_was_read_is_what_was_written) {
    auto const read = parse_settings(kind::gcm, good(kind::gcm, "v1").dump()).value();
    auto const& fcm = std::get<fcm_settings>(read);
    auto const& account = std::get<fcm_service_account>(fcm.access);
    BOOST_TEST(fcm.sender_id == "123456789012");
    BOOST_TEST(account.project_id == "example-project");
    BOOST_TEST(account.token_uri == "https://oauth2.googleapis.com/token");
    BOOST_TEST(account.client_email == "push@example-project.iam.gserviceaccount.com");
    BOOST_TEST(crypto::check_rsa_private_key(account.private_key.expose()).has_value());

    auto const with_file = parse_settings(kind::apns, good(kind::apns, "certificate").dump());
    auto const& apns = std::get<apns_settings>(*with_file);
    auto const& certificate = std::get<apns_certificate>(apns.access);
    BOOST_TEST(apns.is_sandbox);
    BOOST_TEST(certificate.valid_until_ms.value() == 1'798'761'600'000);
    BOOST_TEST(to_base64(certificate.certificate.expose()) == test::certificate_base64);
    BOOST_TEST(equal_in_constant_time(certificate.password, bytes_of(test::file_password)));

    auto const with_key = parse_settings(kind::apns, good(kind::apns, "key").dump());
    auto const& key = std::get<apns_key>(std::get<apns_settings>(*with_key).access);
    BOOST_TEST(key.key_id == "ABC123DEFG");
    BOOST_TEST(key.team_id == "DEF123GHIJ");
    BOOST_TEST(key.bundle_id == "com.example.app-1");

    auto const safari = parse_settings(kind::safari_web, good(kind::safari_web).dump());
    auto const& icons = std::get<safari_web_settings>(*safari).icons;
    for (std::size_t i = 0; i != icons.size(); ++i)
        BOOST_TEST(to_base64(icons[i]) == test::png_base64(safari_icons[i].side));
}
BOOST_AUTO_TEST_CASE(every_member_is_required_and_named_when_it_is_missing) {
    for (auto const& sample : test::settings_samples())
        for (auto const& [name, value] : sample.document.items()) {
            if (name == "validUntil") continue;
            auto document = sample.document;
            document.erase(name);
            auto const said = parsed(sample.which, document);
            auto const named = concat("missing: ", to_string(sample.which), ": ", name);
            bool const tells_the_form = said.find("has neither") != said.npos;
            BOOST_TEST((said == concat(named, " is missing") || tells_the_form), said);
            BOOST_TEST(said.find(name) != said.npos, said);
        }
    for (auto const* const name :
         {"type", "project_id", "private_key_id", "private_key", "client_email", "token_uri"}) {
        auto document = good(kind::gcm, "v1");
        document["serviceAccount"].erase(name);
        BOOST_TEST(parsed(kind::gcm, document) ==
                   concat("missing: gcmConf: serviceAccount.", name, " is missing"));
    }
    auto document = good(kind::apns, "certificate");
    document.erase("validUntil");
    BOOST_TEST(parsed(kind::apns, document) == "ok");
}
BOOST_AUTO_TEST_CASE(every_member_of_another_kind_is_refused) {
    for (auto const& sample : test::settings_samples())
        for (auto const& [name, value] : sample.document.items())
            for (json_value const& other :
                 {json_value(nullptr), json_value::array(), json_value(1.5)}) {
                auto const said = with(sample.which, sample.form, name, other);
                BOOST_TEST(said.starts_with(
                               concat("malformed: ", to_string(sample.which), ": ", name, " is n")),
                           said);
            }
}
BOOST_AUTO_TEST_CASE(every_text_that_is_empty_or_too_long_is_refused) {
    std::string const longest(17'000, 'a');
    for (auto const& sample : test::settings_samples())
        for (auto const& [name, value] : sample.document.items()) {
            if (!value.is_string()) continue;
            auto const named = concat(": ", to_string(sample.which), ": ", name, " ");
            BOOST_TEST(with(sample.which, sample.form, name, "") ==
                       concat("missing", named, "is empty"));
            auto const said = with(sample.which, sample.form, name, longest);
            // A file of letters is no file, and a key neither.
            bool const is_other = said.starts_with(concat("malformed", named));
            BOOST_TEST((said.starts_with(concat("out_of_range", named)) || is_other), said);
            bool const is_file =
                name == "certificate" || name == "privateKey" || name.starts_with("icon");
            BOOST_TEST(is_other == is_file, said);
        }
}
BOOST_AUTO_TEST_CASE(an_unknown_member_is_refused_by_its_name) {
    for (auto const& sample : test::settings_samples()) {
        auto const said = with(sample.which, sample.form, "colour", "blue");
        BOOST_TEST(said == concat("unknown_member: ", to_string(sample.which),
                                  " has an unknown member 'colour'"));
    }
    BOOST_TEST(with(kind::gcm, "v1", "serviceAccount.colour", "blue") ==
               "unknown_member: gcmConf: serviceAccount has an unknown member 'colour'");
    BOOST_TEST(with(kind::apns, "key", "password", "x") ==
               "unknown_member: apnsConf has an unknown member 'password'");
}
BOOST_AUTO_TEST_CASE(two_forms_are_not_one) {
    BOOST_TEST(with(kind::gcm, "v1", "apiKey", test::api_key) ==
               "inconsistent: gcmConf has apiKey and serviceAccount; give one");
    BOOST_TEST(with(kind::apns, "key", "certificate", test::certificate_base64) ==
               "inconsistent: apnsConf has certificate and privateKey; give one");
}
BOOST_AUTO_TEST_CASE(a_body_that_is_no_object_is_refused) {
    for (auto const which : kinds) {
        BOOST_TEST(parsed(which, json_value::array()) ==
                   concat("malformed: ", to_string(which), " is not an object"));
        BOOST_TEST(told(parse_settings(which, "")).starts_with("missing: "));
        BOOST_TEST(told(parse_settings(which, "{")).starts_with("malformed: "));
        auto const long_body = concat("\"", std::string(document_bytes_max(which), 'x'), "\"");
        BOOST_TEST(told(parse_settings(which, long_body)).starts_with("input_too_large: "));
    }
}
BOOST_AUTO_TEST_CASE(urls_are_https_or_of_this_machine) {
    auto const said = [](std::string_view url) {
        return with(kind::firefox_web, "", "webSiteUrl", url);
    };
    for (auto const* const url :
         {"https://example.com", "https://example.com/", "https://example.com:1", "https://[::1]/",
          "https://xn--bcher-kva.example/a?b=c#d", "https://192.0.2.1:65535/%20",
          "http://localhost", "http://localhost:3000/a", "http://127.0.0.1", "http://[::1]:80/"})
        BOOST_TEST(said(url) == "ok", url);
    BOOST_TEST(said("http://example.com") ==
               "malformed: firefoxWebConf: webSiteUrl is http; only localhost may be, others need "
               "https");
    for (auto const* const url : {"http://localhost.example.com",
                                  "http://127.0.0.1.example.com",
                                  "HTTPS://example.com",
                                  "https:/example.com",
                                  "https://",
                                  "https:///path",
                                  "https://user@example.com",
                                  "https://user:secret@example.com/",
                                  "https://localhost:1@example.com",
                                  "https://example.com:0",
                                  "https://example.com:65536",
                                  "https://example.com:",
                                  "https://example.com:80a",
                                  "https://exa mple.com",
                                  "https://example.com/\n",
                                  "https://example.com/\"",
                                  "https://example.com\\@other.example",
                                  "https://b\xc3\xbc"
                                  "cher.example",
                                  "https://.example",
                                  "https://[::1",
                                  "https://[]",
                                  "ftp://example.com",
                                  "javascript:alert(1)",
                                  "//example.com",
                                  "http://user@localhost"})
        BOOST_TEST(said(url).starts_with("malformed: firefoxWebConf: webSiteUrl "), url);
    BOOST_TEST(said(concat("https://e.example/", std::string(url_bytes_max - 18, 'a'))) == "ok");
    BOOST_TEST(said(concat("https://e.example/", std::string(url_bytes_max - 17, 'a'))) ==
               "out_of_range: firefoxWebConf: webSiteUrl has 2,049 bytes; at most 2,048 are kept");
    BOOST_TEST(with(kind::gcm, "v1", "serviceAccount.token_uri", "http://localhost/token") ==
               "malformed: gcmConf: serviceAccount.token_uri is http; it needs https");
    BOOST_TEST(with(kind::safari_web, "", "urlFormatString", "http://example.com/%@") ==
               "malformed: safariWebConf: urlFormatString is http; only localhost may be, others "
               "need https");
}
BOOST_AUTO_TEST_CASE(names_and_numbers_have_their_form) {
    BOOST_TEST(with(kind::gcm, "legacy", "senderId", "12a") ==
               "malformed: gcmConf: senderId is not of digits only");
    BOOST_TEST(with(kind::gcm, "legacy", "senderId", std::string(21, '1')) ==
               "out_of_range: gcmConf: senderId has 21 bytes; at most 20 are kept");
    BOOST_TEST(with(kind::chrome_app_extension, "", "senderId", "-1") ==
               "malformed: chromeAppExtConf: senderId is not of digits only");
    for (auto const* const key : {"a key", "a\nkey", "k\xc3\xa9y", "key\x7f"})
        BOOST_TEST(with(kind::chrome_web, "", "apiKey", key) ==
                   "malformed: chromeWebConf: apiKey is not of visible ASCII characters only");
    for (auto const* const id : {"abc123defg", "ABC123DEF", "ABC123DEF-"})
        for (auto const* const name : {"keyId", "teamId"})
            BOOST_TEST(with(kind::apns, "key", name, id) ==
                       concat("malformed: apnsConf: ", name, " is not 10 of A to Z and 0 to 9"));
    BOOST_TEST(with(kind::apns, "key", "bundleId", "com.example/app") ==
               "malformed: apnsConf: bundleId is not of letters, digits, '.' and '-' only");
    BOOST_TEST(with(kind::safari_web, "", "websitePushID", "com.example") ==
               "malformed: safariWebConf: websitePushID does not start with 'web.'");
    BOOST_TEST(with(kind::safari_web, "", "websiteName", "a\tb") ==
               "malformed: safariWebConf: websiteName has a control character");
    BOOST_TEST(with(kind::gcm, "v1", "serviceAccount.type", "authorized_user") ==
               "malformed: gcmConf: serviceAccount.type is not 'service_account'");
    for (auto const time : {-1LL, 253'402'214'400'001LL})
        BOOST_TEST(with(kind::apns, "certificate", "validUntil", time) ==
                   "out_of_range: apnsConf: validUntil is not a time until 9999 in milliseconds "
                   "since 1970");
}
BOOST_AUTO_TEST_CASE(files_and_keys_are_what_they_are_said_to_be) {
    BOOST_TEST(with(kind::apns, "key", "privateKey", test::p384_pem) ==
               "key_refused: apnsConf: privateKey is refused: it is no key of the curve P-256");
    BOOST_TEST(with(kind::apns, "key", "privateKey", test::rsa_2048_pem)
                   .starts_with("key_refused: apnsConf: privateKey "));
    BOOST_TEST(with(kind::gcm, "v1", "serviceAccount.private_key", test::rsa_1024_pem) ==
               "key_refused: gcmConf: serviceAccount.private_key is refused: it is an RSA key of "
               "1,024 bits; at least 2,048");
    BOOST_TEST(with(kind::gcm, "v1", "serviceAccount.private_key", test::p256_pem)
                   .starts_with("key_refused: gcmConf: serviceAccount.private_key "));
    std::string const file(test::certificate_base64);
    BOOST_TEST(with(kind::apns, "certificate", "certificate", file.substr(0, 400))
                   .starts_with("malformed: apnsConf: certificate is not a PKCS#12 file in DER: "));
    BOOST_TEST(
        with(kind::safari_web, "", "certificate", file.substr(1)) ==
        "malformed: safariWebConf: certificate is not base64 with padding and without lines");
    auto const large = to_base64(std::vector<std::byte>(certificate_bytes_max + 1));
    BOOST_TEST(with(kind::apns, "certificate", "certificate", large) ==
               "out_of_range: apnsConf: certificate has 32,769 bytes; at most 32,768 are kept");
}
BOOST_AUTO_TEST_CASE(icons_are_png_of_their_size) {
    for (auto const& icon : safari_icons) {
        auto const said = [&](std::string_view bytes) {
            return with(kind::safari_web, "", std::string(icon.name), to_base64(bytes_of(bytes)));
        };
        auto const good_one = test::png(icon.side, icon.side);
        auto const named = concat("malformed: safariWebConf: ", icon.name);
        auto const pixels = std::to_string(icon.side);
        BOOST_TEST(said(good_one) == "ok");
        auto const size = concat(named, " is not ", pixels, " pixels wide and ", pixels, " high");
        BOOST_TEST(said(test::png(icon.side + 1, icon.side)) == size);
        BOOST_TEST(said(test::png(icon.side, icon.side * 256)) == size);
        auto const no_png = concat(named, " is not a PNG");
        BOOST_TEST(said("GIF89a") == no_png);
        BOOST_TEST(said(good_one.substr(0, good_one.size() - 1)) == no_png);
        BOOST_TEST(said(good_one + "x") == no_png);
        BOOST_TEST(said("x" + good_one.substr(1)) == no_png);
    }
    auto large = test::png(16, 16);
    large.insert(33, icon_bytes_max, '\0');
    BOOST_TEST(with(kind::safari_web, "", "icon_16x16", to_base64(bytes_of(large)))
                   .starts_with("out_of_range: safariWebConf: icon_16x16 has "));
}
BOOST_AUTO_TEST_CASE(the_largest_settings_fit_into_a_document_and_a_record) {
    auto document = good(kind::safari_web);
    for (auto const& icon : safari_icons) {
        auto bytes = test::png(icon.side, icon.side);
        bytes.insert(33, icon_bytes_max - bytes.size(), '\0');
        document[std::string(icon.name)] = to_base64(bytes_of(bytes));
    }
    auto const read = parse_settings(kind::safari_web, document.dump());
    BOOST_TEST_REQUIRE(read.has_value(), told(read));
    BOOST_TEST(encode(*read).has_value());
}
BOOST_AUTO_TEST_CASE(names_of_platforms_are_known) {
    for (auto const which : kinds) BOOST_TEST((parse_kind(to_string(which)).value() == which));
    BOOST_TEST(told(parse_kind("gcmconf")) ==
               "unknown_name: there are no settings of that name; did you mean 'gcmConf'?");
    BOOST_TEST(told(parse_kind("")) == "unknown_name: there are no settings of that name");
    BOOST_TEST(told(parse_kind("gcmConfPublic")).starts_with("unknown_name: "));
}
BOOST_AUTO_TEST_CASE(no_fault_repeats_a_secret) {
    // Each secret in the place of each member, once as it is and once damaged.
    std::vector<std::string> const secrets{std::string(test::api_key), "throw-away",
                                           std::string(test::p256_pem.substr(80, 30)),
                                           std::string(test::rsa_2048_pem.substr(120, 40)),
                                           std::string(test::certificate_base64.substr(100, 40))};
    for (auto const& sample : test::settings_samples())
        for (auto const& [name, value] : sample.document.items())
            for (auto const& other : secrets)
                for (std::string const& text : {other, other + "\n", other + "!"}) {
                    auto const said = with(sample.which, sample.form, name, text);
                    for (auto const& secret : secrets)
                        BOOST_TEST(said.find(secret) == said.npos, said);
                    auto const all = sample.body();
                    auto const cut =
                        told(parse_settings(sample.which, all.substr(0, all.size() - 1)));
                    for (auto const& secret : sample.secrets)
                        BOOST_TEST(cut.find(secret) == cut.npos, cut);
                }
}

BOOST_AUTO_TEST_SUITE_END()
