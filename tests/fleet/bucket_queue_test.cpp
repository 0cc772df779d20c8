#include "random_scenarios.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/engine/bucket_queue.hpp>
#include <functional>
#include <queue>
#include <vector>

namespace test = cryptoperiod::test;
using cryptoperiod::fleet::bucket_queue;
using cryptoperiod::fleet::event;

namespace {

struct later {
    bool operator()(event const& a, event const& b) const { return b < a; }
};
using reference_queue = std::priority_queue<event, std::vector<event>, later>;

/// A mix of pushes and pops.
struct mix {
    std::size_t expected;
    std::int64_t span;
    std::int64_t start;
    std::function<std::int64_t(test::dice&)> distance;  ///< from now to the event pushed
};

/// Runs the mix on both queues; the first difference fails the test.
void compare(mix const& how, std::uint64_t seed) {
    test::dice dice(seed);
    bucket_queue fast(how.expected, how.span, how.start);
    reference_queue slow;
    event now{how.start, 0, 0};
    std::size_t target = how.expected;
    for (int step = 0; step < 40'000; ++step) {
        if (step % 5'000 == 0) target = dice.chance(0.3) ? 0 : dice.below(2 * how.expected + 2);
        BOOST_REQUIRE(fast.size() == slow.size());
        bool const pushes =
            slow.empty() || (slow.size() < target ? dice.chance(0.7) : dice.chance(0.3));
        if (pushes) {
            event e{now.time + how.distance(dice), static_cast<std::uint32_t>(dice.below(4)),
                    static_cast<std::uint32_t>(dice.below(3))};
            if (e < now) e = now;  // at the moment of the last one, it may not come before it
            fast.push(e);
            slow.push(e);
        } else {
            BOOST_REQUIRE(fast.pop(now));
            BOOST_REQUIRE(now == slow.top());
            slow.pop();
        }
    }
    while (!slow.empty()) {
        BOOST_REQUIRE(fast.pop(now));
        BOOST_REQUIRE(now == slow.top());
        slow.pop();
    }
    BOOST_TEST(!fast.pop(now));
    BOOST_TEST(fast.size() == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_bucket_queue)

BOOST_AUTO_TEST_CASE(it_pops_what_a_priority_queue_pops_in_an_even_mix) {
    compare({1'000, 86'400'000, 0, [](test::dice& d) { return d.whole(0, 86'400'000); }}, 1);
}

BOOST_AUTO_TEST_CASE(it_pops_what_a_priority_queue_pops_when_most_events_are_ties) {
    compare({500, 40, 0, [](test::dice& d) { return d.whole(0, 2); }}, 2);
}

BOOST_AUTO_TEST_CASE(it_pops_what_a_priority_queue_pops_when_many_events_are_far_away) {
    compare(
        {200, 1'000, 0,
         [](test::dice& d) { return d.chance(0.5) ? d.whole(0, 1'000) : d.whole(0, 50'000'000); }},
        3);
}

BOOST_AUTO_TEST_CASE(it_pops_what_a_priority_queue_pops_in_bursts_with_long_silences) {
    compare({300, 10'000, 0,
             [](test::dice& d) { return d.chance(0.9) ? d.whole(0, 5) : 1'000'000'000; }},
            4);
}

BOOST_AUTO_TEST_CASE(it_pops_what_a_priority_queue_pops_from_a_start_in_the_past) {
    compare(
        {100, 3'600'000, -40'000'000'000, [](test::dice& d) { return d.whole(0, 100'000'000); }},
        5);
}

BOOST_AUTO_TEST_CASE(it_pops_what_a_priority_queue_pops_when_it_holds_far_more_than_expected) {
    compare({1, 1, 0, [](test::dice& d) { return d.whole(0, 100'000); }}, 6);
}

BOOST_AUTO_TEST_CASE(at_equal_times_the_device_decides_and_then_the_kind) {
    bucket_queue queue(10, 1'000);
    for (event const& e : {event{5, 1, 0}, event{5, 0, 9}, event{5, 0, 2}, event{4, 7, 7}})
        queue.push(e);
    std::vector<event> const expected{{4, 7, 7}, {5, 0, 2}, {5, 0, 9}, {5, 1, 0}};
    for (auto const& wanted : expected) {
        event e;
        BOOST_REQUIRE(queue.pop(e));
        BOOST_TEST((e == wanted));
    }
}

BOOST_AUTO_TEST_CASE(an_event_pushed_at_the_present_moment_comes_next_in_order) {
    bucket_queue queue(10, 1'000);
    queue.push({5, 1, 0});
    queue.push({5, 3, 0});
    event e;
    BOOST_TEST(queue.pop(e));
    queue.push({5, 2, 0});
    BOOST_TEST(queue.pop(e));
    BOOST_TEST(e.device == 2U);
}

BOOST_AUTO_TEST_CASE(the_order_is_total) {
    test::dice dice(9);
    for (int n = 0; n < 10'000; ++n) {
        auto const draw = [&] {
            return event{dice.whole(0, 2), static_cast<std::uint32_t>(dice.below(3)),
                         static_cast<std::uint32_t>(dice.below(3))};
        };
        event const a = draw(), b = draw();
        BOOST_REQUIRE((a < b) + (b < a) + (a == b) == 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()
