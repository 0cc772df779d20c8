#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cryptoperiod/core/time.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

using namespace cryptoperiod;
using namespace std::chrono_literals;

namespace {

static_assert(civil(1970, 1, 1).time_since_epoch().count() == 0);
static_assert(civil(2026, 1, 5) - civil(2026, 1, 4) == days{1});
static_assert(ms_per_hour == milliseconds(1h).count() && ms_per_day == milliseconds(24h).count());

std::string time_answer(std::string_view text) {
    auto const r = parse_time(text);
    return r ? to_iso(*r) : to_string(r.error());
}

std::string duration_answer(std::string_view text) {
    auto const r = parse_duration(text);
    return r ? std::to_string(r->count()) : to_string(r.error());
}

std::string refusal(std::string_view code, std::string_view text, std::string_view reason) {
    return std::string(code) + ": '" + std::string(text) + "' " + std::string(reason);
}

constexpr std::string_view not_a_date = "is not a date; write it like 2026-01-05";
constexpr std::string_view not_a_day = "is not a day of the calendar";
constexpr std::string_view not_a_time = "is not a time; write it like 2026-01-05T13:30Z, in UTC";
constexpr std::string_view not_of_the_day = "is not a time of the day";
constexpr std::string_view not_a_duration = "is not a duration; write it like 540d, 6h, 30m, 60s";
constexpr std::string_view too_long = "is longer than 1000000 days";

}  // namespace

BOOST_AUTO_TEST_SUITE(time_test)

