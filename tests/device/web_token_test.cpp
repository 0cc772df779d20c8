#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/device/web_token.hpp>
#include <string>

#include "samples.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::device;
using test::auth;
using test::point;

namespace {

std::string fault(std::string const& text) {
    auto const token = parse_web_token(text);
    return token ? "ok" : to_string(token.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_web_token)

BOOST_AUTO_TEST_CASE(both_spellings_of_the_keys_mean_the_same) {
    auto const sdk = parse_web_token(test::web_token()).value();
    auto const browser = parse_web_token(test::web_token(test::endpoint, to_base64url(point()),
                                                         to_base64url(auth())))
                             .value();
    BOOST_TEST(sdk.endpoint == test::endpoint);
    BOOST_TEST(std::ranges::equal(sdk.user_public_key, point()));
    BOOST_TEST(std::ranges::equal(sdk.user_auth, auth()));
    BOOST_TEST((browser.user_public_key == sdk.user_public_key));
    BOOST_TEST((browser.user_auth == sdk.user_auth));
}
BOOST_AUTO_TEST_CASE(keys_have_their_length_and_form) {
    auto const key = [](std::string const& text) {
        return fault(test::web_token(test::endpoint, text));
    };
    auto const wrong =
        "malformed: token of a browser: userPublicKey is not the base64 or base64url of 65 bytes";
    BOOST_TEST(key(to_base64(point(std::byte{4}, 64))) == wrong);
    BOOST_TEST(key(to_base64(point(std::byte{4}, 66))) == wrong);
    BOOST_TEST(key(to_base64(point(), padding::none)) == wrong);
    BOOST_TEST(key(to_base64url(point(), padding::required)) == wrong);
    BOOST_TEST(key(std::string(88, '*')) == wrong);
    for (int const form : {0, 2, 3, 5})
        BOOST_TEST(key(to_base64(point(static_cast<std::byte>(form)))) ==
                   "malformed: token of a browser: userPublicKey is not an uncompressed point of "
                   "P-256");
    auto const secret = [](std::size_t bytes) {
        std::vector<std::byte> const some(bytes, std::byte{7});
        return fault(test::web_token(test::endpoint, to_base64(point()), to_base64url(some)));
    };
    BOOST_TEST(secret(16) == "ok");
    for (std::size_t const bytes : {1U, 15U, 17U, 24U})
        BOOST_TEST(secret(bytes) ==
                   "malformed: token of a browser: userAuth is not the base64 or base64url of 16 "
                   "bytes");
}
BOOST_AUTO_TEST_CASE(an_endpoint_is_an_https_address_of_the_public_network) {
    for (auto const* address :
         {"https://updates.push.services.mozilla.com/wpush/v2/gAAA=", "https://a.b",
          "https://a-1.example?x=1", "https://xn--bcher-kva.example/"})
        BOOST_TEST(fault(test::web_token(address)) == "ok", address);
    for (auto const* address : {"http://a.b/", "HTTPS://a.b/", "https:/a.b/", "ftp://a.b/", "a.b"})
        BOOST_TEST(fault(test::web_token(address)) ==
                       "malformed: token of a browser: endpoint is not an https address",
                   address);
    for (auto const* address :
         {"https://localhost/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/",
          "https://2130706433/", "https://a.b:443/", "https://me@a.b/", "https:///x", "https://",
          "https://a..b/", "https://.a.b/", "https://a.b./", "https://-a.b/", "https://a-.b/",
          "https://A.b/", "https://a.0x7f/"})
        BOOST_TEST(fault(test::web_token(address)) ==
                       "malformed: token of a browser: endpoint does not name a public host",
                   address);
    for (auto const* address :
         {"https://a.b/ x", "https://a.b/\\r\\nHost: c", "https://a.b/#f", "https://a.b/\u00e9",
          "https://a.b/\\\\c", "https://a.b/\\\"", "https://a.b/\\u0000", "https://a.b/\\u007f"})
        BOOST_TEST(fault(test::web_token(address)) ==
                       "malformed: token of a browser: endpoint has a character that an address "
                       "does not have",
                   address);
    auto const of = [](std::size_t bytes) {
        std::string address = "https://a.b/";
        address.resize(bytes, 'x');
        return fault(test::web_token(address));
    };
    BOOST_TEST(of(endpoint_bytes_max) == "ok");
    BOOST_TEST(of(endpoint_bytes_max + 1) ==
               "out_of_range: token of a browser: endpoint is no text, or too long");
    auto const label = [](std::size_t bytes) {
        return fault(test::web_token(concat("https://", std::string(bytes, 'a'), ".b/")));
    };
    BOOST_TEST(label(63) == "ok");
    BOOST_TEST(label(64) != "ok");
}
BOOST_AUTO_TEST_CASE(a_token_has_its_three_members_once_and_no_others) {
    auto const not_one =
        "token of a browser: it is not an object of endpoint, userPublicKey and userAuth";
    BOOST_TEST(fault("[]") == concat("malformed: ", not_one));
    BOOST_TEST(fault(R"({"endpoint":"x","hunter2":1})") == concat("unknown_member: ", not_one));
    BOOST_TEST(fault("{}") == "missing: token of a browser: endpoint is missing");
    BOOST_TEST(fault(R"({"endpoint":"https://a.b/"})") ==
               "missing: token of a browser: userPublicKey is missing");
    BOOST_TEST(fault(R"({"endpoint":7})") ==
               "malformed: token of a browser: endpoint is no text, or too long");
    BOOST_TEST(fault(R"({"endpoint":"a","endpoint":"b"})").starts_with("malformed"));
    BOOST_TEST(fault(R"({"endpoint":{}})") != "ok");
    BOOST_TEST(fault("") != "ok");
    BOOST_TEST(fault(std::string(4097, ' ')).starts_with("input_too_large"));
}

BOOST_AUTO_TEST_SUITE_END()
