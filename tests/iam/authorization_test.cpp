#include "iam/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace iam_world;

namespace {

// domain: IBM Cloud IAM, POST /v1/policies.
constexpr std::string_view published = R"({
  "type": "authorization",
  "subjects": [{"attributes": [
    {"name": "serviceName", "value": "imfpush"},
    {"name": "accountId", "value": "acc-a"},
    {"name": "serviceInstance", "value": "i-1"}]}],
  "roles": [{"role_id": "crn:v1:bluemix:public:iam::::serviceRole:Reader"}],
  "resources": [{"attributes": [
    {"name": "serviceName", "operator": "stringEquals", "value": "kms"},
    {"name": "accountId", "operator": "stringEquals", "value": "acc-a"},
    {"name": "serviceInstance", "operator": "stringMatch", "value": "k-*"}]}],
  "description": "push may use our root key"
})";

/// The published document with one part replaced.
std::string with(std::string_view part, std::string_view by) {
    std::string text(published);
    auto const at = text.find(part);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), by);
}
std::string refusal(std::string_view text) { return told(parse_policy(text)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(iam_authorization)

BOOST_AUTO_TEST_CASE(a_published_document_is_read_and_written_back) {
    auto const p = parse_policy(published).value();
    BOOST_TEST((p.type == policy_type::authorization));
    BOOST_TEST((p.subject == std::vector{equals(attribute_name::service_name, "imfpush"),
                                         equals(attribute_name::account_id, "acc-a"),
                                         equals(attribute_name::service_instance, "i-1")}));
    BOOST_TEST((p.resource[2] == like(attribute_name::service_instance, "k-*")));
    BOOST_TEST((p.roles == std::vector{role::reader}));
    // The same document but for blanks and the order of members.
    BOOST_TEST((parse_json(policy_document(p).value()).value() == parse_json(published).value()));
    BOOST_TEST((parse_policy(policy_document(p).value()).value() == p));
}
BOOST_AUTO_TEST_CASE(what_iam_adds_to_a_document_is_kept) {
    auto const text = with("\"type\"", R"("id":"p-1","state":"deleted","href":"https://iam/p-1",
      "created_at":"2026-01-05T00:00:00Z","created_by_id":"IBMid-1",
      "last_modified_at":"2026-01-06T00:00:00Z","last_modified_by_id":"IBMid-2","type")");
    auto const p = parse_policy(text).value();
    BOOST_TEST(p.id == "p-1");
    BOOST_TEST((p.state == policy_state::deleted));
    BOOST_TEST(p.history.last_modified_by_id == "IBMid-2");
    BOOST_TEST((parse_json(policy_document(p).value()).value() == parse_json(text).value()));
}
BOOST_AUTO_TEST_CASE(both_sides_need_an_account) {
    BOOST_TEST(refusal(with(R"({"name": "accountId", "value": "acc-a"},)", "")) ==
               "missing: policy: the subject has no accountId; both sides need one");
    BOOST_TEST(
        refusal(with(R"({"name": "accountId", "operator": "stringEquals", "value": "acc-a"},)",
                     "")) == "missing: policy: the resource has no accountId; both sides need one");
}
BOOST_AUTO_TEST_CASE(no_pattern_crosses_the_border_of_an_account) {
    BOOST_TEST(
        refusal(with(R"("accountId", "operator": "stringEquals", "value": "acc-a")",
                     R"("accountId", "operator": "stringMatch", "value": "*")")) ==
        "inconsistent: policy: the resource's accountId is a pattern; give one account, with "
        "stringEquals");
}
BOOST_AUTO_TEST_CASE(the_subject_needs_a_service_or_a_resource_group) {
    BOOST_TEST(refusal(with(R"({"name": "serviceName", "value": "imfpush"},)", "")) ==
               "missing: policy: the subject has neither serviceName nor resourceGroupId");
    auto group = authorization("p", "acc-a");
    group.subject[0] = equals(attribute_name::resource_group_id, "g-1");
    BOOST_TEST(told(check_policy(group)) == "ok");
}
BOOST_AUTO_TEST_CASE(an_instance_and_a_resource_group_exclude_each_other) {
    auto p = parse_policy(published).value();
    p.subject.push_back(equals(attribute_name::resource_group_id, "g-1"));
    BOOST_TEST(
        told(check_policy(p)) ==
        "inconsistent: policy: the subject has serviceInstance and resourceGroupId; keep one "
        "of them");
}
BOOST_AUTO_TEST_CASE(an_access_policy_is_for_one_iam_id) {
    auto p = access("p", "IBMid-1", "imfpush", "acc-a", role::writer);
    BOOST_TEST((parse_policy(policy_document(p).value()).value() == p));
    p.subject.push_back(equals(attribute_name::service_name, "imfpush"));
    BOOST_TEST(code(check_policy(p)) == "inconsistent");
    p.subject.clear();
    BOOST_TEST(code(check_policy(p)) == "missing");
    auto q = authorization("q", "acc-a");
    q.subject.push_back(equals(attribute_name::iam_id, "IBMid-1"));
    BOOST_TEST(code(check_policy(q)) == "inconsistent");
    q = authorization("q", "acc-a");
    q.resource.push_back(equals(attribute_name::iam_id, "IBMid-1"));
    BOOST_TEST(told(check_policy(q)) == "inconsistent: policy: a resource has no iam_id");
}
BOOST_AUTO_TEST_CASE(a_role_is_one_of_the_service_and_given_once) {
    BOOST_TEST(refusal(with("serviceRole:Reader", "serviceRole:Owner"))
                   .starts_with("unknown_name: policy: roles[0].role_id is not the CRN of a known "
                                "role"));
    auto p = authorization("p", "acc-a");
    p.roles = {role::reader, role::reader};
    BOOST_TEST(told(check_policy(p)) == "inconsistent: policy: the role Reader is given twice");
    p.roles.clear();
    BOOST_TEST(code(check_policy(p)) == "missing");
    auto const q = access("q", "IBMid-1", "imfpush", "acc-a", role::key_purge);
    BOOST_TEST(told(check_policy(q)) ==
               "inconsistent: policy: the service imfpush has no role KeyPurge");
}
BOOST_AUTO_TEST_CASE(whatever_is_wrong_with_a_document_is_named_with_its_place) {
    BOOST_TEST(refusal(with("\"authorization\"", "\"authorisation\"")) ==
               "unknown_name: policy: type is none of access, authorization");
    BOOST_TEST(refusal(with("\"description\"", "\"descripton\"")) ==
               "unknown_member: policy has an unknown member 'descripton'; did you mean "
               "'description'?");
    BOOST_TEST(refusal(with("\"name\": \"serviceInstance\"", "\"name\": \"Account-A\""))
                   .starts_with("unknown_name: policy: subjects[0].attributes[2].name is none of"));
    BOOST_TEST(refusal(with("stringMatch", "stringExists")) ==
               "unknown_name: policy: resources[0].attributes[2].operator is none of stringEquals, "
               "stringMatch");
    BOOST_TEST(refusal(with("\"i-1\"", "\"\"")) ==
               "out_of_range: policy: subjects[0].attributes[2].value has 0 bytes instead of 1 to "
               "1,000");
    BOOST_TEST(refusal(with("i-1", std::string(1001, 'x'))) ==
               "out_of_range: policy: subjects[0].attributes[2].value has 1,001 bytes instead of 1 "
               "to 1,000");
    BOOST_TEST(refusal(with("\"i-1\"", "7")) ==
               "malformed: policy: subjects[0].attributes[2].value is not a text");
    BOOST_TEST(refusal(with("\"serviceInstance\", \"value\"", "\"serviceName\", \"value\"")) ==
               "inconsistent: policy: the subject has serviceName twice; keep one");
    BOOST_TEST(refusal(with("i-1", "i\\u001b[2J")) ==
               "malformed: policy: the subject's serviceInstance has 0x1b at offset 1; visible "
               "ASCII is allowed");
    BOOST_TEST(refusal(with("push may", "push\\nmay")) ==
               "malformed: policy: description has a control character at offset 4; remove it");
    BOOST_TEST(refusal("[]") == "malformed: policy is not an object");
    BOOST_TEST(refusal("{}") == "missing: policy: type is missing");
    BOOST_TEST(refusal(std::string(10'000'000, ' ')).starts_with("input_too_large: "));
}
BOOST_AUTO_TEST_CASE(wildcards_stand_for_any_run_and_for_one_character) {
    auto const m = [](std::string_view pattern, std::string_view text) {
        return matches_wildcards(pattern, text);
    };
    BOOST_TEST((m("", "") && m("*", "") && m("*", "abc") && m("a*c", "ac") && m("a*c", "abbc")));
    BOOST_TEST((m("?", "a") && m("a?c", "abc") && m("*?", "a") && m("?*?", "ab") && m("**", "x")));
    BOOST_TEST((m("*ab", "aab") && m("*a*b*", "xxaxxb") && m("a*b*c", "abbcbc")));
    BOOST_TEST((!m("", "a") && !m("?", "") && !m("a", "ab") && !m("a*c", "acb") && !m("?", "ab")));
    BOOST_TEST((!m("*ab", "aba") && !m("A", "a") && !m("a*b*c", "acb") && !m("?*?", "a")));
    BOOST_TEST((m("a*", "a*") && m("*", "*") && !m("a\\*", "a*")));
    static_assert(matches_wildcards("k-*", "k-1"));
}
BOOST_AUTO_TEST_CASE(the_worst_pattern_is_over_soon) {
    std::string const text(1000, 'a');
    std::string pattern;
    for (int i = 0; i != 333; ++i) pattern += "*a?";
    BOOST_TEST(!matches_wildcards(pattern + "b", text));
}
BOOST_AUTO_TEST_CASE(a_star_under_string_equals_is_a_star) {
    BOOST_TEST(!matches(equals(attribute_name::region, "*"), "us-south"));
    BOOST_TEST(matches(like(attribute_name::region, "us-*"), "us-south"));
    BOOST_TEST(!matches(like(attribute_name::region, "*"), ""));
}

BOOST_AUTO_TEST_SUITE_END()
