#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/credentials/usage.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/store/record.hpp>
#include <type_traits>

#include "rings.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;
using test::answer;

// A log is given names. No secret becomes one.
static_assert(!std::is_convertible_v<secret_bytes, std::string_view>);
static_assert(!std::is_constructible_v<std::string_view, secret_bytes const&>);
static_assert(std::is_same_v<decltype(use::credential_set), std::string_view>);

namespace {

constexpr std::uint64_t seed = 20'261'122;
constexpr usage_log::salt salt{std::byte{1}, std::byte{2}};
constexpr time_point day_100{days{20'100}};

/// The hash of device `number` in experiment `run`.
std::uint64_t device_hash(std::uint32_t run, std::uint32_t number) {
    auto const words = random_stream{seed}.words(number, run, 0);
    return std::uint64_t{words[0]} << 32U | words[1];
}

usage_log log_of(std::initializer_list<use> uses) {
    usage_log log(salt);
    for (auto const& one : uses) BOOST_TEST(answer(log.note(one)) == "ok");
    return log;
}

/// Uses that overlap and contradict each other in time: what one server sees.
usage_log server(std::uint32_t number) {
    usage_log log(salt);
    for (std::uint32_t i = 0; i != 400; ++i) {
        auto const words = random_stream{seed}.words(i, number, 7);
        auto const device = "d" + std::to_string(words[0] % 300);
        auto const version = "1." + std::to_string(words[1] % 60);
        auto const set = "k" + std::to_string(words[2] % 3);
        auto const at = day_100 + days{words[3] % 50} + milliseconds{words[3] % 1'000};
        BOOST_TEST(log.note({set, version, device, at}).has_value());
    }
    return log;
}

usage_log merged(usage_log a, usage_log const& b) {
    BOOST_TEST(answer(a.merge(b)) == "ok");
    return a;
}

/// The record of a set whose last member has another length.
struct short_sketch {
    static constexpr std::string_view schema = set_usage::schema;
    static constexpr std::uint32_t schema_version = 1;
    std::map<set_usage::version_id, version_usage> versions{};
    std::int64_t last = 0;
    std::vector<std::byte> days{std::byte{1}};
    template <class Archive>
    void serialize(Archive& archive) {
        archive(versions, last, days);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_usage)

// ---- counting ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(nobody_is_counted_as_nobody_and_somebody_never_is) {
    device_sketch sketch;
    BOOST_TEST(sketch.devices_since(1) == 0U);
    for (std::uint32_t i = 0; i != 1'000; ++i) {
        device_sketch one;
        one.note(device_hash(0, i), 9);
        BOOST_TEST(one.devices_since(9) == 1U);
        BOOST_TEST(one.devices_since(10) == 0U);
    }
}

BOOST_AUTO_TEST_CASE(the_error_is_the_one_that_is_stated) {
    BOOST_TEST_MESSAGE("seed " << seed);
    constexpr std::uint32_t runs = 100;
    for (std::uint32_t const devices : {10U, 100U, 1'000U, 3'000U, 20'000U}) {
        double squares = 0, sum = 0;
        for (std::uint32_t run = 0; run != runs; ++run) {
            device_sketch sketch;
            for (std::uint32_t i = 0; i != devices; ++i) sketch.note(device_hash(run, i), 1);
            double const off =
                static_cast<double>(sketch.devices_since(1)) / static_cast<double>(devices) - 1;
            squares += off * off;
            sum += off;
        }
        double const rms = std::sqrt(squares / runs);
        BOOST_TEST_MESSAGE(devices << " devices: rms " << rms << ", mean " << sum / runs);
        // The rms of 100 runs has a standard error of 7 %; 5 values are looked at, 3.5 of them off.
        BOOST_TEST(rms < device_sketch::standard_error * 1.25);
        BOOST_TEST(std::abs(sum / runs) < 3.5 * device_sketch::standard_error / std::sqrt(runs));
    }
}

BOOST_AUTO_TEST_CASE(a_million_devices_take_the_memory_of_one) {
    device_sketch sketch;
    for (std::uint32_t i = 0; i != 1'000'000; ++i) sketch.note(device_hash(1, i), 1);
    double const off = static_cast<double>(sketch.devices_since(1)) / 1e6 - 1;
    BOOST_TEST(std::abs(off) < 3.5 * device_sketch::standard_error);
    struct counted {
        std::size_t size = 0;
        void operator()(std::vector<std::byte> const& bytes) { size += bytes.size(); }
    } archive;
    sketch.serialize(archive);
    BOOST_TEST(archive.size == device_sketch::bytes);
}

BOOST_AUTO_TEST_CASE(devices_are_counted_since_any_day) {
    device_sketch sketch;
    for (std::uint32_t i = 0; i != 10'000; ++i)
        sketch.note(device_hash(2, i), static_cast<usage_day>(1 + i / 1'000));
    for (unsigned day = 1; day <= 10; ++day) {
        double const truth = 1'000.0 * (11 - day);
        auto const counted = static_cast<double>(sketch.devices_since(static_cast<usage_day>(day)));
        BOOST_TEST(std::abs(counted / truth - 1) < 3.5 * device_sketch::standard_error);
    }
    BOOST_TEST(sketch.devices_since(11) == 0U);
}

// ---- the log ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(last_use_and_devices_are_known_per_set_and_version) {
    auto const log = log_of({{"k1", "4.1", "a", day_100},
                             {"k1", "4.1", "b", day_100 + milliseconds{5}},
                             {"k1", "4.2", "a", day_100 + days{3}},
                             {"k2", "4.2", "a", day_100 + days{9}}});
    auto const k1 = log.summary("k1", day_100);
    BOOST_TEST(k1.devices == 2U);  // a is one device in two versions
    BOOST_TEST(k1.last_use_ms == (day_100 + days{3}).time_since_epoch().count());
    BOOST_REQUIRE(k1.versions.size() == 2U);
    BOOST_TEST(k1.versions[0].version == "4.1");
    BOOST_TEST(k1.versions[0].devices == 2U);
    BOOST_TEST(k1.versions[0].last_use_ms == day_100.time_since_epoch().count() + 5);
    BOOST_TEST(k1.versions[1].devices == 1U);
    BOOST_TEST(log.summary("k1", day_100 + days{1}).devices == 1U);
    BOOST_TEST(log.summary("k1", day_100 + days{4}).devices == 0U);
    BOOST_TEST(log.summary("k3", day_100).last_use_ms == never_ms);
}

BOOST_AUTO_TEST_CASE(an_event_that_comes_late_or_twice_changes_nothing_newer) {
    auto const once = log_of({{"k1", "1", "a", day_100}, {"k1", "1", "a", day_100 + days{2}}});
    auto const late = log_of({{"k1", "1", "a", day_100 + days{2}},
                              {"k1", "1", "a", day_100},
                              {"k1", "1", "a", day_100}});
    BOOST_TEST((once.sets() == late.sets()));
}

BOOST_AUTO_TEST_CASE(merging_is_commutative_associative_and_idempotent) {
    BOOST_TEST_MESSAGE("seed " << seed);
    auto const a = server(1), b = server(2), c = server(3);
    BOOST_TEST((merged(a, b).sets() == merged(b, a).sets()));
    BOOST_TEST((merged(merged(a, b), c).sets() == merged(a, merged(b, c)).sets()));
    BOOST_TEST((merged(a, a).sets() == a.sets()));
    BOOST_TEST((merged(merged(a, b), b).sets() == merged(a, b).sets()));
    BOOST_TEST((merged(usage_log(salt), a).sets() == a.sets()));
    BOOST_TEST((a.sets() != b.sets()));
}

BOOST_AUTO_TEST_CASE(merged_servers_know_what_one_server_would_have_seen) {
    usage_log one(salt), left(salt), right(salt);
    for (std::uint32_t i = 0; i != 2'000; ++i) {
        auto const version = std::to_string(i % 70), device = std::to_string(i % 900);
        use const seen{"k", version, device, day_100 + days{i % 40}};
        BOOST_TEST(one.note(seen).has_value());
        BOOST_TEST((i % 3 == 0 ? left : right).note(seen).has_value());
    }
    BOOST_TEST((merged(left, right).sets() == one.sets()));
}

BOOST_AUTO_TEST_CASE(a_flood_of_invented_versions_costs_no_memory_and_hides_no_device) {
    usage_log log(salt);
    for (int i = 0; i != 3'000; ++i)
        BOOST_TEST(log.note({"k", std::to_string(i), std::to_string(i % 50), day_100}).has_value());
    BOOST_TEST(log.note({"k", std::string(10'000'000, 'v'), "x", day_100}).has_value());
    BOOST_TEST(log.note({"k", "\x1b[31m", "y", day_100}).has_value());
    BOOST_TEST(log.note({"k", "", "z", day_100}).has_value());
    BOOST_TEST(log.sets().at("k").versions().size() == set_usage::versions_max);
    auto const devices = log.summary("k", day_100).devices;
    BOOST_TEST(devices >= 50U);
    BOOST_TEST(devices <= 56U);
}

BOOST_AUTO_TEST_CASE(logs_of_other_apps_and_too_many_sets_are_refused_and_change_nothing) {
    usage_log log(salt), other(usage_log::salt{});
    BOOST_TEST(other.note({"k", "1", "a", day_100}).has_value());
    BOOST_TEST(answer(log.merge(other)) == "inconsistent");
    usage_log many(salt);
    for (int i = 0; i != 64; ++i)
        BOOST_TEST(many.note({"k" + std::to_string(i), "1", "a", day_100}).has_value());
    BOOST_TEST(answer(many.note({"one more", "1", "a", day_100})) == "malformed");
    BOOST_TEST(answer(many.note({"one_more", "1", "a", day_100})) == "out_of_range");
    auto const before = many.sets();
    BOOST_TEST(answer(many.merge(log_of({{"k0", "1", "b", day_100}, {"x", "1", "a", day_100}}))) ==
               "out_of_range");
    BOOST_TEST((many.sets() == before));
    many.forget("k0");
    BOOST_TEST(answer(many.note({"one_more", "1", "a", day_100})) == "ok");
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_broken_is_refused_by_name) {
    usage_log log(salt);
    for (auto const at : {time_point{}, time_point::min(), time_point::max(),
                          time_point{milliseconds{-1}}, time_point{days{65'536}}})
        BOOST_TEST(answer(log.note({"k", "1", "a", at})) == "out_of_range");
    BOOST_TEST(log.sets().empty());
    BOOST_TEST(answer(log.note({"k", "1", "a", time_point{days{65'535}}})) == "ok");
    BOOST_TEST(log.summary("k", time_point::max()).devices == 1U);
    BOOST_TEST(log.summary("k", time_point::min()).devices == 1U);
}

// ---- stored -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_set_full_of_versions_is_a_record_and_comes_back) {
    auto const log = server(4);
    auto const& stored = log.sets().at("k1");
    BOOST_TEST(stored.versions().size() == set_usage::versions_max);
    auto const bytes = store::encode(stored);
    BOOST_REQUIRE(bytes.has_value());
    BOOST_TEST(bytes->size() < 820U * 1024);
    auto const again = store::decode<set_usage>(test::opened(bytes->expose()));
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((*again == stored));
    usage_log loaded(salt);
    BOOST_TEST(answer(loaded.merge("k1", *again)) == "ok");
    BOOST_TEST((loaded.sets().at("k1") == stored));
}

BOOST_AUTO_TEST_CASE(a_stored_sketch_of_another_length_is_refused) {
    auto const bytes = store::encode(short_sketch{});
    BOOST_REQUIRE(bytes.has_value());
    BOOST_TEST(answer(store::decode<set_usage>(test::opened(bytes->expose()))) == "record_corrupt");
}

// ---- what the tables are told -----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_set_that_traffic_uses_is_not_deleted_and_the_number_is_that_of_the_log) {
    usage_log log(salt);
    for (int i = 0; i != 42; ++i)
        BOOST_TEST(log.note({"k1", "4.1", std::to_string(i), day_100}).has_value());
    auto const now = day_100 + days{3};
    auto const now_ms = now.time_since_epoch().count();
    auto const told = observation(log, "k1", now);
    BOOST_TEST(told.devices_left >= 40U);
    BOOST_TEST(told.devices_left <= 44U);

    fsm::compact_machine<credential_set> set;
    BOOST_TEST(set.send(activate{}).has_value());
    BOOST_TEST(set.send(told).has_value());
    auto const refused = set.send(erase{now_ms});
    BOOST_TEST(answer(refused) == "credential_in_use");
    BOOST_TEST(refused.error().detail.find("of which " + std::to_string(told.devices_left) +
                                           " are left") != std::string::npos);

    fsm::compact_machine<rotation> procedure;
    BOOST_TEST(procedure.send(create_set{}).has_value());
    BOOST_TEST(procedure.send(serve_set{}).has_value());
    BOOST_TEST(procedure.send(retire_old{}).has_value());
    BOOST_TEST(procedure.send(observed_use(log, "k1", now)).has_value());
    BOOST_TEST(answer(procedure.send(delete_old{now_ms})) == "credential_in_use");
    BOOST_TEST(procedure.send(delete_old{now_ms, true}).has_value());
    BOOST_TEST(procedure.context().stranded == told.devices_left);

    auto const later = day_100 + days{31};
    BOOST_TEST(set.send(observation(log, "k1", later)).has_value());
    BOOST_TEST(set.context().devices_left == 0U);
    BOOST_TEST(set.send(erase{later.time_since_epoch().count()}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
