#include <cryptoperiod/iam/policy_forms.hpp>

#include <boost/test/unit_test.hpp>

#include "iam/world.hpp"

using namespace iam_world;

BOOST_AUTO_TEST_SUITE(iam_policy_forms)

BOOST_AUTO_TEST_CASE(the_forms_are_the_policies_of_the_documents) {
    auto const read = authorization_policy({.id = "x", .account = "acc-a"});
    BOOST_TEST((read == authorization("x", "acc-a")));
    BOOST_TEST((access_policy({"y", "IBMid-alice", "imfpush", "acc-a", role::writer}) ==
                access("y", "IBMid-alice", "imfpush", "acc-a", role::writer)));
    BOOST_TEST(code(policy_document(read)) == "ok");
    BOOST_TEST((parse_policy(policy_document(read).value()).value() == read));
}
BOOST_AUTO_TEST_CASE(they_permit_what_they_say_and_nothing_else) {
    memory_policies policies;
    BOOST_REQUIRE(policies.add(authorization_policy({.id = "x", .account = "acc-a"})));
    BOOST_REQUIRE(policies.add(access_policy({"y", "IBMid-alice", "kms", "acc-a", role::manager})));
    auto const may = [&](identity const& who, action what, crn const& resource) {
        return decide(policies, request{who, what, resource, {}})->allowed;
    };
    auto const mine = instance(push_a).value();
    auto const foreign = instance(push_b).value();
    auto const alice = user("IBMid-alice", "acc-a").value();
    auto const bob = user("IBMid-bob", "acc-a").value();
    BOOST_TEST(may(mine, action::kms_key_wrap, key_in(keys_a)));
    BOOST_TEST(!may(mine, action::kms_key_create, key_in(keys_a)));
    BOOST_TEST(!may(mine, action::kms_key_wrap, key_in(keys_b)));
    BOOST_TEST(!may(foreign, action::kms_key_wrap, key_in(keys_a)));
    BOOST_TEST(may(alice, action::kms_key_disable, key_in(keys_a)));
    BOOST_TEST(!may(alice, action::kms_key_disable, key_in(keys_b)));
    BOOST_TEST(!may(bob, action::kms_key_wrap, key_in(keys_a)));
}

BOOST_AUTO_TEST_SUITE_END()
