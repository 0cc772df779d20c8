/// Two things at the same millisecond. The order: the operator's act, an offer, an update, a
/// dropped connection, an open, a retry. Every tie is made on purpose: what is drawn is known
/// beforehand.
#include "engines.hpp"
#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/metrics.hpp>
#include <cryptoperiod/fleet/model.hpp>
#include <string>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

constexpr std::uint64_t one_seed = 3;

/// One device that opens the app about six times a day and updates within days.
[[nodiscard]] scenario one_device() {
    auto s = test::rotation_of_days(30, 1);
    s.opens_per_day = 6;
    s.update_law = adoption_law{{}, days{3}, {}, 1, 0, 0};
    s.net.propagation = milliseconds{0};
    s.credential_sets[0].deleted.reset();
    return s;
}

/// The moments of all its opens.
[[nodiscard]] std::vector<ms_t> opens_of(scenario const& s) {
    model const m = compile(s);
    std::vector<open> opens;
    for (std::uint32_t b = 0; b < m.opens.blocks; ++b)
        draw_opens(m, random_stream{one_seed}, 0, {}, b, opens);
    std::vector<ms_t> moments;
    for (auto const& o : opens) moments.push_back(o.at);
    return moments;
}

/// Dates version 2 so that the device updates at `t` exactly.
void update_at(scenario& s, ms_t t) {
    model const m = compile(s);
    ms_t const delay =
        tick_delay(m.updates, device_type::prompt,
                   exponential_q32(test::release_words(random_stream{one_seed}, 0)(1, 1)));
    s.releases[1].date = s.start + milliseconds{t - delay};
}

[[nodiscard]] std::uint64_t attempts_with(counters const& c, std::size_t set) {
    std::uint64_t count = 0;
    for (std::size_t h = 0; h < c.hours; ++h)
        count += c.accepted[set * c.hours + h] + c.rejected[set * c.hours + h];
    return count;
}

/// The middle one of the opens, and how many come before it.
struct middle {
    ms_t at;
    std::size_t before, all;
    explicit middle(scenario const& s) {
        auto const opens = opens_of(s);
        before = opens.size() / 2;
        all = opens.size();
        at = opens[before];
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_ties)

BOOST_AUTO_TEST_CASE(an_update_comes_before_an_open_of_the_same_millisecond) {
    for (auto const policy : {reject_policy::stop, reject_policy::retry}) {
        auto s = one_device();
        middle const open(s);
        update_at(s, open.at);
        for (auto& r : s.releases) r.on_reject = policy;
        for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed)) {
            BOOST_TEST(attempts_with(c, 0) == open.before, name);
            BOOST_TEST(attempts_with(c, 1) == open.all - open.before, name);
        }
        update_at(s, open.at + 1);  // a millisecond later is too late
        for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed))
            BOOST_TEST(attempts_with(c, 0) == open.before + 1, name);
    }
}

BOOST_AUTO_TEST_CASE(a_deletion_comes_before_an_open_of_the_same_millisecond) {
    for (auto const policy : {reject_policy::stop, reject_policy::loop}) {
        auto s = one_device();
        s.update_law = adoption_law{{}, days{3}, {}, 0, 0, 1};
        middle const open(s);
        s.releases[0].on_reject = policy;
        s.net.retry_first = s.net.session;  // a loop without a second turn
        s.credential_sets[0].deleted = s.start + milliseconds{open.at};
        for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed)) {
            BOOST_TEST(sum(c.accepted) == open.before, name);
            BOOST_TEST(sum(c.rejected) == open.all - open.before, name);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_update_comes_before_an_open_that_its_old_set_would_have_lost) {
    auto s = one_device();
    middle const open(s);
    update_at(s, open.at);
    s.credential_sets[0].deleted = s.start + milliseconds{open.at};
    for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed))
        BOOST_TEST(sum(c.broken) == 0U, name);
}

BOOST_AUTO_TEST_CASE(a_forced_update_holds_for_an_open_of_the_same_millisecond) {
    auto s = one_device();
    s.update_law = adoption_law{{}, days{3}, {}, 0, 0, 1};
    middle const open(s);
    s.releases[1].date = test::day(0);
    s.forced_updates = {{s.start + milliseconds{open.at}, "2", 1.0}};
    for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed)) {
        BOOST_TEST(c.forced_installs == 1U, name);
        BOOST_TEST(attempts_with(c, 0) == open.before, name);
    }
}

BOOST_AUTO_TEST_CASE(an_update_comes_before_a_dropped_connection_of_the_same_millisecond) {
    auto s = one_device();
    middle const open(s);
    s.net.drop_live = true;
    s.net.session = std::chrono::minutes{10};
    ms_t const dropped = open.at + 60'000;
    s.credential_sets[0].deleted = s.start + milliseconds{dropped};
    update_at(s, dropped);
    for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed)) {
        BOOST_TEST(sum(c.rejected) == 0U, name);
        BOOST_TEST(sum(c.accepted) == open.all + 1, name);  // it connects again, with k2
    }
}

BOOST_AUTO_TEST_CASE(a_session_ends_to_the_millisecond) {
    auto s = one_device();
    s.update_law = adoption_law{{}, days{3}, {}, 0, 0, 1};
    middle const open(s);
    s.net.drop_live = true;
    s.net.session = std::chrono::minutes{1};
    for (int const late : {-1, 0}) {
        s.credential_sets[0].deleted = s.start + milliseconds{open.at + 60'000 + late};
        for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed))
            BOOST_TEST(sum(c.rejected) == open.all - open.before - 1 + (late < 0 ? 1 : 0), name);
    }
}

BOOST_AUTO_TEST_CASE(an_open_comes_before_a_retry_of_the_same_millisecond) {
    auto s = one_device();
    s.update_law = adoption_law{{}, days{3}, {}, 0, 0, 1};
    auto const opens = opens_of(s);
    std::size_t const i = opens.size() / 2;
    s.credential_sets = {test::set_named("k1"), test::set_named("k2")};
    s.credential_sets[0].served = test::day(-300);
    s.credential_sets[0].deleted = s.start + milliseconds{opens[i]};
    s.credential_sets[1].created = s.start + milliseconds{opens[i] + 1};
    s.credential_sets[1].served = s.start + milliseconds{opens[i] + 1};
    s.releases = {test::serves("1", test::day(-200), days{300})};
    s.releases[0].on_reject = reject_policy::retry;
    s.net.retry_attempts = 1;
    s.net.retry_first = s.net.retry_longest = milliseconds{opens[i + 1] - opens[i]};
    // The open asks the server; the retry of the same moment finds the set that it fetched.
    for (auto const& [name, c] : test::on_every_engine(compile(s), one_seed)) {
        BOOST_TEST(sum(c.rejected) == 1U, name);
        BOOST_TEST(sum(c.fetches) == 2U, name);
        BOOST_TEST(sum(c.accepted) == opens.size(), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
