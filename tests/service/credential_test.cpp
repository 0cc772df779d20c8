#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/retirement_advice.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "service/world.hpp"

using namespace service_world;

namespace {

struct sets_world : world {
    service::provisioned_instance made = provision();
    std::string const right{text(made.client_secret)};
    std::string managing = token("manager");

    service::new_credential_set create(bool active = true) {
        auto set = push.create_credential_set(managing, made.app);
        BOOST_REQUIRE_MESSAGE(set, told(set));
        if (active) BOOST_REQUIRE(push.activate_credential_set(managing, made.app, set->key));
        return *std::move(set);
    }
    /// A request that an app has signed with a set.
    auto call(push_type& at, service::new_credential_set const& set, service::presenter by) {
        auto own = credentials::signing_set::make(set.key, set.secret.clone()).value();
        auto const query =
            credentials::sign_request(own, "POST", "/apps/1/events", {}, "{}", clock.now()).value();
        return at.verify_request(made.app, {"POST", "/apps/1/events", query, "{}"}, by);
    }
    auto call(service::new_credential_set const& set, std::string const& device = "d1") {
        return call(push, set, {.version = "1.0", .device = device});
    }
    std::string state_of(std::string const& key) {
        auto const sets = push.list_credential_sets(managing, made.app).value();
        for (auto const& set : sets)
            if (set.key == key) return set.state;
        return "none";
    }
};
/// An app that fetches its sets.
struct fetching_app {
    crypto::hpke::key_pair own = crypto::hpke::generate_key_pair(crypto::os_entropy{}).value();
    credentials::delivery_receiver receiver;

