#include <boost/test/unit_test.hpp>

#include "service/world.hpp"

using namespace service_world;

namespace {

device::device_document phone(std::string const& id, std::string user = "anonymous") {
    return {device::device_id::parse(id).value(), "token-of-" + id, device::platform::fcm,
            std::move(user)};
}
device::device_id named_device(std::string const& text) {
    return device::device_id::parse(text).value();
}

struct app_world : world {
    service::provisioned_instance made = provision({.region = "us-south"});
    std::string const right{text(made.client_secret)};
    shown const with_secret{.client_secret = right};

    auto enroll(std::string const& name, shown const& by, std::string user = "anonymous") {
        return code(push.register_device(made.app, phone(name, std::move(user)), by));
    }
    service::provisioned_instance existing() {
        return provision({.region = "us-south", .app = device::app_kind::created_before});
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_device, app_world)

BOOST_AUTO_TEST_CASE(a_device_lives_from_registration_to_unregistration) {
    auto const registered = push.register_device(made.app, phone("d1", "ada"), with_secret, "curl");
    BOOST_REQUIRE(registered);
    BOOST_TEST(registered->user == "ada");
    BOOST_TEST(enroll("d1", with_secret) == "device_exists");
    clock.time += std::chrono::seconds(5);
    auto const update = device::parse_update(R"({"token":"next"})").value();
    auto const updated = push.update_device(made.app, named_device("d1"), update, with_secret);
    BOOST_REQUIRE(updated);
    BOOST_TEST(updated->token == "next");
    BOOST_TEST(updated->user == "ada");
    BOOST_TEST(updated->user_agent == "curl");
    BOOST_TEST(updated->times.updated_ms - updated->times.created_ms == 5000);
    BOOST_TEST(push.find_device(made.app, named_device("d1"), with_secret)->token == "next");
    BOOST_TEST(code(push.unregister_device(made.app, named_device("d1"), with_secret)) == "ok");
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), with_secret)) ==
               "device_not_found");
    BOOST_TEST(code(push.unregister_device(made.app, named_device("d1"), with_secret)) ==
               "device_not_found");
    BOOST_TEST(code(push.update_device(made.app, named_device("d1"), update, with_secret)) ==
               "device_not_found");
    BOOST_TEST(enroll("d1", with_secret) == "ok");
}
BOOST_AUTO_TEST_CASE(a_new_app_shows_its_secret_on_every_call) {
    BOOST_TEST(enroll("d1", {}) == "client_secret_required");
    BOOST_TEST(enroll("d1", {.client_secret = "wrong"}) == "client_secret_required");
    BOOST_TEST(enroll("d1", with_secret) == "ok");
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), {})) ==
               "client_secret_required");
    BOOST_TEST(code(push.unregister_device(made.app, named_device("d1"), {})) ==
               "client_secret_required");
    // The secret of one app is none of another.
    auto const other = provision({.region = "us-south"});
    BOOST_TEST(code(push.find_device(other.app, named_device("d1"), with_secret)) ==
               "client_secret_required");
    BOOST_TEST(code(push.verify_client_secret(token("manager"), made.app, false)) ==
               "client_secret_enforced");
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), {})) ==
               "client_secret_required");
}
BOOST_AUTO_TEST_CASE(an_existing_app_turns_verification_on_and_off) {
    auto const old = existing();
    std::string const secret(text(old.client_secret));
    auto const enroll = [&](std::string const& name, shown const& by, std::string user) {
        return code(push.register_device(old.app, phone(name, std::move(user)), by));
    };
    BOOST_TEST(enroll("d1", {}, "anonymous") == "ok");
    BOOST_TEST(enroll("d2", {}, "ada") == "client_secret_required");
    BOOST_TEST(enroll("d2", {.client_secret = secret}, "ada") == "ok");
    auto const rename = device::parse_update(R"({"token":"stolen"})").value();
    BOOST_TEST(code(push.update_device(old.app, named_device("d2"), rename, {})) ==
               "client_secret_required");
    BOOST_TEST(code(push.update_device(old.app, named_device("d1"), rename, {})) == "ok");
    BOOST_TEST(code(push.verify_client_secret(token("writer"), old.app, true)) == "forbidden");
    BOOST_TEST(code(push.verify_client_secret(token("manager"), old.app, true)) == "ok");
    BOOST_TEST(code(push.find_device(old.app, named_device("d1"), {})) == "client_secret_required");
    BOOST_TEST(code(push.verify_client_secret(token("manager"), old.app, false)) == "ok");
    BOOST_TEST(code(push.find_device(old.app, named_device("d1"), {})) == "ok");
}
BOOST_AUTO_TEST_CASE(under_the_lenient_reading_new_apps_may_turn_it_off) {
    auto lenient = options();
    lenient.client_secret.of_new_apps = device::reading::lenient;
    auto other = make(std::move(lenient));
    BOOST_TEST(code(other.find_device(made.app, named_device("d1"), {})) ==
               "client_secret_required");
    BOOST_TEST(code(other.verify_client_secret(token("manager"), made.app, false)) == "ok");
    BOOST_TEST(code(other.find_device(made.app, named_device("d1"), {})) == "device_not_found");
    // The strict one enforces whatever was stored.
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), {})) ==
               "client_secret_required");
}
BOOST_AUTO_TEST_CASE(managers_act_by_role_and_a_secret_manages_nothing) {
    auto const reading = token("reader"), writing = token("writer"), managing = token("manager");
    BOOST_TEST(enroll("d1", {.token = reading}) == "forbidden");
    BOOST_TEST(enroll("d1", {.token = writing}) == "ok");
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), {.token = reading})) == "ok");
    BOOST_TEST(code(push.unregister_device(made.app, named_device("d1"), {.token = writing})) ==
               "forbidden");
    BOOST_TEST(code(push.list_devices(made.app, right)) == "token_malformed");
    BOOST_TEST(code(push.verify_client_secret(right, made.app, true)) == "token_malformed");
    BOOST_TEST(code(push.admit(made.app, service::call::send_message, with_secret)) ==
               "credential_missing");
    BOOST_TEST(code(push.unregister_device(made.app, named_device("d1"), {.token = managing})) ==
               "ok");
    // A token that was refused is not saved by a secret beside it.
    BOOST_TEST(enroll("d2", {.client_secret = right, .token = reading}) == "forbidden");
}
BOOST_AUTO_TEST_CASE(the_lite_plan_has_fifty_places_and_no_more) {
    for (int i = 0; i != 50; ++i) BOOST_TEST(enroll("d" + std::to_string(i), with_secret) == "ok");
    BOOST_TEST(enroll("late", with_secret) == "device_limit");
    BOOST_TEST(enroll("d7", with_secret) == "device_exists");
    BOOST_REQUIRE(push.unregister_device(made.app, named_device("d7"), with_secret));
    BOOST_TEST(enroll("late", with_secret) == "ok");
    BOOST_TEST(enroll("later", with_secret) == "device_limit");
    BOOST_REQUIRE(push.upgrade_instance(token("boss"), made.app, instance::plan::basic));
    BOOST_TEST(enroll("later", with_secret) == "ok");
}
BOOST_AUTO_TEST_CASE(devices_are_listed_page_by_page) {
    for (auto const* name : {"a", "b/c", "d e", "\xc3\xa4"})
        BOOST_TEST(enroll(name, with_secret) == "ok");
    auto const reading = token("reader");
    auto const first = push.list_devices(made.app, reading, {}, 3).value();
    BOOST_TEST_REQUIRE(first.size() == 3U);
    BOOST_TEST(first[1].id == "b/c");
    auto const rest = push.list_devices(made.app, reading, first.back().id, 3).value();
    BOOST_TEST_REQUIRE(rest.size() == 1U);
    BOOST_TEST(rest[0].id == "\xc3\xa4");
    BOOST_TEST(code(push.list_devices(made.app, reading, {}, 0)) == "out_of_range");
    BOOST_TEST(code(push.list_devices(made.app, reading, {}, 1001)) == "out_of_range");
}
BOOST_AUTO_TEST_CASE(a_dead_token_removes_the_device_that_still_has_it) {
    BOOST_TEST(enroll("d1", with_secret) == "ok");
    auto const update = device::parse_update(R"({"token":"next"})").value();
    BOOST_REQUIRE(push.update_device(made.app, named_device("d1"), update, with_secret));
    BOOST_TEST(code(push.report_dead_token(made.app, named_device("d1"), "token-of-d1")) == "ok");
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), with_secret)) == "ok");
    BOOST_TEST(code(push.report_dead_token(made.app, named_device("d1"), "next")) == "ok");
    BOOST_TEST(code(push.find_device(made.app, named_device("d1"), with_secret)) ==
               "device_not_found");
    BOOST_TEST(code(push.report_dead_token(made.app, named_device("d1"), "next")) == "ok");
}
BOOST_AUTO_TEST_CASE(clocks_that_jump_lose_nothing) {
    BOOST_TEST(enroll("d1", with_secret) == "ok");
    auto const update = device::parse_update(R"({"token":"next"})").value();
    for (auto const jump : {days{-365}, days{730}, days{-365}}) {
        clock.time += jump;
        BOOST_TEST(code(push.update_device(made.app, named_device("d1"), update, with_secret)) ==
                   "ok");
        BOOST_TEST(code(push.find_device(made.app, named_device("d1"), with_secret)) == "ok");
        BOOST_REQUIRE(push.sweep());
        BOOST_TEST(push.describe_instance(token("viewer"), made.app)->state == "active");
    }
}
BOOST_AUTO_TEST_CASE(what_the_store_keeps_of_devices_is_sealed) {
    BOOST_TEST(enroll("d1", with_secret, "ada-lovelace") == "ok");
    auto const all = records.list("", "", 100).value();
    for (auto const& entry : all.entries) {
        std::string_view const value(reinterpret_cast<char const*>(entry.value.data()),
                                     entry.value.size());
        BOOST_TEST(value.find("ada-lovelace") == value.npos);
        BOOST_TEST(value.find("token-of-d1") == value.npos);
    }
    auto other = options();
    other.master = secret(10);
    auto stranger = make(std::move(other));
    BOOST_TEST(code(stranger.find_device(made.app, named_device("d1"), with_secret)) ==
               "store_corrupt");
}
BOOST_AUTO_TEST_CASE(a_secret_is_added_and_the_old_one_deleted_where_that_is_asked_for) {
    BOOST_TEST(code(push.add_client_secret(token("manager"), made.app)) == "client_secret_fixed");
    auto overlapping = options();
    overlapping.secrets = service::client_secrets::overlapping;
    auto other = make(std::move(overlapping));
    auto const app = other.provision(token("boss"), {.region = "us-south"}).value();
    std::string const first(text(app.client_secret));
    auto const next = other.add_client_secret(token("manager"), app.app).value();
    std::string const second(text(next));
    auto const finds = [&](std::string const& shown_secret) {
        return code(other.find_device(app.app, named_device("d"), {.client_secret = shown_secret}));
    };
    BOOST_TEST(finds(first) == "device_not_found");
    BOOST_TEST(finds(second) == "device_not_found");
    BOOST_TEST(code(other.delete_client_secret(token("writer"), app.app, first)) == "forbidden");
    BOOST_TEST(code(other.delete_client_secret(token("manager"), app.app, first)) == "ok");
    BOOST_TEST(finds(first) == "client_secret_required");
    BOOST_TEST(finds(second) == "device_not_found");
    BOOST_TEST(code(other.delete_client_secret(token("manager"), app.app, first)) ==
               "credential_set_not_found");
    BOOST_TEST(code(other.delete_client_secret(token("manager"), app.app, second)) ==
               "credential_in_use");
}

