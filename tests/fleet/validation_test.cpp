#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fleet/validation.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cryptoperiod;
using namespace cryptoperiod::fleet;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<std::string_view, 3> metrics{"devices.broken", "devices.broken.share",
                                                  "credential_sets.live"};
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Two releases, two sets, one promise: nothing wrong with it.
scenario sound() {
    scenario s;
    s.name = "sound";
    s.start = civil(2026, 1, 5);
    s.horizon = days{720};
    s.devices = 1000;
    s.update_law = find_adoption_preset("store")->law;
    s.releases.push_back(
        {.version = "4.1", .date = civil(2025, 6, 2), .delivery = credentials::embedded{"k1"}});
    s.releases.push_back({.version = "4.2",
                          .date = civil(2026, 1, 7),
                          .review = days{1},
                          .stages = app_store_phased(),
                          .delivery = credentials::embedded{"k2"}});
    s.credential_sets.push_back({.id = "k1", .deleted = civil(2026, 4, 15)});
    s.credential_sets.push_back({.id = "k2", .created = civil(2026, 1, 6)});
    s.promises.push_back({"devices.broken.share", comparison::less, 0.05, "< 5 %"});
    return s;
}

/// Every second day from 2026-01-01 on, ten times; 4.2 gains a tenth each time.
measured_shares measured() {
    measured_shares shares{.source = "own.csv", .versions = {"4.1", "4.2"}, .rows = {}};
    for (int i = 0; i < 10; ++i)
        shares.rows.push_back({civil(2026, 1, 1) + days{2 * i}, {1 - i / 10.0, i / 10.0}});
    return shares;
}

scenario replay() {
    auto s = sound();
    s.horizon = days{14};  // until the last measurement
    s.update_law = measured();
    return s;
}

std::string text_of(std::vector<problem> const& problems) {
    std::string text;
    for (auto const& p : problems)
        text += p.path + ": " + std::string(to_string(p.code)) + ": " + p.message + " | " + p.help +
                "\n";
    return text;
}

std::string problems_of(scenario const& s) { return text_of(validate(s, metrics)); }

/// The sound scenario after one change.
template <class Change>
std::string after(Change change) {
    auto s = sound();
    change(s);
    return problems_of(s);
}

