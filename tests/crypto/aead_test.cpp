#include <cryptopp/aes.h>
#include <cryptopp/gcm.h>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/died_with.hpp"
#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using crypto::detail::raw;
using test::unhex;

namespace {

using every_cipher = boost::mpl::list<aes_128_gcm, aes_192_gcm, aes_256_gcm, chacha20_poly1305,
                                      xchacha20_poly1305, xaes_256_gcm>;
using every_bare_cipher =
    boost::mpl::list<aes_128_gcm, aes_192_gcm, aes_256_gcm, chacha20_poly1305, xchacha20_poly1305>;

template <class Aead, std::size_t Nonce, std::size_t Tag>
concept opens = requires(Aead cipher, bytes_view bytes, std::array<std::byte, Nonce> nonce,
                         std::array<std::byte, Tag> tag) {
    cipher.open(nonce, bytes, bytes, tag);
};
static_assert(opens<aes_256_gcm, 12, 16>);
static_assert(!opens<aes_256_gcm, 16, 16>);
static_assert(!opens<aes_256_gcm, 12, 12>);
static_assert(!opens<aes_256_gcm, 12, 0>);
static_assert(!opens<aes_256_gcm, 12, 17>);
static_assert(opens<xaes_256_gcm, 24, 16>);
static_assert(!opens<xaes_256_gcm, 12, 16>);
static_assert(!opens<xchacha20_poly1305, 12, 16>);
static_assert(!std::is_constructible_v<aes_256_gcm, std::array<std::byte, 16> const&>);
static_assert(!std::is_constructible_v<aes_128_gcm, std::array<std::byte, 32> const&>);
static_assert(!std::is_copy_constructible_v<aes_256_gcm>);
static_assert(!std::is_copy_constructible_v<xaes_256_gcm>);

std::vector<std::byte> const message = unhex("61747461636b206174206461776e2121");
auto const context = bytes_of("context");

// A key, a nonce and what the message became under them.
template <class Aead>
struct sample {
    std::array<std::byte, Aead::key_bytes> key = test::filled_with<Aead::key_bytes>(1);
    typename Aead::nonce nonce = test::filled_with<Aead::nonce_bytes>(2);
    std::vector<std::byte> plaintext = message;
    std::vector<std::byte> ciphertext = std::vector<std::byte>(message.size());
    typename Aead::tag tag{};
    Aead cipher{key};

