#include <boost/test/unit_test.hpp>

#include "service/world.hpp"

using namespace service_world;

namespace {

struct keyed_world : world {
    crn const root = (authorize(), root_key());
    kms::key_id const key = kms::key_id::parse(root.resource).value();
    service::provisioned_instance made = provision_own(root);
    std::string const managing = token("manager"), viewing = token("viewer");

    keyed_world() { put("one"); }
    void put(std::string const& key_text) {
        auto const sealed = push.put_settings(
            managing, made.app,
            settings::chrome_app_extension_settings{
                secret_bytes::copy_of("AIzaSy-test-only-0123456789abcdefghi" + key_text),
                "123456789012"});
        BOOST_REQUIRE_MESSAGE(sealed, told(sealed));
    }
    auto read() {
        return code(
            push.settings(token("manager"), made.app, settings::kind::chrome_app_extension));
    }
    service::obeyed obey() {
        auto const done = push.obey_key_events();
        BOOST_REQUIRE_MESSAGE(done, told(done));
        return *done;
    }
    std::string state() { return push.describe_instance(viewing, made.app)->state; }
    std::size_t open_events() { return keys_a.tend()->late.size(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_key_event, keyed_world)

BOOST_AUTO_TEST_CASE(after_a_rotation_all_is_rewrapped_and_acknowledged) {
    BOOST_REQUIRE(keys_a.rotate_key(owner(), key));
    BOOST_TEST(read() == "ok");
    auto const done = obey();
    BOOST_TEST(done.rewrapped == 1U);
    // Another service may go on sealing with a data key of before, for the age of its cache.
    BOOST_TEST(done.acknowledged == 0U);
    BOOST_TEST(obey().acknowledged == 0U);
    clock.time += milliseconds{vault::cache_limits{}.age_ms};
    BOOST_TEST(obey().acknowledged == 1U);
    BOOST_TEST(obey().acknowledged == 0U);
    clock.time += std::chrono::hours(5);
    BOOST_TEST(open_events() == 0U);
    BOOST_TEST(read() == "ok");
}
BOOST_AUTO_TEST_CASE(
    what_another_service_seals_after_the_rewrap_is_rewrapped_before_it_is_acknowledged) {
    auto other = make();
    settings::platform_settings const site = settings::firefox_web_settings{"https://shop.example"};
    BOOST_REQUIRE(other.put_settings(managing, made.app, site));
    BOOST_REQUIRE(keys_a.rotate_key(owner(), key));
    BOOST_TEST(obey().acknowledged == 0U);
    BOOST_REQUIRE(other.put_settings(managing, made.app, site));  // with its data key of before
    clock.time += milliseconds{vault::cache_limits{}.age_ms};
    auto const done = obey();
    BOOST_TEST(done.rewrapped == 1U);
    BOOST_TEST(done.acknowledged == 1U);
}
BOOST_AUTO_TEST_CASE(a_disabled_key_stops_the_service_and_an_enabled_one_brings_it_back) {
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    BOOST_TEST(obey().suspended == 1U);
    BOOST_TEST(state() == "suspended");
    BOOST_TEST(read() == "instance_suspended");
    BOOST_TEST(code(push.admit(made.app, service::call::send_message, {.token = managing})) ==
               "instance_suspended");
    BOOST_TEST(http_status(errc::instance_suspended) == 503);
    BOOST_TEST(obey().suspended == 0U);
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.enable_key(owner(), key));
    auto const done = obey();
    BOOST_TEST(done.resumed == 1U);
    BOOST_TEST(done.acknowledged == 1U);
    BOOST_TEST(read() == "ok");
    clock.time += std::chrono::hours(5);
    BOOST_TEST(open_events() == 0U);
}
BOOST_AUTO_TEST_CASE(who_does_not_ask_stops_when_the_cache_is_old_and_is_named_after_four_hours) {
    BOOST_TEST(read() == "ok");
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    BOOST_TEST(read() == "ok");  // from the cache
    clock.time += milliseconds{vault::cache_limits{}.age_ms};
    BOOST_TEST(read() == "key_disabled");
    clock.time += std::chrono::hours(4);
    auto const late = keys_a.tend()->late;
    BOOST_TEST_REQUIRE(late.size() == 1U);
    BOOST_TEST(late[0].reason == 408);
    BOOST_TEST(late[0].resource_crn == to_string(made.name));
    obey();
    BOOST_TEST(open_events() == 0U);
}
BOOST_AUTO_TEST_CASE(a_key_deleted_by_force_and_restored_comes_back_with_its_registration) {
    BOOST_REQUIRE(keys_a.delete_key(owner(), key, true));
    BOOST_TEST(obey().suspended == 1U);
    BOOST_TEST(read() == "instance_suspended");
    BOOST_TEST(obey().resumed == 0U);
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.restore_key(owner(), key));
    BOOST_TEST(registrations(root).empty());
    BOOST_TEST(obey().resumed == 1U);
    BOOST_TEST(read() == "ok");
    BOOST_TEST(registrations(root).size() == 1U);
    BOOST_TEST(code(keys_a.delete_key(owner(), key)) == "protected_resource");
}
BOOST_AUTO_TEST_CASE(a_key_comes_back_for_thirty_days_and_its_instance_with_it) {
    auto const other_root = root_key();
    auto const other_key = kms::key_id::parse(other_root.resource).value();
    auto const other = provision_own(other_root);
    BOOST_REQUIRE(keys_a.delete_key(owner(), key, true));
    BOOST_REQUIRE(keys_a.delete_key(owner(), other_key, true));
    BOOST_TEST(obey().suspended == 2U);
    clock.time += days{30};
    BOOST_REQUIRE(keys_a.restore_key(owner(), key));
    clock.time += milliseconds{1};
    BOOST_TEST(code(keys_a.restore_key(owner(), other_key)) == "restore_expired");
    BOOST_TEST(obey().resumed == 1U);
    BOOST_TEST(read() == "ok");
    BOOST_TEST(push.describe_instance(token("viewer"), other.app)->state == "suspended");
}
BOOST_AUTO_TEST_CASE(a_key_that_was_disabled_deleted_and_restored_is_still_disabled) {
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    BOOST_REQUIRE(keys_a.delete_key(owner(), key, true));
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.restore_key(owner(), key));
    BOOST_TEST(obey().resumed == 0U);
    BOOST_TEST(state() == "suspended");
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.enable_key(owner(), key));
    BOOST_TEST(obey().resumed == 1U);
    BOOST_TEST(read() == "ok");
}
BOOST_AUTO_TEST_CASE(the_service_may_be_told_to_shred_with_the_key) {
    auto shredding = options();
    shredding.key_deletion = service::after_key_deletion::shred;
    auto other = make(std::move(shredding));
    auto const before = records.list("vault/", "", 10)->entries;
    BOOST_TEST_REQUIRE(before.size() == 1U);
    BOOST_REQUIRE(keys_a.delete_key(owner(), key, true));
    BOOST_REQUIRE(other.obey_key_events());
    BOOST_TEST(records.list("vault/", "", 10)->entries.empty());
    // Somebody was let in before, and is through only now.
    BOOST_REQUIRE(records.compare_and_swap(before[0].key, store::absent, before[0].value));
    BOOST_REQUIRE(other.obey_key_events());
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.restore_key(owner(), key));
    BOOST_REQUIRE(other.obey_key_events());
    BOOST_TEST(state() == "active");
    BOOST_TEST(read() == "settings_not_found");
}
BOOST_AUTO_TEST_CASE(a_record_that_cannot_be_rewrapped_is_a_conflict) {
    put("two");
    auto const place = "vault/" + to_string(made.name) + " chromeAppExtConf";
    auto const kept = records.get(place).value();
    auto damaged = kept->value;
    damaged[120] ^= std::byte{1};  // of the wrapped data key
    BOOST_REQUIRE(records.compare_and_swap(place, kept->version, damaged));
    BOOST_REQUIRE(keys_a.rotate_key(owner(), key));
    auto const done = obey();
    BOOST_TEST(done.conflicts == 1U);
    BOOST_TEST(done.acknowledged == 0U);
    auto const late = keys_a.tend()->late;
    BOOST_TEST_REQUIRE(late.size() == 1U);
    BOOST_TEST(late[0].reason == 409);
    put("three");  // replaces it, under the new version
    BOOST_TEST(obey().acknowledged == 0U);
    clock.time += milliseconds{vault::cache_limits{}.age_ms};
    BOOST_TEST(obey().acknowledged == 1U);
}
BOOST_AUTO_TEST_CASE(an_authorization_that_was_removed_stops_what_the_cache_does_not_have) {
    BOOST_TEST(read() == "ok");
    forbid();
    BOOST_TEST(read() == "ok");  // data in use stay available for a while
    clock.time += milliseconds{vault::cache_limits{}.age_ms};
    BOOST_TEST(read() == "root_key_unauthorized");
    // Nobody can see any more what becomes of the key: nothing is served until somebody can.
    auto const done = obey();
    BOOST_TEST(done.failed == 1U);
    BOOST_TEST(done.suspended == 1U);
    BOOST_TEST(read() == "instance_suspended");
    authorize();
    BOOST_TEST(obey().resumed == 1U);
    BOOST_TEST(read() == "ok");
}
BOOST_AUTO_TEST_CASE(an_expired_key_opens_and_no_longer_seals) {
    auto const expiring =
        root_key({.expires_ms = (clock.now() + days{1}).time_since_epoch().count()});
    auto const other = provision_own(expiring);
    settings::platform_settings const what = settings::firefox_web_settings{"https://shop.example"};
    BOOST_REQUIRE(push.put_settings(managing, other.app, what));
    clock.time += days{2};
    BOOST_REQUIRE(keys_a.tend());
    auto const again = token("manager");
    BOOST_TEST(code(push.settings(again, other.app, settings::kind::firefox_web)) == "ok");
    auto const sealed = push.put_settings(again, other.app, what);
    BOOST_TEST(code(sealed) == "key_state_refused");
    auto const looked = obey();
    BOOST_TEST(looked.suspended == 0U);
    BOOST_TEST(looked.failed == 0U,
               looked.last_failure.value_or(error{}).detail);  // nothing is wrong with it
    BOOST_TEST(push.describe_instance(token("viewer"), other.app)->state == "active");
    BOOST_TEST(code(push.settings(again, other.app, settings::kind::firefox_web)) == "ok");

    // So an instance that was suspended comes back under it.
    forbid();
    clock.time += std::chrono::hours(1);
    BOOST_TEST(obey().suspended == 2U);
    authorize();
    BOOST_TEST(obey().resumed == 2U);
    BOOST_TEST(code(push.settings(token("manager"), other.app, settings::kind::firefox_web)) ==
               "ok");
}
BOOST_AUTO_TEST_CASE(a_suspended_instance_is_deleted_and_waits_for_its_key) {
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    obey();
    BOOST_TEST(code(push.delete_instance(token("boss"), made.app)) == "registration_orphaned");
    BOOST_TEST(read() == "instance_not_found");
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.enable_key(owner(), key));
    BOOST_TEST(push.sweep()->ended == 1U);
    BOOST_TEST(registrations(root).empty());
}
BOOST_AUTO_TEST_CASE(instances_on_the_services_own_key_never_see_events_of_customers) {
    auto const plain = provision();
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    BOOST_TEST(obey().instances == 1U);
    BOOST_TEST(push.describe_instance(viewing, plain.app)->state == "active");
}

