#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <string>
#include <type_traits>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

namespace {

static_assert(!std::is_copy_constructible_v<hmac<sha256>>);
static_assert(!std::is_copy_constructible_v<aes_cmac<32>>);

template <class Mac, std::size_t Size>
concept verifies = requires(Mac mac, bytes_view message, std::array<std::byte, Size> const& code) {
    mac.verify(message, code);
};
static_assert(verifies<hmac<sha256>, 32>);
static_assert(!verifies<hmac<sha256>, 16>);
static_assert(!verifies<hmac<sha256>, 33>);
static_assert(!verifies<aes_cmac<32>, 15>);

template <class Mac, std::size_t Size>
concept verifies_truncated = requires(Mac mac, bytes_view message,
                                      std::span<std::byte const, Size> code) {
    mac.verify_truncated(message, code);
};
static_assert(verifies_truncated<hmac<sha256>, 16>);
static_assert(!verifies_truncated<hmac<sha256>, 15>);
static_assert(!verifies_truncated<hmac<sha256>, 33>);
static_assert(verifies_truncated<hmac<sha1>, 10>);
static_assert(!verifies_truncated<hmac<sha512>, 31>);

auto const message = bytes_of("what do ya want for nothing?");

// RFC 4493 section 4.
constexpr char const* cmac_key = "2b7e151628aed2a6abf7158809cf4f3c";
constexpr char const* cmac_message =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

}  // namespace

BOOST_AUTO_TEST_SUITE(mac_test)

BOOST_AUTO_TEST_CASE(hmac_gives_the_codes_of_rfc_4231) {
    BOOST_TEST(to_hex(hmac<sha256>(bytes_of("Jefe")).compute(message)) ==
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    BOOST_TEST(to_hex(hmac<sha384>(bytes_of("Jefe")).compute(message)) ==
               "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
               "8e2240ca5e69e2c78b3239ecfab21649");
    BOOST_TEST(to_hex(hmac<sha512>(bytes_of("Jefe")).compute(message)) ==
               "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
               "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

BOOST_AUTO_TEST_CASE(hmac_with_sha_1_gives_the_code_of_rfc_2202) {
    BOOST_TEST(to_hex(hmac<sha1>(bytes_of("Jefe")).compute(message)) ==
               "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

BOOST_AUTO_TEST_CASE(cmac_gives_the_codes_of_rfc_4493) {
    aes_cmac<16> mac(unhex<16>(cmac_key));
    auto const text = unhex(cmac_message);
    BOOST_TEST(to_hex(mac.compute(bytes_view{})) == "bb1d6929e95937287fa37d129b756746");
    BOOST_TEST(to_hex(mac.compute(bytes_view(text).first(16))) ==
               "070a16b46b4d4144f79bdd9dd04a287c");
    BOOST_TEST(to_hex(mac.compute(bytes_view(text).first(40))) ==
               "dfa66747de9ae63030ca32611497c827");
    BOOST_TEST(to_hex(mac.compute(text)) == "51f0bebf7e3b9d92fc49741779363cfe");
}

BOOST_AUTO_TEST_CASE(a_message_in_parts_has_the_code_of_the_whole) {
    hmac<sha256> mac(bytes_of("Jefe"));
    auto const whole = mac.compute(message);
    BOOST_TEST((mac.compute({message.first(3), bytes_view{}, message.subspan(3)}) == whole));
    mac.absorb({message.first(5)});
    BOOST_TEST((mac.compute({message.subspan(5)}) == whole));
    aes_cmac<16> block_mac(unhex<16>(cmac_key));
    BOOST_TEST(
        (block_mac.compute({message.first(7), message.subspan(7)}) == block_mac.compute(message)));
}

BOOST_AUTO_TEST_CASE(one_object_serves_many_messages_and_keys) {
    hmac<sha256> mac(bytes_of("first"));
    auto const first = mac.compute(message);
    BOOST_TEST((mac.compute(message) == first));
    mac.rekey(bytes_of("second"));
    BOOST_TEST((mac.compute(message) != first));
    mac.rekey(bytes_of("first"));
    BOOST_TEST((mac.compute(message) == first));
}

BOOST_AUTO_TEST_CASE(a_verified_code_leaves_the_object_ready_for_the_next) {
    hmac<sha256> mac(bytes_of("Jefe"));
    auto const code = mac.compute(message);
    BOOST_TEST(mac.verify(message, code).has_value());
    BOOST_TEST(!mac.verify(bytes_of("another"), code).has_value());
    BOOST_TEST(mac.verify(message, code).has_value());
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_code_is_refused) {
    hmac<sha256> mac(bytes_of("Jefe"));
    auto code = mac.compute(message);
    test::for_every_flipped_bit(code, [&] {
        auto const refused = mac.verify(message, code);
        BOOST_REQUIRE(!refused);
        BOOST_REQUIRE((refused.error().code == errc::authentication_failed));
    });
    aes_cmac<32> block_mac(test::filled_with<32>(1));
    auto tag = block_mac.compute(message);
    test::for_every_flipped_bit(tag, [&] { BOOST_REQUIRE(!block_mac.verify(message, tag)); });
    BOOST_TEST(block_mac.verify(message, tag).has_value());
}

BOOST_AUTO_TEST_CASE(a_cut_code_is_verified_where_a_protocol_cuts_it) {
    hmac<sha256> mac(bytes_of("Jefe"));
    auto code = mac.compute(message);
    BOOST_TEST(mac.verify_truncated<16>(message, std::span(code).first<16>()).has_value());
    BOOST_TEST(mac.verify_truncated<32>(message, std::span(code).first<32>()).has_value());
    code[15] ^= std::byte{1};
    BOOST_TEST(!mac.verify_truncated<16>(message, std::span(code).first<16>()).has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_says_nothing_of_the_code_that_was_expected) {
    hmac<sha256> mac(bytes_of("Jefe"));
    auto const refused = mac.verify(message, test::filled_with<32>(0));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(to_string(refused.error()) ==
               "authentication_failed: the code is not that of the message under this key");
}

BOOST_AUTO_TEST_SUITE_END()
