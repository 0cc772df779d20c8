#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/settings/web_push_keys.hpp>
#include <string>
#include <vector>

#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::settings;

namespace {

// RFC 6979 A.2.5.
constexpr std::string_view number =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr std::string_view point =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

result<web_push_keys> keys_of(std::string_view hex) {
    auto const bytes = from_hex(hex).value();
    return web_push_keys::of(crypto::p256::private_key::copy_of(std::span(bytes).first<32>()));
}
std::string code(result<web_push_keys> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}
std::string decoded(std::span<std::byte const> bytes) {
    return code(web_push_keys::decode(test::opened(bytes)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_web_push_keys)

BOOST_AUTO_TEST_CASE(browsers_are_told_the_point_and_nothing_else) {
    auto const keys = keys_of(number).value();
    BOOST_TEST(to_hex(keys.public_key()) == point);
    auto const text = keys.public_form();
    constexpr std::string_view before = R"({"webpushServerKey":")", after = R"("})";
    BOOST_TEST_REQUIRE((text.starts_with(before) && text.ends_with(after)));
    auto const told = text.substr(before.size(), text.size() - before.size() - after.size());
    BOOST_TEST(told.size() == 87U);  // 65 bytes, unpadded
    BOOST_TEST(to_hex(from_base64url(told).value()) == point);
}
BOOST_AUTO_TEST_CASE(a_pair_that_was_kept_is_the_same) {
    auto const keys = web_push_keys::generate(crypto::os_entropy{}).value();
    auto const kept = keys.encode().value();
    auto const again = web_push_keys::decode(test::opened(kept.expose()));
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(again->public_form() == keys.public_form());
    BOOST_TEST(equal_in_constant_time(again->private_key(), keys.private_key()));
    BOOST_TEST(web_push_keys::generate(crypto::os_entropy{})->public_form() != keys.public_form());
}
BOOST_AUTO_TEST_CASE(what_is_no_pair_is_refused) {
    BOOST_TEST(code(keys_of(std::string(64, '0'))) == "key_refused");
    BOOST_TEST(code(keys_of(std::string(64, 'f'))) == "key_refused");
    auto const bytes = keys_of(number)->encode().value();
    std::vector<std::byte> const whole(bytes.expose().begin(), bytes.expose().end());
    BOOST_TEST(decoded(whole) == "ok");
    for (std::size_t size = 0; size != whole.size(); ++size)
        BOOST_TEST(decoded(std::span(whole).first(size)) == "record_corrupt", size);
    auto longer = whole;
    longer.push_back(std::byte{0});
    BOOST_TEST(decoded(longer) == "record_corrupt");
    // A key of one byte more: the length before it is the only number that tells.
    longer[whole.size() - 33 - 3] = std::byte{33};
    BOOST_TEST(decoded(longer) == "record_corrupt");
    auto zero = whole;
    std::fill(zero.end() - 32, zero.end(), std::byte{0});
    BOOST_TEST(decoded(zero) == "record_corrupt");
}

BOOST_AUTO_TEST_SUITE_END()
