#include "samples.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <set>
#include <string>
#include <string_view>

namespace fsm = cryptoperiod::fsm;
using cryptoperiod::errc;
using samples::active;
using samples::credential_set;
using samples::deleted;
using samples::retired;
using view = fsm::table_view<credential_set>;
using set_machine = fsm::compact_machine<credential_set>;

namespace {

struct other_machine : credential_set {
    static constexpr std::string_view name = "key";
};

// The same machine in a later build: rows above the old ones, so that every id is another.
struct archived {};
struct restore_archive {};
struct later : credential_set {
    using transition_table =
        fsm::rows<fsm::row<retired, restore_archive, archived>,
                  fsm::row<archived, restore_archive, retired>,
                  fsm::row<active, samples::retire, retired, samples::hold, samples::is_unlocked>>;
};

template <int N>
struct numbered {};
struct tick {};
struct counter {
    static constexpr std::string_view name = "a counter, 50% = \"half\"";
    struct context {};
    using initial_state = numbered<1>;
    using transition_table = fsm::rows<fsm::row<numbered<1>, tick, numbered<2>>>;
};

// Tables that differ from `base` in one thing each.
template <class... Row>
struct probe {
    static constexpr std::string_view name = "probe";
    struct context {};
    using initial_state = numbered<1>;
    using transition_table = fsm::rows<Row...>;
};
struct tock {};
struct act {
    static constexpr void run(auto const&, auto&) noexcept {}
};
struct ask {
    static constexpr bool run(auto const&, auto const&) { return true; }
};
template <class To, class On = tick, class Do = fsm::nothing, class If = fsm::nothing>
using from_one = fsm::row<numbered<1>, On, To, Do, If>;

fsm::snapshot const taken = fsm::snapshot_of<credential_set>(view::state_id<retired>);
std::string const known =
    "fsm-snapshot=1 machine=credential_set table=0123456789abcdef state=active";

std::string refusal_of(std::string_view text) {
    auto const parsed = fsm::parse_snapshot(text);
    return parsed ? "accepted" : to_string(parsed.error());
}

std::string with(std::string_view old_part, std::string_view new_part) {
    auto text = known;
    auto const at = text.find(old_part);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, old_part.size(), new_part);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_snapshot)

BOOST_AUTO_TEST_CASE(a_state_comes_back_from_its_text) {
    for (std::size_t s = 0; s < view::state_count; ++s) {
        set_machine machine(samples::context{}, static_cast<fsm::state_t>(s));
        auto const text = to_text(fsm::take_snapshot(machine));
        auto const parsed = fsm::parse_snapshot(text);
        BOOST_REQUIRE(parsed.has_value());
        BOOST_TEST((*parsed == fsm::take_snapshot(machine)));
        set_machine fresh;
        fresh.context().version = 9;
        auto const found = fsm::restore_into(fresh, *parsed);
        BOOST_REQUIRE(found.has_value());
        BOOST_TEST(!found->table_changed);
        BOOST_TEST(fresh.state_name() == machine.state_name());
        BOOST_TEST(fresh.context().version == 9);
        BOOST_TEST(fresh.context().retirements == 0);
    }
}

BOOST_AUTO_TEST_CASE(the_text_is_one_line_of_four_words) {
    BOOST_TEST(to_text(fsm::snapshot{1, "credential_set", 0x0123456789abcdefU, "active"}) == known);
    BOOST_TEST(to_text(fsm::snapshot{1, "m", 0, "s"}) ==
               "fsm-snapshot=1 machine=m table=0000000000000000 state=s");
    BOOST_TEST(refusal_of(known) == "accepted");
}

BOOST_AUTO_TEST_CASE(names_with_blanks_and_signs_survive_the_text) {
    auto const text = to_text(fsm::snapshot_of<counter>(1));
    BOOST_TEST(std::count(text.begin(), text.end(), ' ') == 3);
    BOOST_TEST(
        text.starts_with("fsm-snapshot=1 machine=a%20counter%2C%2050%25%20%3D%20%22half%22 "));
    auto const parsed = fsm::parse_snapshot(text);
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->machine == counter::name);
    BOOST_TEST((fsm::restore<counter>(*parsed).value() == fsm::restored{1, false}));
}

BOOST_AUTO_TEST_CASE(a_snapshot_outlives_a_change_of_the_table_and_says_so) {
    static_assert(fsm::table_view<later>::state_id<retired> != view::state_id<retired>);
    auto const found = fsm::restore<later>(taken);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->table_changed);
    BOOST_TEST((found->state == fsm::table_view<later>::state_id<retired>));
    BOOST_TEST(!fsm::restore<credential_set>(taken)->table_changed);
}

