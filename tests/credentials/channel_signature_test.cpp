#include <boost/test/unit_test.hpp>
#include <cryptoperiod/credentials/channel_signature.hpp>

#include "rings.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;
using test::answer;
using test::documented_key;
using test::documented_ring;

namespace {

constexpr time_point now{milliseconds{1'000}};
constexpr std::string_view channels_name = R"({"user_id":10,"user_info":{"name":"Mr. Channels"}})";
constexpr std::string_view pushers_name = R"({"user_id":10,"user_info":{"name":"Mr. Pusher"}})";

std::string documented_auth(std::string_view signature) {
    return concat(documented_key, ":", signature);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_channel_signature)

BOOST_AUTO_TEST_CASE(the_documented_private_channel_is_signed_and_verified) {
    auto ring = documented_ring();
    auto const auth = sign_channel(**ring.newest(), "1234.1234", "private-foobar");
    BOOST_REQUIRE(auth.has_value());
    BOOST_TEST(*auth ==
               documented_auth("58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"));
    auto const key = verify_channel(ring, *auth, "1234.1234", "private-foobar", "", now);
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(*key == documented_key);
    BOOST_TEST(ring.find(documented_key)->life().context().last_use_ms == 1'000);
}

BOOST_AUTO_TEST_CASE(the_presence_example_is_that_of_mr_pusher_whatever_the_page_says) {
    auto ring = documented_ring();
    auto const claimed =
        documented_auth("afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c");
    BOOST_TEST(answer(verify_channel(ring, claimed, "1234.1234", "presence-foobar", channels_name,
                                     now)) == "signature_mismatch");
    BOOST_TEST(answer(verify_channel(ring, claimed, "1234.1234", "presence-foobar", pushers_name,
                                     now)) == "ok");
    auto const ours = sign_channel(**ring.newest(), "1234.1234", "presence-foobar", channels_name);
    BOOST_TEST(*ours ==
               documented_auth("31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80"));
}

BOOST_AUTO_TEST_CASE(the_documented_user_is_signed_and_verified) {
    auto ring = documented_ring();
    auto const auth = sign_user(**ring.newest(), "1234.1234", R"({"id":"12345"})");
    BOOST_REQUIRE(auth.has_value());
    BOOST_TEST(*auth ==
               documented_auth("4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba"));
    BOOST_TEST(answer(verify_user(ring, *auth, "1234.1234", R"({"id":"12345"})", now)) == "ok");
    BOOST_TEST(answer(verify_user(ring, *auth, "1234.1235", R"({"id":"12345"})", now)) ==
               "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(an_auth_of_one_kind_is_none_of_another) {
    auto ring = documented_ring();
    auto const user = sign_user(**ring.newest(), "1.2", "x");
    // The same bytes "1.2::user::x" as a channel would need a channel named ":user::x".
    BOOST_TEST(answer(verify_channel(ring, *user, "1.2", ":user::x", "", now)) == "malformed");
    auto const presence = sign_channel(**ring.newest(), "1.2", "presence-a", "b");
    BOOST_TEST(answer(verify_channel(ring, *presence, "1.2", "presence-a:b", "", now)) ==
               "malformed");
}

BOOST_AUTO_TEST_CASE(socket_ids_and_channels_of_another_form_are_malformed) {
    auto const ring = documented_ring();
    auto const& set = **ring.newest();
    for (std::string_view const id : {"", ".", "1", "1.", ".1", "1.2.3", "1:2", "1.2\n", "-1.2",
                                      "1.2 ", "1.123456789012345678901"})
        BOOST_TEST(answer(sign_channel(set, id, "private-a")) == "malformed", id);
    for (std::string_view const channel :
         {"", "public", "private", "private-a:b", "private-\n", "private-a b", "PRIVATE-a"})
        BOOST_TEST(answer(sign_channel(set, "1.2", channel)) == "malformed", channel);
    BOOST_TEST(answer(sign_channel(set, "1.2", "private-" + std::string(193, 'a'))) ==
               "out_of_range");
    BOOST_TEST(answer(sign_channel(set, "1.2", "private-a", "data")) == "malformed");
    BOOST_TEST(answer(sign_channel(set, "1.2", "presence-a")) == "missing");
    BOOST_TEST(answer(sign_user(set, "1.2", "")) == "missing");
    BOOST_TEST(answer(sign_user(set, "1.2", std::string(10'241, 'a'))) == "out_of_range");
}

BOOST_AUTO_TEST_CASE(auth_texts_of_another_form_are_malformed_and_of_a_stranger_unknown) {
    auto ring = documented_ring();
    auto const verdict = [&](std::string_view auth) {
        return answer(verify_channel(ring, auth, "1.2", "private-a", "", now));
    };
    BOOST_TEST(verdict("") == "malformed");
    BOOST_TEST(verdict("no colon") == "malformed");
    BOOST_TEST(verdict(std::string(10'000'000, 'a') + ":0") == "malformed");
    BOOST_TEST(verdict(documented_auth("00")) == "malformed");
    BOOST_TEST(verdict(documented_auth(std::string(64, 'g'))) == "malformed");
    BOOST_TEST(verdict(documented_auth(std::string(10'000'000, '0'))) == "malformed");
    BOOST_TEST(verdict(documented_auth(std::string(64, '0'))) == "signature_mismatch");
    BOOST_TEST(verdict("stranger:" + std::string(64, '0')) == "credential_unknown");
}

// ---- webhooks ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_published_webhook_is_signed_and_verified) {
    key_ring ring;
    test::add_active(ring, "key", "secret");
    auto const headers = sign_webhook(ring, R"({"hello":"world"})");
    BOOST_REQUIRE(headers.has_value());
    BOOST_TEST(headers->signature ==
               "2677ad3e7c090b2fa2c0fb13020d66d5420879b8316eb356a2d60fb9073bc778");
    BOOST_TEST(answer(verify_webhook(ring, "key", headers->signature, R"({"hello":"world"})")) ==
               "ok");
    BOOST_TEST(answer(verify_webhook(ring, "key", headers->signature, R"({"hello":"World"})")) ==
               "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(webhooks_are_signed_with_the_oldest_set_until_it_is_deleted) {
    key_ring ring;
    BOOST_TEST(answer(sign_webhook(ring, "{}")) == "no_live_credential");
    test::add_active(ring, "old", "a");
    test::add_active(ring, "new", "b");
    BOOST_TEST(sign_webhook(ring, "{}")->key == "old");
    BOOST_TEST(answer(ring.send("old", retire{})) == "ok");
    BOOST_TEST(sign_webhook(ring, "{}")->key == "old");  // accepted still
    BOOST_TEST((*ring.newest())->key() == "new");
    BOOST_TEST(answer(ring.send("old", erase{})) == "ok");
    BOOST_TEST(sign_webhook(ring, "{}")->key == "new");
}

BOOST_AUTO_TEST_CASE(a_set_that_is_only_staged_does_not_sign_webhooks) {
    key_ring ring;
    BOOST_TEST(answer(ring.add("staged", secret_bytes::copy_of("s"))) == "ok");
    test::add_active(ring, "new", "b");
    BOOST_TEST(sign_webhook(ring, "{}")->key == "new");
}

BOOST_AUTO_TEST_CASE(a_receiver_that_knows_the_newest_set_only_refuses_what_the_oldest_signed) {
    key_ring sender, receiver;
    test::add_active(sender, "old", "a");
    test::add_active(sender, "new", "b");
    test::add_active(receiver, "new", "b");
    auto const headers = sign_webhook(sender, "{}");
    BOOST_TEST(answer(verify_webhook(receiver, headers->key, headers->signature, "{}")) ==
               "credential_unknown");
    test::add_active(receiver, "old", "a");
    BOOST_TEST(answer(verify_webhook(receiver, headers->key, headers->signature, "{}")) == "ok");
}

// ---- the ring ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_ring_refuses_twins_strange_names_and_more_than_sixteen_sets) {
    key_ring ring;
    auto const add = [&](std::string_view key, std::string_view secret = "s") {
        return answer(ring.add(key, secret_bytes::copy_of(secret)));
    };
    BOOST_TEST(add("") == "missing");
    BOOST_TEST(add("a", "") == "missing");
    BOOST_TEST(add("a:b") == "malformed");
    BOOST_TEST(add(std::string(129, 'a')) == "out_of_range");
    BOOST_TEST(add("a", std::string(1025, 's')) == "out_of_range");
    for (int i = 0; i != 16; ++i) BOOST_TEST(add(std::to_string(i)) == "ok");
    BOOST_TEST(add("3") == "inconsistent");
    BOOST_TEST(add("16") == "out_of_range");
    BOOST_TEST(answer(ring.send("99", activate{})) == "credential_unknown");
    BOOST_TEST(answer(ring.send("3", retire{})) == "event_not_allowed");
}

BOOST_AUTO_TEST_SUITE_END()
