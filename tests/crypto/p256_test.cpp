#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/p256.hpp>
#include <string>
#include <vector>

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;

namespace {

p256::private_key key_of(std::string_view hex) {
    auto const bytes = from_hex(hex).value();
    return p256::private_key::copy_of(std::span(bytes).first<p256::private_key_bytes>());
}
std::string point_of(std::string_view hex) {
    auto const key = key_of(hex);
    auto const point = p256::public_key_of(key.expose());
    return point ? to_hex(*point) : std::string(to_string(point.error().code));
}

constexpr std::string_view order =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr std::string_view order_less_1 =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";

/// Gives one number after the other, the last one for ever.
class numbers {
public:
    static constexpr bool predictable = false;
    explicit numbers(std::vector<std::string_view> hex) : hex_(std::move(hex)) {}
    result<void> fill(std::span<std::byte> bytes) {
        auto const number = from_hex(hex_[std::min(drawn_, hex_.size() - 1)]).value();
        ++drawn_;
        std::ranges::copy(number, bytes.begin());
        return {};
    }
    [[nodiscard]] std::size_t drawn() const { return drawn_; }

private:
    std::vector<std::string_view> hex_;
    std::size_t drawn_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(crypto_p256)

BOOST_AUTO_TEST_CASE(published_keys_belong_together) {
    // RFC 6979 A.2.5; the generator; its negation.
    BOOST_TEST(point_of("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721") ==
               "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
               "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    constexpr std::string_view x =
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    BOOST_TEST(point_of(std::string(63, '0') + "1") ==
               concat(x, "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"));
    BOOST_TEST(point_of(order_less_1) ==
               concat(x, "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"));
}
BOOST_AUTO_TEST_CASE(a_number_out_of_range_is_no_key) {
    BOOST_TEST(point_of(std::string(64, '0')) == "key_refused");
    BOOST_TEST(point_of(order) == "key_refused");
    BOOST_TEST(point_of(std::string(64, 'f')) == "key_refused");
    BOOST_TEST(point_of("ffffffff00000001000000000000000000000000000000000000000000000000") ==
               "key_refused");
    for (auto const key : {order_less_1, std::string_view("000000000000000000000000000000000000000"
                                                          "0000000000000000000000001")})
        BOOST_TEST(point_of(key) != "key_refused", key);
}
BOOST_AUTO_TEST_CASE(drawing_goes_on_until_a_number_is_in_range) {
    numbers source({order,
                    std::string_view("00000000000000000000000000000000000000000000000000000"
                                     "00000000000"),
                    order_less_1});
    auto const key = p256::generate(source);
    BOOST_TEST_REQUIRE(key.has_value());
    BOOST_TEST(to_hex(key->expose()) == order_less_1);
    BOOST_TEST(source.drawn() == 3U);
    numbers broken({order});
    auto const none = p256::generate(broken);
    BOOST_TEST_REQUIRE(!none.has_value());
    BOOST_TEST(to_string(none.error().code) == "entropy_unavailable");
    BOOST_TEST(broken.drawn() == 16U);
    auto const one = p256::generate(os_entropy{}), other = p256::generate(os_entropy{});
    BOOST_TEST(!equal_in_constant_time(one.value(), other.value()));
}

BOOST_AUTO_TEST_SUITE_END()
