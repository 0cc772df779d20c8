#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/digest.hpp>
#include <cryptoperiod/crypto/md5.hpp>
#include <cryptoperiod/crypto/secretbox.hpp>

using namespace cryptoperiod;
using crypto::secretbox;

namespace {

// pusher-http-python@10372d0, tests of encrypted channels.
constexpr std::string_view channel = "pvUPIk0YG6MnxCEMIUUVFrbDmQwbhICXUcy";
constexpr std::string_view master = "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5";
constexpr std::string_view nonce = "XAJI0Y6DPBHSAHXTHV3A3ZMF";
constexpr std::string_view message = "kkkT5OOkOkO5kT5TOO5TkOT5TTk5O55T";

auto shared() { return crypto::digest<crypto::sha256>({bytes_of(channel), bytes_of(master)}); }
auto once() { return bytes_of(nonce).first<secretbox::nonce_bytes>(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(crypto_secretbox)

BOOST_AUTO_TEST_CASE(a_published_box_is_sealed_and_opened) {
    auto const box = secretbox::seal(shared(), once(), bytes_of(message));
    BOOST_TEST(to_base64(box) ==
               "tsYJa2JgGDOpVIYFe4aNVWAvZlpB7z7CjN9mpIdbATE0Yc4izN8aM8D6VigBxnIQ");
    auto const opened = secretbox::open(shared(), once(), box);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(equal_in_constant_time(*opened, bytes_of(message)));
}

BOOST_AUTO_TEST_CASE(an_empty_message_has_a_tag_too) {
    auto const box = secretbox::seal(shared(), once(), {});
    BOOST_TEST(box.size() == secretbox::tag_bytes);
    BOOST_TEST(secretbox::open(shared(), once(), box).has_value());
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_no_cut_and_no_other_nonce_opens) {
    auto const box = secretbox::seal(shared(), once(), bytes_of(message));
    for (std::size_t bit = 0; bit != 8 * box.size(); ++bit) {
        auto changed = box;
        changed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        auto const opened = secretbox::open(shared(), once(), changed);
        BOOST_TEST(!opened.has_value());
    }
    for (std::size_t size = 0; size != box.size(); ++size) {
        auto const opened = secretbox::open(shared(), once(), std::span(box).first(size));
        BOOST_REQUIRE(!opened.has_value());
        BOOST_TEST((opened.error().code ==
                    (size < secretbox::tag_bytes ? errc::malformed : errc::authentication_failed)));
    }
    secretbox::nonce const other{};
    BOOST_TEST(!secretbox::open(shared(), other, box).has_value());
}

BOOST_AUTO_TEST_CASE(messages_longer_than_a_block_of_the_stream_come_back) {
    for (std::size_t const size : {1U, 31U, 32U, 33U, 64U, 97U, 1000U}) {
        std::vector<std::byte> const plaintext(size, std::byte{7});
        auto const opened =
            secretbox::open(shared(), once(), secretbox::seal(shared(), once(), plaintext));
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(equal_in_constant_time(*opened, plaintext));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(crypto_digest)

BOOST_AUTO_TEST_CASE(md5_gives_the_digests_of_its_rfc) {
    auto const hex = [](std::string_view text) {
        return to_hex(crypto::digest<crypto::md5>({bytes_of(text)}));
    };
    BOOST_TEST(hex("") == "d41d8cd98f00b204e9800998ecf8427e");
    BOOST_TEST(hex("abc") == "900150983cd24fb0d6963f7d28e17f72");
    BOOST_TEST(hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
}

BOOST_AUTO_TEST_CASE(parts_are_digested_as_their_concatenation) {
    BOOST_TEST(to_hex(shared()) ==
               "709ef3090a24bfa98382cb5d025ca3622c82d31fa27f10b005c0dca27bae6516");
}

BOOST_AUTO_TEST_SUITE_END()
