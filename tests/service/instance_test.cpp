#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <set>

#include "crash_scene.hpp"

template class cryptoperiod::service::push_service<
    service_world::world::stores_type, service_world::iam_of<iam_world::jumping_clock>,
    cryptoperiod::store::memory_store, iam_world::jumping_clock>;

using namespace service_world;

namespace {

std::string status(result<void> const& r) {
    return r ? "ok" : std::to_string(http_status(r.error().code));
}

std::string ask_for_own(crash_scene& s) {
    return code(s.push->provision(s.badge("boss"), {.plan = instance::plan::advanced,
                                                    .region = "us-south",
                                                    .root_key = s.root(),
                                                    .id = "own"}));
}
std::string state_of_own(crash_scene& s) {
    auto const seen = s.push->describe_instance(s.badge("viewer"), app("own"));
    return seen ? seen->state : code(seen);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_instance, world)

BOOST_AUTO_TEST_CASE(an_instance_with_the_services_own_key_needs_no_authorization) {
    auto const made = provision();
    auto const seen = push.describe_instance(token("viewer"), made.app);
    BOOST_REQUIRE_MESSAGE(seen, told(seen));
    BOOST_TEST(seen->state == "active");
    BOOST_TEST(!seen->own_key);
    BOOST_TEST(seen->root_key == to_string(default_key));
    BOOST_TEST(to_string(made.name) ==
               "crn:v1:bluemix:public:imfpush:us-south:a/acc-a:" + made.app.str() + "::");
    BOOST_TEST(made.client_secret.size() == 43U);
}
BOOST_AUTO_TEST_CASE(without_the_authorization_there_is_no_crn_token_and_nothing_is_left) {
    auto const root = root_key();
    auto const refused = push.provision(
        token("boss"), {.plan = instance::plan::advanced, .region = "us-south", .root_key = root});
    BOOST_TEST(code(refused) == "unauthorized");
    BOOST_TEST(http_status(refused.error().code) == 401);
    BOOST_TEST(records.list("", "", 10)->entries.empty());
    BOOST_TEST(registrations(root).empty());
}
BOOST_AUTO_TEST_CASE(with_it_root_key_and_instance_are_registered_with_each_other) {
    authorize();
    auto const root = root_key();
    auto const made = provision_own(root);
    BOOST_TEST(registrations(root) == std::vector<std::string>{to_string(made.name)},
               boost::test_tools::per_element());
    BOOST_TEST(push.describe_instance(token("viewer"), made.app)->root_key == to_string(root));
    BOOST_REQUIRE(push.delete_instance(token("boss"), made.app));
    BOOST_TEST(registrations(root).empty());
    BOOST_TEST(code(push.delete_instance(token("boss"), made.app)) == "instance_not_found");
    BOOST_TEST(code(push.list_devices(made.app, token("reader"))) == "instance_not_found");
}
BOOST_AUTO_TEST_CASE(a_key_of_ones_own_is_for_one_plan_one_region_and_root_keys) {
    authorize();
    auto const root = root_key();
    auto const standard = root_key({.kind = kms::key_kind::standard});
    auto elsewhere = root;
    elsewhere.location = "eu-de";
    auto unknown = root;
    unknown.resource = "no-such-key";
    auto foreign = root;
    foreign.service_instance = "no-such-store";
    auto no_key = customer_keys;
    auto const provision = [&](instance::plan plan, std::string region, crn const& key) {
        return code(push.provision(token("boss"),
                                   {.plan = plan, .region = std::move(region), .root_key = key}));
    };
    using instance::plan;
    BOOST_TEST(provision(plan::lite, "us-south", root) == "plan_without_own_key");
    BOOST_TEST(provision(plan::basic, "us-south", root) == "plan_without_own_key");
    BOOST_TEST(provision(plan::advanced, "us-south", elsewhere) == "region_mismatch");
    BOOST_TEST(provision(plan::advanced, "eu-de", root) == "region_mismatch");
    BOOST_TEST(provision(plan::advanced, "mars", root) == "unknown_name");
    BOOST_TEST(provision(plan::advanced, "us-south", no_key) == "malformed");
    BOOST_TEST(provision(plan::advanced, "us-south", standard) == "registration_needs_root_key");
    BOOST_TEST(provision(plan::advanced, "us-south", unknown) == "key_not_found");
    BOOST_TEST(provision(plan::advanced, "us-south", foreign) == "key_store_unknown");
    auto const id = kms::key_id::parse(root.resource).value();
    BOOST_REQUIRE(keys_a.disable_key(owner(), id));
    BOOST_TEST(provision(plan::advanced, "us-south", root) == "registration_needs_active_key");
    BOOST_TEST(records.list("", "", 10)->entries.empty());
}
BOOST_AUTO_TEST_CASE(only_the_operator_role_makes_and_deletes_instances) {
    for (auto const* who : {"manager", "writer", "reader", "viewer"})
        BOOST_TEST(code(push.provision(token(who), {.region = "us-south"})) == "forbidden");
    BOOST_TEST(code(push.provision("", {.region = "us-south"})) == "credential_missing");
    auto const made = provision();
    for (auto const* who : {"manager", "writer", "reader", "viewer"})
        BOOST_TEST(status(push.delete_instance(token(who), made.app)) == "403");
    BOOST_TEST(status(push.delete_instance("not a token", made.app)) == "401");
    BOOST_TEST(push.list_instances(token("viewer"))->size() == 1U);
    BOOST_TEST(push.list_instances(token("manager"))->empty());
    BOOST_TEST(code(push.list_instances("")) == "credential_missing");
}
BOOST_AUTO_TEST_CASE(a_platform_that_names_its_instances_can_repeat_a_request) {
    auto const made = provision({.region = "us-south", .id = "shop-1"});
    BOOST_TEST(made.app.str() == "shop-1");
    service::provision_request const again{.region = "us-south", .id = "shop-1"};
    BOOST_TEST(code(push.provision(token("boss"), again)) == "instance_exists");
    // What could stand for two parts of a place in the store is no id.
    for (auto const* id : {"no:crn", "shop/x", "/", "Shop", "shop 1", "shop%2fx"})
        BOOST_TEST(code(push.provision(token("boss"), {.region = "us-south", .id = id})) ==
                   "malformed");
    BOOST_TEST(code(push.provision(token("boss"), {.region = "us-south",
                                                   .id = std::string(65, 'a')})) == "out_of_range");
}
BOOST_AUTO_TEST_CASE(a_plan_goes_up_and_brings_no_key) {
    auto const made = provision();
    auto const up = [&](instance::plan to) {
        return code(push.upgrade_instance(token("boss"), made.app, to));
    };
    BOOST_TEST(up(instance::plan::lite) == "inconsistent");
    BOOST_TEST(up(instance::plan::advanced) == "ok");
    BOOST_TEST(up(instance::plan::basic) == "inconsistent");
    BOOST_TEST(!push.describe_instance(token("viewer"), made.app)->own_key);
}
BOOST_AUTO_TEST_CASE(an_authorization_removed_too_early_leaves_an_orphan_and_a_way_out) {
    authorize();
    auto const root = root_key();
    auto const id = kms::key_id::parse(root.resource).value();
    auto const made = provision_own(root);
    forbid();
    auto const orphaned = push.delete_instance(token("boss"), made.app);
    BOOST_TEST(code(orphaned) == "registration_orphaned");
    BOOST_TEST(orphaned.error().detail.find("give the authorization") != std::string::npos);
    BOOST_TEST(push.describe_instance(token("viewer"), made.app)->is_orphaned);
    BOOST_TEST(code(push.list_devices(made.app, token("reader"))) == "instance_not_found");
    BOOST_TEST(code(keys_a.delete_key(owner(), id)) == "protected_resource");
    auto const seen = push.sweep();
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->orphans.size() == 1U);
    authorize();
    BOOST_TEST(code(push.delete_instance(token("boss"), made.app)) == "ok");
    BOOST_TEST(registrations(root).empty());
    BOOST_TEST(code(keys_a.delete_key(owner(), id)) == "ok");
}
BOOST_AUTO_TEST_CASE(the_owner_of_the_key_is_the_other_way_out_of_an_orphan) {
    authorize();
    auto const root = root_key();
    auto const id = kms::key_id::parse(root.resource).value();
    auto const made = provision_own(root);
    forbid();
    BOOST_TEST(code(push.delete_instance(token("boss"), made.app)) == "registration_orphaned");
    BOOST_REQUIRE(keys_a.delete_key(owner(), id, true));
    authorize();
    BOOST_TEST(push.sweep()->ended == 1U);
    BOOST_TEST(push.sweep()->orphans.empty());
}
BOOST_AUTO_TEST_CASE(a_registration_that_arrives_after_its_instance_is_swept) {
    authorize();
    auto const root = root_key();
    auto const made = provision_own(root);
    BOOST_REQUIRE(push.delete_instance(token("boss"), made.app));
    auto const late =
        iam.crn_token(iam.token_from_api_key(api_key)->token.expose(), made.name, root);
    auto const id = kms::key_id::parse(root.resource).value();
    BOOST_REQUIRE(keys_a.register_service(late->token, id, made.name));
    BOOST_REQUIRE(push.sweep());
    BOOST_TEST(registrations(root).empty());
    BOOST_TEST(records.list("push/instance/", "", 10)->entries.size() == 1U);
    clock.time += days{1};
    BOOST_TEST(push.sweep()->forgotten == 1U);
    BOOST_TEST(records.list("", "", 10)->entries.empty());
}
BOOST_AUTO_TEST_CASE(options_that_were_forgotten_are_named_and_nothing_is_made) {
    auto const refused = [&](service::push_options with) {
        auto other = make(std::move(with));
        auto const made = other.provision(token("boss"), {.region = "us-south"});
        return told(made).substr(0, told(made).find(';'));
    };
    auto without_key = options();
    without_key.default_key = {};
    BOOST_TEST(refused(std::move(without_key)).find("push_options: default_key") !=
               std::string::npos);
    auto without_master = options();
    without_master.master = {};
    BOOST_TEST(refused(std::move(without_master)) == "missing: push_options: master is not set");
    auto without_api_key = options();
    without_api_key.operator_api_key = iam::secret_text::copy_of("");
    auto without_room = options();
    without_room.usage_bytes_max = service::usage_bytes_min - 1;
    BOOST_TEST(refused(std::move(without_room)) ==
               "out_of_range: push_options: usage_bytes_max is 1,048,575");
    BOOST_TEST(refused(std::move(without_api_key)) ==
               "missing: push_options: operator_api_key is not set");
    BOOST_TEST(records.list("", "", 10)->entries.empty());
}
BOOST_AUTO_TEST_CASE(a_record_that_does_not_open_hides_no_other_one) {
    auto const made = provision({.region = "us-south", .id = "b"});
    provision({.region = "us-south", .id = "a"});
    auto const kept = records.get("push/instance/a").value();
    auto altered = kept->value;
    altered.back() ^= std::byte{1};
    BOOST_REQUIRE(records.compare_and_swap(kept->key, kept->version, altered));
    auto const seen = push.list_instances(token("viewer")).value();
    BOOST_TEST_REQUIRE(seen.size() == 1U);
    BOOST_TEST((seen[0].app == made.app));
    BOOST_TEST(push.sweep()->failed == 1U);
}
BOOST_AUTO_TEST_CASE(who_is_nobody_learns_of_no_instance) {
    auto const made = provision();
    auto const none = application_id::parse("none").value();
    for (auto const& app : {made.app, none}) {
        BOOST_TEST(code(push.describe_instance("x", app)) == "token_malformed");
        BOOST_TEST(code(push.delete_instance("x", app)) == "token_malformed");
        BOOST_TEST(code(push.list_devices(app, "x")) == "token_malformed");
        BOOST_TEST(code(push.settings("", app, settings::kind::gcm)) == "credential_missing");
    }
    BOOST_TEST(code(push.describe_instance(token("viewer"), none)) == "instance_not_found");
}
BOOST_AUTO_TEST_CASE(a_provisioning_that_its_maker_has_finished_is_not_taken_back) {
    auto const made = provision();
    auto const listed = push.describe_instance(token("viewer"), made.app);
    BOOST_REQUIRE(push.recover());
    clock.time += days{1};
    BOOST_TEST(push.sweep()->taken_back == 0U);
    BOOST_TEST(push.describe_instance(token("viewer"), made.app)->state == "active");
}
BOOST_AUTO_TEST_CASE(the_log_has_each_decision_and_each_transition_and_no_secret) {
    authorize();
    auto const made = provision_own(root_key());
    BOOST_TEST(code(push.list_devices(made.app, token("boss"))) == "forbidden");
    std::string all;
    for (auto const& entry : log) all += to_string(entry) + "\n";
    for (auto const* line :
         {"IBMid-boss", "imfpush.instance.create allowed", "imfpush.devices.read refused forbidden",
          "provisioning ", "requested --grant_token--> authorized",
          "authorized --note_registration--> registered", "registered --activate--> active"})
        BOOST_TEST(all.find(line) != std::string::npos, line << " is not in\n" << all);
    BOOST_TEST(all.find(text(made.client_secret)) == std::string::npos);
    BOOST_TEST(all.find(api_key.substr(17)) == std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_name_rests_for_a_day_once_key_management_may_know_it_and_is_free_before) {
    std::set<std::string> left, repeated;
    bool has_ended = false;
    for (std::uint64_t at = 1; !has_ended; ++at)
        for (auto const how : {fall::silent_before, fall::silent_after}) {
            BOOST_TEST_CONTEXT(to_string(how) << " call " << at) {
                crash_scene s;
                s.authorize();
                s.root();
                s.badge("boss");
                s.trap.set(at, how);
                auto const first = ask_for_own(s);
                has_ended = !s.trap.has_sprung();
                s.trap.disarm();
                if (first == "ok" || state_of_own(s) == "active") continue;
                s.clock.time += milliseconds{service::provisioning_patience_ms};
                BOOST_REQUIRE(s.push->sweep());
                auto const rests = state_of_own(s);
                left.insert(rests);
                auto const again = ask_for_own(s);
                repeated.insert(again);
                BOOST_TEST(again == (rests == "deleted" ? "instance_exists" : "ok"));
                if (again == "ok") continue;
                auto const seen = s.push->describe_instance(s.badge("viewer"), app("own"));
                s.clock.time =
                    time_point{milliseconds{seen->changed_ms + instance::tombstone_ms - 1}};
                BOOST_REQUIRE(s.push->sweep());
                BOOST_TEST(ask_for_own(s) == "instance_exists");
                s.clock.time += milliseconds{1};
                BOOST_REQUIRE(s.push->sweep());
                BOOST_TEST(ask_for_own(s) == "ok");
                BOOST_TEST(s.registrations(s.root()).size() == 1U);
            }
        }
    BOOST_TEST((left == std::set<std::string>{"deleted", "instance_not_found"}));
    BOOST_TEST((repeated == std::set<std::string>{"instance_exists", "ok"}));
}

BOOST_AUTO_TEST_SUITE_END()