    fetching_app(std::string const& app, crypto::x25519::public_key const& server)
        : receiver(app, credentials::opened_by_key_pair{&own, server}, {}) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_credential, sets_world)

BOOST_AUTO_TEST_CASE(two_sets_are_accepted_while_one_replaces_the_other) {
    auto const old = create();
    BOOST_TEST(code(call(old)) == "ok");
    auto const next = create(false);
    BOOST_TEST(code(call(next)) == "credential_rejected");
    BOOST_REQUIRE(push.activate_credential_set(managing, made.app, next.key));
    BOOST_TEST(code(call(next)) == "ok");
    BOOST_TEST(code(call(old)) == "ok");
    BOOST_REQUIRE(push.retire_credential_set(managing, made.app, old.key));
    BOOST_TEST(code(call(old)) == "ok");
    BOOST_TEST(state_of(old.key) == "retiring");
    BOOST_TEST(push.sign_webhook(token("writer"), made.app, "{}")->key == old.key);
}
BOOST_AUTO_TEST_CASE(a_set_in_use_is_not_deleted_but_by_force) {
    auto const old = create();
    for (int i = 0; i != 40; ++i) BOOST_TEST(code(call(old, std::to_string(i))) == "ok");
    auto const refused = push.delete_credential_set(managing, made.app, old.key);
    BOOST_TEST(code(refused) == "credential_in_use");
    BOOST_TEST(state_of(old.key) == "active");
    // 40 devices, as the sketch counts them: within three standard errors.
    auto const devices = push.list_credential_sets(managing, made.app)->front().devices;
    BOOST_TEST(devices >= 34U);
    BOOST_TEST(devices <= 46U);
    BOOST_TEST(refused.error().detail.find(std::to_string(devices)) != std::string::npos,
               refused.error().detail);
    clock.time += days{31};
    managing = token("manager");
    BOOST_TEST(code(push.delete_credential_set(managing, made.app, old.key)) == "ok");
    BOOST_TEST(code(call(old)) == "credential_unknown");
    auto const other = create();
    BOOST_TEST(code(call(other)) == "ok");
    BOOST_TEST(code(push.delete_credential_set(managing, made.app, other.key, true)) == "ok");
    BOOST_TEST(code(call(other)) == "credential_unknown");
    BOOST_TEST(records.list("push/usage/", "", 10)->entries.empty());
}
BOOST_AUTO_TEST_CASE(a_set_rests_for_thirty_days_to_the_millisecond) {
    auto const set = create();
    BOOST_TEST(code(call(set)) == "ok");
    auto const tell = [&] {
        managing = token("manager");
        auto const done = push.delete_credential_set(managing, made.app, set.key);
        return done ? "ok" : told(done).substr(0, told(done).find("; wait"));
    };
    // Of who uses it, the whole window is told, too.
    for (auto const later : {days{8}, days{21}}) {
        clock.time += later;
        BOOST_TEST(tell().find("1 are left") != std::string::npos, tell());
        BOOST_TEST(push.list_credential_sets(managing, made.app)->front().devices == 1U);
    }
    clock.time += days{1} - milliseconds{1};
    BOOST_TEST(tell().substr(0, 17) == "credential_in_use");
    clock.time += milliseconds{1};
    BOOST_TEST(tell() == "ok");
}
BOOST_AUTO_TEST_CASE(who_used_a_set_is_told_for_thirty_days_and_no_longer) {
    auto const set = create();
    BOOST_TEST(code(call(set)) == "ok");
    auto const devices = [&] {
        managing = token("manager");
        return push.list_credential_sets(managing, made.app)->front().devices;
    };
    clock.time += days{30};
    BOOST_TEST(devices() == 1U);
    clock.time += days{1};
    BOOST_TEST(devices() == 0U);
}
BOOST_AUTO_TEST_CASE(uses_at_several_servers_are_one_count) {
    auto const set = create();
    auto second = make();
    BOOST_REQUIRE(call(push, set, {.version = "1", .device = "a"}));
    BOOST_REQUIRE(call(second, set, {.version = "2", .device = "b"}));
    BOOST_REQUIRE(call(second, set, {.version = "2", .device = "a"}));
    BOOST_REQUIRE(second.flush_usage());
    auto const seen = push.usage_of(managing, made.app, set.key, clock.now() - days{30}).value();
    BOOST_TEST(seen.devices == 2U);
    BOOST_TEST(seen.versions.size() == 2U);
    fleet::advice_request ask;
    ask.now = clock.now();
    ask.offered = clock.now() - days{10};
    ask.update_law = fleet::weibull_law{{}, days{3}, 0.76};
    auto const advice = fleet::advise_retirement(seen, ask);
    BOOST_REQUIRE_MESSAGE(advice, told(advice));
    BOOST_TEST(advice->stranded_now == 2U);
}
BOOST_AUTO_TEST_CASE(who_signs_nothing_is_counted_apart_and_keeps_no_set_from_being_deleted) {
    auto const set = create();
    for (auto const* device : {"a", "b", "c"})
        BOOST_REQUIRE(push.present(made.app, set.key, {.version = "1", .device = device}));
    auto const seen = push.list_credential_sets(managing, made.app)->front();
    BOOST_TEST(seen.devices == 0U);
    BOOST_TEST(seen.last_use_ms == credentials::never_ms);
    BOOST_TEST(seen.unproven_devices == 3U);
    BOOST_TEST(seen.unproven_last_use_ms == clock.now().time_since_epoch().count());
    BOOST_TEST(push.usage_of(managing, made.app, set.key, clock.now())->devices == 0U);
    BOOST_REQUIRE(push.flush_usage());
    BOOST_TEST(code(push.delete_credential_set(managing, made.app, set.key)) == "ok");
    BOOST_TEST(records.list("push/usage/", "", 10)->entries.empty());
}
BOOST_AUTO_TEST_CASE(a_service_that_sees_who_connects_may_count_those_as_well) {
    auto seeing = options();
    seeing.unproven = service::unproven_uses::counted;
    auto other = make(std::move(seeing));
    auto const set = create();
    BOOST_REQUIRE(other.present(made.app, set.key, {.version = "1", .device = "a"}));
    auto const seen = other.list_credential_sets(managing, made.app)->front();
    BOOST_TEST(seen.devices == 1U);
    BOOST_TEST(seen.unproven_devices == 0U);
    BOOST_TEST(code(other.delete_credential_set(managing, made.app, set.key)) ==
               "credential_in_use");
}
BOOST_AUTO_TEST_CASE(an_app_is_supplied_with_the_set_that_replaces_a_compromised_one) {
    auto const old = create();
    auto const server = push.delivery_key(managing, made.app).value();
    fetching_app app(made.app.str(), server);
    auto const fetch = [&](std::string_view secret) {
        auto const nonce = app.receiver.ask(crypto::os_entropy{}).value();
        return push.deliver_keys(made.app, {nonce, app.own.public_key(), {}}, secret);
    };
    BOOST_TEST(code(fetch("")) == "client_secret_required");
    BOOST_TEST(code(fetch("wrong")) == "client_secret_required");
    auto const first = fetch(right);
    BOOST_REQUIRE_MESSAGE(first, told(first));
    auto const opened = app.receiver.accept(*first, clock.now());
    BOOST_REQUIRE_MESSAGE(opened, told(opened));
    BOOST_TEST(opened->sets.front().key == old.key);
    BOOST_TEST(text(opened->sets.front().secret) == text(old.secret));
    BOOST_TEST(code(app.receiver.accept(*first, clock.now())) == "delivery_replayed");

    BOOST_REQUIRE(push.mark_compromised(managing, made.app, old.key));
    auto const next = create();
    BOOST_REQUIRE(push.retire_credential_set(managing, made.app, old.key));
    auto const second = fetch(right);
    auto const replaced = app.receiver.accept(*second, clock.now());
    BOOST_REQUIRE_MESSAGE(replaced, told(replaced));
    BOOST_TEST(replaced->sets.size() == 1U);
    BOOST_TEST(replaced->sets.front().key == next.key);
}
BOOST_AUTO_TEST_CASE(secrets_are_handed_out_to_no_app_that_shows_none_also_where_none_is_needed) {
    auto const old = provision({.region = "us-south", .app = device::app_kind::created_before});
    auto const set = push.create_credential_set(managing, old.app).value();
    BOOST_REQUIRE(push.activate_credential_set(managing, old.app, set.key));
    fetching_app app(old.app.str(), push.delivery_key(managing, old.app).value());
    auto const nonce = app.receiver.ask(crypto::os_entropy{}).value();
    BOOST_TEST(code(push.deliver_keys(old.app, {nonce, app.own.public_key(), {}}, "")) ==
               "client_secret_required");
}
BOOST_AUTO_TEST_CASE(without_a_set_nothing_is_verified_delivered_or_signed) {
    BOOST_TEST(code(push.present(made.app, "no-key")) == "credential_unknown");
    BOOST_TEST(code(push.sign_webhook(managing, made.app, "{}")) == "no_live_credential");
    BOOST_TEST(code(push.delivery_key(managing, made.app)) == "no_live_credential");
    BOOST_TEST(push.list_credential_sets(managing, made.app)->empty());
    BOOST_TEST(code(push.deliver_keys(made.app, {}, right)) == "no_live_credential");
    BOOST_TEST(code(push.activate_credential_set(managing, made.app, "no-key")) ==
               "credential_set_not_found");
}
BOOST_AUTO_TEST_CASE(each_call_for_managers_takes_the_role_of_its_work) {
    auto const set = create();
    BOOST_TEST(code(call(set)) == "ok");
    auto const& app = made.app;
    using asks = std::function<std::string(std::string_view)>;
    struct expected {
        std::string_view call, reader, writer, manager;
        asks ask;
    };
    constexpr std::string_view no = "forbidden", yes = "ok";
    // The last one of the table deletes the set.
    std::vector<expected> const table{
        {"list", yes, yes, yes, [&](auto by) { return code(push.list_credential_sets(by, app)); }},
        {"usage", yes, yes, yes,
         [&](auto by) { return code(push.usage_of(by, app, set.key, clock.now())); }},
        {"delivery key", yes, yes, yes, [&](auto by) { return code(push.delivery_key(by, app)); }},
        {"sign a webhook", no, yes, yes,
         [&](auto by) { return code(push.sign_webhook(by, app, "{}")); }},
        {"create", no, no, yes, [&](auto by) { return code(push.create_credential_set(by, app)); }},
        {"retire", no, no, yes,
         [&](auto by) { return code(push.retire_credential_set(by, app, set.key)); }},
        {"activate", no, no, yes,
         [&](auto by) { return code(push.activate_credential_set(by, app, set.key)); }},
        {"mark", no, no, yes,
         [&](auto by) { return code(push.mark_compromised(by, app, set.key)); }},
        {"delete", no, no, yes,
         [&](auto by) { return code(push.delete_credential_set(by, app, set.key, true)); }},
    };
    for (auto const& row : table) BOOST_TEST_CONTEXT(row.call) {
            for (auto const* who : {"viewer", "boss"}) BOOST_TEST(row.ask(token(who)) == no, who);
            BOOST_TEST(row.ask("") == "credential_missing");
            BOOST_TEST(row.ask(right) == "token_malformed");
            BOOST_TEST(row.ask(token("reader")) == row.reader);
            BOOST_TEST(row.ask(token("writer")) == row.writer);
            BOOST_TEST(row.ask(managing) == row.manager);
        }
}
BOOST_AUTO_TEST_CASE(the_log_has_the_steps_of_the_sets) {
    auto const set = create();
    BOOST_REQUIRE(push.delete_credential_set(managing, made.app, set.key, true));
    std::string all;
    for (auto const& entry : log) all += to_string(entry) + "\n";
    BOOST_TEST(all.find(set.key + ": staged --activate--> active") != std::string::npos);
    BOOST_TEST(
        all.find(set.key + " (by force, used by about 0 devices): active --delete--> deleted") !=
        std::string::npos);
    BOOST_TEST(all.find(text(set.secret)) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
