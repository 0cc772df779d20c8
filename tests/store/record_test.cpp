#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/store/record.hpp>

#include "store/opened.hpp"
#include "store/samples.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::test;

namespace {

using byte_string = std::vector<std::byte>;

template <class T>
byte_string encoded(T const& value) {
    auto const bytes = store::encode(value);
    BOOST_REQUIRE_MESSAGE(bytes, to_string(bytes.error()));
    return {bytes->expose().begin(), bytes->expose().end()};
}
template <class T>
result<T> decoded(std::span<std::byte const> bytes) {
    return store::decode<T>(opened(bytes));
}
template <class T>
error refusal_of(std::span<std::byte const> bytes) {
    auto const value = decoded<T>(bytes);
    return value ? error{} : value.error();
}

// Bytes of a record, written by hand.
struct by_hand {
    byte_string bytes;

    by_hand& number(std::uint32_t value) {
        for (unsigned i = 0; i != 4; ++i) bytes.push_back(std::byte(value >> (8 * i) & 0xffU));
        return *this;
    }
    by_hand& text(std::string_view text) {
        number(static_cast<std::uint32_t>(text.size()));
        for (auto const byte : bytes_of(text)) bytes.push_back(byte);
        return *this;
    }
    by_hand& byte(int value) { return bytes.push_back(std::byte(value)), *this; }
};
by_hand head(std::string_view schema, std::uint32_t version = 1) {
    return by_hand{}.text(schema).number(version);
}

// A record of one member.
template <class T>
struct one {
    static constexpr std::string_view schema = "one";
    static constexpr std::uint32_t schema_version = 1;
    T member{};
    template <class Archive>
    void serialize(Archive& archive) {
        archive(member);
    }
};

struct counted {
    inline static int made = 0;
    char c = 0;
    counted() { ++made; }
    counted(counted const&) = default;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(c);
    }
};

struct small {
    static constexpr std::string_view schema = "small";
    static constexpr std::uint32_t schema_version = 3;
    std::string text = "ab";
    std::int16_t number = -2;
    bool yes = true;
    double half = 0.5;
    std::vector<std::uint16_t> list{1, 0x0203};
    template <class Archive>
    void serialize(Archive& archive, std::uint32_t) {
        archive(text, number, yes, half, list);
    }
};

tree nested(std::size_t levels) {
    tree t;
    while (levels-- != 0) {
        tree above;
        above.branches.push_back(std::move(t));
        t = std::move(above);
    }
    return t;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_test)

BOOST_AUTO_TEST_CASE(a_record_comes_back_member_by_member) {
    auto const before = full_sample();
    auto const after = decoded<everything>(encoded(before));
    BOOST_REQUIRE_MESSAGE(after, to_string(after.error()));
    BOOST_TEST(after->yes);
    BOOST_TEST(after->below_zero == -2);
    BOOST_TEST(after->share == 0.05);
    BOOST_TEST(after->text == before.text);
    BOOST_TEST(equal_in_constant_time(after->secret, before.secret));
    BOOST_TEST((after->tag == before.tag));
    BOOST_TEST(after->numbers == before.numbers);
    BOOST_TEST((after->flags == before.flags));
    BOOST_TEST(after->names == before.names);
    BOOST_TEST((after->platforms == before.platforms));
    BOOST_TEST((after->set == before.set));
    BOOST_TEST((after->perhaps == before.perhaps));
    BOOST_TEST((after->either == before.either));
    BOOST_TEST((after->both == before.both));
    BOOST_TEST((after->root == before.root));
    BOOST_TEST(after->late == "late");
}

BOOST_AUTO_TEST_CASE(the_bytes_are_the_documented_ones) {
    BOOST_TEST(to_hex(encoded(small{})) ==
               "05000000"
               "736d616c6c"
               "03000000"  // small, version 3
               "02000000"
               "6162"
               "feff"
               "01"
               "000000000000e03f"
               "02000000"
               "0100"
               "0302");
}

BOOST_AUTO_TEST_CASE(every_cut_is_refused) {
    auto const bytes = encoded(full_sample());
    for (std::size_t size = 0; size != bytes.size(); ++size) {
        auto const refused = refusal_of<everything>(std::span(bytes).first(size));
        BOOST_TEST((refused.code == errc::record_corrupt), size << ": " << to_string(refused));
    }
}

BOOST_AUTO_TEST_CASE(trailing_bytes_are_refused) {
    auto bytes = encoded(full_sample());
    bytes.push_back(std::byte{0});
    BOOST_TEST(
        (refusal_of<everything>(bytes) ==
         error{errc::record_corrupt, "not a record 'everything': bytes follow its last member"}));
}