BOOST_AUTO_TEST_CASE(what_a_cache_had_before_its_key_was_disabled_opens_nothing_afterwards) {
    auto other = make();
    auto const read_there = [&] {
        return code(other.settings(managing, made.app, settings::kind::chrome_app_extension));
    };
    BOOST_TEST(read() == "ok");
    BOOST_TEST(read_there() == "ok");
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    BOOST_TEST(obey().suspended == 1U);
    BOOST_REQUIRE(other.obey_key_events());  // finds it suspended
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.enable_key(owner(), key));
    BOOST_TEST(obey().resumed == 1U);
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_a.disable_key(owner(), key));
    BOOST_TEST(state() == "active");
    BOOST_TEST(read() == "key_disabled");
    BOOST_TEST(read_there() == "key_disabled");
}
BOOST_AUTO_TEST_CASE(a_process_without_the_key_store_of_an_instance_changes_nothing_of_it) {
    stores_type fewer;
    BOOST_REQUIRE(fewer.add(own_keys, keys_push));
    push_type other(fewer, iam, records, options(), clock);
    auto const looked = other.obey_key_events().value();
    BOOST_TEST(looked.suspended == 0U);
    BOOST_TEST(looked.failed == 1U);
    BOOST_TEST(std::string(to_string(looked.last_failure->code)) == "key_store_unknown");
    BOOST_TEST(state() == "active");

    BOOST_TEST(code(other.delete_instance(token("boss"), made.app)) != "ok");
    BOOST_TEST(other.sweep()->ended == 0U);
    clock.time += days{2};
    BOOST_TEST(other.sweep()->forgotten == 0U);
    BOOST_TEST(registrations(root).size() == 1U);
    BOOST_TEST(push.sweep()->ended == 1U);
    BOOST_TEST(registrations(root).empty());
}

BOOST_AUTO_TEST_SUITE_END()
