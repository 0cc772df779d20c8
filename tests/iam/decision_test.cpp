#include <boost/test/unit_test.hpp>

#include "iam/world.hpp"

using namespace iam_world;

namespace {

request push_wraps(crn const& instance, crn const& resource) {
    return {iam::instance(instance).value(), action::kms_key_wrap, resource, {}};
}
std::string reasons(decision const& d) {
    std::string text;
    for (auto const& r : d.reasons) text += to_string(r) + "\n";
    return text;
}

struct policies_of : world {
    void add(policy p) { BOOST_TEST_REQUIRE(told(policies.add(std::move(p))) == "ok"); }
    decision ask(request const& r) { return decide(policies, r).value(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(iam_decision, policies_of)

BOOST_AUTO_TEST_CASE(nothing_is_allowed_that_no_policy_permits) {
    for (auto const& line : action_table) {
        auto const resource = line.service == "kms" ? keys_a : push_a;
        auto const d = ask({world::alice(), line.which, resource, {}});
        BOOST_TEST(!d.allowed, line.name);
        BOOST_TEST(d.status == (line.service == "kms" ? 401 : 403), line.name);
        BOOST_TEST((d.reasons == std::vector{reason{reason_kind::no_policy, {}, {}, {}, {}}}));
    }
}
BOOST_AUTO_TEST_CASE(an_authorization_with_reader_lets_push_wrap_and_no_more) {
    add(authorization("p1", "acc-a"));
    auto r = push_wraps(push_a, key_in(keys_a));
    BOOST_TEST((ask(r) == decision{true, 200, "p1", {}}));
    r.what = action::kms_key_rotate;
    auto const d = ask(r);
    BOOST_TEST(d.status == 401);
    BOOST_TEST(reasons(d) == "policy 'p1' gives no role that permits this\n");
    BOOST_TEST(told(as_result(d, r)) ==
               "unauthorized: 'crn-crn:v1:bluemix:public:imfpush:us-south:a/acc-a:i-1::' may not "
               "kms.secrets.rotate on 'crn:v1:bluemix:public:kms:us-south:a/acc-a:k-1:key:root': "
               "policy 'p1' gives no role that permits this");
}
BOOST_AUTO_TEST_CASE(an_insufficient_role_on_push_is_forbidden) {
    add(access("p1", "IBMid-alice", "imfpush", "acc-a", role::reader));
    request r{world::alice(), action::push_settings_read, push_a, {}};
    BOOST_TEST(ask(r).allowed);
    r.what = action::push_settings_write;
    BOOST_TEST(ask(r).status == 403);
    BOOST_TEST(code(as_result(ask(r), r)) == "forbidden");
}
BOOST_AUTO_TEST_CASE(every_reason_is_given_in_the_order_of_the_policies) {
    auto p3 = authorization("p3", "acc-a");
    p3.state = policy_state::deleted;
    auto p1 = authorization("p1", "acc-a", role::key_purge);
    p1.subject.push_back(equals(attribute_name::service_instance, "i-9"));
    p1.resource.push_back(equals(attribute_name::region, "eu-de"));
    auto p2 = authorization("p2", "acc-a", role::manager);
    p2.resource.push_back(like(attribute_name::service_instance, "x-*"));
    for (auto const& p : {p3, p1, p2}) add(p);
    BOOST_TEST(reasons(ask(push_wraps(push_a, key_in(keys_a)))) ==
               "policy 'p1' is for another serviceInstance\n"
               "policy 'p1' is about another region\n"
               "policy 'p1' gives no role that permits this\n"
               "policy 'p2' is about another serviceInstance\n"
               "policy 'p3' is deleted\n");
}
BOOST_AUTO_TEST_CASE(of_several_policies_the_one_of_the_lowest_id_decides) {
    add(authorization("p3", "acc-a"));
    add(authorization("p2", "acc-a", role::writer));
    add(authorization("p1", "acc-a", role::key_purge));
    BOOST_TEST(ask(push_wraps(push_a, keys_a)).policy == "p2");
}
BOOST_AUTO_TEST_CASE(one_account_does_not_reach_into_another) {
    add(authorization("p1", "acc-a"));
    BOOST_TEST(!ask(push_wraps(push_b, keys_a)).allowed);
    BOOST_TEST(!ask(push_wraps(push_a, keys_b)).allowed);
    auto across = authorization("p2", "acc-a");
    across.subject[1] = equals(attribute_name::account_id, "acc-b");
    add(across);
    BOOST_TEST(ask(push_wraps(push_b, keys_a)).policy == "p2");
    BOOST_TEST(!ask(push_wraps(push_b, keys_b)).allowed);
}
BOOST_AUTO_TEST_CASE(who_has_the_same_name_in_another_account_may_nothing_there) {
    add(access("p1", "IBMid-alice", "imfpush", "acc-b", role::manager));
    add(access("p2", "*", "kms", "acc-b", role::manager));
    request r{world::alice(), action::push_settings_write, push_b, {}};
    auto const d = ask(r);
    BOOST_TEST(d.status == 403);
    BOOST_TEST(reasons(d) ==
               "the resource is one of another account; get a token of that account\n");
    BOOST_TEST(ask({world::alice(), action::kms_key_delete, keys_b, {}}).status == 401);
    r.who = user("IBMid-alice", "acc-b").value();
    BOOST_TEST(ask(r).policy == "p1");
    BOOST_TEST(!ask({world::push_operator(), action::kms_key_wrap, keys_b, {}}).allowed);
    auto nowhere = push_b;
    nowhere.scope.clear();
    r.resource = nowhere;
    BOOST_TEST(!ask(r).allowed);
}
BOOST_AUTO_TEST_CASE(an_authorization_is_for_instances_and_access_for_people) {
    add(authorization("p1", "acc-a"));
    add(access("p2", "*", "kms", "acc-a", role::reader));
    BOOST_TEST(!ask({world::push_operator(), action::kms_key_wrap, keys_a, {}}).allowed);
    BOOST_TEST(ask(push_wraps(push_a, keys_a)).policy == "p1");
}
BOOST_AUTO_TEST_CASE(resource_groups_are_what_the_caller_knows_of_them) {
    auto p = authorization("p1", "acc-a");
    p.subject[0] = equals(attribute_name::resource_group_id, "g-1");
    p.resource.push_back(equals(attribute_name::resource_group_id, "g-2"));
    add(p);
    auto r = push_wraps(push_a, keys_a);
    BOOST_TEST(reasons(ask(r)) ==
               "policy 'p1' is for another resourceGroupId\n"
               "policy 'p1' is about another resourceGroupId\n");
    r.who.resource_group = "g-1";
    r.resource_group = "g-2";
    BOOST_TEST(ask(r).allowed);
}
BOOST_AUTO_TEST_CASE(an_action_of_one_service_is_not_permitted_on_another) {
    auto p = access("p1", "IBMid-alice", "kms", "acc-a", role::manager);
    p.resource.erase(p.resource.begin());
    add(p);
    BOOST_TEST(ask({world::alice(), action::kms_key_delete, keys_a, {}}).allowed);
    auto const d = ask({world::alice(), action::kms_key_delete, push_a, {}});
    BOOST_TEST(d.status == 401);
    BOOST_TEST(reasons(d) == "the resource is one of another service\n");
}
BOOST_AUTO_TEST_CASE(a_refused_credential_is_a_decision_with_401) {
    result<identity> const nobody = error{errc::token_expired, "the token has expired"};
    auto const d = decide(policies, nobody, action::push_tag_read, push_a).value();
    BOOST_TEST(d.status == 401);
    BOOST_TEST(reasons(d) == "token_expired: the token has expired\n");
    BOOST_TEST(told(as_result(d, {})) == "token_expired: the token has expired");
    result<identity> const unknown = error{errc::store_unavailable, "locked"};
    BOOST_TEST(code(decide(policies, unknown, action::push_tag_read, push_a)) ==
               "store_unavailable");
}
BOOST_AUTO_TEST_CASE(a_malformed_resource_is_no_decision) {
    auto r = push_wraps(push_a, keys_a);
    r.resource.resource = "a b";
    BOOST_TEST(code(decide(policies, r)) == "malformed");
    BOOST_TEST(code(decide(policies, request{world::alice(), action::kms_key_wrap, {}, {}})) ==
               "malformed");
}
BOOST_AUTO_TEST_CASE(only_its_service_acts_as_an_instance) {
    auto const acts = [](identity const& who) { return decide_to_act_as(who, push_a).value(); };
    BOOST_TEST(acts(world::push_operator()).allowed);
    BOOST_TEST(acts(world::alice()).status == 403);
    BOOST_TEST(!acts(service_id("iam-ServiceId-x", "acc-x", "kms").value()).allowed);
    BOOST_TEST(!acts(service_id("iam-ServiceId-x", "acc-x", "").value()).allowed);
    BOOST_TEST(!acts(iam::instance(push_a).value()).allowed);
}
BOOST_AUTO_TEST_CASE(a_message_tells_eight_reasons_and_how_many_more) {
    for (int i = 10; i != 30; ++i)
        add(authorization("p" + std::to_string(i), "acc-a", role::key_purge));
    auto const r = push_wraps(push_a, keys_a);
    BOOST_TEST(ask(r).reasons.size() == 20U);
    BOOST_TEST(told(as_result(ask(r), r)).ends_with("; and 12 more reasons"));
}
BOOST_AUTO_TEST_CASE(identities_are_checked_when_they_are_made) {
    BOOST_TEST(code(user("", "acc")) == "missing");
    BOOST_TEST(code(user("a\nb", "acc")) == "malformed");
    BOOST_TEST(code(user("IBMid-1", "a/b")) == "malformed");
    BOOST_TEST(code(user("IBMid-1", std::string(65, 'a'))) == "out_of_range");
    BOOST_TEST(code(user(std::string(129, 'a'), "acc")) == "out_of_range");
    BOOST_TEST(code(user("crn-crn:v1:bluemix:public:imfpush::a/a:i::", "acc")) == "inconsistent");
    BOOST_TEST(code(service_id("s", "acc", "Imf Push")) == "malformed");
    BOOST_TEST(code(iam::instance(key_in(keys_a))) == "malformed");
    BOOST_TEST(code(iam::instance(named("crn:v1:bluemix:public:imfpush:us-south:s/space:i::"))) ==
               "malformed");
}

BOOST_AUTO_TEST_SUITE_END()
