#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/instance/plan.hpp>
#include <cryptoperiod/instance/provisioning.hpp>
#include <string>

#include "../fsm/agreement.hpp"
#include "../fsm/cells.hpp"

namespace fsm = cryptoperiod::fsm;
namespace instance = cryptoperiod::instance;
using namespace cryptoperiod;
using cryptoperiod::test::cells_of;
using fsm::verdict;
using instance::provisioning;
using view = fsm::table_view<provisioning>;
using machine = fsm::compact_machine<provisioning>;

static_assert(view::unreachable_states.empty());
static_assert(view::shadowed_rows.empty());
static_assert(view::sinks.size() == 2, "deleted and failed, and nothing after them");

namespace {

template <class... Events>
std::string after(bool own_key, Events const&... events) {
    machine m(instance::provisioning_record{.own_key = own_key},
              view::state_id<instance::requested>);
    bool const all = ((m.process(events) == verdict::taken) && ...);
    return all ? std::string(m.state_name()) : "refused in " + std::string(m.state_name());
}
std::string refusal(std::string const& plan, std::string const& region, std::string const& key) {
    auto const checked =
        instance::check_own_key(instance::parse_plan(plan).value(), region, parse_crn(key).value());
    return checked ? "ok" : to_string(checked.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(instance_provisioning)

BOOST_AUTO_TEST_CASE(with_a_key_of_ones_own_the_way_leads_over_the_registration) {
    using namespace instance;
    BOOST_TEST(after(true, grant_token{}, note_registration{}, activate{}) == "active");
    BOOST_TEST(after(true, activate{}) == "refused in requested");
    BOOST_TEST(after(true, grant_token{}, activate{}) == "refused in authorized");
    BOOST_TEST(after(true, refuse_token{}) == "failed");
    BOOST_TEST(after(true, grant_token{}, refuse_registration{}) == "failed");
}
BOOST_AUTO_TEST_CASE(without_one_nobody_is_asked) {
    using namespace instance;
    BOOST_TEST(after(false, activate{}) == "active");
    BOOST_TEST(after(false, grant_token{}) == "refused in requested");
    BOOST_TEST(after(false, activate{}, lose_key{}) == "refused in active");
    BOOST_TEST(after(false, activate{}, begin_deletion{}) == "deleted");
}
BOOST_AUTO_TEST_CASE(a_lost_key_suspends_and_a_regained_one_brings_back) {
    using namespace instance;
    auto const up = [](auto const&... more) {
        return after(true, grant_token{}, note_registration{}, activate{}, more...);
    };
    BOOST_TEST(up(lose_key{}) == "suspended");
    BOOST_TEST(up(lose_key{}, regain_key{}) == "active");
    BOOST_TEST(up(lose_key{}, begin_deletion{}) == "deleting");
    BOOST_TEST(up(lose_key{}, regain_key{}, begin_deletion{}, note_unregistration{}) == "deleted");
}
BOOST_AUTO_TEST_CASE(whatever_was_begun_is_taken_back_before_an_instance_is_gone) {
    using namespace instance;
    BOOST_TEST(after(true, begin_deletion{}) == "deleted");  // nobody outside knows of it
    BOOST_TEST(after(true, grant_token{}, begin_deletion{}) == "deleting");
    BOOST_TEST(after(true, grant_token{}, note_registration{}, begin_deletion{}) == "deleting");
}
BOOST_AUTO_TEST_CASE(what_has_failed_left_nothing_to_erase) {
    using namespace instance;
    BOOST_TEST(after(true, abandon{}, clear{}) == "refused in failed");
    BOOST_TEST(after(true, grant_token{}, abandon{}, clear{}) == "deleting");
    BOOST_TEST(after(false, activate{}, begin_deletion{}, clear{}) == "deleted");
    BOOST_TEST(after(false, activate{}, clear{}) == "refused in active");
}
BOOST_AUTO_TEST_CASE(a_registration_that_cannot_be_taken_back_is_an_orphan_until_it_is) {
    machine m(instance::provisioning_record{.own_key = true}, view::state_id<instance::deleting>);
    BOOST_REQUIRE((m.process(instance::refuse_unregistration{7}) == verdict::taken));
    BOOST_TEST(m.context().is_orphaned);
    BOOST_TEST(m.is<instance::deleting>());
    BOOST_REQUIRE((m.process(instance::note_unregistration{}) == verdict::taken));
    BOOST_TEST(!m.context().is_orphaned);
    BOOST_TEST(m.is<instance::deleted>());
}
BOOST_AUTO_TEST_CASE(both_engines_agree_on_provisioning) {
    using namespace instance;
    std::vector<provisioning_record> contexts(2);
    contexts[1].own_key = true;
    CRYPTOPERIOD_AGREES(instance::provisioning, contexts, grant_token{}, refuse_token{1},
                        note_registration{}, refuse_registration{2}, activate{3}, lose_key{4},
                        regain_key{5}, begin_deletion{6}, note_unregistration{},
                        refuse_unregistration{7}, clear{});
}

// ---- plans --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_key_of_ones_own_is_for_the_advanced_plan_and_its_region) {
    std::string const key = "crn:v1:bluemix:public:kms:us-south:a/acme:kp-1:key:root-1";
    BOOST_TEST(refusal("Advanced", "us-south", key) == "ok");
    BOOST_TEST(refusal("Basic", "us-south", key) ==
               "plan_without_own_key: the plan Basic has no key of one's own; take Advanced, or "
               "leave the key out and the service's own one protects the settings");
    BOOST_TEST(refusal("Lite", "us-south", key).starts_with("plan_without_own_key"));
    BOOST_TEST(refusal("Advanced", "eu-de", key) ==
               "region_mismatch: the root key is in 'us-south' and the instance in 'eu-de'; take a "
               "key management instance of the same region");
    for (auto const* other : {"crn:v1:bluemix:public:kms:us-south:a/acme:kp-1::",
                              "crn:v1:bluemix:public:imfpush:us-south:a/acme:i-1:key:root-1"})
        BOOST_TEST(refusal("Advanced", "us-south", other).starts_with("malformed"), other);
    BOOST_TEST(!instance::parse_plan("advanced"));
    BOOST_TEST(instance::limits_of(instance::plan::lite).devices == 50U);
}

BOOST_AUTO_TEST_SUITE_END()
