#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/signature.hpp>
#include <vector>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

namespace {

// RFC 8032 section 7.1, test 3.
constexpr char const* seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
constexpr char const* point = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
constexpr char const* signature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
auto const message = unhex("af82");

errc refusal(bytes_view of, bytes_view with) {
    auto const verdict = ed25519_verifier(unhex<32>(point)).verify(of, with);
    BOOST_REQUIRE(!verdict);
    return verdict.error().code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signature_test)

BOOST_AUTO_TEST_CASE(ed25519_gives_the_signature_of_rfc_8032) {
    ed25519_signer const signer(unhex<32>(seed));
    BOOST_TEST(to_hex(signer.public_key()) == point);
    BOOST_TEST(to_hex(signer.sign(message)) == signature);
    BOOST_TEST(ed25519_verifier(unhex<32>(point)).verify(message, unhex(signature)).has_value());
}

BOOST_AUTO_TEST_CASE(a_new_key_signs_and_its_public_key_verifies) {
    auto const key = ed25519::generate(os_entropy());
    BOOST_REQUIRE(key.has_value());
    ed25519_signer const signer(key->expose());
    ed25519_verifier const verifier(signer.public_key());
    for (std::size_t const size : {0U, 1U, 64U, 1000U}) {
        std::vector<std::byte> const text(size, std::byte{0x5a});
        BOOST_TEST(verifier.verify(text, signer.sign(text)).has_value());
        BOOST_TEST(!verifier.verify(message, signer.sign(text)).has_value());
    }
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_signature_is_refused) {
    auto changed = unhex(signature);
    test::for_every_flipped_bit(changed, [&] {
        BOOST_REQUIRE((refusal(message, changed) == errc::authentication_failed));
    });
}

BOOST_AUTO_TEST_CASE(signatures_of_another_length_are_malformed) {
    auto longer = unhex(signature);
    longer.push_back(std::byte{0});
    BOOST_TEST((refusal(message, longer) == errc::malformed));
    for (std::size_t size = 0; size != 64; ++size)
        BOOST_TEST((refusal(message, std::span(longer).first(size)) == errc::malformed));
}

BOOST_AUTO_TEST_CASE(an_s_that_is_not_reduced_is_refused) {
    auto const changed = cryptoperiod::test::plus_order(unhex(signature));
    BOOST_TEST((refusal(message, changed) == errc::authentication_failed));
}

BOOST_AUTO_TEST_CASE(the_bound_of_s_is_the_order_itself) {
    auto s = unhex<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    BOOST_TEST(!crypto::detail::is_reduced(s));
    s[0] = std::byte{0xec};
    BOOST_TEST(crypto::detail::is_reduced(s));
    s[0] = std::byte{0xee};
    BOOST_TEST(!crypto::detail::is_reduced(s));
    s[31] = std::byte{0x0f};
    BOOST_TEST(crypto::detail::is_reduced(s));
    BOOST_TEST(!crypto::detail::is_reduced(test::filled_with<32>(0xff)));
    BOOST_TEST(crypto::detail::is_reduced(test::filled_with<32>(0)));
}

BOOST_AUTO_TEST_SUITE_END()
