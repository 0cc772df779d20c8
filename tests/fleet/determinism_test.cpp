/// The digests of three runs, written down: every compiler, optimisation level, instruction set and
/// machine must give these. A change of the model or of its random words changes them on purpose;
/// nothing else may.
#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <string>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

/// Every feature at once: profile, breaks, rollouts, review, forced update, served and embedded
/// sets, retries, loops, dropped connections.
[[nodiscard]] scenario everything_at_once() {
    auto s = test::rotation_of_days(90, 700);
    s.update_law = test::preset("os_point");
    s.opens_per_day = 2.5;
    s.breaks = dormancy{};
    s.breaks->shortest = days{10};
    s.daily_profile = {0, 0, 0, 0, 0, 1, 3, 5, 6, 5, 4, 4, 5, 4, 3, 3, 4, 6, 8, 9, 7, 4, 0, 0};
    s.credential_sets.push_back(test::set_named("k3"));
    s.credential_sets[1].served = test::day(-50);
    s.credential_sets[1].compromised = test::day(38);
    s.credential_sets[1].deleted = test::day(40);
    s.credential_sets[2].created = test::day(39);
    s.credential_sets[2].served = test::day(40);
    s.releases.push_back(test::serves("3", test::day(20), std::chrono::hours{5}));
    s.releases[0].on_reject = reject_policy::retry;
    s.releases[1].on_reject = reject_policy::loop;
    s.releases[1].stages = app_store_phased();
    s.releases[2].review = std::chrono::hours{30};
    s.releases[2].stages = play_staged();
    s.forced_updates = {{test::day(50), "2", 0.25}, {test::day(70), "3", 0.5}};
    s.net.drop_live = true;
    s.net.session = std::chrono::minutes{90};
    s.net.retry_first = std::chrono::minutes{7};
    s.net.retry_longest = std::chrono::minutes{20};
    return s;
}

[[nodiscard]] std::string digest_of(scenario const& s, std::uint64_t seed, engine_kind engine) {
    run_options options;
    options.seed = seed;
    options.engine = engine;
    auto const out = simulate(s, options);
    BOOST_REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().detail));
    constexpr char const* digits = "0123456789abcdef";
    std::string text;
    for (int nibble = 15; nibble >= 0; --nibble) text += digits[out->digest >> (4 * nibble) & 15U];
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_determinism)

BOOST_AUTO_TEST_CASE(the_digest_of_a_leaked_key_is_the_one_written_down) {
    for (auto const engine : {engine_kind::queue, engine_kind::devices})
        BOOST_TEST(digest_of(test::leaked_key(1'000), 1, engine) == "cbf2b75246116bdc");
}

BOOST_AUTO_TEST_CASE(the_digest_of_a_server_supplied_fleet_is_the_one_written_down) {
    for (auto const engine : {engine_kind::queue, engine_kind::devices})
        BOOST_TEST(digest_of(test::server_supplied(1'000), 2, engine) == "ee0855367d179b75");
}

BOOST_AUTO_TEST_CASE(the_digest_of_everything_at_once_is_the_one_written_down) {
    for (auto const engine : {engine_kind::queue, engine_kind::devices})
        BOOST_TEST(digest_of(everything_at_once(), 0xFFFF'FFFF'0000'0001U, engine) ==
                   "465b787323c5ff53");
}

BOOST_AUTO_TEST_SUITE_END()