BOOST_AUTO_TEST_CASE(an_instance_of_one_secret_goes_over_to_several_and_keeps_its_first) {
    auto overlapping = options();
    overlapping.secrets = service::client_secrets::overlapping;
    auto other = make(std::move(overlapping));
    auto const finds = [&](std::string const& shown_secret) {
        return code(
            other.find_device(made.app, named_device("d"), {.client_secret = shown_secret}));
    };
    BOOST_TEST(finds(right) == "device_not_found");
    BOOST_TEST(code(other.delete_client_secret(token("manager"), made.app, right)) ==
               "credential_in_use");
    auto const next = other.add_client_secret(token("manager"), made.app).value();
    BOOST_TEST(finds(right) == "device_not_found");
    BOOST_TEST(finds(std::string(text(next))) == "device_not_found");
    BOOST_TEST(code(other.delete_client_secret(token("manager"), made.app, right)) == "ok");
    BOOST_TEST(finds(right) == "client_secret_required");
    BOOST_TEST(finds(std::string(text(next))) == "device_not_found");
}
BOOST_AUTO_TEST_CASE(a_secret_whose_answer_was_lost_is_found_by_its_number_and_deleted) {
    auto overlapping = options();
    overlapping.secrets = service::client_secrets::overlapping;
    auto other = make(std::move(overlapping));
    auto const manager = token("manager");
    clock.time += std::chrono::hours(1);
    auto const second = other.add_client_secret(manager, made.app).value();
    BOOST_REQUIRE(other.add_client_secret(manager, made.app));  // the answer is lost
    auto const finds = [&](std::string_view shown_secret) {
        return code(
            other.find_device(made.app, named_device("d"), {.client_secret = shown_secret}));
    };
    auto const used_ms = clock.now().time_since_epoch().count();
    BOOST_TEST(finds(right) == "device_not_found");
    BOOST_TEST(finds(text(second)) == "device_not_found");
    BOOST_REQUIRE(other.flush_usage());
    BOOST_TEST(code(push.list_client_secrets(token("nobody"), made.app)) == "forbidden");
    auto const seen = push.list_client_secrets(token("reader"), made.app);  // at another server
    BOOST_REQUIRE_MESSAGE(seen, told(seen));
    BOOST_TEST_REQUIRE(seen->size() == 3U);
    for (std::size_t i = 0; i != 3; ++i) {
        auto const& one = (*seen)[i];
        BOOST_TEST(one.number == i + 1);
        BOOST_TEST(one.state == "active");
        BOOST_TEST(one.made_ms == (i == 0 ? used_ms - 3'600'000 : used_ms));
        BOOST_TEST(one.last_use_ms == (i == 2 ? credentials::never_ms : used_ms));
    }

    BOOST_TEST(code(other.delete_client_secret(token("writer"), made.app, 3)) == "forbidden");
    BOOST_TEST(code(push.delete_client_secret(manager, made.app, 3)) == "client_secret_fixed");
    BOOST_TEST(code(other.delete_client_secret(manager, made.app, 4)) ==
               "credential_set_not_found");
    BOOST_TEST(code(other.delete_client_secret(manager, made.app, 3)) == "ok");
    BOOST_TEST(code(other.delete_client_secret(manager, made.app, 3)) ==
               "credential_set_not_found");
    BOOST_TEST(code(other.delete_client_secret(manager, made.app, 1)) == "credential_in_use");
    BOOST_TEST(finds(right) == "device_not_found");
    BOOST_TEST(code(other.delete_client_secret(manager, made.app, 1, true)) == "ok");
    BOOST_TEST(finds(right) == "client_secret_required");
    BOOST_TEST(code(other.delete_client_secret(manager, made.app, 2, true)) == "credential_in_use");
    BOOST_TEST(finds(text(second)) == "device_not_found");
    BOOST_TEST(records.list("push/usage/", "", 10)->entries.size() == 1U);  // of the second
    std::string all;
    for (auto const& entry : log) all += to_string(entry) + "\n";
    for (auto const* line :
         {"imfpush.client-secret.list refused forbidden", "imfpush.client-secret.list allowed",
          "clientSecret.3: staged --activate--> active",
          "clientSecret.3: active --delete--> deleted",
          "imfpush.client-secret.delete refused credential_in_use"})
        BOOST_TEST(all.find(line) != std::string::npos, line << " is not in\n" << all);
    BOOST_TEST(all.find(right) == std::string::npos);
    BOOST_TEST(all.find(text(second)) == std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_secret_that_rested_long_enough_is_deleted_by_its_number) {
    auto overlapping = options();
    overlapping.secrets = service::client_secrets::overlapping;
    auto other = make(std::move(overlapping));
    BOOST_REQUIRE(other.add_client_secret(token("manager"), made.app));
    BOOST_TEST(code(other.find_device(made.app, named_device("d"), with_secret)) ==
               "device_not_found");
    clock.time += credentials::resting_time - milliseconds{1};
    BOOST_TEST(code(other.delete_client_secret(token("manager"), made.app, 1)) ==
               "credential_in_use");
    clock.time += milliseconds{1};
    BOOST_TEST(code(other.delete_client_secret(token("manager"), made.app, 1)) == "ok");
}
BOOST_AUTO_TEST_CASE(the_log_says_whether_verification_was_turned_on_or_off_or_neither) {
    auto const old = existing();
    BOOST_REQUIRE(push.verify_client_secret(token("manager"), old.app, true));
    BOOST_REQUIRE(push.verify_client_secret(token("manager"), old.app, false));
    BOOST_TEST(!push.verify_client_secret(token("manager"), made.app, false));
    std::string all;
    for (auto const& entry : log) all += to_string(entry) + "\n";
    for (auto const* line : {"imfpush.verification.on allowed", "off --verify_client_secret--> on",
                             "imfpush.verification.off allowed", "on --verify_client_secret--> off",
                             "imfpush.verification.off refused client_secret_enforced"})
        BOOST_TEST(all.find(line) != std::string::npos, line << " is not in\n" << all);
}

BOOST_AUTO_TEST_SUITE_END()
