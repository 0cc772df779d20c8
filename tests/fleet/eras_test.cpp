#include "random_scenarios.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/engine/eras.hpp>
#include <vector>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

/// Three sets and five versions that embed them, no drops, no retries; each set accepted from and
/// until random moments.
[[nodiscard]] model random_model(test::dice& dice) {
    model m;
    m.horizon = 5 * ms_per_day;
    for (int set = 0; set < 3; ++set) {
        std::vector<acceptance_change> changes{{beginning, dice.chance(0.5)}};
        ms_t at = dice.whole(-100, 100);
        for (auto n = dice.below(4); n > 0; --n) {
            changes.push_back({at, !changes.back().accepted});
            at += dice.whole(1, dice.chance(0.5) ? 5 : 2 * ms_per_day);
        }
        m.accepted.push_back(changes);
    }
    for (int r = 0; r < 5; ++r) {
        model_release release;
        release.set = static_cast<credentials::set_index>(dice.below(3));
        m.releases.push_back(release);
    }
    return m;
}

[[nodiscard]] std::vector<install> random_path(test::dice& dice) {
    std::vector<install> path{{}};
    ms_t at = dice.whole(-50, 200);
    for (std::uint16_t r = 1; r < 5; ++r) {
        if (dice.chance(0.4)) continue;
        path.push_back({at, r});
        at += dice.chance(0.3) ? 0 : dice.whole(0, dice.chance(0.5) ? 3 : 2 * ms_per_day);
    }
    return path;
}

/// The row of an open at `t`, by the rules and without eras.
[[nodiscard]] std::uint32_t row_at(model const& m, std::vector<install> const& path, span_ms asleep,
                                   ms_t t) {
    row_layout const rows{static_cast<std::uint32_t>(m.sets())};
    if (asleep.contains(t)) return row_layout::asleep;
    std::size_t version = 0;
    for (auto const& step : path)
        if (step.at <= t) version = step.release;
    auto const set = m.releases[version].set;
    return m.accepts(set, t) ? rows.accepted(set) : rows.rejected(set);
}

[[nodiscard]] install_list listed(era_table const& table, std::vector<install> const& path) {
    auto list = table.make_path();
    for (auto const& step : path) list.push(step);
    return list;
}

/// A device that has version 1 from the beginning, and version 2 from `update` on.
[[nodiscard]] bool entangled(scenario const& s, ms_t update) {
    auto const m = compile(s);
    era_table const table(m);
    return table.entangled_from(listed(table, {{}, {update, 1}})) != forever;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_eras)

// ---- cutting ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(eras_give_every_millisecond_the_row_that_the_rules_give_it) {
    test::dice dice(31);
    std::size_t cuts = 0;
    for (int n = 0; n < 3'000; ++n) {
        auto const m = random_model(dice);
        auto const path = random_path(dice);
        span_ms asleep;
        if (dice.chance(0.6)) asleep.from = dice.whole(0, dice.chance(0.5) ? 300 : 4 * ms_per_day);
        if (asleep.from < forever)
            asleep.to = asleep.from + dice.whole(0, dice.chance(0.5) ? 3 : 9 * ms_per_day);
        era_table const table(m);
        auto eras = table.make_eras();
        table.cut(listed(table, path), asleep, eras);
        BOOST_REQUIRE(!eras.empty());
        std::vector<ms_t> moments{0, 1, 2, 50, m.horizon - 1};
        for (std::size_t e = 0; e < eras.size(); ++e)
            for (ms_t const step : {-1, 0, 1}) moments.push_back(eras[e].from + step);
        for (auto const& step : path)
            moments.insert(moments.end(), {step.at - 1, step.at, step.at + 1});
        for (auto const& list : m.accepted)
            for (auto const& change : list)
                moments.insert(moments.end(), {change.at - 1, change.at});
        for (ms_t const t : {asleep.from, asleep.to}) moments.insert(moments.end(), {t - 1, t});
        for (int k = 0; k < 20; ++k) moments.push_back(dice.whole(0, m.horizon - 1));
        for (ms_t const t : moments) {
            if (t < 0 || t >= m.horizon) continue;
            std::size_t e = 0;
            while (e + 1 < eras.size() && eras[e + 1].from <= t) ++e;
            BOOST_REQUIRE_MESSAGE(eras[e].row == row_at(m, path, asleep, t),
                                  "case " << n << " at " << t);
        }
        cuts += eras.size();
    }
    BOOST_TEST(cuts > 3'000U * 2);
}

