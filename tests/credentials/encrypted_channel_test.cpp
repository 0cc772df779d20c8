#include <boost/test/unit_test.hpp>
#include <cryptoperiod/credentials/encrypted_channel.hpp>

#include "rings.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;
using test::answer;

namespace {

constexpr std::string_view master = "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5";
constexpr std::string_view channel = "private-encrypted-a";

std::string opened(result<secret_bytes> const& plaintext) {
    return plaintext ? to_hex(plaintext->expose()) : std::string(answer(plaintext));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_encrypted_channel)

BOOST_AUTO_TEST_CASE(the_published_secret_of_a_channel_is_derived) {
    auto const secret = secret_of_channel("pvUPIk0YG6MnxCEMIUUVFrbDmQwbhICXUcy", bytes_of(master));
    BOOST_REQUIRE(secret.has_value());
    BOOST_TEST(to_hex(secret->expose()) ==
               "709ef3090a24bfa98382cb5d025ca3622c82d31fa27f10b005c0dca27bae6516");
}

BOOST_AUTO_TEST_CASE(a_master_key_of_33_bytes_is_refused_although_an_example_has_one) {
    BOOST_TEST(answer(secret_of_channel("private-encrypted-bla",
                                        bytes_of("This is a string that is 32 chars"))) ==
               "malformed");
}

BOOST_AUTO_TEST_CASE(an_event_comes_back_and_no_two_are_alike) {
    crypto::os_entropy entropy;
    auto const event = encrypt_event(entropy, channel, bytes_of(master), "hello");
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST(opened(decrypt_event(channel, bytes_of(master), *event)) == "68656c6c6f");
    auto const again = encrypt_event(entropy, channel, bytes_of(master), "hello");
    BOOST_TEST(again->ciphertext != event->ciphertext);
}

BOOST_AUTO_TEST_CASE(another_channel_another_master_key_or_a_change_opens_nothing) {
    auto const event =
        encrypt_event(crypto::os_entropy{}, channel, bytes_of(master), "hello").value();
    std::string other_master(master);
    other_master[0] = 'o';
    BOOST_TEST(opened(decrypt_event("private-encrypted-b", bytes_of(master), event)) ==
               "authentication_failed");
    BOOST_TEST(opened(decrypt_event(channel, bytes_of(other_master), event)) ==
               "authentication_failed");
    auto changed = event;
    changed.nonce[0] = changed.nonce[0] == 'A' ? 'B' : 'A';
    BOOST_TEST(opened(decrypt_event(channel, bytes_of(master), changed)) ==
               "authentication_failed");
}

BOOST_AUTO_TEST_CASE(hostile_events_are_refused_by_name) {
    auto const verdict = [](encrypted_event const& event) {
        return opened(decrypt_event(channel, bytes_of(master), event));
    };
    std::string const nonce = to_base64(crypto::secretbox::nonce{});
    BOOST_TEST(verdict({"", ""}) == "malformed");
    BOOST_TEST(verdict({nonce, ""}) == "malformed");
    BOOST_TEST(verdict({nonce, "!!!!"}) == "malformed");
    BOOST_TEST(verdict({std::string(1'000'000, 'A'), ""}) == "out_of_range");
    BOOST_TEST(verdict({nonce, std::string(10'000'000, 'A')}) == "out_of_range");
    BOOST_TEST(answer(decrypt_event("private-a", bytes_of(master), {})) == "malformed");
}

BOOST_AUTO_TEST_CASE(the_longest_event_comes_back_and_a_longer_one_is_refused) {
    crypto::os_entropy entropy;
    std::string const longest(event_bytes_max, 'x');
    auto const event = encrypt_event(entropy, channel, bytes_of(master), longest);
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST(decrypt_event(channel, bytes_of(master), *event).has_value());
    BOOST_TEST(answer(encrypt_event(entropy, channel, bytes_of(master), longest + "x")) ==
               "out_of_range");
}

BOOST_AUTO_TEST_SUITE_END()
