#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include "iam/world.hpp"

using namespace iam_world;

namespace {

/// The same promises for policies in memory and for policies in a store.
struct in_memory {
    memory_policies policies;
};
struct in_store {
    memory_store kept;
    stored_policies<memory_store> policies{kept, secret()};
};
using sources = boost::mpl::list<in_memory, in_store>;

std::string ids(result<policy_list> const& list) {
    std::string text;
    for (auto const& p : list.value()) text += p->id + " ";
    return text;
}
request wrap(crn const& instance, crn const& resource) {
    return {iam::instance(instance).value(), action::kms_key_wrap, resource, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(iam_policy)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_added_is_found_by_whom_it_concerns, Source, sources) {
    Source s;
    BOOST_TEST(code(s.policies.add(authorization("p2", "acc-a"))) == "ok");
    BOOST_TEST(code(s.policies.add(authorization("p1", "acc-a", role::manager))) == "ok");
    BOOST_TEST(code(s.policies.add(authorization("p3", "acc-b"))) == "ok");
    BOOST_TEST(code(s.policies.add(access("p4", "IBMid-1", "kms", "acc-a", role::reader))) == "ok");
    BOOST_TEST(ids(s.policies.concerning(wrap(push_a, keys_a))) == "p1 p2 ");
    BOOST_TEST(ids(s.policies.concerning(wrap(push_b, keys_b))) == "p3 ");
    BOOST_TEST(ids(s.policies.concerning(wrap(push_b, keys_a))) == "");
    request const person{user("IBMid-1", "acc-x").value(), action::kms_key_wrap, keys_a, {}};
    BOOST_TEST(ids(s.policies.concerning(person)) == "p4 ");
}
BOOST_AUTO_TEST_CASE_TEMPLATE(policies_for_several_services_or_people_are_found, Source, sources) {
    Source s;
    auto any_service = authorization("p1", "acc-a");
    any_service.resource[0] = like(attribute_name::service_name, "k*");
    auto no_service = authorization("p2", "acc-a");
    no_service.resource.erase(no_service.resource.begin());
    auto any_subject = authorization("p3", "acc-a");
    any_subject.subject[0] = like(attribute_name::service_name, "imf*");
    auto anybody = access("p4", "x", "kms", "acc-a", role::reader);
    anybody.subject[0] = like(attribute_name::iam_id, "IBMid-*");
    for (auto const& p : {any_service, no_service, any_subject, anybody})
        BOOST_TEST(code(s.policies.add(p)) == "ok");
    BOOST_TEST(ids(s.policies.concerning(wrap(push_a, keys_a))) == "p1 p2 p3 ");
    request const person{user("IBMid-1", "acc-x").value(), action::kms_key_wrap, keys_a, {}};
    BOOST_TEST(ids(s.policies.concerning(person)) == "p4 ");
}
BOOST_AUTO_TEST_CASE_TEMPLATE(a_removed_policy_is_gone_at_once, Source, sources) {
    Source s;
    BOOST_TEST(code(s.policies.add(authorization("p1", "acc-a"))) == "ok");
    BOOST_TEST(code(s.policies.remove("acc-b", "p1")) == "policy_not_found");
    BOOST_TEST(code(s.policies.remove("acc-a", "p2")) == "policy_not_found");
    BOOST_TEST(code(s.policies.remove("acc-a", "p1")) == "ok");
    BOOST_TEST(ids(s.policies.concerning(wrap(push_a, keys_a))) == "");
    BOOST_TEST(told(s.policies.remove("acc-a", "p1")) ==
               "policy_not_found: there is no policy 'p1' in the account 'acc-a'");
    BOOST_TEST(code(s.policies.add(authorization("p1", "acc-a"))) == "ok");
}
BOOST_AUTO_TEST_CASE_TEMPLATE(an_id_is_given_once_in_an_account, Source, sources) {
    Source s;
    BOOST_TEST(code(s.policies.add(authorization("p1", "acc-a"))) == "ok");
    BOOST_TEST(code(s.policies.add(authorization("p1", "acc-a", role::manager))) ==
               "policy_exists");
    auto elsewhere = access("p1", "IBMid-1", "imfpush", "acc-a", role::reader);
    BOOST_TEST(code(s.policies.add(elsewhere)) == "policy_exists");
    BOOST_TEST(code(s.policies.add(authorization("p1", "acc-b"))) == "ok");
    BOOST_TEST((s.policies.lookup("acc-a", "p1").value().what->roles == std::vector{role::reader}));
}
BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_not_valid_is_not_kept, Source, sources) {
    Source s;
    BOOST_TEST(told(s.policies.add(authorization("", "acc-a"))) ==
               "missing: policy: it has no id; give it one of new_policy_id");
    auto p = authorization("p1", "acc-a");
    p.roles.clear();
    BOOST_TEST(code(s.policies.add(p)) == "missing");
    BOOST_TEST(s.policies.list("acc-a").value().empty());
}
BOOST_AUTO_TEST_CASE_TEMPLATE(lists_are_by_id_and_revisions_grow, Source, sources) {
    Source s;
    auto const first = s.policies.add(authorization("p2", "acc-a")).value();
    auto const second = s.policies.add(authorization("p1", "acc-a")).value();
    BOOST_TEST(code(s.policies.add(access("p3", "i", "imfpush", "acc-a", role::reader))) == "ok");
    BOOST_TEST(first < second);
    auto const all = s.policies.list("acc-a").value();
    BOOST_REQUIRE(all.size() == 3U);
    BOOST_TEST(all[0].what->id == "p1");
    BOOST_TEST(all[2].what->id == "p3");
    BOOST_TEST(all[0].revision == second);
    BOOST_TEST((*all[1].what == authorization("p2", "acc-a")));
    BOOST_TEST(s.policies.list("acc-z").value().empty());
    BOOST_TEST(code(s.policies.lookup("acc-a", "p9")) == "policy_not_found");
}
BOOST_AUTO_TEST_CASE(two_services_on_one_store_see_each_others_changes_at_once) {
    memory_store kept;
    stored_policies one(kept, secret()), other(kept, secret());
    BOOST_TEST(code(one.add(authorization("p1", "acc-a"))) == "ok");
    BOOST_TEST(ids(other.concerning(wrap(push_a, keys_a))) == "p1 ");
    BOOST_TEST(code(other.remove("acc-a", "p1")) == "ok");
    BOOST_TEST(ids(one.concerning(wrap(push_a, keys_a))) == "");
}
BOOST_AUTO_TEST_CASE(policies_that_were_altered_in_the_store_decide_nothing) {
    memory_store kept;
    stored_policies policies(kept, secret());
    BOOST_TEST(code(policies.add(authorization("p1", "acc-a"))) == "ok");
    BOOST_TEST(code(policies.add(authorization("p1", "acc-b"))) == "ok");
    auto const a = kept.get("iam/policies/acc-a/kms").value().value();
    auto const b = kept.get("iam/policies/acc-b/kms").value().value();
    BOOST_TEST(code(kept.compare_and_swap(a.key, a.version, b.value)) == "ok");
    BOOST_TEST(code(policies.concerning(wrap(push_a, keys_a))) == "store_corrupt");
    BOOST_TEST(code(decide(policies, wrap(push_a, keys_a))) == "store_corrupt");
    stored_policies const stranger(kept, secret(8));
    BOOST_TEST(code(stranger.concerning(wrap(push_b, keys_b))) == "store_corrupt");
}
BOOST_AUTO_TEST_CASE(an_account_that_is_a_beginning_of_another_does_not_see_its_policies) {
    memory_store kept;
    stored_policies policies(kept, secret());
    BOOST_TEST(code(policies.add(authorization("p1", "acc-a"))) == "ok");
    BOOST_TEST(policies.list("acc").value().empty());
    BOOST_TEST(policies.list("").value().empty());
    BOOST_TEST(policies.list("acc-a/kms").value().empty());
}
BOOST_AUTO_TEST_CASE(new_ids_differ) {
    BOOST_TEST(new_policy_id(crypto::os_entropy()).value() !=
               new_policy_id(crypto::os_entropy()).value());
}

BOOST_AUTO_TEST_SUITE_END()
