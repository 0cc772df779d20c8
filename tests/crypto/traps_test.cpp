// What Crypto++ 8.7 lets through, shown on the library itself, and beside it what this room makes
// of it. When a newer Crypto++ mends something, the first half of a test turns red: then simplify.
#include <cryptopp/aes.h>
#include <cryptopp/chachapoly.h>
#include <cryptopp/filters.h>
#include <cryptopp/gcm.h>
#include <cryptopp/xed25519.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/crypto/signature.hpp>
#include <string>
#include <vector>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using crypto::detail::raw;
using test::unhex;

namespace {

using raw_gcm = CryptoPP::GCM<CryptoPP::AES>;
using raw_chacha = CryptoPP::ChaCha20Poly1305;

auto const key = test::filled_with<32>(1);
auto const nonce = test::filled_with<12>(2);
auto const plaintext = test::filled_with<16>(3);

template <class Mode>
struct sealed_by_library {
    std::array<std::byte, 16> ciphertext{};
    std::array<std::byte, 16> tag{};

    sealed_by_library() {
        typename Mode::Encryption mode;
        mode.SetKeyWithIV(raw(std::span(key)), key.size(), raw(std::span(nonce)), nonce.size());
        mode.EncryptAndAuthenticate(raw(std::span(ciphertext)), raw(std::span(tag)), tag.size(),
                                    raw(std::span(nonce)), 12, nullptr, 0,
                                    raw(std::span(plaintext)), plaintext.size());
    }
};

template <class Mode>
bool library_opens(std::span<std::byte const> ciphertext, std::span<std::byte const> tag,
                   std::span<std::byte> output) {
    typename Mode::Decryption mode;
    mode.SetKeyWithIV(raw(std::span(key)), key.size(), raw(std::span(nonce)), nonce.size());
    return mode.DecryptAndVerify(raw(output), raw(tag), tag.size(), raw(std::span(nonce)), 12,
                                 nullptr, 0, raw(ciphertext), ciphertext.size());
}

template <class Aead, class Mode>
void leaves_nothing_after_a_forgery() {
    sealed_by_library<Mode> s;
    s.tag[0] ^= std::byte{1};
    std::array<std::byte, 16> output{};
    BOOST_TEST(!library_opens<Mode>(s.ciphertext, s.tag, output));
    BOOST_TEST((output == plaintext));  // the trap: refused, and yet there
    Aead cipher(key);
    output.fill(std::byte{0xa5});
    BOOST_TEST(!cipher.open(nonce, {}, s.ciphertext, s.tag, output));
    BOOST_TEST(test::all_zero(output));
}

// RFC 8032 section 7.1, test 2.
auto const signer = unhex<32>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
auto const signed_text = unhex("72");
constexpr char const* signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

bool library_verifies(bytes_view with) {
    CryptoPP::ed25519::Verifier const verifier(raw(std::span(signer)));
    return verifier.VerifyMessage(raw(std::span(signed_text)), signed_text.size(), raw(with),
                                  with.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(traps_test)

BOOST_AUTO_TEST_CASE(a_tag_of_no_length_verifies_anything_and_is_not_a_tag_here) {
    sealed_by_library<raw_gcm> s;
    s.ciphertext[0] ^= std::byte{1};
    std::array<std::byte, 16> output{};
    BOOST_TEST(library_opens<raw_gcm>(s.ciphertext, std::span(s.tag).first(0), output));
    BOOST_TEST((exactly<16>(std::span(s.tag).first(0), "tag").error().code == errc::malformed));
    static_assert(!std::is_constructible_v<aes_256_gcm::tag_view, std::array<std::byte, 0>&>);
}

BOOST_AUTO_TEST_CASE(a_tag_that_was_cut_verifies_and_is_not_a_tag_here) {
    sealed_by_library<raw_gcm> const s;
    std::array<std::byte, 16> output{};
    for (std::size_t const size : {1U, 4U, 8U, 12U, 15U}) {
        auto const cut = std::span(s.tag).first(size);
        BOOST_TEST(library_opens<raw_gcm>(s.ciphertext, cut, output));
        BOOST_TEST((exactly<16>(cut, "tag").error().code == errc::malformed));
    }
    static_assert(!std::is_constructible_v<aes_256_gcm::tag_view, std::array<std::byte, 12>&>);
}

BOOST_AUTO_TEST_CASE(the_plaintext_of_a_forgery_stays_in_the_output_and_is_wiped_here) {
    leaves_nothing_after_a_forgery<aes_256_gcm, raw_gcm>();
    leaves_nothing_after_a_forgery<chacha20_poly1305, raw_chacha>();
}

BOOST_AUTO_TEST_CASE(a_filter_releases_the_plaintext_of_a_forgery_and_there_are_no_filters_here) {
    sealed_by_library<raw_gcm> const s;
    std::vector<std::byte> bytes(s.ciphertext.begin(), s.ciphertext.end());
    bytes.insert(bytes.end(), s.tag.begin(), s.tag.end());
    bytes.back() ^= std::byte{1};
    raw_gcm::Decryption mode;
    mode.SetKeyWithIV(raw(std::span(key)), key.size(), raw(std::span(nonce)), nonce.size());
    std::string released;
    CryptoPP::AuthenticatedDecryptionFilter filter(mode, new CryptoPP::StringSink(released), 0);
    filter.Put(raw(std::span(bytes)), bytes.size());
    filter.MessageEnd();  // and no exception
    BOOST_TEST(!filter.GetLastResult());
    BOOST_TEST((std::ranges::equal(std::as_bytes(std::span(released)), plaintext)));
    aes_256_gcm cipher(key);
    BOOST_TEST(!cipher.open(nonce, {}, s.ciphertext, std::span(bytes).last<16>()).has_value());
}

BOOST_AUTO_TEST_CASE(a_nonce_may_be_used_twice_in_a_row_and_is_refused_here) {
    sealed_by_library<raw_gcm> const once;
    sealed_by_library<raw_gcm> const again;
    BOOST_TEST((once.ciphertext == again.ciphertext));
    aes_256_gcm cipher(key);
    std::array<std::byte, 16> output{};
    aes_256_gcm::tag tag{};
    BOOST_TEST(cipher.seal(nonce, {}, plaintext, output, tag).has_value());
    auto const refused = cipher.seal(nonce, {}, plaintext, output, tag);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::nonce_reused));
}

BOOST_AUTO_TEST_CASE(a_nonce_of_any_length_is_taken_and_is_not_a_nonce_here) {
    raw_gcm::Encryption mode;
    for (std::size_t const size : {1U, 8U, 16U, 32U}) {
        std::vector<std::byte> const other(size, std::byte{0xff});
        std::array<std::byte, 16> output{};
        std::array<std::byte, 16> tag{};
        BOOST_CHECK_NO_THROW(
            mode.SetKeyWithIV(raw(std::span(key)), key.size(), raw(std::span(other)), other.size());
            mode.EncryptAndAuthenticate(raw(std::span(output)), raw(std::span(tag)), 16,
                                        raw(std::span(other)), static_cast<int>(size), nullptr, 0,
                                        raw(std::span(plaintext)), 16));
        BOOST_TEST((exactly<12>(other, "nonce").error().code == errc::malformed));
    }
    static_assert(!std::is_constructible_v<aes_256_gcm::nonce_view, std::array<std::byte, 16>&>);
}

BOOST_AUTO_TEST_CASE(lengths_that_the_library_throws_at_are_results_here) {
    raw_gcm::Encryption mode;
    BOOST_CHECK_THROW(
        mode.SetKeyWithIV(raw(std::span(key)), 31, raw(std::span(nonce)), nonce.size()),
        CryptoPP::InvalidArgument);
    BOOST_TEST(to_string(exactly<32>(std::span(key).first(31), "key").error()) ==
               "malformed: key has 31 bytes instead of 32");
}

BOOST_AUTO_TEST_CASE(a_signature_may_be_longer_or_shorter_and_is_refused_here) {
    auto longer = unhex(signature);
    longer.push_back(std::byte{7});
    auto const shorter = std::span(longer).first(63);  // the last byte of this one is zero
    ed25519_verifier const verifier(signer);
    BOOST_TEST(library_verifies(longer));
    BOOST_TEST(library_verifies(shorter));
    BOOST_TEST((verifier.verify(signed_text, longer).error().code == errc::malformed));
    BOOST_TEST((verifier.verify(signed_text, shorter).error().code == errc::malformed));
    BOOST_TEST(verifier.verify(signed_text, std::span(longer).first(64)).has_value());
}

BOOST_AUTO_TEST_CASE(s_and_the_order_of_the_group_may_be_added_and_the_sum_is_refused_here) {
    auto const changed = cryptoperiod::test::plus_order(unhex(signature));
    BOOST_TEST(library_verifies(changed));
    BOOST_TEST((ed25519_verifier(signer).verify(signed_text, changed).error().code ==
                errc::authentication_failed));
}

BOOST_AUTO_TEST_CASE(a_shared_secret_may_be_zeros_and_is_refused_here) {
    // A point of low order, spelled with the bit that X25519 ignores, passes the library's check.
    auto const point =
        unhex<32>("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880");
    std::array<std::byte, 32> shared{};
    BOOST_TEST(CryptoPP::x25519().Agree(raw(std::span(shared)), raw(std::span(key)),
                                        raw(std::span(point)), true));
    BOOST_TEST(test::all_zero(shared));
    BOOST_TEST((x25519::agree(key, point).error().code == errc::key_refused));
}

BOOST_AUTO_TEST_SUITE_END()