BOOST_AUTO_TEST_CASE(what_survives_a_flipped_bit_is_written_as_those_very_bytes) {
    auto const bytes = encoded(full_sample());
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit != bytes.size() * 8; ++bit) {
        auto flipped = bytes;
        flipped[bit / 8] ^= std::byte{1} << (bit % 8);
        auto const value = decoded<everything>(flipped);
        if (!value) continue;
        ++accepted;
        BOOST_TEST((encoded(*value) == flipped), "bit " << bit);
    }
    BOOST_TEST(accepted > 0U);  // which is why only verified bytes come this far
    BOOST_TEST(accepted < bytes.size() * 8);
}

BOOST_AUTO_TEST_CASE(a_record_of_another_kind_is_refused) {
    auto const refused = refusal_of<one<std::string>>(encoded(full_sample()));
    BOOST_TEST(
        (refused == error{errc::record_corrupt, "not a record 'one': it is of another kind"}));
    BOOST_TEST(
        (refusal_of<one<std::string>>(head("two").text("").bytes).code == errc::record_corrupt));
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_refused_and_says_what_to_do) {
    auto const refused = refusal_of<one<std::string>>(head("one", 2).text("").bytes);
    BOOST_TEST((refused == error{errc::unknown_version,
                                 "not a record 'one': it is of version 2, this build reads up to "
                                 "1; update it"}));
    BOOST_TEST((refusal_of<one<std::string>>(head("one", 0).text("").bytes).code ==
                errc::unknown_version));
}

BOOST_AUTO_TEST_CASE(an_older_version_is_read_without_its_later_members) {
    auto bytes = encoded(full_sample());
    bytes.erase(bytes.end() - 8, bytes.end());  // the text `late`
    bytes[4 + everything::schema.size()] = std::byte{1};
    auto const value = decoded<everything>(bytes);
    BOOST_REQUIRE_MESSAGE(value, to_string(value.error()));
    BOOST_TEST(value->late.empty());
    BOOST_TEST(value->names.size() == 3U);
}

