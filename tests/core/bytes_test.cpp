#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace cryptoperiod;

namespace {

using bytes = std::vector<std::byte>;

// RFC 4648 section 10.
struct vector_case {
    std::string_view text, base64, base64url_unpadded, base16;
};
constexpr std::array rfc_4648_vectors{
    vector_case{"", "", "", ""},
    vector_case{"f", "Zg==", "Zg", "66"},
    vector_case{"fo", "Zm8=", "Zm8", "666F"},
    vector_case{"foo", "Zm9v", "Zm9v", "666F6F"},
    vector_case{"foob", "Zm9vYg==", "Zm9vYg", "666F6F62"},
    vector_case{"fooba", "Zm9vYmE=", "Zm9vYmE", "666F6F6261"},
    vector_case{"foobar", "Zm9vYmFy", "Zm9vYmFy", "666F6F626172"},
};

std::string text_of(bytes const& data) {
    return {reinterpret_cast<char const*>(data.data()), data.size()};
}

std::string answer(result<bytes> const& r) { return r ? "accepted" : to_string(r.error()); }

std::string lower(std::string_view text) {
    std::string folded(text);
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return folded;
}

bytes draw_bytes(std::mt19937_64& random) {
    bytes data(random() % 70);
    for (auto& byte : data) byte = static_cast<std::byte>(random() & 0xffU);
    return data;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bytes_test)

BOOST_AUTO_TEST_CASE(the_vectors_of_rfc_4648_encode) {
    for (auto const& v : rfc_4648_vectors) {
        BOOST_TEST(to_base64(bytes_of(v.text)) == v.base64);
        BOOST_TEST(to_base64(bytes_of(v.text), padding::none) == v.base64url_unpadded);
        BOOST_TEST(to_base64url(bytes_of(v.text)) == v.base64url_unpadded);
        BOOST_TEST(to_base64url(bytes_of(v.text), padding::required) == v.base64);
        BOOST_TEST(to_hex(bytes_of(v.text)) == lower(v.base16));
    }
}

BOOST_AUTO_TEST_CASE(the_vectors_of_rfc_4648_decode) {
    for (auto const& v : rfc_4648_vectors) {
        BOOST_TEST(text_of(from_base64(v.base64).value()) == v.text);
        BOOST_TEST(text_of(from_base64(v.base64url_unpadded, padding::none).value()) == v.text);
        BOOST_TEST(text_of(from_base64url(v.base64url_unpadded).value()) == v.text);
        BOOST_TEST(text_of(from_base64url(v.base64, padding::required).value()) == v.text);
        BOOST_TEST(text_of(from_hex(v.base16).value()) == v.text);
        BOOST_TEST(text_of(from_hex(lower(v.base16)).value()) == v.text);
    }
}

BOOST_AUTO_TEST_CASE(the_whole_alphabet_in_order) {
    // 48 bytes whose sextets are 0, 1, ... 63: tables 1 and 2 of RFC 4648.
    bytes data;
    for (unsigned i = 0; i != 64; i += 4) {
        unsigned const group = i << 18U | (i + 1) << 12U | (i + 2) << 6U | (i + 3);
        for (unsigned const shift : {16U, 8U, 0U})
            data.push_back(static_cast<std::byte>(group >> shift & 0xffU));
    }
    std::string const common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    BOOST_TEST(to_base64(data) == common + "+/");
    BOOST_TEST(to_base64url(data) == common + "-_");
    BOOST_TEST((from_base64(common + "+/").value() == data));
    BOOST_TEST((from_base64url(common + "-_").value() == data));
}

BOOST_AUTO_TEST_CASE(every_byte_has_its_hex) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string all;
    bytes data;
    for (unsigned i = 0; i != 256; ++i) {
        data.push_back(static_cast<std::byte>(i));
        all += digits[i / 16];
        all += digits[i % 16];
    }
    BOOST_TEST(to_hex(data) == all);
    BOOST_TEST((from_hex(all).value() == data));
}

BOOST_AUTO_TEST_CASE(random_bytes_round_trip) {
    std::mt19937_64 random(4648);
    for (int run = 0; run != 2000; ++run) {
        auto const data = draw_bytes(random);
        BOOST_TEST_REQUIRE((from_hex(to_hex(data)).value() == data));
        for (auto const pad : {padding::required, padding::none}) {
            BOOST_TEST_REQUIRE((from_base64(to_base64(data, pad), pad).value() == data));
            BOOST_TEST_REQUIRE((from_base64url(to_base64url(data, pad), pad).value() == data));
        }
    }
}

BOOST_AUTO_TEST_CASE(each_pair_of_characters_is_refused_or_the_only_spelling_of_its_byte) {
    int accepted = 0;
    int accepted_hex = 0;
    for (unsigned pair = 0; pair != 0x10000; ++pair) {
        std::string const text{static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xffU)};
        if (auto const r = from_base64url(text)) {
            ++accepted;
            BOOST_TEST(to_base64url(*r) == text);
        }
        if (auto const r = from_hex(text)) {
            ++accepted_hex;
            BOOST_TEST(to_hex(*r) == lower(text));
        }
    }
    BOOST_TEST(accepted == 256);
    BOOST_TEST(accepted_hex == 22 * 22);
}

BOOST_AUTO_TEST_CASE(each_triple_of_characters_is_refused_or_the_only_spelling_of_its_bytes) {
    constexpr std::string_view characters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\n";
    std::set<std::string> seen;
    for (char const a : characters)
        for (char const b : characters)
            for (char const c : characters) {
                std::string const text{a, b, c};
                auto const r = from_base64(text, padding::none);
                if (!r) continue;
                BOOST_TEST_REQUIRE(to_base64(*r, padding::none) == text);
                BOOST_TEST_REQUIRE(seen.insert(to_hex(*r)).second);
            }
    BOOST_TEST(seen.size() == 65536U);
}