BOOST_AUTO_TEST_CASE(civil_dates_are_counted_from_the_epoch) {
    BOOST_TEST(civil(1970, 1, 2).time_since_epoch().count() == 86'400'000);
    BOOST_TEST(civil(1969, 12, 31).time_since_epoch().count() == -86'400'000);
    BOOST_TEST(civil(2000, 3, 1).time_since_epoch().count() == 951'868'800'000);
    BOOST_TEST(civil(2026, 1, 5).time_since_epoch().count() == 1'767'571'200'000);
}

BOOST_AUTO_TEST_CASE(every_date_of_a_thousand_years_round_trips) {
    // Counted on by hand, month by month: nothing of <chrono> decides what the next date is.
    auto at = civil(1600, 1, 1);
    for (int year = 1600; year != 2600; ++year) {
        bool const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        int const lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        for (int month = 1; month <= 12; ++month)
            for (int day = 1; day <= lengths[month - 1]; ++day, at += days{1}) {
                auto const two = [](int n) {
                    return std::string(n < 10 ? "0" : "") + std::to_string(n);
                };
                auto const text = std::to_string(year) + "-" + two(month) + "-" + two(day);
                BOOST_TEST_REQUIRE(to_date(at) == text);
                auto const back = parse_time(text);
                BOOST_TEST_REQUIRE(back.has_value(), text);
                BOOST_TEST_REQUIRE((*back == at), text);
            }
    }
}

BOOST_AUTO_TEST_CASE(times_of_the_day_round_trip_to_the_second) {
    std::mt19937_64 random(8601);
    for (int run = 0; run != 5000; ++run) {
        auto const at = civil(1900, 1, 1) + std::chrono::seconds(random() % 10'000'000'000ULL);
        auto const back = parse_time(to_iso(at));
        BOOST_TEST_REQUIRE(back.has_value(), to_iso(at));
        BOOST_TEST_REQUIRE((*back == at), to_iso(at));
    }
}

BOOST_AUTO_TEST_CASE(valid_times_are_read) {
    BOOST_TEST(time_answer("2026-01-05") == "2026-01-05T00:00:00Z");
    BOOST_TEST(time_answer("2026-01-05T13:30Z") == "2026-01-05T13:30:00Z");
    BOOST_TEST(time_answer("2026-01-05T13:30:59Z") == "2026-01-05T13:30:59Z");
    BOOST_TEST(time_answer("2024-02-29") == "2024-02-29T00:00:00Z");
    BOOST_TEST(time_answer("2000-02-29") == "2000-02-29T00:00:00Z");
    BOOST_TEST(time_answer("9999-12-31T23:59:59Z") == "9999-12-31T23:59:59Z");
    BOOST_TEST(time_answer("0001-01-01") == "0001-01-01T00:00:00Z");
    BOOST_TEST(
        (parse_time("2026-01-05T13:30:59Z").value() == civil(2026, 1, 5) + 13h + 30min + 59s));
}

BOOST_AUTO_TEST_CASE(malformed_dates_are_refused) {
    for (std::string_view const text :
         {"",           "2026",       "2026-",     "2026-01",     "2026-01-0",   "2026-1-5",
          "2026/01/05", "2026-01/05", "20260105",  "-2026-01-05", "+2026-01-05", " 2026-01-05",
          "2026-01- 5", "2026-0a-05", "026-01-05", "02026-01-05", "yesterday",   "26-01-05",
          "05-01-2026", "now"})
        BOOST_TEST(time_answer(text) == refusal("malformed", text, not_a_date));
}

BOOST_AUTO_TEST_CASE(days_that_do_not_exist_are_refused) {
    for (std::string_view const text :
         {"2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29",
          "2100-02-29", "1900-02-29", "2026-02-30T10:00Z"})
        BOOST_TEST(time_answer(text) == refusal("out_of_range", text, not_a_day));
}

BOOST_AUTO_TEST_CASE(malformed_times_are_refused) {
    for (std::string_view const text :
         {"2026-01-05T", "2026-01-05Z", "2026-01-05 ", "2026-01-05T13", "2026-01-05T13Z",
          "2026-01-05T13:30", "2026-01-05T13:30:00", "2026-01-05t13:30Z", "2026-01-05 13:30Z",
          "2026-01-05T13:30z", "2026-01-05T13-30Z", "2026-01-05T13:30-00Z", "2026-01-05T1:300Z",
          "2026-01-05T13:30+01", "2026-01-05T13:30:00+01:00", "2026-01-05T13:30:00.5Z",
          "2026-01-05T13:30:00Z ", "2026-01-05T-1:30Z", "2026-01-05T13:3aZ"})
        BOOST_TEST(time_answer(text) == refusal("malformed", text, not_a_time));
}

BOOST_AUTO_TEST_CASE(times_that_no_day_has_are_refused) {
    for (std::string_view const text :
         {"2026-01-05T24:00Z", "2026-01-05T23:60Z", "2026-01-05T23:59:60Z", "2026-01-05T99:99:99Z"})
        BOOST_TEST(time_answer(text) == refusal("out_of_range", text, not_of_the_day));
}

BOOST_AUTO_TEST_CASE(a_date_is_the_day_that_contains_the_moment) {
    BOOST_TEST(to_date(civil(2026, 1, 5)) == "2026-01-05");
    BOOST_TEST(to_date(civil(2026, 1, 5) + 24h - 1ms) == "2026-01-05");
    BOOST_TEST(to_date(civil(2026, 1, 5) - 1ms) == "2026-01-04");
    BOOST_TEST(to_date(civil(1970, 1, 1) - 1ms) == "1969-12-31");
    BOOST_TEST(to_date(civil(987, 6, 5)) == "0987-06-05");
}

BOOST_AUTO_TEST_CASE(milliseconds_are_cut_before_and_after_the_epoch) {
    BOOST_TEST(to_iso(civil(2026, 1, 5) + 999ms) == "2026-01-05T00:00:00Z");
    BOOST_TEST(to_iso(civil(1970, 1, 1) - 1ms) == "1969-12-31T23:59:59Z");
    BOOST_TEST(to_iso(civil(1970, 1, 1) - 999ms) == "1969-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(valid_durations_are_read) {
    BOOST_TEST(duration_answer("540d") == "46656000000");
    BOOST_TEST(duration_answer("6h") == "21600000");
    BOOST_TEST(duration_answer("30m") == "1800000");
    BOOST_TEST(duration_answer("60s") == "60000");
    BOOST_TEST(duration_answer("250ms") == "250");
    BOOST_TEST(duration_answer("0d") == "0");
    BOOST_TEST(duration_answer("0ms") == "0");
    BOOST_TEST(duration_answer("1.5h") == "5400000");
    BOOST_TEST(duration_answer("0.7d") == "60480000");
    BOOST_TEST(duration_answer("0.125d") == "10800000");
    BOOST_TEST(duration_answer("0.001s") == "1");
    BOOST_TEST(duration_answer("2.000d") == "172800000");
    BOOST_TEST(duration_answer("1000000d") == "86400000000000");
    BOOST_TEST(duration_answer("86400000000000ms") == "86400000000000");
}

BOOST_AUTO_TEST_CASE(malformed_durations_are_refused) {
    for (std::string_view const text :
         {"",          "d",     "h",      "5",    "5.5",    "5 d",  " 5d", "5d ",  "5D",
          "5dd",       "5min",  "5M",     "5w",   "5y",     "5us",  "1.d", ".5d",  ".d",
          ".",         "1..5d", "1.5.5d", "1,5d", "1e3d",   "0x5d", "+5d", "5d6h", "540d 6h",
          "five days", "5d\n",  "\t5d",   "5-d",  "5_000d", "inf",  "nan"})
        BOOST_TEST(duration_answer(text) == refusal("malformed", text, not_a_duration));
}

BOOST_AUTO_TEST_CASE(an_embedded_nul_makes_a_duration_malformed) {
    BOOST_TEST(parse_duration(std::string_view("5d\0", 3)).has_error());
    BOOST_TEST(parse_duration(std::string_view("5\0d", 3)).has_error());
}

BOOST_AUTO_TEST_CASE(a_fourth_decimal_is_refused) {
    for (std::string_view const text : {"0.0001d", "1.0005s", "1.12345h"})
        BOOST_TEST(duration_answer(text) ==
                   refusal("malformed", text, "has more than three decimals"));
}

BOOST_AUTO_TEST_CASE(negative_durations_are_refused) {
    for (std::string_view const text : {"-5d", "-0d", "-1.5h"})
        BOOST_TEST(duration_answer(text) ==
                   refusal("out_of_range", text, "is negative; a duration is not"));
}

BOOST_AUTO_TEST_CASE(durations_beyond_a_million_days_are_refused) {
    for (std::string_view const text :
         {"1000001d", "24000001h", "86400000001s", "86400000000001ms", "9223372036854775807ms",
          "9223372036854775808d", "99999999999999999999999999999999d"})
        BOOST_TEST(duration_answer(text) == refusal("out_of_range", text, too_long));
}

BOOST_AUTO_TEST_CASE(a_duration_is_written_in_the_largest_unit_that_is_exact) {
    BOOST_TEST(to_text(days{540}) == "540d");
    BOOST_TEST(to_text(24h) == "1d");
    BOOST_TEST(to_text(6h) == "6h");
    BOOST_TEST(to_text(90min) == "90m");
    BOOST_TEST(to_text(90s) == "90s");
    BOOST_TEST(to_text(1500ms) == "1500ms");
    BOOST_TEST(to_text(0ms) == "0d");
}

BOOST_AUTO_TEST_CASE(durations_round_trip) {
    std::mt19937_64 random(540);
    constexpr std::int64_t units[] = {1, 1000, 60'000, ms_per_hour, ms_per_day};
    for (int run = 0; run != 20000; ++run) {
        std::int64_t const unit = units[random() % 5];
        milliseconds const duration{static_cast<std::int64_t>(random() % 86'400'000'000'000ULL) /
                                    unit * unit};
        auto const back = parse_duration(to_text(duration));
        BOOST_TEST_REQUIRE(back.has_value(), to_text(duration));
        BOOST_TEST_REQUIRE((*back == duration), to_text(duration));
    }
}

BOOST_AUTO_TEST_SUITE_END()
