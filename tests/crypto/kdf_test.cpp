#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/kdf.hpp>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

namespace {

// RFC 5869 appendix A.1.
auto const ikm = test::filled_with<22>(0x0b);
auto const salt = unhex<13>("000102030405060708090a0b0c");
auto const purpose = unhex<10>("f0f1f2f3f4f5f6f7f8f9");
constexpr char const* prk = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5";
constexpr char const* okm =
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";

template <std::size_t Size>
concept derivable = requires(bytes_view bytes) {
    hkdf<sha256>::derive<Size>(bytes, bytes, bytes);
};
static_assert(derivable<8160>);
static_assert(!derivable<8161>);

}  // namespace

BOOST_AUTO_TEST_SUITE(kdf_test)

BOOST_AUTO_TEST_CASE(hkdf_gives_the_keys_of_rfc_5869) {
    auto const extracted = hkdf<sha256>::extract(salt, {ikm});
    BOOST_TEST(to_hex(extracted.expose()) == prk);
    auto const key = hkdf<sha256>::derive<42>(ikm, salt, purpose);
    BOOST_TEST(to_hex(key.expose()) == okm);
    auto const without_salt_and_info = hkdf<sha256>::derive<42>(ikm, {}, {});
    BOOST_TEST(to_hex(without_salt_and_info.expose()) ==
               "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
               "9d201395faa4b61a96c8");
}

BOOST_AUTO_TEST_CASE(parts_stand_for_their_concatenation) {
    auto const whole = hkdf<sha256>::extract(salt, {ikm});
    auto const in_parts =
        hkdf<sha256>::extract(salt, {bytes_view(ikm).first(5), bytes_view(ikm).subspan(5)});
    BOOST_TEST(equal_in_constant_time(whole, in_parts));
    std::array<std::byte, 42> output{};
    BOOST_REQUIRE(hkdf<sha256>::expand(
        whole.expose(), {bytes_view(purpose).first(1), {}, bytes_view(purpose).subspan(1)},
        output));
    BOOST_TEST(to_hex(output) == okm);
}

BOOST_AUTO_TEST_CASE(short_outputs_are_prefixes_of_longer_ones) {
    std::vector<std::byte> longest(hkdf<sha256>::output_bytes_max);
    BOOST_REQUIRE(hkdf<sha256>::derive(ikm, salt, purpose, longest));
    for (std::size_t const size : {0U, 1U, 31U, 32U, 33U, 64U, 65U, 8'159U}) {
        std::vector<std::byte> output(size);
        BOOST_REQUIRE(hkdf<sha256>::derive(ikm, salt, purpose, output));
        BOOST_TEST(std::ranges::equal(output, std::span(longest).first(size)), size);
    }
}

BOOST_AUTO_TEST_CASE(more_than_255_blocks_are_refused_and_the_output_is_zeros) {
    std::vector<std::byte> output(hkdf<sha256>::output_bytes_max + 1, std::byte{0xa5});
    auto const refused = hkdf<sha256>::derive(ikm, salt, purpose, output);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(to_string(refused.error()) ==
               "out_of_range: HKDF gives at most 8160 bytes, not 8161");
    BOOST_TEST(test::all_zero(output));
}

BOOST_AUTO_TEST_SUITE_END()
