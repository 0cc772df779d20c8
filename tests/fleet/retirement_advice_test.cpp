#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/model.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <cryptoperiod/fleet/retirement_advice.hpp>
#include <string>
#include <vector>

using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using credentials::usage_log;
using credentials::usage_summary;

namespace {

constexpr std::uint64_t advice_seed = 20'261'122;
constexpr time_point offered = civil(2026, 1, 7);
constexpr adoption_law store_law = find_adoption_preset("store")->law;

usage_summary seen_by(std::uint64_t devices) { return {1, devices, {}}; }

retirement_advice advice_for(std::uint64_t devices, advice_request request) {
    auto const advice = advise_retirement(seen_by(devices), request);
    BOOST_REQUIRE(advice.has_value());
    return *advice;
}

std::string_view refusal_of(advice_request const& request) {
    auto const advice = advise_retirement(seen_by(100), request);
    return advice ? "ok" : to_string(advice.error().code);
}

/// When each device of a fleet leaves the version with the old set, as the simulator draws it.
std::vector<ms_t> departures(model const& m) {
    random_stream const stream{advice_seed};
    std::vector<ms_t> left(m.devices, forever);
    update_clock updates(m);
    for (std::uint32_t device = 0; device != m.devices; ++device) {
        updates.start(traits_of(m, draw(stream, device, purpose::lifetime, 0)),
                      [&](std::size_t release, std::size_t which) {
                          return draw(stream, device, purpose::release,
                                      release_block(release))[rollout_word(release) + which];
                      });
        while (updates.installed() == 0 && updates.next() != forever) {
            auto const at = updates.next();
            if (updates.step()) left[device] = at;
        }
    }
    return left;
}

scenario two_versions(adoption_law const& law) {
    scenario s;
    s.name = "advice";
    s.start = civil(2026, 1, 5);
    s.horizon = days{720};
    s.devices = 20'000;
    s.update_law = law;
    s.credential_sets = {{.id = "k1"}, {.id = "k2"}};
    s.releases = {
        {.version = "4.1", .date = civil(2025, 6, 2), .delivery = credentials::embedded{"k1"}},
        {.version = "4.2", .date = offered, .delivery = credentials::embedded{"k2"}}};
    return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_retirement_advice)

BOOST_AUTO_TEST_CASE(what_traffic_forecasts_is_what_the_simulated_fleet_does) {
    BOOST_TEST_MESSAGE("seed " << advice_seed);
    for (std::string_view const preset : {"store", "auto", "os_major"}) {
        auto const law = find_adoption_preset(preset)->law;
        auto const s = two_versions(law);
        auto const left = departures(compile(s));
        auto const still_there = [&](time_point t) {
            std::uint64_t count = 0;
            for (auto const at : left) count += at > (t - s.start).count() ? 1 : 0;
            return count;
        };
        // Every device is used each day; on day 40 somebody asks.
        time_point const today = s.start + days{40};
        usage_log log{usage_log::salt{}};
        for (std::size_t device = 0; device != left.size(); ++device) {
            auto const last = std::min<ms_t>(left[device], 40 * ms_per_day);
            auto const id = std::to_string(device);
            BOOST_TEST(log.note({"k1", "4.1", id, s.start + milliseconds{last}}).has_value());
        }
        advice_request request{.now = today,
                               .fewer_than = 1'500,
                               .update_law = law,
                               .offered = offered,
                               .window = days{1}};
        auto const advice = advise_retirement(log, "k1", request);
        BOOST_REQUIRE(advice.has_value());
        auto const now = static_cast<double>(still_there(today - days{1}));
        // Of the sketch 3.5 standard errors; of a day's departures, which the window counts, none.
        BOOST_TEST(std::abs(static_cast<double>(advice->stranded_now) / now - 1) < 3.5 * 0.046);
        BOOST_TEST(advice->stranded_bound >= advice->stranded_now);
        BOOST_REQUIRE(advice->kind == answer_kind::date);
        // The bound lies two standard errors above the truth, which has errors of its own.
        auto const then = static_cast<double>(still_there(advice->date));
        auto const bound = static_cast<double>(advice->stranded_then);
        BOOST_TEST_MESSAGE(preset << ": " << to_date(advice->date) << " " << then << " of "
                                  << bound);
        BOOST_TEST(then < 1'500 * 1.05);
        BOOST_TEST(then > bound * (1 - 6 * 0.046));
    }
}

BOOST_AUTO_TEST_CASE(few_devices_may_be_stranded_today) {
    auto const advice = advice_for(
        10,
        {.now = offered + days{30}, .fewer_than = 12, .update_law = store_law, .offered = offered});
    BOOST_TEST((advice.kind == answer_kind::date));
    BOOST_TEST((advice.date == offered + days{30}));
    BOOST_TEST(advice.stranded_now == 10U);
    BOOST_TEST(advice.stranded_bound == 11U);
}

BOOST_AUTO_TEST_CASE(a_set_that_nobody_uses_may_go_at_once) {
    auto const advice = advice_for(
        0, {.now = offered, .fewer_than = 1, .update_law = store_law, .offered = offered});
    BOOST_TEST((advice.kind == answer_kind::date && advice.date == offered));
    BOOST_TEST(advice.stranded_bound == 0U);
}

BOOST_AUTO_TEST_CASE(those_who_never_update_make_the_answer_never) {
    advice_request request{.now = offered + days{30},
                           .fewer_than = 5'000,
                           .update_law = store_law,
                           .offered = offered};
    auto const advice = advice_for(1'000'000, request);
    BOOST_TEST((advice.kind == answer_kind::never));
    BOOST_TEST(advice.stranded_ever > 5'000U);
    BOOST_TEST(advice.stranded_ever < 40'000U);
    request.fewer_than = advice.stranded_ever + 1'000;
    BOOST_TEST((advice_for(1'000'000, request).kind == answer_kind::date));
}

BOOST_AUTO_TEST_CASE(a_horizon_that_ends_before_the_date_is_censored_not_never) {
    advice_request request{.now = offered,
                           .fewer_than = 100'000,
                           .update_law = store_law,
                           .offered = offered,
                           .horizon = days{10}};
    BOOST_TEST((advice_for(1'000'000, request).kind == answer_kind::censored));
    request.horizon = days{3'650};
    BOOST_TEST((advice_for(1'000'000, request).kind == answer_kind::date));
}

BOOST_AUTO_TEST_CASE(before_the_offer_nobody_leaves) {
    advice_request request{.now = offered - days{100},
                           .fewer_than = 500'000,
                           .update_law = store_law,
                           .offered = offered};
    auto const advice = advice_for(1'000'000, request);
    BOOST_TEST((advice.kind == answer_kind::date));
    BOOST_TEST((advice.date > offered));
    BOOST_TEST((advice.date < offered + days{30}));
}

BOOST_AUTO_TEST_CASE(the_date_is_the_first_day_on_which_the_bound_is_below) {
    advice_request const request{
        .now = offered, .fewer_than = 200'000, .update_law = store_law, .offered = offered};
    auto const advice = advice_for(1'000'000, request);
    auto const bound_on = [&](time_point t) {
        return 1e6 * (1 + 2 * credentials::device_sketch::standard_error) *
               store_law.share_on_older(t - offered);
    };
    BOOST_TEST(bound_on(advice.date) < 200'000);
    BOOST_TEST(bound_on(advice.date - days{1}) >= 199'999);
}

BOOST_AUTO_TEST_CASE(the_other_law_of_the_simulator_is_known_and_measured_shares_are_refused) {
    advice_request request{.now = offered, .fewer_than = 500'000, .offered = offered};
    request.update_law = weibull_law{.scale = days{10}, .shape = 0.76};
    auto const advice = advice_for(1'000'000, request);
    BOOST_TEST((advice.kind == answer_kind::date));
    // 10 d * (ln(1.092 / 0.5))^(1 / 0.76) = 7.3 d
    BOOST_TEST((advice.date == offered + days{8}));
    request.update_law = measured_shares{};
    BOOST_TEST(refusal_of(request) == "inconsistent");
}

BOOST_AUTO_TEST_CASE(questions_without_sense_are_refused_by_name) {
    BOOST_TEST(refusal_of({.now = offered, .fewer_than = 0, .update_law = store_law}) ==
               "out_of_range");
    BOOST_TEST(refusal_of({.now = offered, .update_law = adoption_law{}}) == "out_of_range");
    BOOST_TEST(refusal_of({.now = offered, .update_law = adoption_law{.w_prompt = 0}}) ==
               "out_of_range");
}

BOOST_AUTO_TEST_SUITE_END()