BOOST_AUTO_TEST_CASE(eras_ascend_from_the_beginning_and_neighbours_differ) {
    test::dice dice(32);
    for (int n = 0; n < 2'000; ++n) {
        auto const m = random_model(dice);
        auto const path = random_path(dice);
        span_ms const asleep{dice.whole(0, 200), dice.whole(201, 500)};
        era_table const table(m);
        auto eras = table.make_eras();
        table.cut(listed(table, path), asleep, eras);
        BOOST_REQUIRE(eras[0].from == beginning);
        for (std::size_t e = 1; e < eras.size(); ++e) {
            BOOST_REQUIRE(eras[e].from >= eras[e - 1].from);
            BOOST_REQUIRE(eras[e].row != eras[e - 1].row);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_row_of_the_layout_is_another_one) {
    row_layout const rows{3};
    std::vector<std::uint32_t> all{row_layout::asleep};
    for (std::size_t set = 0; set < 3; ++set)
        all.insert(all.end(), {rows.accepted(set), rows.rejected(set)});
    std::sort(all.begin(), all.end());
    std::vector<std::uint32_t> const expected{0, 1, 2, 3, 4, 5, 6};
    BOOST_TEST(all == expected, boost::test_tools::per_element());
    BOOST_TEST(rows.count() == 7U);
}

// ---- which devices eras describe --------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_embedded_set_and_an_app_that_stops_need_no_walk) {
    BOOST_TEST(!entangled(test::rotation_of_days(100, 1), 70 * ms_per_day));
}

BOOST_AUTO_TEST_CASE(a_served_set_needs_a_walk) {
    auto s = test::rotation_of_days(100, 1);
    s.credential_sets[1].served = test::day(0);
    s.releases[1] = test::serves("2", test::day(10), milliseconds{0});
    BOOST_TEST(entangled(s, 20 * ms_per_day));
    auto const m = compile(s);
    era_table const table(m);
    BOOST_TEST(table.entangled_from(listed(table, {{}})) == forever);
}

BOOST_AUTO_TEST_CASE(an_app_that_retries_needs_a_walk_when_it_can_be_refused) {
    auto s = test::rotation_of_days(100, 1);
    s.releases[0].on_reject = reject_policy::retry;
    BOOST_TEST(entangled(s, 70 * ms_per_day));
    BOOST_TEST(!entangled(s, 50 * ms_per_day));
}

BOOST_AUTO_TEST_CASE(a_forced_update_needs_a_walk_for_those_it_meets) {
    auto s = test::rotation_of_days(100, 1);
    s.forced_updates = {{test::day(30), "2", 1}};
    BOOST_TEST(entangled(s, 31 * ms_per_day));
    BOOST_TEST(!entangled(s, 30 * ms_per_day));
}

BOOST_AUTO_TEST_CASE(a_dropped_connection_needs_a_walk_for_those_who_may_have_one) {
    auto s = test::rotation_of_days(100, 1);
    s.net.drop_live = true;
    s.net.session = days{1};
    s.net.propagation = milliseconds{0};
    BOOST_TEST(entangled(s, 60 * ms_per_day));
    BOOST_TEST(entangled(s, 59 * ms_per_day + 1));
    BOOST_TEST(!entangled(s, 59 * ms_per_day));
}

BOOST_AUTO_TEST_SUITE_END()
