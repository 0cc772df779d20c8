#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/json.hpp>
#include <string>
#include <string_view>

using namespace cryptoperiod;

namespace {

std::string fault(std::string_view text, json_limits limits = {}) {
    auto const value = parse_json(text, limits);
    return value ? "ok" : to_string(value.error());
}
json_value read(std::string_view text) { return parse_json(text).value(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(core_json)

BOOST_AUTO_TEST_CASE(a_document_is_written_in_one_way) {
    BOOST_TEST(
        json_text(read("{ \"b\" : [1, -2, true, null, \"x\\u00e9\"],\n\"a\":{} }")).value() ==
        "{\"a\":{},\"b\":[1,-2,true,null,\"x\u00e9\"]}");
}
BOOST_AUTO_TEST_CASE(a_text_that_is_not_utf8_is_not_written) {
    BOOST_TEST(to_string(json_text(json_value("\xff")).error()) ==
               "malformed: a text that is not UTF-8 cannot be written as JSON");
}
BOOST_AUTO_TEST_CASE(a_fault_has_its_line_and_column_and_quotes_nothing) {
    BOOST_TEST(fault("{\n  \"secret\": hunter2\n}") ==
               "malformed: this is not JSON (line 2, column 13)");
    BOOST_TEST(fault("[1 2]") == "malformed: this is not JSON (line 1, column 4)");
    BOOST_TEST(fault("[1") == "malformed: this is not JSON (line 1, column 3)");
    BOOST_TEST(fault("{} {}") == "malformed: this is not JSON (line 1, column 4)");
    BOOST_TEST(fault("\"\xff\"") == "malformed: this is not JSON (line 1, column 2)");
    BOOST_TEST(fault("\"a\nb\"") == "malformed: this is not JSON (line 1, column 3)");
}
BOOST_AUTO_TEST_CASE(what_others_forgive_is_refused) {
    for (auto const* text : {"// c\n1", "[1,]", "{\"a\":1,}", "'a'", "NaN", "01", "+1", ".5", "1.",
                             "\"\\x41\"", "\"\\ud800\"", "{a:1}", "[,]", "tru", " ", "1e999"})
        BOOST_TEST(fault(text).starts_with("malformed: this is not JSON"), text);
}
BOOST_AUTO_TEST_CASE(a_member_given_twice_is_refused_also_when_it_is_escaped) {
    BOOST_TEST(fault("{\"a\":1,\n\"a\":2}") ==
               "malformed: a member is given twice (line 2, column 3)");
    BOOST_TEST(fault("{\"a\":1,\"\\u0061\":2}").starts_with("malformed: a member is given twice"));
    BOOST_TEST(fault("{\"a\":{\"b\":1},\"b\":1}") == "ok");
}
BOOST_AUTO_TEST_CASE(limits_are_exact) {
    BOOST_TEST(fault("[[1]]", {64, 2}) == "ok");
    BOOST_TEST(fault("[[[1]]]", {64, 2}) ==
               "malformed: this is nested deeper than 2 levels (line 1, column 3)");
    BOOST_TEST(fault("12345", {5, 1}) == "ok");
    BOOST_TEST(fault("123456", {5, 1}) ==
               "input_too_large: a document of 6 bytes; at most 5 are read");
    BOOST_TEST(fault("") == "missing: an empty text is not JSON; give a document");
}
BOOST_AUTO_TEST_CASE(ten_megabytes_are_refused_by_their_size_and_depth_by_its_first_excess) {
    std::string const deep(10'000'000, '[');
    BOOST_TEST(fault(deep) ==
               "input_too_large: a document of 10,000,000 bytes; at most 65,536 are "
               "read");
    BOOST_TEST(fault(deep, {deep.size(), 16}) ==
               "malformed: this is nested deeper than 16 levels (line 1, column 17)");
}
BOOST_AUTO_TEST_CASE(a_place_says_where_it_is) {
    auto const value = read(R"({"roles":[{"id":7},{"id":"x"}]})");
    json_place const top(value, "policy");
    auto const roles = top.member("roles").value().items(1, 2).value();
    BOOST_TEST(roles[1].member("id").value().path() == "policy: roles[1].id");
    BOOST_TEST(to_string(roles[0].member("id").value().text(0, 9).error()) ==
               "malformed: policy: roles[0].id is not a text");
    BOOST_TEST(to_string(roles[1].member("name").error()) ==
               "missing: policy: roles[1].name is missing");
    BOOST_TEST(to_string(top.member("roles").value().items(3, 4).error()) ==
               "out_of_range: policy: roles has 2 items instead of 3 to 4");
    BOOST_TEST(to_string(roles[0].items(0, 1).error()) ==
               "malformed: policy: roles[0] is not an array");
    BOOST_TEST(to_string(roles[1].member("id").value().text(2, 9).error()) ==
               "out_of_range: policy: roles[1].id has 1 bytes instead of 2 to 9");
    BOOST_TEST(!roles[0].member("id").value().find("id"));
}
BOOST_AUTO_TEST_CASE(unknown_members_are_named_when_a_person_would_recognise_them) {
    static constexpr std::array<std::string_view, 2> names{"type", "state"};
    auto const told = [](std::string_view text) {
        auto const value = read(text);
        auto const sound = json_place(value, "policy").has_only(names);
        return sound ? "ok" : to_string(sound.error());
    };
    BOOST_TEST(told(R"({"type":1})") == "ok");
    BOOST_TEST(told(R"({"typ":1})") ==
               "unknown_member: policy has an unknown member 'typ'; did you mean 'type'?");
    BOOST_TEST(told("{\"a\\u001b[2J\":1}") == "unknown_member: policy has an unknown member");
    BOOST_TEST(told("{\"" + std::string(41, 'k') + "\":1}") ==
               "unknown_member: policy has an unknown member");
    BOOST_TEST(told("[]") == "malformed: policy is not an object");
}
BOOST_AUTO_TEST_CASE(members_of_any_name_come_by_name_and_are_counted) {
    auto const value = read("{\"vars\":{\"b\":\"2\",\"a\":\"1\",\"c\\u0007\":0}}");
    auto const vars = json_place(value, "device").member("vars").value();
    auto const members = vars.members(0, 3).value();
    BOOST_REQUIRE(members.size() == 3U);
    BOOST_TEST(members[0].first == "a");
    BOOST_TEST(members[0].second.text(0, 9).value() == "1");
    BOOST_TEST(members[1].second.path() == "device: vars: a member 'b'");
    BOOST_TEST(to_string(members[2].second.text(0, 9).error()) ==
               "malformed: device: vars: a member is not a text");
    BOOST_TEST(to_string(vars.members(0, 2).error()) ==
               "out_of_range: device: vars has 3 members instead of 0 to 2");
    BOOST_TEST(!vars.members(4, 9));
    BOOST_TEST(to_string(members[0].second.members(0, 9).error()) ==
               "malformed: device: vars: a member 'a' is not an object");
}
BOOST_AUTO_TEST_CASE(truth_is_true_or_false) {
    BOOST_TEST(json_place(read("true"), "t").truth().value() == true);
    BOOST_TEST(json_place(read("false"), "t").truth().value() == false);
    for (auto const* text : {"1", "0", "\"true\"", "null", "[]"})
        BOOST_TEST(to_string(json_place(read(text), "t").truth().error()) ==
                   "malformed: t is neither true nor false");
}
BOOST_AUTO_TEST_CASE(whole_numbers_are_whole_and_fit) {
    auto const number = [](std::string_view text) {
        auto const value = read(text);
        auto const out = json_place(value, "n").whole_number();
        return out ? std::to_string(*out) : to_string(out.error());
    };
    BOOST_TEST(number("9223372036854775807") == "9223372036854775807");
    BOOST_TEST(number("-9223372036854775808") == "-9223372036854775808");
    BOOST_TEST(number("9223372036854775808") == "out_of_range: n is beyond 63 bits");
    BOOST_TEST(number("99999999999999999999") == "malformed: n is not a whole number");
    BOOST_TEST(number("1.0") == "malformed: n is not a whole number");
    BOOST_TEST(number("1e3") == "malformed: n is not a whole number");
    BOOST_TEST(number("true") == "malformed: n is not a whole number");
    BOOST_TEST(number("\"1\"") == "malformed: n is not a whole number");
}

BOOST_AUTO_TEST_CASE(a_value_that_is_wiped_has_no_text_left) {
    auto value =
        parse_json(R"({"a":"secret","b":[1,"secret",{"c":"a longer secret, of its own"}]})");
    BOOST_TEST_REQUIRE(value.has_value());
    wipe(*value);
    BOOST_TEST(json_text(*value).value() == R"({"a":"","b":[1,"",{"c":""}]})");
}
BOOST_AUTO_TEST_CASE(a_boolean_and_an_object_are_asked_for) {
    json_value const value{{"yes", true}, {"no", false}, {"one", 1}};
    json_place const place(value, "document");
    BOOST_TEST(place.member("yes")->boolean().value());
    BOOST_TEST(!place.member("no")->boolean().value());
    BOOST_TEST(place.member("one")->boolean().error().detail ==
               "document: one is neither true nor false");
    BOOST_TEST(place.object().has_value());
    BOOST_TEST(place.member("one")->object().error().detail == "document: one is not an object");
}

BOOST_AUTO_TEST_SUITE_END()
