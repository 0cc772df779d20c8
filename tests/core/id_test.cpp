#include <boost/test/unit_test.hpp>
#include <compare>
#include <concepts>
#include <cryptoperiod/core/id.hpp>
#include <cstdint>
#include <string>
#include <type_traits>
#include <unordered_set>

using namespace cryptoperiod;

namespace {

struct device {
    static constexpr std::string_view name = "device id";
};
struct key {
    static constexpr char const* name = "key id";
};
struct nameless {};

using device_id = id<device>;
using key_id = id<key>;
using device_number = number_id<device>;
using key_number = number_id<key>;

static_assert(id_tag<device> && id_tag<key> && !id_tag<nameless>);

static_assert(!std::is_default_constructible_v<device_id>);  // an id is never empty
static_assert(!std::is_constructible_v<device_id, std::string>);
static_assert(!std::is_constructible_v<device_id, key_id>);
static_assert(!std::is_assignable_v<device_id&, key_id>);
static_assert(!std::is_convertible_v<device_id, std::string>);
static_assert(!std::equality_comparable_with<device_id, key_id>);
static_assert(!std::three_way_comparable_with<device_id, key_id>);
static_assert(!std::equality_comparable_with<device_id, std::string>);

static_assert(!std::is_convertible_v<std::uint32_t, device_number>);
static_assert(!std::is_constructible_v<device_number, key_number>);
static_assert(!std::equality_comparable_with<device_number, key_number>);
static_assert(!std::equality_comparable_with<device_number, std::uint32_t>);
static_assert(device_number{3} < device_number{7} && device_number{} == device_number{0});
static_assert(sizeof(device_number) == sizeof(std::uint32_t));

device_id named(std::string_view text) { return device_id::parse(text).value(); }

std::string refusal(std::string_view text) {
    auto const r = device_id::parse(text);
    return r ? "accepted" : to_string(r.error());
}

std::string number_refusal(std::string_view text) {
    auto const r = number_id<device, std::uint8_t>::parse(text);
    return r ? "accepted" : to_string(r.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(id_test)

BOOST_AUTO_TEST_CASE(an_id_is_the_text_it_was_parsed_from) {
    for (std::string const text : {"a", "02fd6835-6001-4482-a892-13bd2085f75d", "with space",
                                   "\xc3\xa9", "\xc2\xa0", "\xc2"})
        BOOST_TEST(named(text).str() == text);
    BOOST_TEST(to_string(named("a")) == "a");
}

BOOST_AUTO_TEST_CASE(an_empty_id_is_refused) {
    BOOST_TEST(refusal("") == "missing: device id is empty; give at least one byte");
}

BOOST_AUTO_TEST_CASE(the_refusal_names_the_kind_of_id) {
    BOOST_TEST(to_string(key_id::parse("").error()) ==
               "missing: key id is empty; give at least one byte");
}

BOOST_AUTO_TEST_CASE(every_control_character_is_refused_at_its_offset) {
    for (int code = 0; code != 0xa0; ++code) {
        bool const is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        std::string character(1, static_cast<char>(code));
        if (code >= 0x80) character.insert(0, 1, '\xc2');
        BOOST_TEST(refusal("ab" + character + "c") ==
                       (is_control ? "malformed: device id has a control character at offset 2; "
                                     "remove it"
                                   : "accepted"),
                   "character " << code);
    }
}

BOOST_AUTO_TEST_CASE(a_control_character_at_the_end_is_refused) {
    BOOST_TEST(refusal("a\n") ==
               "malformed: device id has a control character at offset 1; remove it");
    BOOST_TEST(refusal("a\xc2\x9f") ==
               "malformed: device id has a control character at offset 1; remove it");
}

BOOST_AUTO_TEST_CASE(the_longest_id_is_accepted_and_one_byte_more_is_refused) {
    BOOST_TEST(refusal(std::string(id_bytes_max, 'x')) == "accepted");
    BOOST_TEST(refusal(std::string(id_bytes_max + 1, 'x')) ==
               "out_of_range: device id has 257 bytes; at most 256 are allowed");
}

BOOST_AUTO_TEST_CASE(ids_compare_as_their_bytes) {
    BOOST_TEST((named("a") == named("a")));
    BOOST_TEST((named("a") != named("A")));
    BOOST_TEST((named("a") < named("ab")));
    BOOST_TEST((named("\xc3\xa9") > named("z")));
}

BOOST_AUTO_TEST_CASE(equal_ids_hash_alike_and_a_set_finds_them) {
    std::unordered_set<device_id> const ids{named("a"), named("b"), named("a")};
    BOOST_TEST(ids.size() == 2U);
    BOOST_TEST(ids.contains(named("b")));
    BOOST_TEST(!ids.contains(named("c")));
}

BOOST_AUTO_TEST_CASE(different_ids_hash_differently) {
    std::unordered_set<std::size_t> hashes;
    for (int i = 0; i != 1000; ++i) hashes.insert(std::hash<device_id>{}(named(std::to_string(i))));
    BOOST_TEST(hashes.size() > 990U);
}

BOOST_AUTO_TEST_CASE(a_number_id_round_trips_through_its_text) {
    for (std::uint32_t const number : {0U, 1U, 10U, 4294967295U}) {
        auto const back = device_number::parse(to_string(device_number{number}));
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST(back->number() == number);
    }
}

BOOST_AUTO_TEST_CASE(text_that_is_not_a_canonical_number_is_refused) {
    BOOST_TEST(number_refusal("255") == "accepted");
    BOOST_TEST(number_refusal("") == "missing: device id is empty; give a number");
    BOOST_TEST(number_refusal("256") == "out_of_range: device id is above 255");
    BOOST_TEST(number_refusal("99999999999999999999999") == "out_of_range: device id is above 255");
    BOOST_TEST(number_refusal("01") == "malformed: device id starts with a zero; remove it");
    BOOST_TEST(number_refusal("00") == "malformed: device id starts with a zero; remove it");
    for (std::string_view const text : {"-1", "+1", " 1", "x"})
        BOOST_TEST(number_refusal(text) ==
                   "malformed: device id has something other than a digit at offset 0");
    for (std::string_view const text : {"1 ", "1.0", "1e2", "0x1"})
        BOOST_TEST(number_refusal(text) ==
                   "malformed: device id has something other than a digit at offset 1");
}

BOOST_AUTO_TEST_CASE(a_set_finds_number_ids) {
    std::unordered_set<device_number> const ids{device_number{1}, device_number{2}};
    BOOST_TEST(ids.contains(device_number{2}));
    BOOST_TEST(!ids.contains(device_number{3}));
}

BOOST_AUTO_TEST_SUITE_END()
