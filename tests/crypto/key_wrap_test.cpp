#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/key_wrap.hpp>
#include <vector>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

namespace {

using wrapper = aes_key_wrap<32>;

template <std::size_t Size>
concept wraps_under = requires(std::array<std::byte, Size> const& key) {
    aes_key_wrap<32>(key);
};
static_assert(wraps_under<32>);
static_assert(!wraps_under<16>);
static_assert(!std::is_copy_constructible_v<wrapper>);

std::vector<std::byte> counted(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i != size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + 1);
    return bytes;
}
std::vector<std::byte> wrapped(wrapper& w, bytes_view key) {
    std::vector<std::byte> bytes(wrapper::wrapped_bytes(key.size()));
    BOOST_REQUIRE(w.wrap(key, bytes));
    return bytes;
}
std::vector<std::byte> padded(wrapper& w, bytes_view key) {
    std::vector<std::byte> bytes(wrapper::padded_bytes(key.size()));
    BOOST_REQUIRE(w.wrap_padded(key, bytes));
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_wrap_test)

BOOST_AUTO_TEST_CASE(wrapping_gives_the_answers_of_rfc_3394) {
    // Sections 4.1 and 4.6.
    aes_key_wrap<16> small(unhex<16>("000102030405060708090a0b0c0d0e0f"));
    std::vector<std::byte> bytes(24);
    BOOST_REQUIRE(small.wrap(unhex("00112233445566778899aabbccddeeff"), bytes));
    BOOST_TEST(to_hex(bytes) == "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5");
    wrapper w(unhex<32>("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    BOOST_TEST(to_hex(wrapped(w, unhex("00112233445566778899aabbccddeeff"
                                       "000102030405060708090a0b0c0d0e0f"))) ==
               "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}

