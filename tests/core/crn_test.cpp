#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

using namespace cryptoperiod;
using namespace std::string_literals;

namespace {

constexpr std::string_view key_crn =
    "crn:v1:bluemix:public:kms:us-south:a/f047b55a3362ac06afad8a3f2f5586ea:"
    "12e8c9c2-a162-472d-b7d6-8b9a86b815a6:key:02fd6835-6001-4482-a892-13bd2085f75d";

std::string answer(std::string_view text) {
    auto const r = parse_crn(text);
    return r ? "accepted" : to_string(r.error());
}

struct malformed_case {
    std::string text;
    std::string answer;
};

std::vector<malformed_case> const malformed_cases{
    // the whole
    {"", "missing: crn: empty; give ten segments"},
    {"crn", "malformed: crn: version is missing; a crn has ten segments, this one 1"},
    {"crn:v1", "malformed: crn: cname is missing; a crn has ten segments, this one 2"},
    {"crn:v1:bluemix", "malformed: crn: ctype is missing; a crn has ten segments, this one 3"},
    {"crn:v1:bluemix:public",
     "malformed: crn: service-name is missing; a crn has ten segments, this one 4"},
    {"crn:v1:bluemix:public:kms",
     "malformed: crn: location is missing; a crn has ten segments, this one 5"},
    {"crn:v1:bluemix:public:kms:eu-de",
     "malformed: crn: scope is missing; a crn has ten segments, this one 6"},
    {"crn:v1:bluemix:public:kms:eu-de:",
     "malformed: crn: service-instance is missing; a crn has ten segments, this one 7"},
    {"crn:v1:bluemix:public:kms:eu-de::",
     "malformed: crn: resource-type is missing; a crn has ten segments, this one 8"},
    {"crn:v1:bluemix:public:kms:eu-de:::",
     "malformed: crn: resource is missing; a crn has ten segments, this one 9"},
    {"crn:v1:bluemix:public:kms:eu-de::::" + std::string(crn_bytes_max, 'x'),
     "out_of_range: crn: 2083 bytes; at most 2048 are allowed"},
    // prefix
    {":v1:bluemix:public:kms:eu-de::::", "malformed: crn: prefix is empty"},
    {"arn:v1:bluemix:public:kms:eu-de::::", "malformed: crn: prefix is not 'crn'"},
    {"crnn:v1:bluemix:public:kms:eu-de::::", "malformed: crn: prefix is not 'crn'"},
    {"CRN:v1:bluemix:public:kms:eu-de::::",
     "malformed: crn: prefix may not hold 'C' (offset 0); allowed: a-z"},
    {" crn:v1:bluemix:public:kms:eu-de::::",
     "malformed: crn: prefix may not hold 0x20 (offset 0); allowed: a-z"},
    {"\xef\xbb\xbf"
     "crn:v1:bluemix:public:kms:eu-de::::",
     "malformed: crn: prefix may not hold 0xef (offset 0); allowed: a-z"},
    // version
    {"crn::bluemix:public:kms:eu-de::::", "malformed: crn: version is empty"},
    {"crn:v2:bluemix:public:kms:eu-de::::", "malformed: crn: version is not 'v1'"},
    {"crn:1:bluemix:public:kms:eu-de::::", "malformed: crn: version is not 'v1'"},
    {"crn:V1:bluemix:public:kms:eu-de::::",
     "malformed: crn: version may not hold 'V' (offset 4); allowed: a-z and 0-9"},
    // cname
    {"crn:v1::public:kms:eu-de::::", "malformed: crn: cname is empty"},
    {"crn:v1:blue mix:public:kms:eu-de::::",
     "malformed: crn: cname may not hold 0x20 (offset 11); allowed: letters and digits"},
    {"crn:v1:blue-mix:public:kms:eu-de::::",
     "malformed: crn: cname may not hold '-' (offset 11); allowed: letters and digits"},
    // ctype
    {"crn:v1:bluemix::kms:eu-de::::", "malformed: crn: ctype is empty"},
    {"crn:v1:bluemix:private:kms:eu-de::::",
     "malformed: crn: ctype is none of 'public', 'dedicated', 'local'"},
    {"crn:v1:bluemix:Public:kms:eu-de::::",
     "malformed: crn: ctype may not hold 'P' (offset 15); allowed: a-z"},
    // service-name
    {"crn:v1:bluemix:public::eu-de::::", "malformed: crn: service-name is empty"},
    {"crn:v1:bluemix:public:Kms:eu-de::::",
     "malformed: crn: service-name may not hold 'K' (offset 22); allowed: a-z, 0-9, '-' and one "
     "'.'"},
    {"crn:v1:bluemix:public:k_s:eu-de::::",
     "malformed: crn: service-name may not hold '_' (offset 23); allowed: a-z, 0-9, '-' and one "
     "'.'"},
    {"crn:v1:bluemix:public:kms :eu-de::::",
     "malformed: crn: service-name may not hold 0x20 (offset 25); allowed: a-z, 0-9, '-' and one "
     "'.'"},
    {"crn:v1:bluemix:public:k/s:eu-de::::",
     "malformed: crn: service-name may not hold '/' (offset 23); allowed: a-z, 0-9, '-' and one "
     "'.'"},
    {"crn:v1:bluemix:public:a.b.c:eu-de::::",
     "malformed: crn: service-name has a second '.'; only one child level exists"},
    {"crn:v1:bluemix:public:.kms:eu-de::::",
     "malformed: crn: service-name has nothing on one side of its '.'; write parent.child"},
    {"crn:v1:bluemix:public:kms.:eu-de::::",
     "malformed: crn: service-name has nothing on one side of its '.'; write parent.child"},
    {"crn:v1:bluemix:public:.:eu-de::::",
     "malformed: crn: service-name has nothing on one side of its '.'; write parent.child"},
    // location
    {"crn:v1:bluemix:public:kms:EU-DE::::",
     "malformed: crn: location may not hold 'E' (offset 26); allowed: a-z, 0-9 and '-'"},
    {"crn:v1:bluemix:public:kms:eu.de::::",
     "malformed: crn: location may not hold '.' (offset 28); allowed: a-z, 0-9 and '-'"},
    {"crn:v1:bluemix:public:kms:eu-de\t::::",
     "malformed: crn: location may not hold 0x09 (offset 31); allowed: a-z, 0-9 and '-'"},
    // scope
    {"crn:v1:bluemix:public:kms:eu-de:292558:::",
     "malformed: crn: scope has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or "
     "nothing"},
    {"crn:v1:bluemix:public:kms:eu-de:p/292558:::",
     "malformed: crn: scope has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or "
     "nothing"},
    {"crn:v1:bluemix:public:kms:eu-de:A/292558:::",
     "malformed: crn: scope has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or "
     "nothing"},
    {"crn:v1:bluemix:public:kms:eu-de:a:::",
     "malformed: crn: scope has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or "
     "nothing"},
    {"crn:v1:bluemix:public:kms:eu-de:aa/292558:::",
     "malformed: crn: scope has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or "
     "nothing"},
    {"crn:v1:bluemix:public:kms:eu-de:/292558:::",
     "malformed: crn: scope has no known form; write a/ACCOUNT, o/ORGANIZATION, s/SPACE or "
     "nothing"},
    {"crn:v1:bluemix:public:kms:eu-de:a/:::",
     "malformed: crn: scope names nobody after its '/'; add the id or leave it empty"},
    {"crn:v1:bluemix:public:kms:eu-de:a/1/2:::",
     "malformed: crn: scope has a second '/'; remove it"},
    {"crn:v1:bluemix:public:kms:eu-de:a/29 58:::",
     "malformed: crn: scope may not hold 0x20 (offset 36); allowed: letters, digits, '-' and the "
     "'/' after its first letter"},
    {"crn:v1:bluemix:public:kms:eu-de:a/29*58:::",
     "malformed: crn: scope may not hold '*' (offset 36); allowed: letters, digits, '-' and the "
     "'/' after its first letter"},
    // service-instance
    {"crn:v1:bluemix:public:kms:eu-de::12E8::",
     "malformed: crn: service-instance may not hold 'E' (offset 35); allowed: a-z, 0-9, '-' and "
     "'/'"},
    {"crn:v1:bluemix:public:kms:eu-de::1_2::",
     "malformed: crn: service-instance may not hold '_' (offset 34); allowed: a-z, 0-9, '-' and "
     "'/'"},
    {"crn:v1:bluemix:public:kms:eu-de::1\n::",
     "malformed: crn: service-instance may not hold 0x0a (offset 34); allowed: a-z, 0-9, '-' and "
     "'/'"},
    // resource-type
    {"crn:v1:bluemix:public:kms:eu-de:::k/y:",
     "malformed: crn: resource-type may not hold '/' (offset 35); allowed: letters, digits and "
     "'-'"},
    {"crn:v1:bluemix:public:kms:eu-de:::k y:",
     "malformed: crn: resource-type may not hold 0x20 (offset 35); allowed: letters, digits and "
     "'-'"},
    // resource
    {"crn:v1:bluemix:public:kms:eu-de:::: ",
     "malformed: crn: resource may not hold 0x20 (offset 35); allowed: visible ASCII; write "
     "anything else as %XX"},
    {"crn:v1:bluemix:public:kms:eu-de::::a\0b"s,
     "malformed: crn: resource may not hold 0x00 (offset 36); allowed: visible ASCII; write "
     "anything else as %XX"},
    {"crn:v1:bluemix:public:kms:eu-de::::a\r\n",
     "malformed: crn: resource may not hold 0x0d (offset 36); allowed: visible ASCII; write "
     "anything else as %XX"},
    {"crn:v1:bluemix:public:kms:eu-de::::\x7f",
     "malformed: crn: resource may not hold 0x7f (offset 35); allowed: visible ASCII; write "
     "anything else as %XX"},
    {"crn:v1:bluemix:public:kms:eu-de::::\xc3\xa9",
     "malformed: crn: resource may not hold 0xc3 (offset 35); allowed: visible ASCII; write "
     "anything else as %XX"},
    {"crn:v1:bluemix:public:kms:eu-de::::50%",
     "malformed: crn: resource has a '%' without two hex digits after it; write the '%' itself as "
     "%25"},
    {"crn:v1:bluemix:public:kms:eu-de::::%2",
     "malformed: crn: resource has a '%' without two hex digits after it; write the '%' itself as "
     "%25"},
    {"crn:v1:bluemix:public:kms:eu-de::::%2g",
     "malformed: crn: resource has a '%' without two hex digits after it; write the '%' itself as "
     "%25"},
    {"crn:v1:bluemix:public:kms:eu-de::::%25%",
     "malformed: crn: resource has a '%' without two hex digits after it; write the '%' itself as "
     "%25"},
};

// IBM Cloud documentation (crn.md, iam and Key Protect pages), and the rules read from them.
std::vector<std::string> const valid_crns{
    "crn:v1:bluemix:public:containers-kubernetes:us-south:a/59bcbfa6ea2f006b4ed7094c1a08dcdd:"
    "8042b2a8af6a4a5cbf6dbe09e07311d2:worker:kube-hou02-pa8042b2a8af6a4a5cbf6dbe09e07311d2-w1",
    "crn:v1:bluemix:public:resource-controller:global:a/59bcbfa6ea2f006b4ed7094c1a08dcdd:"
    ":resource-group:59bcbfa6ea2f006b4ed7094c1a08dcdd",
    "crn:v1:bluemix:public:cloud-object-storage:global:a/59bcbfa6ea2f006b4ed7094c1a08dcdd:"
    "1a0ec336-f391-4091-a6fb-5e084a4c56f4::",
    "crn:v1:bluemix:public:cloud-object-storage:global:a/59bcbfa6ea2f006b4ed7094c1a08dcdd:"
    "1a0ec336-f391-4091-a6fb-5e084a4c56f4:bucket:mybucket",
    "crn:v1:bluemix:public:resource-catalog:global:a/9d67f37fdf745e1b3cbef0ee4e6f2eda:"
    ":composite:is-vpn",
    "crn:v1:bluemix:public:iam::::serviceRole:Reader",
    "crn:v1:bluemix:public:iam::::role:AuthorizationDelegator",
    std::string(key_crn),
    "crn:v1:bluemix:public:kms:us-south:a/f047b55a3362ac06afad8a3f2f5586ea:"
    "42454b3b-5b06-407b-a4b3-34d9ef323901::",
    "crn:v1:bluemix:public:iam-service.micro:global::::",
    "crn:v1:bluemix:dedicated:imfpush:eu-gb:o/4716e2d1-35b7-431f-891a-b552bf0b3c66:::",
    "crn:v1:bluemix:local:imfpush:eu-gb:s/48b3cdcd-e804-4398-9032-73065863ad7c:::",
    "crn:v1:bluemix:public:autoscale:us-east:a/292558:"
    "c7a27f55-d35e-4153-b044-8ca9155fc467/my-test-asg1/my-scaleout-policy::",
    "crn:v1:bluemix:public:cloud-object-storage:global:a/292558:"
    "1a0e:object:CustomerReceipts/clientdinner.png",
    "crn:v1:bluemix:public:cloud-object-storage:global:a/292558:1a0e:object:a%3Ab%20c%25",
    "crn:v1:bluemix:public:cloud-object-storage:global:a/292558:1a0e:object:a:b::/c:",
    "crn:v1:staging:public:kms:::::",
};

// One random segment of its alphabet; `empty_allowed` says whether it may have no characters.
std::string draw_text(std::mt19937_64& random, std::string_view alphabet, bool empty_allowed) {
    std::string text(random() % 12 + (empty_allowed ? 0 : 1), ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    return text;
}

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view alphanumeric =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

crn draw_crn(std::mt19937_64& random) {
    crn name;
    name.cname = draw_text(random, alphanumeric, false);
    name.ctype = std::array{"public", "dedicated", "local"}[random() % 3];
    name.service_name = draw_text(random, lower, false);
    if (random() % 2 == 0) name.service_name += "." + draw_text(random, lower, false);
    name.location = draw_text(random, lower, true);
    if (auto const form = random() % 4; form != 3)
        name.scope = std::array{"a/", "o/", "s/"}[form] + draw_text(random, alphanumeric, false);
    name.service_instance = draw_text(random, std::string(lower) + "/", true);
    name.resource_type = draw_text(random, std::string(alphanumeric) + "-", true);
    name.resource = draw_text(random, std::string(alphanumeric) + ":/!~*()=", true);
    if (random() % 2 == 0) name.resource += "%3a" + draw_text(random, ":/", true) + "%FF";
    return name;
}

// Every text near a valid one: printed back as it was, or refused with an error of this file's.
void parses_exactly_or_is_refused(std::string const& text) {
    auto const r = parse_crn(text);
    if (r) {
        BOOST_TEST(to_string(*r) == text);
        BOOST_TEST(check_crn(*r).has_value());
    } else {
        BOOST_TEST(r.error().detail.starts_with("crn: "), r.error().detail);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crn_test)

BOOST_AUTO_TEST_CASE(the_segments_of_a_key_are_named) {
    auto const r = parse_crn(key_crn);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->version == "v1");
    BOOST_TEST(r->cname == "bluemix");
    BOOST_TEST(r->ctype == "public");
    BOOST_TEST(r->service_name == "kms");
    BOOST_TEST(r->location == "us-south");
    BOOST_TEST(r->scope == "a/f047b55a3362ac06afad8a3f2f5586ea");
    BOOST_TEST(r->service_instance == "12e8c9c2-a162-472d-b7d6-8b9a86b815a6");
    BOOST_TEST(r->resource_type == "key");
    BOOST_TEST(r->resource == "02fd6835-6001-4482-a892-13bd2085f75d");
}

BOOST_AUTO_TEST_CASE(valid_crns_round_trip) {
    for (auto const& text : valid_crns) {
        BOOST_TEST(answer(text) == "accepted", text << " gives " << answer(text));
        if (auto const r = parse_crn(text)) BOOST_TEST(to_string(*r) == text);
    }
}

BOOST_AUTO_TEST_CASE(malformed_crns_are_refused_and_the_segment_is_named) {
    for (auto const& [text, expected] : malformed_cases)
        BOOST_TEST(answer(text) == expected, "'" << text << "' gives " << answer(text));
}

BOOST_AUTO_TEST_CASE(a_colon_after_the_ninth_belongs_to_the_resource) {
    auto const r = parse_crn("crn:v1:bluemix:public:s:global:::object:a:b/c::");
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->resource_type == "object");
    BOOST_TEST(r->resource == "a:b/c::");
}

BOOST_AUTO_TEST_CASE(an_escape_stays_as_written) {
    auto const upper = parse_crn("crn:v1:bluemix:public:s:global:::object:a%3Ab");
    auto const small = parse_crn("crn:v1:bluemix:public:s:global:::object:a%3ab");
    BOOST_TEST_REQUIRE((upper && small));
    BOOST_TEST(upper->resource == "a%3Ab");
    BOOST_TEST((*upper != *small));
}

BOOST_AUTO_TEST_CASE(the_longest_crn_is_accepted_and_one_byte_more_is_refused) {
    std::string text = "crn:v1:bluemix:public:kms:eu-de::::";
    text.append(crn_bytes_max - text.size(), 'x');
    BOOST_TEST(answer(text) == "accepted");
    BOOST_TEST(check_crn(parse_crn(text).value()).has_value());
    auto longer = parse_crn(text).value();
    longer.resource += 'x';
    BOOST_TEST(answer(text + "x") == "out_of_range: crn: 2049 bytes; at most 2048 are allowed");
    BOOST_TEST(to_string(check_crn(longer).error()) ==
               "out_of_range: crn: 2049 bytes; at most 2048 are allowed");
}

BOOST_AUTO_TEST_CASE(random_crns_round_trip) {
    std::mt19937_64 random(20260105);
    for (int run = 0; run != 2000; ++run) {
        auto const name = draw_crn(random);
        auto const text = to_string(name);
        BOOST_TEST_REQUIRE(answer(text) == "accepted", text << " gives " << answer(text));
        BOOST_TEST_REQUIRE((parse_crn(text).value() == name), text);
        BOOST_TEST_REQUIRE(check_crn(name).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(every_single_character_deletion_parses_exactly_or_is_refused) {
    for (auto const& text : valid_crns)
        for (std::size_t i = 0; i != text.size(); ++i) {
            auto shorter = text;
            shorter.erase(i, 1);
            parses_exactly_or_is_refused(shorter);
        }
}

BOOST_AUTO_TEST_CASE(every_single_byte_change_parses_exactly_or_is_refused) {
    for (std::size_t i = 0; i != key_crn.size(); ++i)
        for (int byte = 0; byte != 256; ++byte) {
            std::string changed(key_crn);
            changed[i] = static_cast<char>(byte);
            parses_exactly_or_is_refused(changed);
        }
}

BOOST_AUTO_TEST_CASE(deleting_a_character_before_the_service_name_is_refused) {
    // All but the cname are fixed words and the colons between them.
    std::size_t const service = key_crn.find("kms");
    for (std::size_t i = 0; i != service; ++i) {
        std::string shorter(key_crn);
        shorter.erase(i, 1);
        bool const in_cname = i >= 7 && i < 14;  // any letters would do there
        BOOST_TEST(parse_crn(shorter).has_value() == in_cname, shorter);
    }
}

BOOST_AUTO_TEST_CASE(a_crn_put_together_by_hand_is_good_exactly_when_its_text_parses_back) {
    constexpr std::string_view mixed = "ab/:.A- %0\n";
    std::mt19937_64 random(7);
    int good = 0;
    for (int run = 0; run != 20000; ++run) {
        auto name = draw_crn(random);
        std::array const members{&name.version,          &name.cname,         &name.ctype,
                                 &name.service_name,     &name.location,      &name.scope,
                                 &name.service_instance, &name.resource_type, &name.resource};
        *members[random() % members.size()] = draw_text(random, mixed, true);
        auto const back = parse_crn(to_string(name));
        bool const same = back && *back == name;
        BOOST_TEST_REQUIRE(check_crn(name).has_value() == same, to_string(name));
        good += same ? 1 : 0;
    }
    BOOST_TEST(good > 500);  // both answers were tried
    BOOST_TEST(good < 19500);
}

BOOST_AUTO_TEST_CASE(a_colon_smuggled_into_a_segment_is_refused) {
    auto name = parse_crn(key_crn).value();
    name.service_instance = "x:key";
    BOOST_TEST(to_string(check_crn(name).error()) ==
               "malformed: crn: service-instance may not hold ':' (offset 71); allowed: a-z, 0-9, "
               "'-' and '/'");
}

BOOST_AUTO_TEST_CASE(the_account_is_the_scope_of_an_account) {
    BOOST_TEST(account_of(parse_crn(key_crn).value()) == "f047b55a3362ac06afad8a3f2f5586ea");
    crn name{.service_name = "kms", .scope = "o/292558"};
    BOOST_TEST(account_of(name) == "");
    name.scope.clear();
    BOOST_TEST(account_of(name) == "");
}

BOOST_AUTO_TEST_CASE(an_instance_is_told_from_what_is_inside_it) {
    auto const key = parse_crn(key_crn).value();
    BOOST_TEST(!is_instance_crn(key));
    BOOST_TEST(is_instance_crn(instance_of(key)));
    BOOST_TEST(to_string(instance_of(key)) ==
               "crn:v1:bluemix:public:kms:us-south:a/f047b55a3362ac06afad8a3f2f5586ea:"
               "12e8c9c2-a162-472d-b7d6-8b9a86b815a6::");
    BOOST_TEST(!is_instance_crn(parse_crn("crn:v1:bluemix:public:kms:eu-de::::").value()));
    BOOST_TEST(!is_instance_crn(parse_crn("crn:v1:bluemix:public:kms:eu-de::1:key:").value()));
    BOOST_TEST(!is_instance_crn(parse_crn("crn:v1:bluemix:public:kms:eu-de::1::x").value()));
}

BOOST_AUTO_TEST_CASE(crns_compare_by_segment_and_a_set_finds_them) {
    auto const key = parse_crn(key_crn).value();
    std::unordered_set<crn> const names{key, instance_of(key), key};
    BOOST_TEST(names.size() == 2U);
    BOOST_TEST(names.contains(instance_of(key)));
    BOOST_TEST((instance_of(key) < key));
}

BOOST_AUTO_TEST_SUITE_END()
