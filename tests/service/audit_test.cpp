// The log: each decision, each transition, each record that is erased, and no secret.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "service/world.hpp"

using namespace service_world;

namespace {

device::device_id device_of_log(std::string const& text) {
    return device::device_id::parse(text).value();
}

struct audit_world : world {
    service::provisioned_instance made = (authorize(), provision_own(root_key()));
    std::string const managing = token("manager"), right{text(made.client_secret)};

    /// What the log has had since the last time, a line each, without the time.
    std::vector<std::string> told_now() {
        std::vector<std::string> lines;
        for (auto const& entry : log) {
            auto const line = to_string(entry);
            lines.push_back(line.substr(line.find(' ') + 1));
        }
        log.clear();
        return lines;
    }
    /// Whether one line has all of these, in this order.
    static bool has(std::vector<std::string> const& lines, std::vector<std::string> const& parts) {
        return std::ranges::any_of(lines, [&](std::string const& line) {
            std::size_t at = 0;
            return std::ranges::all_of(parts, [&](std::string const& part) {
                auto const found = line.find(part, at);
                at = found + part.size();
                return found != line.npos;
            });
        });
    }
    static std::string all(std::vector<std::string> const& lines) {
        std::string text;
        for (auto const& line : lines) text += line + "\n";
        return text;
    }
    service::new_credential_set live_set() {
        auto set = push.create_credential_set(managing, made.app).value();
        BOOST_REQUIRE(push.activate_credential_set(managing, made.app, set.key));
        return set;
    }
    void enroll(std::string const& name) {
        BOOST_REQUIRE(push.register_device(
            made.app, {device_of_log(name), "push-token-of-" + name, device::platform::fcm},
            {.client_secret = right}));
    }
    void put() {
        BOOST_REQUIRE(push.put_settings(managing, made.app,
                                        settings::firefox_web_settings{"https://shop.example"}));
    }
};

#define TEST_TOLD(lines, ...) \
    BOOST_TEST(has(lines, {__VA_ARGS__}), #__VA_ARGS__ << " is not in\n" << all(lines))

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_audit, audit_world)

BOOST_AUTO_TEST_CASE(whether_a_signature_was_right_is_a_decision) {
    auto const set = live_set();
    auto const own = credentials::signing_set::make(set.key, set.secret.clone()).value();
    auto const query = credentials::sign_request(own, "GET", "/a", {}, "", clock.now()).value();
    static_cast<void>(told_now());
    BOOST_REQUIRE(push.verify_request(made.app, {"GET", "/a", query, ""}));
    auto const right_one = told_now();
    TEST_TOLD(right_one, "credential set " + set.key, made.app.str(),
              "imfpush.credentials.verify allowed");

    BOOST_TEST(!push.verify_request(made.app, {"GET", "/b", query, ""}));
    auto const wrong_one = told_now();
    TEST_TOLD(wrong_one, "unknown", "imfpush.credentials.verify refused signature_mismatch");
    clock.time += std::chrono::hours(1);
    BOOST_TEST(!push.verify_request(made.app, {"GET", "/a", query, ""}));
    auto const late_one = told_now();
    TEST_TOLD(late_one, "unknown", "imfpush.credentials.verify refused signature_stale");

    auto const signature = query.substr(query.find("auth_signature=") + 15, 64);
    BOOST_TEST_REQUIRE(signature.size() == 64U);
    for (auto const& lines : {right_one, wrong_one, late_one}) {
        BOOST_TEST(lines.size() == 1U, all(lines));
        BOOST_TEST(all(lines).find(signature) == std::string::npos);
        BOOST_TEST(all(lines).find(text(set.secret)) == std::string::npos);
    }
}
BOOST_AUTO_TEST_CASE(whether_a_set_that_was_presented_is_taken_is_a_decision) {
    auto const set = live_set();
    static_cast<void>(told_now());
    BOOST_REQUIRE(push.present(made.app, set.key));
    auto const taken = told_now();
    TEST_TOLD(taken, "credential set " + set.key, "imfpush.credentials.present allowed");
    BOOST_TEST(!push.present(made.app, "none-of-ours"));
    auto const unknown = told_now();
    TEST_TOLD(unknown, "unknown ", "imfpush.credentials.present refused credential_unknown");
    auto const staged = push.create_credential_set(managing, made.app).value();
    auto const creation = told_now();
    TEST_TOLD(creation, "IBMid-manager", "credential_set " + staged.key, "none --create--> staged");
    BOOST_TEST(!push.present(made.app, staged.key));
    auto const refused = told_now();
    TEST_TOLD(refused, "unknown ", "imfpush.credentials.present refused credential_rejected");
}
BOOST_AUTO_TEST_CASE(that_a_suspended_instance_serves_nobody_is_a_decision) {
    auto const id = kms::key_id::parse(
        parse_crn(push.describe_instance(token("viewer"), made.app)->root_key)->resource);
    auto const set = live_set();
    BOOST_REQUIRE(keys_a.disable_key(owner(), id.value()));
    BOOST_REQUIRE(push.obey_key_events());
    static_cast<void>(told_now());
    shown const by{.client_secret = right};
    BOOST_TEST(!push.find_device(made.app, device_of_log("d"), by));
    BOOST_TEST(!push.list_devices(made.app, managing));
    BOOST_TEST(!push.report_dead_token(made.app, device_of_log("d"), "t"));
    BOOST_TEST(!push.present(made.app, set.key));
    auto const lines = told_now();
    for (auto const* who : {"app", "IBMid-manager", "service"})
        TEST_TOLD(lines, who, "imfpush.instance.serve refused instance_suspended");
    TEST_TOLD(lines, "unknown", "imfpush.credentials.present refused instance_suspended");
}
BOOST_AUTO_TEST_CASE(what_goes_with_a_deleted_instance_is_told_record_by_record) {
    for (auto const* name : {"d1", "d2", "d/3"}) enroll(name);
    put();
    auto const set = live_set();
    BOOST_REQUIRE(push.present(made.app, set.key, {.version = "1", .device = "d1"}));
    BOOST_REQUIRE(push.flush_usage());
    auto const is_gone = [&](store::entry const& entry) {
        return entry.key.find(made.app.str()) != entry.key.npos;
    };
    auto const before = records.list("", "", 100)->entries;
    BOOST_TEST(std::ranges::count_if(before, is_gone) == 8);
    static_cast<void>(told_now());
    BOOST_REQUIRE(push.delete_instance(token("boss"), made.app));
    auto const lines = told_now();
    TEST_TOLD(lines, "IBMid-boss", "provisioning", "active --delete--> deleting");
    for (auto const* name : {"d1", "d2", "d/3"})
        TEST_TOLD(lines, "service", std::string("device_registration ") + name + ":",
                  "registered --unregister--> unregistered");
    for (auto const* name : {"firefoxWebConf", "webpushServerKey", "credentialSets"})
        TEST_TOLD(lines, "service",
                  std::string("vault_record ") + name + ": kept --erase--> erased");
    TEST_TOLD(lines, "service", "usage " + set.key + ".unproven: kept --erase--> erased");
    BOOST_TEST(all(lines).find("push-token-of") == std::string::npos);

    // Nothing is told twice, and the end of the instance is the last that is told of it.
    BOOST_REQUIRE(push.sweep());
    BOOST_TEST(told_now().empty());
    clock.time += days{1};
    BOOST_REQUIRE(push.sweep());
    auto const end = told_now();
    TEST_TOLD(end, "service", "provisioning " + made.app.str(), "deleted --forget--> deleted");
    BOOST_TEST(end.size() == 1U, all(end));
    auto const left = records.list("", "", 10)->entries;
    BOOST_TEST_REQUIRE(left.size() == 1U);
    BOOST_TEST(left[0].key == "push/used/" + made.app.str());
}
BOOST_AUTO_TEST_CASE(the_places_of_a_plan_are_told_with_its_devices) {
    auto const lite = provision();
    BOOST_REQUIRE(push.register_device(lite.app, {device_of_log("d1"), "t", device::platform::fcm},
                                       {.client_secret = text(lite.client_secret)}));
    static_cast<void>(told_now());
    BOOST_REQUIRE(push.delete_instance(token("boss"), lite.app));
    auto const lines = told_now();
    TEST_TOLD(lines, "service", "device_registration d1:");
    TEST_TOLD(lines, "service", "device_places " + lite.app.str() + ": kept --erase--> erased");
}
BOOST_AUTO_TEST_CASE(a_provisioning_that_comes_to_nothing_is_told_from_its_beginning_to_its_end) {
    forbid();
    auto const root = root_key();
    static_cast<void>(told_now());
    BOOST_TEST(!push.provision(
        token("boss"),
        {.plan = instance::plan::advanced, .region = "us-south", .root_key = root, .id = "fresh"}));
    auto const lines = told_now();
    TEST_TOLD(lines, "IBMid-boss fresh provisioning fresh: none --create--> requested");
    TEST_TOLD(lines, "service fresh crn token refused unauthorized");
    TEST_TOLD(lines, "IBMid-boss fresh provisioning fresh: requested --refuse_token--> failed");
    TEST_TOLD(lines, "IBMid-boss fresh provisioning fresh: failed --forget--> failed");
}
BOOST_AUTO_TEST_CASE(settings_that_go_with_their_key_are_told) {
    put();
    auto shredding = options();
    shredding.key_deletion = service::after_key_deletion::shred;
    auto other = make(std::move(shredding));
    auto const root = push.describe_instance(token("viewer"), made.app)->root_key;
    BOOST_REQUIRE(
        keys_a.delete_key(owner(), kms::key_id::parse(parse_crn(root)->resource).value(), true));
    static_cast<void>(told_now());
    BOOST_REQUIRE(other.obey_key_events());
    auto const lines = told_now();
    TEST_TOLD(lines, "service", "vault_record firefoxWebConf: kept --erase--> erased");
}

BOOST_AUTO_TEST_SUITE_END()