BOOST_AUTO_TEST_CASE(malformed_base64_is_refused_at_its_offset) {
    auto const base64 = [](std::string_view text) { return answer(from_base64(text)); };
    BOOST_TEST(base64("Zg=") == "malformed: base64: the length is not a multiple of 4 (offset 3)");
    BOOST_TEST(base64("Zg") == "malformed: base64: the length is not a multiple of 4 (offset 2)");
    BOOST_TEST(base64("Zm9vY") ==
               "malformed: base64: the length is not a multiple of 4 (offset 5)");
    BOOST_TEST(base64("=") == "malformed: base64: the length is not a multiple of 4 (offset 1)");
    BOOST_TEST(base64("====") == "malformed: base64: more than two '=' (offset 0)");
    BOOST_TEST(base64("Z===") == "malformed: base64: more than two '=' (offset 1)");
    BOOST_TEST(base64("Zg==Zg==") == "malformed: base64: not of the alphabet (offset 2)");
    BOOST_TEST(base64("Z=g=") == "malformed: base64: not of the alphabet (offset 1)");
    BOOST_TEST(base64("Zm9-") == "malformed: base64: not of the alphabet (offset 3)");
    BOOST_TEST(base64("Zm_v") == "malformed: base64: not of the alphabet (offset 2)");
    BOOST_TEST(base64("Zm9v\n\n\n\n") == "malformed: base64: not of the alphabet (offset 4)");
    BOOST_TEST(base64(" m9v") == "malformed: base64: not of the alphabet (offset 0)");
    BOOST_TEST(base64(std::string_view("Zm\0v", 4)) ==
               "malformed: base64: not of the alphabet (offset 2)");
    BOOST_TEST(base64("Zm9\xc3") == "malformed: base64: not of the alphabet (offset 3)");
    BOOST_TEST(base64("Zh==") == "malformed: base64: the bits left over are not zero (offset 1)");
    BOOST_TEST(base64("Zm9=") == "malformed: base64: the bits left over are not zero (offset 2)");
    BOOST_TEST(base64("AAAAZm9=") ==
               "malformed: base64: the bits left over are not zero (offset 6)");
}

BOOST_AUTO_TEST_CASE(malformed_base64url_is_refused_at_its_offset) {
    auto const url = [](std::string_view text) { return answer(from_base64url(text)); };
    BOOST_TEST(url("Zg==") ==
               "malformed: base64url: padding is not allowed here; remove the '=' (offset 2)");
    BOOST_TEST(url("Zm9v=") ==
               "malformed: base64url: padding is not allowed here; remove the '=' (offset 4)");
    BOOST_TEST(url("Zm9vY") ==
               "malformed: base64url: the last character stands alone; text is cut off (offset 4)");
    BOOST_TEST(url("Zm+v") == "malformed: base64url: not of the alphabet (offset 2)");
    BOOST_TEST(url("Zm9/") == "malformed: base64url: not of the alphabet (offset 3)");
    BOOST_TEST(url("Zm 9v") ==
               "malformed: base64url: the last character stands alone; text is cut off (offset 4)");
    BOOST_TEST(url("Z m9v=") ==
               "malformed: base64url: padding is not allowed here; remove the '=' (offset 5)");
    BOOST_TEST(url("Zm8 Zg") == "malformed: base64url: not of the alphabet (offset 3)");
    BOOST_TEST(url("Zh") == "malformed: base64url: the bits left over are not zero (offset 1)");
    BOOST_TEST(answer(from_base64url("Zg", padding::required)) ==
               "malformed: base64url: the length is not a multiple of 4 (offset 2)");
}

BOOST_AUTO_TEST_CASE(malformed_hex_is_refused_at_its_offset) {
    auto const hex = [](std::string_view text) { return answer(from_hex(text)); };
    BOOST_TEST(hex("0") == "malformed: hex: odd number of digits (offset 1)");
    BOOST_TEST(hex("abc") == "malformed: hex: odd number of digits (offset 3)");
    BOOST_TEST(hex("0x12") == "malformed: hex: not a hex digit (offset 1)");
    BOOST_TEST(hex("ag") == "malformed: hex: not a hex digit (offset 1)");
    BOOST_TEST(hex("12 34") == "malformed: hex: not a hex digit (offset 2)");
    BOOST_TEST(hex("12:34") == "malformed: hex: not a hex digit (offset 2)");
    BOOST_TEST(hex("1234\n") == "malformed: hex: not a hex digit (offset 4)");
    BOOST_TEST(hex("-1") == "malformed: hex: not a hex digit (offset 0)");
}

BOOST_AUTO_TEST_CASE(an_error_never_repeats_the_text) {
    std::string const secret_text = "c2VjcmV0IQ!!";
    for (auto const& said : {answer(from_base64(secret_text)), answer(from_base64url(secret_text)),
                             answer(from_hex(secret_text))})
        for (std::size_t i = 0; i + 4 <= secret_text.size(); ++i)
            BOOST_TEST(said.find(secret_text.substr(i, 4)) == std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(bytes_of_a_text_are_a_view_of_it) {
    std::string const text("a\0\xff", 3);
    auto const view = bytes_of(text);
    BOOST_TEST(view.size() == 3U);
    BOOST_TEST(static_cast<void const*>(view.data()) == static_cast<void const*>(text.data()));
    BOOST_TEST(to_hex(view) == "6100ff");
    BOOST_TEST(bytes_of("").empty());
}

BOOST_AUTO_TEST_SUITE_END()
