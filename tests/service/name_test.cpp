// Whether a name is free again after a provisioning that was cut off.
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <set>

#include "crash_scene.hpp"

using namespace service_world;

namespace {

using scene = crash_scene;

std::string provision_by_name(scene& s) {
    return code(s.push->provision(s.badge("boss"), {.plan = instance::plan::advanced,
                                                    .region = "us-south",
                                                    .root_key = s.root(),
                                                    .id = "own"}));
}
std::string state_by_name(scene& s) {
    auto const seen = s.push->describe_instance(s.badge("viewer"), app("own"));
    return seen ? seen->state : code(seen);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(service_name)

BOOST_AUTO_TEST_CASE(a_name_that_key_management_may_know_is_never_free_again_and_any_other_is) {
    std::set<std::string> left, repeated;
    bool has_ended = false;
    for (std::uint64_t at = 1; !has_ended; ++at)
        for (auto const how : {fall::silent_before, fall::silent_after}) {
            BOOST_TEST_CONTEXT(to_string(how) << " call " << at) {
                scene s;
                s.authorize();
                s.root();
                s.badge("boss");
                s.trap.set(at, how);
                auto const first = provision_by_name(s);
                has_ended = !s.trap.has_sprung();
                s.trap.disarm();
                if (first == "ok" || state_by_name(s) == "active") continue;
                s.clock.time += milliseconds{service::provisioning_patience_ms};
                BOOST_REQUIRE(s.push->sweep());
                auto const rests = state_by_name(s);
                left.insert(rests);
                auto const again = provision_by_name(s);
                repeated.insert(again);
                BOOST_TEST(again == (rests == "deleted" ? "instance_exists" : "ok"));
                if (again == "ok") continue;
                s.clock.time += days{2};
                BOOST_REQUIRE(s.push->sweep());
                BOOST_TEST(state_by_name(s) == "instance_not_found");
                BOOST_TEST(provision_by_name(s) == "instance_exists");
                BOOST_TEST(s.registrations(s.root()).empty());
            }
        }
    BOOST_TEST((left == std::set<std::string>{"deleted", "instance_not_found"}));
    BOOST_TEST((repeated == std::set<std::string>{"instance_exists", "ok"}));
}

BOOST_AUTO_TEST_SUITE_END()