/// The replay after one change of its measurements.
template <class Change>
std::string after_remeasuring(Change change) {
    auto s = replay();
    change(std::get<measured_shares>(s.update_law));
    return problems_of(s);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(validation_test)

BOOST_AUTO_TEST_CASE(a_sound_scenario_has_no_problem) {
    BOOST_TEST(problems_of(sound()) == "");
    BOOST_TEST(problems_of(replay()) == "");
}

BOOST_AUTO_TEST_CASE(every_preset_is_a_sound_law) {
    for (auto const& preset : adoption_presets)
        BOOST_TEST(after([&](auto& s) { s.update_law = preset.law; }) == "");
}

BOOST_AUTO_TEST_CASE(a_name_is_there_and_printable) {
    BOOST_TEST(after([](auto& s) { s.name = ""; }) ==
               "name: missing: the name is empty | give at least one character\n");
    BOOST_TEST(after([](auto& s) { s.name = "a\x1b[2J"; }) ==
               "name: malformed: the name contains a control character | remove it\n");
    BOOST_TEST(after([](auto& s) { s.name = std::string(257, 'a'); }) ==
               "name: out_of_range: the name has 257 bytes | at most 256 are allowed\n");
}

BOOST_AUTO_TEST_CASE(dates_lie_between_1970_and_2999) {
    BOOST_TEST(after([](auto& s) { s.credential_sets[0].retired = civil(1969, 12, 31); }) ==
               "credential_set[0].retired: out_of_range: 1969-12-31 is outside the years 1970 to "
               "2999 | mend the year\n");
}

BOOST_AUTO_TEST_CASE(the_horizon_is_some_whole_days_up_to_twenty_years) {
    BOOST_TEST(after([](auto& s) { s.horizon = days{0}; }) ==
               "horizon: out_of_range: a horizon of 0d leaves nothing to simulate | give it at "
               "least one day, such as 720d\n");
    BOOST_TEST(after([](auto& s) { s.horizon = hours{36}; }) ==
               "horizon: malformed: the horizon of 36h is not a whole number of days | write 2d\n");
    BOOST_TEST(after([](auto& s) { s.horizon = days{7306}; }) ==
               "horizon: out_of_range: the horizon of 7306d is longer than 20 years | write at "
               "most 7305d\n");
    BOOST_TEST(after([](auto& s) { s.horizon = days{7305}; }) == "");
    BOOST_TEST(after([](auto& s) { s.horizon = milliseconds::max(); }).starts_with("horizon: "));
}

BOOST_AUTO_TEST_CASE(a_fleet_has_devices_and_no_more_than_an_engine_can_number) {
    BOOST_TEST(after([](auto& s) { s.devices = 0; }) ==
               "fleet.devices: no_devices: the fleet has no devices | give it at least 1\n");
    BOOST_TEST(
        after([](auto& s) { s.devices = 4'294'967'296; }) ==
        "fleet.devices: no_devices: 4,294,967,296 devices are more than an engine can number | "
        "at most 4,294,967,295; a sample of 1,000,000 gives the same shares\n");
    BOOST_TEST(after([](auto& s) { s.devices = 4'294'967'295; }) == "");
}

BOOST_AUTO_TEST_CASE(opens_per_day_is_a_number_that_an_engine_can_draw) {
    auto const said = [](std::string const& value) {
        return "fleet.opens_per_day: out_of_range: opens_per_day is " + value +
               " | give a number from 0.0001 to 1000\n";
    };
    BOOST_TEST(after([](auto& s) { s.opens_per_day = 0; }) == said("0"));
    BOOST_TEST(after([](auto& s) { s.opens_per_day = -1; }) == said("-1"));
    BOOST_TEST(after([](auto& s) { s.opens_per_day = not_a_number; }) == said("nan"));
    BOOST_TEST(after([](auto& s) { s.opens_per_day = infinity; }) == said("inf"));
    BOOST_TEST(after([](auto& s) { s.opens_per_day = 1001; }) == said("1001"));
    BOOST_TEST(after([](auto& s) { s.opens_per_day = 1000; }) == "");
}

BOOST_AUTO_TEST_CASE(a_daily_profile_has_24_weights_of_which_one_is_positive) {
    BOOST_TEST(after([](auto& s) { s.daily_profile.assign(23, 1); }) ==
               "fleet.daily_profile: malformed: daily_profile has 23 weights | give 24, one for "
               "each hour from 00:00 UTC\n");
    BOOST_TEST(after([](auto& s) { s.daily_profile.assign(24, 0); }) ==
               "fleet.daily_profile: out_of_range: the weights of daily_profile add up to 0 | at "
               "least one hour needs a weight above 0\n");
    BOOST_TEST(after([](auto& s) {
                   s.daily_profile.assign(24, 1);
                   s.daily_profile[7] = -1;
               }) ==
               "fleet.daily_profile[7]: out_of_range: the weight -1 of hour 7 is not a number from "
               "0 up | give 0 for an hour in which nobody opens the app\n");
    BOOST_TEST(after([](auto& s) { s.daily_profile.assign(24, 1e308); }) ==
               "fleet.daily_profile: out_of_range: the weights of daily_profile add up to inf | at "
               "least one hour needs a weight above 0\n");
}

BOOST_AUTO_TEST_CASE(breaks_have_a_share_a_length_and_a_tail) {
    BOOST_TEST(after([](auto& s) {
                   s.breaks = dormancy{1.5, days{0}, 0};
               }) ==
               "fleet.dormancy.share: out_of_range: the dormant share is 150 % | give 0 % to 100 "
               "%\n"
               "fleet.dormancy.shortest: out_of_range: the shortest break is 0d | give a length "
               "above 0, such as 50d\n"
               "fleet.dormancy.tail: out_of_range: the tail exponent is 0 | give a number from "
               "0.01 to 100; measured: 1.51\n");
    BOOST_TEST(after([](auto& s) { s.breaks = dormancy{}; }) == "");
}

BOOST_AUTO_TEST_CASE(the_weights_of_a_law_are_shares_of_all_devices) {
    BOOST_TEST(after([](auto& s) {
                   s.update_law = adoption_law{days{0}, days{5}, days{300}, 0.7, 0.2, 0.05};
               }) ==
               "fleet.adoption: inconsistent: the weights add up to 0.95, not to 1 | "
               "w_prompt, w_laggard and w_never are shares of all devices\n");
    BOOST_TEST(after([](auto& s) {
                   s.update_law =
                       adoption_law{days{0}, days{5}, days{300}, 1.2, -0.2, not_a_number};
               }) ==
               "fleet.adoption.w_laggard: out_of_range: w_laggard is -0.2 | a weight is a "
               "share from 0 to 1\n"
               "fleet.adoption.w_never: out_of_range: w_never is nan | a weight is a share "
               "from 0 to 1\n");
    BOOST_TEST(after([](auto& s) {
                   s.update_law = adoption_law{days{0}, days{5}, days{300}, 0.71, 0.28, 0.02};
               }) == "");
}

BOOST_AUTO_TEST_CASE(a_law_has_a_time_for_every_type_that_occurs) {
    BOOST_TEST(after([](auto& s) {
                   s.update_law = adoption_law{days{-1}, days{5}, days{0}, 0.7, 0.3, 0};
               }) ==
               "fleet.adoption.tau_laggard: out_of_range: tau_laggard is 0d while w_laggard "
               "is 0.3 | give the mean time between update opportunities, such as 5d\n"
               "fleet.adoption.onset: out_of_range: onset is -1d | give a duration from 0d "
               "to 1000000d\n");
    BOOST_TEST(after([](auto& s) {
                   s.update_law = adoption_law{days{0}, days{5}, days{0}, 1, 0, 0};
               }) == "");
}

BOOST_AUTO_TEST_CASE(a_weibull_law_has_a_scale_a_shape_and_a_share) {
    BOOST_TEST(after([](auto& s) {
                   s.update_law = weibull_law{days{0}, days{0}, 0, 2};
               }) ==
               "fleet.adoption.w_never: out_of_range: w_never is 2 | a weight is a share from 0 to "
               "1\n"
               "fleet.adoption.shape: out_of_range: shape is 0 | give a number from 0.01 to 100; 1 "
               "is an exponential law\n"
               "fleet.adoption.scale: out_of_range: scale is 0d | give the time after which 63 % "
               "have updated, such as 12d\n");
    BOOST_TEST(after([](auto& s) {
                   s.update_law = weibull_law{days{1}, days{12}, 0.5, 0.02};
               }) == "");
}

BOOST_AUTO_TEST_CASE(measured_shares_are_of_two_dates_at_least) {
    BOOST_TEST(after_remeasuring([](auto& m) { m.rows.resize(1); }) ==
               "fleet.adoption: missing: the measured shares are of 1 date | at least two are "
               "needed to replay a movement\n");
}

BOOST_AUTO_TEST_CASE(measured_dates_ascend_without_gaps) {
    BOOST_TEST(after_remeasuring([](auto& m) { m.rows[3].date = m.rows[2].date; }) ==
               "fleet.adoption.rows[3]: inconsistent: 2026-01-05 does not come after 2026-01-05 | "
               "measurements ascend by date\n");
    BOOST_TEST(after_remeasuring([](auto& m) { m.rows.back().date += days{7}; }) ==
               "fleet.adoption.rows[9]: inconsistent: no measurement between 2026-01-17 and "
               "2026-01-26 | the others are 2d apart; add the missing dates, or use one side of "
               "the gap\n");
    BOOST_TEST(after_remeasuring([](auto& m) { m.rows.back().date += days{4}; }) == "");
}

BOOST_AUTO_TEST_CASE(measured_shares_of_a_date_add_up_to_all) {
    BOOST_TEST(after_remeasuring([](auto& m) {
                   m.rows[2].shares = {0.8, 0.21};
               }) ==
               "fleet.adoption.rows[2]: inconsistent: the shares of 2026-01-05 add up to 101 %, "
               "not to 100 % | every date needs the shares of all versions\n");
    BOOST_TEST(after_remeasuring([](auto& m) { m.rows[2].shares = {0.8, 0.2049}; }) == "");
    BOOST_TEST(after_remeasuring([](auto& m) {
                   m.rows[2].shares = {1.25, -0.25};
               }) ==
               "fleet.adoption.rows[2]: out_of_range: the share of '4.1' on 2026-01-05 is 125 % | "
               "give 0 % to 100 %\n"
               "fleet.adoption.rows[2]: out_of_range: the share of '4.2' on 2026-01-05 is -25 % | "
               "give 0 % to 100 %\n");
    BOOST_TEST(after_remeasuring([](auto& m) {
                   m.rows[2].shares = {not_a_number, 1};
               }) ==
               "fleet.adoption.rows[2]: out_of_range: the share of '4.1' on 2026-01-05 is nan % | "
               "give 0 % to 100 %\n");
    BOOST_TEST(after_remeasuring([](auto& m) { m.rows[2].shares = {1}; }) ==
               "fleet.adoption.rows[2]: inconsistent: 2026-01-05 has 1 shares for 2 versions | "
               "give one share a version\n");
}

BOOST_AUTO_TEST_CASE(measured_shares_span_the_scenario) {
    auto s = replay();
    s.start = civil(2025, 12, 31);
    BOOST_TEST(problems_of(s) ==
               "fleet.adoption: inconsistent: the measured shares begin on 2026-01-01, after the "
               "start on 2025-12-31 | start on 2026-01-01 or later, or use a preset\n");
    s = replay();
    s.horizon = days{15};
    BOOST_TEST(problems_of(s) ==
               "fleet.adoption: inconsistent: the measured shares end on 2026-01-19, before the "
               "horizon does on 2026-01-20 | shorten the horizon to 14d, or use a preset: measured "
               "shares do not extrapolate\n");
    s.start = civil(2026, 1, 19);
    BOOST_TEST(problems_of(s) ==
               "fleet.adoption: inconsistent: the measured shares end on 2026-01-19, before the "
               "horizon does on 2026-02-03 | start earlier, or use a preset: measured shares do "
               "not extrapolate\n");
}

BOOST_AUTO_TEST_CASE(measured_versions_are_the_releases) {
    BOOST_TEST(after_remeasuring([](auto& m) { m.versions[1] = "4.20"; }) ==
               "fleet.adoption.versions[1]: unknown_name: '4.20' has measured shares, but is no "
               "release of the scenario | did you mean '4.2'?\n"
               "release[1].version: inconsistent: release '4.2' has no measured shares | add them, "
               "or remove the release: what was not measured cannot be replayed\n");
    BOOST_TEST(after_remeasuring([](auto& m) { m.versions[1] = "4.1"; })
                   .starts_with("fleet.adoption.versions[1]: inconsistent: '4.1' is listed twice | "
                                "give a version one column\n"));
}

BOOST_AUTO_TEST_CASE(measured_shares_too_many_to_keep_are_refused) {
    BOOST_TEST(
        after_remeasuring([](auto& m) { m.versions.resize(4001); }) ==
        "fleet.adoption: out_of_range: measured shares of 10 dates and 4,001 versions are too "
        "many | fold rare versions, or measure by the week\n");
}

BOOST_AUTO_TEST_CASE(a_scenario_has_releases_but_not_too_many) {
    BOOST_TEST(after([](auto& s) { s.releases.clear(); }) ==
               "release: missing: the scenario has no release | every device has a version: add a "
               "[[release]]\n");
    BOOST_TEST(after([](auto& s) { s.releases.resize(4001); }) ==
               "release: out_of_range: 4,001 releases are too many | at most 4,000 are allowed\n");
}

BOOST_AUTO_TEST_CASE(a_version_is_released_once) {
    BOOST_TEST(after([](auto& s) { s.releases[1].version = "4.1"; }) ==
               "release[1].version: inconsistent: version '4.1' is released twice | give each "
               "release a version of its own\n");
}

BOOST_AUTO_TEST_CASE(releases_ascend_from_one_before_the_start) {
    BOOST_TEST(after([](auto& s) {
                   s.releases[1].date = civil(2025, 6, 1);
                   s.credential_sets[1].created.reset();
               }) ==
               "release[1].date: inconsistent: release '4.2' of 2025-06-01 stands after "
               "'4.1' of 2025-06-02 | releases ascend by date\n");
    BOOST_TEST(after([](auto& s) { s.releases[0].date = civil(2026, 1, 6); }) ==
               "release[0].date: inconsistent: the first release is of 2026-01-06, after the start "
               "on 2026-01-05 | every device needs a version at the start: add the release it has "
               "then\n");
}

BOOST_AUTO_TEST_CASE(a_review_is_not_negative) {
    BOOST_TEST(after([](auto& s) { s.releases[1].review = hours{-1}; }) ==
               "release[1].review: out_of_range: review is negative: -1h | write a duration such "
               "as 1d or 6h\n");
    BOOST_TEST(after([](auto& s) {
                   s.releases[1].review = milliseconds::max();
               }).ends_with(" is longer than 20 years | write at most 7305d\n"));
}

BOOST_AUTO_TEST_CASE(rollout_stages_ascend_in_time_and_share) {
    BOOST_TEST(after([](auto& s) {
                   s.releases[1].stages = {{days{1}, .5}, {days{1}, .4}};
               }) ==
               "release[1].rollout[1].after: inconsistent: the stage after 1d does not come after "
               "the one before it, after 1d | stages ascend in time\n"
               "release[1].rollout[1].share: inconsistent: the stage reaches 40 %, the one before "
               "it 50 % | shares are cumulative and ascend; to halt a rollout, end the list\n");
    BOOST_TEST(after([](auto& s) {
                   s.releases[1].stages = {{days{0}, 0}, {days{1}, 1.1}};
               }) ==
               "release[1].rollout[0].share: out_of_range: a stage cannot reach 0 % of the devices "
               "| give more than 0 % and at most 100 %\n"
               "release[1].rollout[1].share: out_of_range: a stage cannot reach 110 % of the "
               "devices | give more than 0 % and at most 100 %\n");
    BOOST_TEST(after([](auto& s) { s.releases[1].stages = play_staged(); }) == "");
}

BOOST_AUTO_TEST_CASE(an_embedded_set_exists) {
    BOOST_TEST(after([](auto& s) { s.releases[1].delivery = credentials::embedded{"k3"}; }) ==
               "release[1].credentials: unknown_name: release '4.2' embeds the unknown credential "
               "set 'k3' | did you mean 'k1'?\n");
    BOOST_TEST(after([](auto& s) { s.releases[1].delivery = credentials::embedded{"other"}; }) ==
               "release[1].credentials: unknown_name: release '4.2' embeds the unknown credential "
               "set 'other' | add a [[credential_set]] with this id\n");
    BOOST_TEST(after([](auto& s) { s.releases[1].delivery = credentials::embedded{}; }) ==
               "release[1].credentials: missing: release '4.2' embeds no credential set | name "
               "one, such as [\"k1\"]\n");
}

BOOST_AUTO_TEST_CASE(an_embedded_set_is_alive_at_the_release) {
    BOOST_TEST(after([](auto& s) { s.credential_sets[1].created = civil(2026, 1, 8); }) ==
               "release[1].credentials: inconsistent: release '4.2' of 2026-01-07 embeds 'k2', "
               "which is created on 2026-01-08 | create the set first, or date the release "
               "2026-01-08 or later\n");
    BOOST_TEST(
        after([](auto& s) { s.credential_sets[1].activated = civil(2026, 1, 7) + hours{12}; }) ==
        "release[1].credentials: inconsistent: release '4.2' of 2026-01-07 embeds "
        "'k2', which is activated on 2026-01-07T12:00:00Z | activate the set first, "
        "or date the release 2026-01-07T12:00:00Z or later\n");
    BOOST_TEST(after([](auto& s) { s.credential_sets[1].deleted = civil(2026, 1, 7); }) ==
               "release[1].credentials: inconsistent: release '4.2' of 2026-01-07 embeds 'k2', "
               "which is deleted on 2026-01-07 | embed a set that is alive; deleted is for ever\n");
    BOOST_TEST(after([](auto& s) { s.credential_sets[1].created = civil(2026, 1, 7); }) == "");
}

BOOST_AUTO_TEST_CASE(a_served_release_finds_a_served_set) {
    auto s = sound();
    s.releases[1].delivery = credentials::served{hours{6}};
    BOOST_TEST(problems_of(s) ==
               "release[1].delivery: inconsistent: release '4.2' fetches its set, but no set is "
               "ever served | give a [[credential_set]] its served date\n");
    s.credential_sets[1].served = civil(2026, 1, 8);
    BOOST_TEST(problems_of(s) ==
               "release[1].delivery: inconsistent: release '4.2' of 2026-01-07 fetches its set, "
               "but the first is served on 2026-01-08 | serve a set from 2026-01-07 on or "
               "earlier\n");
    s.credential_sets[1].served = civil(2026, 1, 7);
    BOOST_TEST(problems_of(s) == "");
    s.releases[1].delivery = credentials::served{hours{-6}};
    BOOST_TEST(problems_of(s) ==
               "release[1].cache: out_of_range: cache is negative: -6h | write a "
               "duration such as 1d or 6h\n");
}

BOOST_AUTO_TEST_CASE(a_credential_set_is_listed_once_and_there_are_not_too_many) {
    BOOST_TEST(after([](auto& s) { s.credential_sets.push_back({.id = "k1"}); }) ==
               "credential_set[2].id: inconsistent: credential set 'k1' is listed twice | put all "
               "its dates into one [[credential_set]]\n");
    BOOST_TEST(after([](auto& s) {
                   for (int i = 3; i <= 201; ++i)
                       s.credential_sets.push_back({.id = "k" + std::to_string(i)});
               }) ==
               "credential_set: out_of_range: 201 credential sets are too many | at most 200 "
               "are allowed\n");
}

BOOST_AUTO_TEST_CASE(the_life_of_a_set_is_in_order) {
    constexpr std::string_view order = " | the order is created, activated, retired, deleted\n";
    BOOST_TEST(after([](auto& s) { s.credential_sets[1].activated = civil(2026, 1, 5); }) ==
               "credential_set[1].activated: inconsistent: 'k2' is activated on 2026-01-05, before "
               "it is created on 2026-01-06" +
                   std::string(order));
    BOOST_TEST(after([](auto& s) { s.credential_sets[1].retired = civil(2026, 1, 5); }) ==
               "credential_set[1].retired: inconsistent: 'k2' is retired on 2026-01-05, before it "
               "is created on 2026-01-06" +
                   std::string(order));
    BOOST_TEST(after([](auto& s) { s.credential_sets[0].created = civil(2026, 4, 16); })
                   .ends_with("credential_set[0].deleted: inconsistent: 'k1' is deleted on "
                              "2026-04-15, before it is created on 2026-04-16 | a set is created "
                              "before it is deleted\n"));
    BOOST_TEST(after([](auto& s) { s.credential_sets[1].compromised = civil(2026, 1, 5); }) ==
               "credential_set[1].compromised: inconsistent: 'k2' is compromised on 2026-01-05, "
               "before it is created on 2026-01-06 | a set leaks after it was made\n");
    BOOST_TEST(after([](auto& s) {
                   s.credential_sets[0].activated = civil(2025, 6, 1);
                   s.credential_sets[0].served = civil(2025, 5, 31);
               }) ==
               "credential_set[0].served: inconsistent: 'k1' is served on 2025-05-31, before "
               "it is activated on 2025-06-01 | serve a set that is accepted already\n");
}

BOOST_AUTO_TEST_CASE(nothing_happens_to_a_set_after_its_deletion) {
    auto const said = [](std::string const& key, std::string const& event) {
        return "credential_set[0]." + key + ": credential_deleted: 'k1' is " + event +
               " on 2026-04-16, after its deletion on 2026-04-15 | deleted is for ever: remove the "
               "date, or delete later\n";
    };
    auto const late = civil(2026, 4, 16);
    BOOST_TEST(after([&](auto& s) { s.credential_sets[0].retired = late; }) ==
               said("retired", "retired"));
    BOOST_TEST(after([&](auto& s) { s.credential_sets[0].served = late; }) ==
               said("served", "served"));
    BOOST_TEST(after([&](auto& s) { s.credential_sets[0].compromised = late; }) ==
               said("compromised", "compromised"));
    BOOST_TEST(after([](auto& s) { s.credential_sets[0].retired = civil(2026, 4, 15); }) == "");
}

BOOST_AUTO_TEST_CASE(a_forced_update_demands_what_is_offered) {
    auto const forced = [](time_point date, std::string minimum, double comply = 1) {
        return after([&](auto& s) { s.forced_updates.push_back({date, minimum, comply}); });
    };
    BOOST_TEST(forced(civil(2026, 1, 8), "4.2") == "");
    BOOST_TEST(forced(civil(2026, 1, 7), "4.2") ==
               "forced_update[0].minimum: inconsistent: '4.2' is demanded from 2026-01-07, but "
               "offered from 2026-01-08 | demand it from 2026-01-08 on or later\n");
    BOOST_TEST(forced(civil(2026, 2, 7), "4.3") ==
               "forced_update[0].minimum: unknown_name: the minimum '4.3' is no release of the "
               "scenario | did you mean '4.1'?\n");
    BOOST_TEST(forced(civil(2026, 1, 4), "4.1") ==
               "forced_update[0].date: inconsistent: the forced update of 2026-01-04 comes before "
               "the start on 2026-01-05 | date it 2026-01-05 or later\n");
    BOOST_TEST(forced(civil(2027, 12, 26), "4.2") ==
               "forced_update[0].date: inconsistent: the forced update of 2027-12-26 comes after "
               "the horizon ends on 2027-12-26 | remove it, or lengthen the horizon\n");
    BOOST_TEST(forced(civil(2026, 2, 7), "4.2", 0) ==
               "forced_update[0].comply: out_of_range: comply is 0 % | give more than 0 % and at "
               "most 100 %\n");
    BOOST_TEST(forced(civil(2026, 2, 7), "4.2", not_a_number) ==
               "forced_update[0].comply: out_of_range: comply is nan % | give more than 0 % and at "
               "most 100 %\n");
}

BOOST_AUTO_TEST_CASE(forced_updates_go_forward_in_time_and_version) {
    BOOST_TEST(
        after([](auto& s) {
            s.forced_updates = {{civil(2026, 3, 1), "4.2", 1}, {civil(2026, 2, 1), "4.1", 1}};
        }) ==
        "forced_update[1].date: inconsistent: the forced update of 2026-02-01 stands "
        "after that of 2026-03-01 | forced updates ascend by date\n"
        "forced_update[1].minimum: inconsistent: the minimum goes back from '4.2' to "
        "'4.1' | a later forced update demands the same version or a newer one\n");
}

BOOST_AUTO_TEST_CASE(connections_have_times_that_make_sense_together) {
    BOOST_TEST(after([](auto& s) { s.net.session = minutes{-1}; }) ==
               "connections.session: out_of_range: session is negative: -1m | write a duration "
               "such as 1d or 6h\n");
    BOOST_TEST(after([](auto& s) {
                   s.net.drop_live = true;
                   s.net.session = minutes{0};
               }) ==
               "connections.session: inconsistent: with a session of 0d there is no live "
               "connection to drop | lengthen the session, or leave drop_live out\n");
    BOOST_TEST(after([](auto& s) { s.net.propagation = days{721}; }) ==
               "connections.propagation: inconsistent: a propagation of 721d is longer than the "
               "horizon of 720d | no deletion would ever be seen; shorten it\n");
    BOOST_TEST(after([](auto& s) { s.net.retry_first = milliseconds{0}; }) ==
               "connections.retry_first: out_of_range: retry_first is 0d | a client waits before "
               "it tries again; give at least 1ms\n");
    BOOST_TEST(after([](auto& s) { s.net.retry_longest = milliseconds{999}; }) ==
               "connections.retry_longest: inconsistent: retry_longest of 999ms is shorter than "
               "retry_first of 1s | the first wait is the shortest\n");
    BOOST_TEST(
        after([](auto& s) { s.net.retry_attempts = 1001; }) ==
        "connections.retry_attempts: out_of_range: 1,001 retries are too many | at most 1,000 "
        "are allowed\n");
}

BOOST_AUTO_TEST_CASE(a_loop_of_retries_ends_before_the_simulation_becomes_endless) {
    auto s = sound();
    s.net.retry_first = milliseconds{1};
    BOOST_TEST(problems_of(s) == "");
    s.releases[0].on_reject = reject_policy::loop;
    BOOST_TEST(
        problems_of(s) ==
        "connections.retry_first: out_of_range: a looping app would connect 600,000 times a "
        "session | at most 100,000 are simulated: lengthen retry_first or shorten session\n");
}

BOOST_AUTO_TEST_CASE(a_promise_is_about_a_known_metric_and_a_possible_limit) {
    auto const promised = [](std::string metric, double limit) {
        return after([&](auto& s) { s.promises = {{metric, comparison::less, limit, ""}}; });
    };
    BOOST_TEST(promised("devices.brokn", 1) ==
               "promises[0]: unknown_name: unknown metric 'devices.brokn' | did you mean "
               "'devices.broken'?\n");
    BOOST_TEST(promised("latency", 1) ==
               "promises[0]: unknown_name: unknown metric 'latency' | known metrics: "
               "devices.broken, devices.broken.share, credential_sets.live\n");
    BOOST_TEST(promised("devices.broken", infinity) ==
               "promises[0].limit: out_of_range: the limit is inf | give a number\n");
    BOOST_TEST(promised("devices.broken.share", 5) ==
               "promises[0].limit: out_of_range: the limit 5 of a share is 500 % | give 0 % to 100 "
               "%; with a number, 1 is all\n");
    BOOST_TEST(promised("devices.broken", 5) == "");
}

BOOST_AUTO_TEST_CASE(counters_that_would_fill_the_memory_are_refused) {
    BOOST_TEST(after([](auto& s) {
                   s.horizon = days{7305};
                   for (int i = 3; i <= 200; ++i)
                       s.credential_sets.push_back({.id = "k" + std::to_string(i)});
               }) ==
               "horizon: out_of_range: counting 7305d of 200 credential sets takes 808 MiB a "
               "thread | at most 256 MiB: shorten the horizon, or leave sets out\n");
}

BOOST_AUTO_TEST_CASE(all_problems_are_found_in_one_pass) {
    auto s = sound();
    s.horizon = days{0};
    s.devices = 0;
    s.opens_per_day = not_a_number;
    s.releases[1].delivery = credentials::embedded{"k9"};
    s.credential_sets[0].retired = civil(2026, 5, 1);
    s.forced_updates = {{civil(2026, 1, 9), "4.2", 2}};
    s.net.session = minutes{-1};
    s.promises[0].metric = "devices";
    std::vector<std::string> paths;
    for (auto const& p : validate(s, metrics)) paths.push_back(p.path);
    std::vector<std::string> const expected{
        "horizon",
        "fleet.devices",
        "fleet.opens_per_day",
        "release[1].credentials",
        "credential_set[0].retired",
        "forced_update[0].date",
        "forced_update[0].comply",
        "connections.session",
        "promises[0]",
    };
    BOOST_TEST(paths == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_rests_on_an_unread_value_is_not_judged) {
    auto s = sound();
    s.devices = 0;
    s.releases[1].date = {};             // 1970: before 4.1, and before k2
    s.credential_sets[0].id = "unread";  // so k1 is not known
    BOOST_TEST(validate(s, metrics).size() == 4U);
    std::vector<std::string> unread{"fleet.devices", "release[1].date", "credential_set[0].id"};
    BOOST_TEST(text_of(validate(s, metrics, unread)) == "");
    unread = {"fleet", "release[1]", "credential_set"};
    BOOST_TEST(text_of(validate(s, metrics, unread)) == "");
    unread = {"fleet.devices", "release[10]", "credential_set[0].id"};
    BOOST_TEST(text_of(validate(s, metrics, unread)).find("release[1].date: ") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(hostile_numbers_are_refused_without_overflow) {
    auto s = sound();
    s.horizon = milliseconds::max();
    s.start = time_point::max();
    s.releases[1].date = time_point::max();
    s.releases[1].review = milliseconds::min();
    s.releases[1].stages = {{milliseconds::max(), 1}, {milliseconds::min(), not_a_number}};
    s.net = {milliseconds::max(), true, milliseconds::max(), 5, milliseconds::max(),
             milliseconds::min()};
    s.update_law = adoption_law{milliseconds::max(), milliseconds::max(),
                                milliseconds::min(), infinity,
                                not_a_number,        -infinity};
    s.forced_updates = {{time_point::min(), "4.2", infinity}};
    BOOST_TEST(validate(s, metrics).size() > 10U);
    s = replay();
    auto& rows = std::get<measured_shares>(s.update_law).rows;
    rows.front().date = time_point::max();
    rows.back().date = time_point::min();
    s.start = time_point::min();
    BOOST_TEST(validate(s, metrics).size() > 3U);
}

BOOST_AUTO_TEST_CASE(a_promise_that_cannot_be_kept_is_refused) {
    auto const promising = [](comparison op, double limit, std::string_view metric) {
        return after([&](auto& s) { s.promises[0] = {std::string(metric), op, limit, {}}; });
    };
    BOOST_TEST(
        promising(comparison::at_most, -2, "credential_sets.live") ==
        "promises[0].limit: out_of_range: the limit is -2, but no metric is below 0 | give a "
        "number from 0 up\n");
    BOOST_TEST(
        promising(comparison::at_least, -1, "devices.broken") ==
        "promises[0].limit: out_of_range: the limit is -1, but no metric is below 0 | give a "
        "number from 0 up\n");
    for (auto const metric : metrics)
        BOOST_TEST(promising(comparison::less, 0, metric) ==
                   "promises[0].limit: inconsistent: nothing is less than 0: the promise cannot be "
                   "kept | write <= 0 to allow none\n");
    BOOST_TEST(promising(comparison::greater, 1, "devices.broken.share") ==
               "promises[0].limit: inconsistent: no share is greater than 1: the promise cannot be "
               "kept | write >= 1 to demand all\n");
    for (auto const op : {comparison::at_most, comparison::equal, comparison::at_least})
        for (auto const metric : metrics) BOOST_TEST(promising(op, 0, metric) == "");
}

BOOST_AUTO_TEST_SUITE_END()