BOOST_AUTO_TEST_CASE(a_state_that_is_gone_is_refused_with_those_there_are) {
    auto const gone = fsm::snapshot_of<credential_set>(view::state_id<deleted>);
    fsm::compact_machine<later> machine;
    auto const before = machine;
    auto const found = fsm::restore_into(machine, gone);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(to_string(found.error()) ==
               "unknown_name: the credential_set has no state 'deleted': known are 'retired', "
               "'archived', 'active'");
    BOOST_TEST((machine == before));
}

BOOST_AUTO_TEST_CASE(a_snapshot_of_another_machine_is_refused) {
    auto const found = fsm::restore<other_machine>(taken);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(to_string(found.error()) ==
               "inconsistent: the snapshot is one of 'credential_set', not of 'key'");
}

BOOST_AUTO_TEST_CASE(a_version_that_this_build_does_not_read_is_refused) {
    auto newer = taken;
    newer.version = 2;
    auto const found = fsm::restore<credential_set>(newer);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(to_string(found.error()) ==
               "unknown_version: snapshot version 2 is not known: this build reads version 1");
    BOOST_TEST(refusal_of("fsm-snapshot=7 whatever that version brings") ==
               "unknown_version: snapshot version 7 is not known: this build reads version 1");
}

BOOST_AUTO_TEST_CASE(a_text_in_any_other_form_is_refused) {
    auto const refused = [](std::string_view text, std::string_view part) {
        BOOST_TEST_CONTEXT(text)
        BOOST_TEST(refusal_of(text) ==
                   "malformed: not a snapshot: the " + std::string(part) +
                       " is missing or not in the form 'fsm-snapshot=1 machine=<name> table=<16 "
                       "hex digits> state=<name>'");
    };
    refused("", "version");
    refused("fsm-snapshot=", "version");
    refused(with("=1 ", "=01 "), "version");
    refused(with("=1 ", "=-1 "), "version");
    refused(with("=1 ", "=99999999999 "), "version");
    refused(" " + known, "version");
    refused("fsm-snapshot=1", "machine");
    refused(with(" machine", "  machine"), "machine");
    refused(with("credential_set", ""), "machine");
    refused(with("credential_set", "a%2"), "machine");
    refused(with("credential_set", "a%ZZ"), "machine");
    refused(with("credential_set", "%61"), "machine");   // "a" needs no escape
    refused(with("credential_set", "a<b>"), "machine");  // these do
    refused(with("credential_set", "a%3c"), "machine");  // and in upper case
    refused(with("0123456789abcdef", "0123456789abcde"), "table");
    refused(with("0123456789abcdef", "0123456789abcdeg"), "table");
    refused(with("0123456789abcdef", "0123456789ABCDEF"), "table");
    refused(with("table", "tables"), "table");
    refused(with(" state=active", ""), "state");
    refused(with("state=active", "state="), "state");
    refused(known + " ", "state");
    refused(known + "\n", "state");
    refused(known + " more=1", "state");
}

BOOST_AUTO_TEST_CASE(a_fingerprint_notices_every_change_of_a_row) {
    using two = numbered<2>;
    std::set<std::uint64_t> const different{
        fsm::fingerprint<probe<from_one<two>>>(),
        fsm::fingerprint<probe<from_one<numbered<3>>>>(),
        fsm::fingerprint<probe<from_one<two, tock>>>(),
        fsm::fingerprint<probe<from_one<two, tick, act>>>(),
        fsm::fingerprint<probe<from_one<two, tick, fsm::nothing, ask>>>(),
        fsm::fingerprint<probe<from_one<two, tick, act, ask>>>(),
        fsm::fingerprint<probe<from_one<numbered<1>>>>(),
        fsm::fingerprint<probe<from_one<fsm::stay>>>(),
        fsm::fingerprint<probe<from_one<two>, from_one<two, tock>>>(),
        fsm::fingerprint<probe<from_one<two, tock>, from_one<two>>>(),
        fsm::fingerprint<probe<fsm::row<two, tick, two>>>()};
    BOOST_TEST(different.size() == 11U);
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_a_constant_and_does_not_depend_on_the_compiler) {
    constexpr auto value = fsm::fingerprint<credential_set>();
    // Computed from the names by another program: FNV-1a over each name and a 0x1f.
    BOOST_TEST(value == 0x98a1b872c564485aU);
}

BOOST_AUTO_TEST_SUITE_END()