BOOST_AUTO_TEST_CASE(wrapping_gives_the_answers_of_rfc_5649) {
    // Section 6: 20 bytes, and 7 bytes that fit into one block.
    aes_key_wrap<24> w(unhex<24>("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"));
    std::vector<std::byte> bytes(32);
    BOOST_REQUIRE(w.wrap_padded(unhex("c37b7e6492584340bed12207808941155068f738"), bytes));
    BOOST_TEST(to_hex(bytes) == "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
    bytes.resize(16);
    BOOST_REQUIRE(w.wrap_padded(unhex("466f7250617369"), bytes));
    BOOST_TEST(to_hex(bytes) == "afbeb0f07dfbf5419200f2ccb50bb24f");
}

BOOST_AUTO_TEST_CASE(keys_of_every_length_come_back) {
    wrapper w(test::filled_with<32>(1));
    for (std::size_t size = 1; size != 200; ++size) {
        auto const key = counted(size);
        auto const opened = w.unwrap_padded(padded(w, key));
        BOOST_REQUIRE(opened.has_value());
        BOOST_REQUIRE(equal_in_constant_time(*opened, key));
    }
    for (std::size_t size = 16; size != 200; size += 8) {
        auto const key = counted(size);
        auto const opened = w.unwrap(wrapped(w, key));
        BOOST_REQUIRE(opened.has_value());
        BOOST_REQUIRE(equal_in_constant_time(*opened, key));
    }
}

BOOST_AUTO_TEST_CASE(keys_of_a_known_length_come_back_without_memory_of_their_own) {
    wrapper w(test::filled_with<32>(1));
    auto const key = counted(32);
    auto const bytes = padded(w, key);
    auto const opened = w.unwrap_padded<32>(std::span(bytes).first<40>());
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(equal_in_constant_time(opened->expose(), key));
    auto const plain = wrapped(w, key);
    auto const same = w.unwrap<32>(std::span(plain).first<40>());
    BOOST_REQUIRE(same.has_value());
    BOOST_TEST(equal_in_constant_time(same->expose(), key));
    // 31 bytes need the same room: they are not a key of 32.
    auto const shorter = padded(w, counted(31));
    BOOST_TEST((w.unwrap_padded<32>(std::span(shorter).first<40>()).error().code ==
                errc::authentication_failed));
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_refused) {
    wrapper w(test::filled_with<32>(1));
    for (std::size_t const size : {1U, 8U, 9U, 32U}) {
        auto bytes = padded(w, counted(size));
        test::for_every_flipped_bit(bytes, [&] {
            auto const refused = w.unwrap_padded(bytes);
            BOOST_REQUIRE(!refused);
            BOOST_REQUIRE((refused.error().code == errc::authentication_failed));
        });
    }
    auto bytes = wrapped(w, counted(32));
    test::for_every_flipped_bit(bytes, [&] { BOOST_REQUIRE(!w.unwrap(bytes)); });
    w.rekey(test::filled_with<32>(2));
    BOOST_TEST((w.unwrap(bytes).error().code == errc::authentication_failed));
}

BOOST_AUTO_TEST_CASE(a_header_with_a_wrong_length_or_padding_is_refused) {
    // Made by hand under the same key: 16 bytes of key room, and what the header says of them.
    std::array<std::byte, 32> const key = test::filled_with<32>(1);
    wrapper w(key);
    crypto::detail::aes_encryption cipher;
    cipher.set_key(key);
    auto const made = [&](std::uint32_t size, std::size_t padding_from) {
        std::vector<std::byte> bytes(24, std::byte{0});
        auto const header = unhex("a65959a6");
        std::ranges::copy(header, bytes.begin());
        for (unsigned i = 0; i != 4; ++i)
            bytes[4 + i] = static_cast<std::byte>(size >> (24 - 8 * i) & 0xffU);
        for (std::size_t i = 8; i != 8 + padding_from; ++i) bytes[i] = std::byte{0x77};
        crypto::detail::wrap_rounds(std::span(bytes).first<8>(), std::span(bytes).subspan(8))
            .wrap(cipher);
        return bytes;
    };
    for (std::uint32_t size = 0; size != 40; ++size) {
        BOOST_TEST(w.unwrap_padded(made(size, std::min<std::size_t>(size, 16))).has_value() ==
                       (size > 8 && size <= 16),
                   size);
        if (size < 16)
            BOOST_TEST(!w.unwrap_padded(made(size, size + 1)).has_value(),
                       size << " and padding that is not zero");
    }
    for (std::uint32_t const size : {0x1000'0010U, 0x8000'0010U, 0xffff'fff0U})
        BOOST_TEST(!w.unwrap_padded(made(size, 16)).has_value(), size);
}

BOOST_AUTO_TEST_CASE(what_one_method_wrapped_the_other_does_not_unwrap) {
    wrapper w(test::filled_with<32>(1));
    BOOST_TEST(!w.unwrap(padded(w, counted(32))).has_value());
    BOOST_TEST(!w.unwrap_padded(wrapped(w, counted(32))).has_value());
}

BOOST_AUTO_TEST_CASE(lengths_that_nobody_wrapped_are_malformed) {
    wrapper w(test::filled_with<32>(1));
    for (std::size_t const size : {0U, 1U, 7U, 8U, 15U, 16U, 17U, 23U, 25U, 31U})
        BOOST_TEST((w.unwrap(std::vector<std::byte>(size)).error().code == errc::malformed), size);
    for (std::size_t const size : {0U, 1U, 8U, 15U, 17U, 23U, 25U})
        BOOST_TEST((w.unwrap_padded(std::vector<std::byte>(size)).error().code == errc::malformed),
                   size);
    std::vector<std::byte> const huge(wrapper::wrapped_key_bytes_max + 16);
    BOOST_TEST(to_string(w.unwrap(huge).error()) == "malformed: no wrapped key has 1048592 bytes");
    BOOST_TEST((w.unwrap_padded(huge).error().code == errc::malformed));
}

BOOST_AUTO_TEST_CASE(keys_of_a_length_that_cannot_be_wrapped_are_refused) {
    wrapper w(test::filled_with<32>(1));
    std::vector<std::byte> room(64);
    for (std::size_t const size : {0U, 1U, 8U, 15U, 17U, 31U})
        BOOST_TEST((w.wrap(counted(size), room).error().code == errc::key_refused), size);
    BOOST_TEST(to_string(w.wrap(counted(8), room).error()) ==
               "key_refused: a key of 8 bytes cannot be wrapped without padding; allowed: "
               "multiples of 8 from 16 to 2^20; wrap_padded takes any length");
    BOOST_TEST((w.wrap_padded({}, room).error().code == errc::key_refused));
    BOOST_TEST((w.wrap_padded(std::vector<std::byte>((1U << 20U) + 1), room).error().code ==
                errc::key_refused));
}

BOOST_AUTO_TEST_SUITE_END()
