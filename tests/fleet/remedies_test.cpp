#include "random_scenarios.hpp"
#include "shapes.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/remedies.hpp>
#include <string>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

namespace {

[[nodiscard]] retirement plan_of(scenario const& s, retirement_target const& target) {
    auto plan = plan_retirement(s, "k1", target);
    BOOST_REQUIRE(plan.has_value());
    return *std::move(plan);
}

/// "serve", "force 4.2 from 2026-01-22", "2x 0.1", in the order in which they are found.
[[nodiscard]] std::string names_of(remedies const& list) {
    std::string text;
    for (auto const& one : list.found) {
        if (!text.empty()) text += ", ";
        if (auto const* const loss = std::get_if<larger_loss>(&one.change))
            text += std::to_string(loss->factor) + "x " +
                    std::to_string(static_cast<int>(loss->share * 1000 + 0.5));
        else if (auto const* const force = std::get_if<forcing>(&one.change))
            text += "force " + force->update.minimum + " from " + to_date(force->update.date);
        else
            text += "serve";
    }
    return text;
}

template <class Change>
[[nodiscard]] remedy const& found(remedies const& list) {
    for (auto const& one : list.found)
        if (std::holds_alternative<Change>(one.change)) return one;
    throw std::runtime_error("no such remedy");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_remedies)

BOOST_AUTO_TEST_CASE(remedies_of_a_leaked_key_come_with_the_earliest_date_first) {
    auto const s = test::leaked_key(30'000);
    auto const plan = plan_of(s, {0.05, 0.95});
    auto const list = find_remedies(s, plan);
    BOOST_TEST(names_of(list) == "serve, force 4.2 from 2026-01-22, 5x 250, 2x 100");
    BOOST_TEST(list.devices == 20'000U);
    for (std::size_t i = 0; i < list.found.size(); ++i) {
        BOOST_TEST(list.found[i].day < plan.day);
        BOOST_TEST((list.found[i].date == s.start + days{list.found[i].day}));
        if (i > 0) BOOST_TEST(list.found[i - 1].day <= list.found[i].day);
    }
}

BOOST_AUTO_TEST_CASE(another_share_read_from_a_plan_is_what_planning_for_it_answers) {
    std::size_t dates = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        auto s = test::random_scenario(seed);
        s.devices = std::min<std::uint64_t>(s.devices, 200);
        auto const id = s.credential_sets.front().id;
        for (double const confidence : {0.05, 0.5, 0.95}) {
            auto const plan = plan_retirement(s, id, {0.3, confidence});
            BOOST_REQUIRE(plan.has_value());
            for (double const share : {0.001, 0.02, 0.1, 0.3, 0.6, 0.9}) {
                auto const anew = plan_retirement(s, id, {share, confidence});
                auto const read = answer_with(*plan, share);
                BOOST_REQUIRE((read.kind == anew->kind && read.day == anew->day));
                dates += read.kind == answer_kind::date;
            }
        }
    }
    BOOST_TEST_MESSAGE(dates << " dates");
    BOOST_TEST(dates > 50U);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_app_leads_to_the_date_that_planning_with_it_answers) {
    auto const s = test::leaked_key(20'000);
    auto const list = find_remedies(s, plan_of(s, {0.05, 0.95}));
    auto forced = s;
    forced.forced_updates.push_back({civil(2026, 1, 22), "4.2", 0.5});
    BOOST_TEST(found<forcing>(list).day == plan_of(forced, {0.05, 0.95}).day);
    auto served = s;
    for (auto& r : served.releases) r.delivery = credentials::served{std::chrono::hours{6}};
    served.credential_sets[0].served = civil(2025, 6, 2);
    served.credential_sets[1].served = civil(2026, 1, 7);
    BOOST_TEST(found<serving>(list).day == plan_of(served, {0.05, 0.95}).day);
}

BOOST_AUTO_TEST_CASE(where_no_date_is_safe_the_least_round_loss_that_has_one_is_named) {
    auto const s = test::leaked_key(20'000);
    auto const plan = plan_of(s, {0.001, 0.95});
    BOOST_REQUIRE((plan.kind == answer_kind::never));
    auto const list = find_remedies(s, plan);
    auto const loss = std::get<larger_loss>(found<larger_loss>(list).change);
    BOOST_TEST(loss.factor == 0U);
    BOOST_TEST(loss.share == 0.05);
    BOOST_TEST((answer_with(plan, 0.02).kind != answer_kind::date));
}

BOOST_AUTO_TEST_CASE(what_does_not_apply_is_not_tried) {
    auto forced = test::leaked_key(20'000);
    forced.forced_updates.push_back({civil(2026, 1, 6), "4.1", 0.5});
    BOOST_TEST(names_of(find_remedies(forced, plan_of(forced, {0.05, 0.95}))).find("force") ==
               std::string::npos);
    auto const s = test::leaked_key(20'000);
    auto const newest = plan_retirement(s, "k2", {0.9, 0.95});
    BOOST_TEST(names_of(find_remedies(s, *newest)) == "");
}

BOOST_AUTO_TEST_CASE(an_interrupted_plan_or_search_names_nothing) {
    std::atomic<bool> const stop{true};
    run_options options;
    options.stop = &stop;
    auto const s = test::leaked_key(20'000);
    auto const plan = plan_of(s, {0.05, 0.95});
    BOOST_TEST(find_remedies(s, plan, options).found.empty());
    auto const interrupted = plan_retirement(s, "k1", {0.05, 0.95}, options);
    BOOST_TEST(find_remedies(s, *interrupted).found.empty());
    BOOST_TEST((answer_with(*interrupted, 0.9).kind == answer_kind::censored));
}

BOOST_AUTO_TEST_CASE(a_censored_answer_names_its_obstacle) {
    BOOST_TEST(devices_needed({0.05, 0.95}) == 59U);
    auto everybody = test::leaked_key(58);
    everybody.update_law = adoption_law{{}, days{5}, {}, 1, 0, 0};
    everybody.releases[1].stages.clear();
    BOOST_TEST((obstacle_of(plan_of(everybody, {0.05, 0.95})) == obstacle::few_devices));
    auto early = test::leaked_key(20'000);
    early.horizon = days{150};
    BOOST_TEST((obstacle_of(plan_of(early, {0.05, 0.95})) == obstacle::horizon));
    auto close = test::leaked_key(2'000);
    close.update_law = adoption_law{{}, days{1}, {}, 0.95, 0, 0.05};
    auto plan = plan_of(close, {0.05, 0.95});
    plan.target.share = plan.stuck_share + 0.001;
    BOOST_TEST((obstacle_of(plan) == obstacle::close_call));
}

BOOST_AUTO_TEST_CASE(a_set_deleted_before_it_retires_does_not_retire) {
    auto s = test::leaked_key(10);
    s.credential_sets[0].retired = test::day(50);
    auto const sooner = with_deletion(s, "k1", test::day(20));
    BOOST_TEST((sooner.credential_sets[0].deleted == test::day(20)));
    BOOST_TEST(!sooner.credential_sets[0].retired.has_value());
    BOOST_TEST(with_deletion(s, "k1", test::day(80)).credential_sets[0].retired.has_value());
    auto const never = with_deletion(s, "k1", std::nullopt);
    BOOST_TEST(!never.credential_sets[0].deleted.has_value());
    BOOST_TEST(never.credential_sets[0].retired.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
