// Random traffic of two accounts, against a model.
#include <boost/test/unit_test.hpp>

#include "traffic.hpp"

using namespace service_world;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
constexpr int steps = 10'000;
#else
constexpr int steps = 100'000;
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(service_random)

BOOST_AUTO_TEST_CASE(the_service_does_what_the_model_says) {
    traffic all(2026);
    for (int step = 1; step <= steps; ++step) {
        all.step();
        if (step % 400 == 0) all.check();
    }
    all.check();
    for (auto const& [what, count] : all.counted()) BOOST_TEST_MESSAGE(what << ": " << count);
    // The traffic has met each of the refusals that matter.
    for (auto const* what :
         {"register ok", "register client_secret_required", "register device_limit",
          "register instance_suspended", "register instance_not_found", "read key_disabled",
          "read root_key_unauthorized", "provision unauthorized",
          "provision registration_needs_active_key", "provision plan_without_own_key",
          "erase registration_orphaned", "delete key protected_resource",
          "verification client_secret_enforced", "verify credential_rejected"})
        BOOST_TEST(all.counted().contains(what), what << " was never answered");
}

BOOST_AUTO_TEST_SUITE_END()