    sample() { BOOST_REQUIRE(cipher.seal(nonce, context, plaintext, ciphertext, tag)); }
    result<secret_bytes> open() { return cipher.open(nonce, context, ciphertext, tag); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(aead_test)

BOOST_AUTO_TEST_CASE(gcm_gives_the_answers_of_its_authors) {
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 14.
    aes_256_gcm cipher(test::filled_with<32>(0));
    aes_256_gcm::tag tag{};
    BOOST_REQUIRE(cipher.seal(test::filled_with<12>(0), {}, {}, {}, tag));
    BOOST_TEST(to_hex(tag) == "530f8afbc74536b9a963b4f1c4cb738b");
    cipher.rekey(test::filled_with<32>(0));
    std::array<std::byte, 16> block{};
    BOOST_REQUIRE(cipher.seal(test::filled_with<12>(0), {}, block, block, tag));
    BOOST_TEST(to_hex(block) == "cea7403d4d606b6e074ec5d3baf39d18");
    BOOST_TEST(to_hex(tag) == "d0d1c8a799996bf0265b98b5d48ab919");
}

BOOST_AUTO_TEST_CASE(gcm_is_that_of_the_library_wherever_its_counter_carries) {
    // Blocks are counted from 2 on: 254 of them fill the last byte, 65534 the last two.
    auto const key = test::filled_with<32>(5);
    auto const nonce = test::filled_with<12>(6);
    aes_256_gcm cipher(key);
    std::vector<std::size_t> sizes{254 * 16, 254 * 16 + 1, 510 * 16 + 15, 65534 * 16 + 40};
    for (std::size_t size = 0; size != 70; ++size) sizes.push_back(size);
    for (std::size_t const size : sizes) {
        std::vector<std::byte> const plaintext(size, std::byte{7});
        std::vector<std::byte> ciphertext(size), expected(size), opened(size);
        aes_256_gcm::tag tag{}, expected_tag{};
        auto const aad = std::span(plaintext).first(std::min<std::size_t>(size, 37));
        CryptoPP::GCM<CryptoPP::AES>::Encryption library;
        library.SetKeyWithIV(raw(std::span(key)), key.size(), raw(std::span(nonce)), nonce.size());
        library.EncryptAndAuthenticate(raw(std::span(expected)), raw(std::span(expected_tag)), 16,
                                       raw(std::span(nonce)), 12, raw(aad), aad.size(),
                                       raw(std::span(plaintext)), size);
        cipher.rekey(key);
        BOOST_REQUIRE(cipher.seal(nonce, aad, plaintext, ciphertext, tag));
        BOOST_REQUIRE((ciphertext == expected));
        BOOST_REQUIRE((tag == expected_tag));
        BOOST_REQUIRE(cipher.open(nonce, aad, ciphertext, tag, opened));
        BOOST_REQUIRE((opened == plaintext));
    }
}

BOOST_AUTO_TEST_CASE(chacha_gives_the_answer_of_rfc_8439) {
    chacha20_poly1305 cipher(
        unhex<32>("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
    auto const text = bytes_of(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        "future, sunscreen would be it.");
    std::vector<std::byte> ciphertext(text.size());
    chacha20_poly1305::tag tag{};
    BOOST_REQUIRE(cipher.seal(unhex<12>("070000004041424344454647"),
                              unhex("50515253c0c1c2c3c4c5c6c7"), text, ciphertext, tag));
    BOOST_TEST(to_hex(tag) == "1ae10b594f09e26a7e902ecbd0600691");
    BOOST_TEST(to_hex(std::span(ciphertext).first(16)) == "d31a8d34648e60db7b86afbc53ef7ec2");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_sealed_opens, Aead, every_cipher) {
    sample<Aead> s;
    BOOST_TEST((s.ciphertext != message));
    auto const opened = s.open();
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(equal_in_constant_time(*opened, message));
    std::vector<std::byte> into(message.size());
    BOOST_REQUIRE(s.cipher.open(s.nonce, context, s.ciphertext, s.tag, into));
    BOOST_TEST((into == message));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_message_may_lie_where_its_ciphertext_goes, Aead, every_cipher) {
    sample<Aead> const apart;
    Aead cipher(apart.key);
    auto bytes = message;
    typename Aead::tag tag{};
    BOOST_REQUIRE(cipher.seal(apart.nonce, context, bytes, bytes, tag));
    BOOST_TEST((bytes == apart.ciphertext));
    BOOST_TEST((tag == apart.tag));
    BOOST_REQUIRE(cipher.open(apart.nonce, context, bytes, tag, bytes));
    BOOST_TEST((bytes == message));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(messages_of_every_length_open, Aead, every_cipher) {
    Aead cipher(test::filled_with<Aead::key_bytes>(3));
    auto nonce = test::filled_with<Aead::nonce_bytes>(0);
    for (std::size_t size = 0; size != 300; ++size) {
        nonce[0] = static_cast<std::byte>(size & 0xffU),
        nonce[1] = static_cast<std::byte>(size / 256);
        std::vector<std::byte> const plaintext(size, std::byte{0x5a});
        std::vector<std::byte> ciphertext(size);
        typename Aead::tag tag{};
        BOOST_REQUIRE(cipher.seal(nonce, plaintext, plaintext, ciphertext, tag));
        auto const opened = cipher.open(nonce, plaintext, ciphertext, tag);
        BOOST_REQUIRE(opened.has_value());
        BOOST_REQUIRE(equal_in_constant_time(*opened, plaintext));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_flipped_bit_is_refused_and_the_output_is_zeros, Aead,
                              every_cipher) {
    sample<Aead> s;
    std::vector<std::byte> aad(context.begin(), context.end());
    auto const refused = [&] {
        auto output = std::vector<std::byte>(message.size(), std::byte{0xa5});
        auto const opened = s.cipher.open(s.nonce, aad, s.ciphertext, s.tag, output);
        BOOST_REQUIRE(!opened);
        BOOST_REQUIRE((opened.error().code == errc::authentication_failed));
        BOOST_REQUIRE(test::all_zero(output));
        BOOST_REQUIRE(!s.cipher.open(s.nonce, aad, s.ciphertext, s.tag));
    };
    test::for_every_flipped_bit(s.ciphertext, refused);
    test::for_every_flipped_bit(s.tag, refused);
    test::for_every_flipped_bit(s.nonce, refused);
    test::for_every_flipped_bit(aad, refused);
    test::for_every_flipped_bit(s.key, [&] {
        s.cipher.rekey(s.key);
        refused();
    });
    s.cipher.rekey(s.key);
    BOOST_TEST(s.open().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(open_or_leave_opens_or_leaves_the_output_as_it_was, Aead,
                              every_bare_cipher) {
    sample<Aead> s;
    std::vector<std::byte> const untouched(message.size(), std::byte{0xa5});
    auto output = untouched;
    auto const open = [&] {
        return s.cipher.open_or_leave(s.nonce, context, s.ciphertext, s.tag, output);
    };
    auto const refused = [&] {
        auto const opened = open();
        BOOST_REQUIRE(!opened);
        BOOST_REQUIRE((opened.error().code == errc::authentication_failed));
        BOOST_REQUIRE((output == untouched));
    };
    test::for_every_flipped_bit(s.ciphertext, refused);
    test::for_every_flipped_bit(s.tag, refused);
    BOOST_TEST(open().has_value());
    BOOST_TEST((output == message));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_refused_message_in_its_own_place_is_zeros, Aead, every_cipher) {
    sample<Aead> s;
    s.tag[3] ^= std::byte{1};
    BOOST_TEST(!s.cipher.open(s.nonce, context, s.ciphertext, s.tag, s.ciphertext));
    BOOST_TEST(test::all_zero(s.ciphertext));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ciphertext_that_was_cut_or_moved_into_the_context_is_refused, Aead,
                              every_cipher) {
    sample<Aead> s;
    for (std::size_t size = 0; size != message.size(); ++size)
        BOOST_TEST(!s.cipher.open(s.nonce, context, std::span(s.ciphertext).first(size), s.tag));
    BOOST_TEST(!s.cipher.open(s.nonce, s.ciphertext, bytes_view{}, s.tag));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_nonce_is_refused_until_there_is_another_key, Aead,
                              every_cipher) {
    sample<Aead> s;
    auto const first = s.ciphertext;
    auto const again = s.cipher.seal(s.nonce, context, s.plaintext, s.ciphertext, s.tag);
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().code == errc::nonce_reused));
    s.cipher.rekey(test::filled_with<Aead::key_bytes>(9));
    BOOST_TEST(s.cipher.seal(s.nonce, context, s.plaintext, s.ciphertext, s.tag).has_value());
    BOOST_TEST((s.ciphertext != first));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_nonces_are_drawn_and_given_back, Aead, every_cipher) {
    Aead cipher(test::filled_with<Aead::key_bytes>(1));
    deterministic_entropy source(7);
    deterministic_entropy same(7);
    auto ciphertext = message;
    typename Aead::nonce nonce{};
    typename Aead::nonce expected{};
    typename Aead::tag tag{};
    BOOST_REQUIRE(cipher.seal_with_random_nonce(predictable_on_purpose(source), context, message,
                                                ciphertext, nonce, tag));
    BOOST_REQUIRE(same.fill(expected));
    BOOST_TEST((nonce == expected));
    BOOST_TEST(cipher.open(nonce, context, ciphertext, tag).has_value());
    BOOST_TEST(cipher.seal_with_random_nonce(os_entropy(), context, message, ciphertext, nonce, tag)
                   .has_value());
}

BOOST_AUTO_TEST_CASE(short_random_nonces_are_counted) {
    aes_256_gcm cipher(test::filled_with<32>(1));
    cipher.count_random_nonces_from(aes_256_gcm::random_nonces_max - 1);
    auto bytes = message;
    aes_256_gcm::nonce nonce{};
    aes_256_gcm::tag tag{};
    auto const seal = [&] {
        return cipher.seal_with_random_nonce(os_entropy(), context, bytes, bytes, nonce, tag);
    };
    BOOST_TEST(seal().has_value());
    auto const refused = seal();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::limit_reached));
    cipher.rekey(test::filled_with<32>(2));
    BOOST_TEST(seal().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(once_is_the_same_with_the_context_of_the_thread, Aead, every_cipher) {
    sample<Aead> const s;
    auto ciphertext = message;
    typename Aead::tag tag{};
    for (int i = 0; i != 2; ++i) {  // the second time in a context that was used
        BOOST_REQUIRE(seal_once<Aead>(s.key, s.nonce, context, message, ciphertext, tag));
        BOOST_TEST((ciphertext == s.ciphertext));
        BOOST_TEST((tag == s.tag));
        std::vector<std::byte> opened(message.size());
        BOOST_REQUIRE(open_once<Aead>(s.key, s.nonce, context, ciphertext, tag, opened));
        BOOST_TEST((opened == message));
        forget_key_of_this_thread<Aead>();
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(once_takes_the_key_it_is_given_and_not_the_one_before, Aead,
                              every_cipher) {
    sample<Aead> const s;
    auto const other = test::filled_with<Aead::key_bytes>(7);
    std::vector<std::byte> first(message.size());
    std::vector<std::byte> second(message.size());
    typename Aead::tag tag{};
    BOOST_REQUIRE(seal_once<Aead>(other, s.nonce, context, message, first, tag));
    BOOST_REQUIRE(seal_once<Aead>(s.key, s.nonce, context, message, second, tag));
    BOOST_TEST((first != second));
    BOOST_TEST((second == s.ciphertext));
    BOOST_TEST(!open_once<Aead>(other, s.nonce, context, second, tag, first).has_value());
    BOOST_TEST(open_once<Aead>(s.key, s.nonce, context, second, tag, first).has_value());
}

BOOST_AUTO_TEST_CASE(threads_do_not_disturb_each_other) {
    sample<aes_256_gcm> const s;
    std::array<int, 4> wrong{};
    std::vector<std::thread> threads;
    for (auto& count : wrong)
        threads.emplace_back([&] {
            std::vector<std::byte> ciphertext(message.size());
            aes_256_gcm::tag tag{};
            for (int i = 0; i != 20'000; ++i) {
                auto const sealed =
                    seal_once<aes_256_gcm>(s.key, s.nonce, context, message, ciphertext, tag);
                count += !sealed || ciphertext != s.ciphertext || tag != s.tag;
            }
        });
    for (auto& thread : threads) thread.join();
    for (auto const count : wrong) BOOST_TEST(count == 0);
}

BOOST_AUTO_TEST_CASE(a_cipher_without_a_key_is_a_broken_program) {
    BOOST_TEST(test::died_with([] {
                   aes_256_gcm cipher;
                   aes_256_gcm::tag tag{};
                   static_cast<void>(cipher.seal(aes_256_gcm::nonce{}, {}, {}, {}, tag));
               }).has_value());
    BOOST_TEST(test::died_with([] {
                   xaes_256_gcm cipher(test::filled_with<32>(1));
                   cipher.clear();
                   static_cast<void>(
                       cipher.open(xaes_256_gcm::nonce{}, {}, {}, xaes_256_gcm::tag{}));
               }).has_value());
}

BOOST_AUTO_TEST_CASE(outputs_of_another_length_or_half_over_the_input_are_a_broken_program) {
    auto const dies = [](std::size_t from, std::size_t size) {
        return test::died_with([&] {
                   aes_256_gcm cipher(test::filled_with<32>(1));
                   std::array<std::byte, 40> bytes{};
                   aes_256_gcm::tag tag{};
                   static_cast<void>(cipher.seal(aes_256_gcm::nonce{}, {},
                                                 std::span(bytes).first(16),
                                                 std::span(bytes).subspan(from, size), tag));
               })
            .has_value();
    };
    BOOST_TEST(!dies(0, 16));
    BOOST_TEST(!dies(16, 16));
    BOOST_TEST(dies(16, 15));
    BOOST_TEST(dies(1, 16));
    BOOST_TEST(dies(15, 16));
}

BOOST_AUTO_TEST_CASE(messages_longer_than_a_nonce_serves_are_refused) {
    // Spans over memory that is not there: nothing of them is read before the refusal.
    aes_256_gcm cipher(test::filled_with<32>(1));
    auto* const nowhere = reinterpret_cast<std::byte*>(4096);
    std::span<std::byte> const longest(nowhere, aes_256_gcm::message_bytes_max + 1);
    aes_256_gcm::tag tag{};
    auto const refused = cipher.seal(aes_256_gcm::nonce{}, {}, longest, longest, tag);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(to_string(refused.error()) ==
               "out_of_range: a message of 68719476705 bytes; one nonce serves for at most "
               "68719476704: cut it into records");
}

BOOST_AUTO_TEST_SUITE_END()
