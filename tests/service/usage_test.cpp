// Uses of credential sets while they are written, and when they cannot be.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <future>

#include "crash_scene.hpp"

using namespace service_world;

namespace {

using scene = crash_scene;

std::string used(scene& s, std::string const& id, std::string const& key) {
    s.set = key;
    return s.signed_request(id);
}
service::loaded_instance instance_of(std::string const& id) { return {app(id), {}, 1, {}, {}}; }
using uses = store::sealed_records<credentials::set_usage, memory_store, crypto::os_entropy>;
using desk_type = service::usage_desk<uses>;

std::string erased(scene& s, std::string const& id, std::string const& key) {
    return code(s.push->delete_credential_set(s.badge("manager"), app(id), key));
}
/// An app with a live set, whose key is given back.
std::string make_app(scene& s, std::string const& id) {
    s.make(id, {.region = "us-south"});
    s.make_sets(id);
    return s.set;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(service_usage)

BOOST_AUTO_TEST_CASE(uses_that_are_being_written_count) {
    std::uint64_t at = 1;
    for (;; ++at) BOOST_TEST_CONTEXT("before call " << at) {
            scene s;
            auto const key = make_app(s, "shop");
            BOOST_REQUIRE_EQUAL(used(s, "shop", key), "ok");
            auto const managing = s.badge("manager");
            std::uint64_t devices = 0;
            std::future<std::string> deletion;
            s.trap.before(at, [&] {
                devices = s.push->usage_of(managing, app("shop"), key, s.clock.now())->devices;
                deletion = std::async(std::launch::async, [&] { return erased(s, "shop", key); });
                // What waits for the write to end did not see the use.
                static_cast<void>(deletion.wait_for(std::chrono::seconds(5)));
            });
            BOOST_TEST(code(s.push->flush_usage()) == "ok");
            s.trap.disarm();
            if (!deletion.valid()) break;
            BOOST_TEST(devices == 1U);
            BOOST_TEST(deletion.get() == "credential_in_use");
            BOOST_TEST(erased(s, "shop", key) == "credential_in_use");
        }
    BOOST_TEST(at > 2U);
}
BOOST_AUTO_TEST_CASE(uses_that_cannot_be_written_refuse_nobody) {
    scene s;
    s.how.usage_bytes_max = service::usage_bytes_min;
    s.start();
    s.trapped_records.refuse_writes("push/usage/");
    // More apps than there is room for in memory: for the last one, another one has to be written.
    std::string last, key;
    for (int i = 0; i <= 64; ++i) {
        last = concat("app-", std::to_string(i));
        key = make_app(s, last);
        BOOST_TEST(used(s, last, key) == "ok");
    }
    BOOST_TEST(code(s.push->flush_usage()) == "store_unavailable");
    BOOST_TEST(erased(s, last, key) == "ok");
    BOOST_TEST(used(s, last, key) == "credential_unknown");
}
BOOST_AUTO_TEST_CASE(uses_in_memory_take_no_more_than_they_may_and_none_is_lost) {
    memory_store kept;
    constexpr auto room = service::usage_bytes_min;
    desk_type desk(uses(kept, secret(3), {}), room);
    time_point const now{days{20'000}};
    std::size_t most = 0;
    for (int a = 0; a != 5; ++a)
        for (int version = 0; version != 40; ++version) {
            auto const device = concat("device-", std::to_string(version));
            desk.note(instance_of(concat("app-", std::to_string(a))),
                      {"set", concat("1.", std::to_string(version)), device, now});
            most = std::max(most, desk.memory_bytes());
        }
    BOOST_TEST(most <= room);
    BOOST_TEST(most > room - 100'000);
    for (int a = 0; a != 5; ++a) {
        auto const seen =
            desk.summary(instance_of(concat("app-", std::to_string(a))), "set", now).value();
        BOOST_TEST(seen.devices >= 35U);  // 40, within three standard errors
        BOOST_TEST(seen.devices <= 45U);
        BOOST_TEST(seen.versions.size() == 33U);
    }
    BOOST_REQUIRE(desk.flush());
    BOOST_TEST(desk.memory_bytes() == 0U);
    std::vector<std::string> erased;
    auto const note_erased = [&](std::string_view name) { erased.emplace_back(name); };
    BOOST_REQUIRE(desk.forget_all(app("app-0"), note_erased));
    BOOST_TEST(erased == std::vector<std::string>{"set"}, boost::test_tools::per_element());
    BOOST_TEST(kept.list("push/usage/", "", 10)->entries.size() == 4U);
}
BOOST_AUTO_TEST_CASE(what_is_forgotten_makes_room) {
    memory_store kept;
    desk_type desk(uses(kept, secret(3), {}), service::usage_bytes_min);
    time_point const now{days{20'000}};
    desk.note(instance_of("shop"), {"first", "1", "d", now});
    auto const one = desk.memory_bytes();
    BOOST_TEST(one >= credentials::device_sketch::bytes);
    BOOST_TEST(one < credentials::device_sketch::bytes + 2'000);
    desk.note(instance_of("shop"), {"second", "1", "d", now});
    BOOST_REQUIRE(desk.forget(app("shop"), "second"));
    BOOST_TEST(desk.memory_bytes() == one);
    BOOST_REQUIRE(desk.forget_all(app("shop"), [](std::string_view) {}));
    BOOST_TEST(desk.memory_bytes() == 0U);
}
BOOST_AUTO_TEST_CASE(a_damaged_record_of_uses_is_a_matter_of_its_app_only) {
    scene s;
    auto const damaged = make_app(s, "damaged"), sound = make_app(s, "sound");
    BOOST_REQUIRE_EQUAL(used(s, "damaged", damaged), "ok");
    BOOST_REQUIRE(s.push->flush_usage());
    auto const kept = s.entries("push/usage/").at(0);
    auto altered = kept.value;
    altered.back() ^= std::byte{1};
    BOOST_REQUIRE(s.records.compare_and_swap(kept.key, kept.version, altered));

    BOOST_TEST(used(s, "damaged", damaged) == "ok");
    BOOST_TEST(used(s, "sound", sound) == "ok");
    BOOST_TEST(code(s.push->flush_usage()) != "ok");
    BOOST_TEST(erased(s, "sound", sound) == "credential_in_use");
    s.clock.time += days{31};
    BOOST_TEST(erased(s, "sound", sound) == "ok");
    BOOST_TEST(used(s, "damaged", damaged) == "ok");
}

BOOST_AUTO_TEST_SUITE_END()
