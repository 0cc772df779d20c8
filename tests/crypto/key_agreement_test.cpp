#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

BOOST_AUTO_TEST_SUITE(key_agreement_test)

BOOST_AUTO_TEST_CASE(x25519_gives_the_answer_of_rfc_7748) {
    // Section 5.2, the first vector.
    auto const shared = x25519::agree(
        unhex<32>("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        unhex<32>("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
    BOOST_REQUIRE(shared.has_value());
    BOOST_TEST(to_hex(shared->expose()) ==
               "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
}

BOOST_AUTO_TEST_CASE(a_thousand_agreements_in_a_row_give_the_answer_of_rfc_7748) {
    auto u = unhex<32>("0900000000000000000000000000000000000000000000000000000000000000");
    auto k = u;
    for (int i = 0; i != 1000; ++i) {
        auto const shared = x25519::agree(k, u);
        BOOST_REQUIRE(shared.has_value());
        u = k;
        std::ranges::copy(shared->expose(), k.begin());
    }
    BOOST_TEST(to_hex(k) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

BOOST_AUTO_TEST_CASE(both_sides_agree_on_the_same_secret) {
    auto const alice = x25519::generate(os_entropy());
    auto const bob = x25519::generate(os_entropy());
    BOOST_REQUIRE((alice && bob));
    auto const one = x25519::agree(alice->expose(), x25519::public_key_of(bob->expose()));
    auto const other = x25519::agree(bob->expose(), x25519::public_key_of(alice->expose()));
    BOOST_REQUIRE((one && other));
    BOOST_TEST(equal_in_constant_time(*one, *other));
}

BOOST_AUTO_TEST_CASE(public_keys_of_low_order_are_refused_in_every_spelling) {
    // RFC 7748 section 6.1; the points are those of cr.yp.to/ecdh.html, the last three of them not
    // reduced modulo 2^255 - 19, and each once more with the unused highest bit set.
    auto const own = test::filled_with<32>(0x40);
    for (char const* const text :
         {"0000000000000000000000000000000000000000000000000000000000000000",
          "0100000000000000000000000000000000000000000000000000000000000000",
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        auto point = unhex<32>(text);
        for (int highest_bit = 0; highest_bit != 2; ++highest_bit) {
            auto const refused = x25519::agree(own, point);
            BOOST_TEST(!refused.has_value(), text);
            if (!refused) BOOST_TEST((refused.error().code == errc::key_refused));
            point[31] |= std::byte{0x80};
        }
    }
}

BOOST_AUTO_TEST_CASE(a_harmless_key_that_is_not_reduced_is_accepted) {
    // RFC 7748 section 5: 2^255 - 19 + 2 stands for 2.
    auto const own = test::filled_with<32>(0x40);
    auto const reduced = x25519::agree(
        own, unhex<32>("0200000000000000000000000000000000000000000000000000000000000000"));
    auto const not_reduced = x25519::agree(
        own, unhex<32>("efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
    BOOST_REQUIRE((reduced && not_reduced));
    BOOST_TEST(equal_in_constant_time(*reduced, *not_reduced));
}

BOOST_AUTO_TEST_SUITE_END()