BOOST_AUTO_TEST_CASE(nothing_is_made_for_a_length_beyond_the_bytes_that_are_left) {
    using list = one<std::vector<counted>>;
    for (std::uint32_t const count : {2U, 1U << 15U, 1U << 31U, 0xffff'ffffU}) {
        counted::made = 0;
        auto const bytes = head("one").number(count).byte('a').bytes;
        BOOST_TEST(
            (refusal_of<list>(bytes) ==
             error{errc::record_corrupt, "not a record 'one': a length exceeds what is left"}));
        BOOST_TEST(counted::made == 0);
    }
    BOOST_TEST((refusal_of<one<std::string>>(head("one").number(0x8000'0000U).bytes).code ==
                errc::record_corrupt));
    BOOST_TEST((refusal_of<one<byte_string>>(head("one").number(2).byte(1).bytes).code ==
                errc::record_corrupt));
    BOOST_TEST((refusal_of<one<secret_bytes>>(head("one").number(2).byte(1).bytes).code ==
                errc::record_corrupt));
}

BOOST_AUTO_TEST_CASE(a_record_has_so_many_items_and_no_more) {
    using list = one<std::vector<counted>>;
    list most;
    most.member.resize(store::record_items_max);
    auto bytes = encoded(most);
    BOOST_TEST(decoded<list>(bytes).has_value());
    most.member.resize(store::record_items_max + 1);
    BOOST_TEST((store::encode(most).error() ==
                error{errc::store_too_large,
                      "a record 'one' cannot be written: it has more than 65,536 items"}));
    bytes[4 + 3 + 4] = std::byte{1};  // 65,537 items
    bytes.push_back(std::byte{0});
    counted::made = 0;
    BOOST_TEST((refusal_of<list>(bytes).code == errc::store_too_large));
    BOOST_TEST(counted::made == 0);
}

BOOST_AUTO_TEST_CASE(the_items_of_all_containers_count_together) {
    one<std::vector<std::vector<char>>> lists;
    lists.member.assign(3, std::vector<char>(store::record_items_max / 3));
    BOOST_TEST((store::encode(lists).error().code == errc::store_too_large));
    lists.member.pop_back();
    BOOST_TEST(store::encode(lists).has_value());
}

BOOST_AUTO_TEST_CASE(the_bytes_of_texts_are_not_items) {
    using texts = one<std::pair<std::string, byte_string>>;
    texts large;
    large.member.first.assign(200'000, 't');
    large.member.second.assign(200'000, std::byte{1});
    auto const value = decoded<texts>(encoded(large));
    BOOST_REQUIRE(value.has_value());
    BOOST_TEST((value->member == large.member));
}

BOOST_AUTO_TEST_CASE(a_record_fits_into_a_store_with_its_envelope) {
    one<std::string> largest;
    largest.member.assign(store::record_bytes_max - 4 - 3 - 4 - 4, 't');
    auto bytes = encoded(largest);
    BOOST_TEST(bytes.size() == store::record_bytes_max);
    BOOST_TEST(bytes.size() + 4096 <= store::value_bytes_max);
    BOOST_TEST(decoded<one<std::string>>(bytes).has_value());
    largest.member += 't';
    BOOST_TEST((store::encode(largest).error() ==
                error{errc::store_too_large,
                      "a record 'one' cannot be written: it has more than 1,044,480 bytes"}));
    bytes.push_back(std::byte{0});
    BOOST_TEST((refusal_of<one<std::string>>(bytes).code == errc::store_too_large));
}

BOOST_AUTO_TEST_CASE(nesting_has_a_limit_long_before_the_stack_ends) {
    // record, member; and two levels for each tree: itself and its list.
    std::size_t const levels = (store::record_depth_max - 1) / 2 - 1;
    one<tree> deep;
    deep.member = nested(levels);
    auto const value = decoded<one<tree>>(encoded(deep));
    BOOST_REQUIRE_MESSAGE(value, to_string(value.error()));
    BOOST_TEST((value->member == deep.member));
    deep.member = nested(levels + 1);
    BOOST_TEST((store::encode(deep).error() ==
                error{errc::store_too_large,
                      "a record 'one' cannot be written: it is nested deeper than 64 levels"}));
    auto abyss = head("one");
    for (int i = 0; i != 60'000; ++i) abyss.number(1);
    BOOST_TEST((refusal_of<one<tree>>(abyss.number(0).bytes).code == errc::store_too_large));
}

BOOST_AUTO_TEST_CASE(a_bool_is_0_or_1) {
    BOOST_TEST(decoded<one<bool>>(head("one").byte(1).bytes)->member);
    BOOST_TEST(!decoded<one<bool>>(head("one").byte(0).bytes)->member);
    BOOST_TEST((refusal_of<one<bool>>(head("one").byte(2).bytes) ==
                error{errc::record_corrupt, "not a record 'one': a bool is neither 0 nor 1"}));
}

BOOST_AUTO_TEST_CASE(a_map_has_each_key_once_and_in_order) {
    using map = one<std::map<std::string, bool>>;
    auto const two = [](std::string_view a, std::string_view b) {
        return head("one").number(2).text(a).byte(1).text(b).byte(0).bytes;
    };
    BOOST_TEST(decoded<map>(two("a", "b")).has_value());
    for (auto const& [a, b] : {std::pair{"a", "a"}, {"b", "a"}})
        BOOST_TEST((refusal_of<map>(two(a, b)) ==
                    error{errc::record_corrupt,
                          "not a record 'one': its value is written in another way"}));
}

BOOST_AUTO_TEST_CASE(a_variant_has_no_alternative_beyond_its_own) {
    using either = one<std::variant<bool, std::string>>;
    BOOST_TEST(decoded<either>(head("one").number(1).text("a").bytes).has_value());
    for (std::uint32_t const index : {2U, 0xffff'ffffU})
        BOOST_TEST((refusal_of<either>(head("one").number(index).text("a").bytes) ==
                    error{errc::record_corrupt, "not a record 'one': a member has no such value"}));
}

BOOST_AUTO_TEST_CASE(what_validate_refuses_is_no_record) {
    auto wrong = full_sample();
    wrong.perhaps->paint = static_cast<colour>(2);
    BOOST_TEST((refusal_of<everything>(encoded(wrong)) ==
                error{errc::record_corrupt,
                      "not a record 'everything': a platform has a colour that does not exist"}));
}

BOOST_AUTO_TEST_CASE(no_refusal_repeats_bytes_of_the_record) {
    auto sample = full_sample();
    sample.text = sample.late = "SECRET";
    auto const bytes = encoded(sample);
    for (std::size_t at = 0; at != bytes.size(); ++at)
        for (auto const with : {std::byte{0}, std::byte{0x53}, std::byte{0xff}}) {
            auto changed = bytes;
            changed[at] = with;
            auto const refused = refusal_of<everything>(changed);
            BOOST_TEST(refused.detail.find("SECRE") == std::string::npos);
        }
}

BOOST_AUTO_TEST_SUITE_END()
