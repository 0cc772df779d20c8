#include <cryptopp/shake.h>

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <string>
#include <vector>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

namespace {

// Bytes of SHAKE128, one after another.
class shake_stream {
public:
    explicit shake_stream(std::size_t size) : bytes_(size) {
        CryptoPP::SHAKE128 shake(static_cast<unsigned>(size));
        shake.TruncatedFinal(reinterpret_cast<CryptoPP::byte*>(bytes_.data()), size);
    }
    bytes_view next(std::size_t size) {
        BOOST_REQUIRE(at_ + size <= bytes_.size());
        at_ += size;
        return bytes_view(bytes_).subspan(at_ - size, size);
    }
    std::size_t next_length() { return std::to_integer<std::size_t>(next(1)[0]); }

private:
    std::vector<std::byte> bytes_;
    std::size_t at_ = 0;
};

struct committed {
    std::array<std::byte, 32> key = test::filled_with<32>(1);
    xaes_256_gcm::nonce nonce = test::filled_with<24>(2);
    std::vector<std::byte> plaintext = std::vector<std::byte>(100, std::byte{3});
    std::vector<std::byte> ciphertext = std::vector<std::byte>(100);
    xaes_256_gcm::tag tag{};
    xaes_256_gcm::commitment commitment{};
    xaes_256_gcm cipher{key};

    committed() {
        BOOST_REQUIRE(
            cipher.seal_committed(nonce, bytes_of("aad"), plaintext, ciphertext, tag, commitment));
    }
    result<secret_bytes> open() {
        return cipher.open_committed(nonce, bytes_of("aad"), ciphertext, tag, commitment);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(xaes_test)

BOOST_AUTO_TEST_CASE(ten_thousand_random_cases_have_the_digest_of_c2sp) {
    shake_stream inputs(10'000 * 330);
    CryptoPP::SHAKE128 digest(32);
    xaes_256_gcm cipher;
    for (int i = 0; i != 10'000; ++i) {
        cipher.rekey(inputs.next(32).first<32>());
        auto const nonce = inputs.next(24).first<24>();
        auto const plaintext = inputs.next(inputs.next_length());
        auto const aad = inputs.next(inputs.next_length());
        std::vector<std::byte> sealed(plaintext.size() + 16);
        auto const ciphertext = std::span(sealed).first(plaintext.size());
        auto const tag = std::span(sealed).last<16>();
        BOOST_REQUIRE(cipher.seal(nonce, aad, plaintext, ciphertext, tag));
        digest.Update(reinterpret_cast<CryptoPP::byte const*>(sealed.data()), sealed.size());
    }
    std::array<std::byte, 32> accumulated{};
    digest.TruncatedFinal(reinterpret_cast<CryptoPP::byte*>(accumulated.data()), 32);
    BOOST_TEST(to_hex(accumulated) ==
               "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
}

BOOST_AUTO_TEST_CASE(a_commitment_changes_nothing_else) {
    committed s;
    xaes_256_gcm plain(s.key);
    std::vector<std::byte> ciphertext(100);
    xaes_256_gcm::tag tag{};
    BOOST_REQUIRE(plain.seal(s.nonce, bytes_of("aad"), s.plaintext, ciphertext, tag));
    BOOST_TEST((ciphertext == s.ciphertext));
    BOOST_TEST((tag == s.tag));
    auto const opened = s.open();
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(equal_in_constant_time(*opened, s.plaintext));
}

BOOST_AUTO_TEST_CASE(the_commitment_keeps_its_layout) {
    // CMAC-AES256(key, 0x00 | 3 and 4 | "X" | 0x00 | nonce[0..12]), computed with OpenSSL 3.0.
    committed const s;
    BOOST_TEST(to_hex(s.commitment) ==
               "abc296450e6b8a0c5728d6fa1449f8e1bf976e8431272549d7337b5508bf6ee3");
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_commitment_is_refused_before_decryption) {
    committed s;
    test::for_every_flipped_bit(s.commitment, [&] {
        std::vector<std::byte> output(100, std::byte{0xa5});
        auto const refused = s.cipher.open_committed(s.nonce, bytes_of("aad"), s.ciphertext, s.tag,
                                                     s.commitment, output);
        BOOST_REQUIRE(!refused);
        BOOST_REQUIRE((refused.error().code == errc::commitment_mismatch));
        BOOST_REQUIRE(test::all_zero(output));
    });
    BOOST_TEST(s.open().has_value());
}

BOOST_AUTO_TEST_CASE(another_key_is_named_as_such_and_a_changed_message_is_not) {
    committed s;
    s.cipher.rekey(test::filled_with<32>(9));
    BOOST_TEST((s.open().error().code == errc::commitment_mismatch));
    s.cipher.rekey(s.key);
    test::for_every_flipped_bit(s.ciphertext, [&] {
        BOOST_REQUIRE((s.open().error().code == errc::authentication_failed));
    });
    test::for_every_flipped_bit(
        s.tag, [&] { BOOST_REQUIRE((s.open().error().code == errc::authentication_failed)); });
    test::for_every_flipped_bit(s.nonce, [&] { BOOST_REQUIRE(!s.open()); });
    BOOST_TEST(s.open().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
