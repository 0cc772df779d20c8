#include "samples.hpp"
#include "scenarios.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

namespace fsm = cryptoperiod::fsm;
using fsm::verdict;
using namespace samples;  // the words of the sample machine
using set_machine = fsm::compact_machine<credential_set>;

namespace {

// ---- coverage, exceptions ---------------------------------------------------------------------

std::vector<std::size_t> rows_taken;
struct record {
    static void on_row(std::size_t row) { rows_taken.push_back(row); }
};

struct door {};
struct open {};
struct knock {};
struct is_fragile {
    static bool run(auto const&, int const& n) {
        if (n == 0) throw std::runtime_error("guard");
        return true;
    }
};
struct fragile {
    static constexpr std::string_view name = "fragile";
    using context = int;
    using initial_state = door;
    using transition_table = fsm::rows<fsm::row<door, knock, open, fsm::nothing, is_fragile>>;
};

// Run while globals are initialised: the tables of this engine are constants.
bool const ran_before_main = [] {
    set_machine m;
    return m.process(retire{}) == verdict::taken && m.is<retired>();
}();

// A machine as a member of something that is copied.
struct account {
    int number = 0;
    set_machine set{};
    friend bool operator==(account const&, account const&) = default;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_compact)

BOOST_AUTO_TEST_CASE(whole_scenarios_hold_at_run_time_as_they_do_at_compile_time) {
    BOOST_TEST(scenarios::a_life());
    BOOST_TEST(scenarios::the_lower_row_is_tried_first());
    BOOST_TEST(scenarios::hooks_run_on_self_rows_and_not_on_internal_ones());
    BOOST_TEST(scenarios::the_two_parts_can_be_kept_apart());
    BOOST_TEST(scenarios::exit_then_action_then_entry());
}

BOOST_AUTO_TEST_CASE(a_state_is_one_byte) {
    static_assert(sizeof(fsm::state_t) == 1);
    static_assert(std::is_trivially_copyable_v<set_machine>);
    BOOST_TEST(sizeof(set_machine) <= sizeof(samples::context) + alignof(samples::context));
}

BOOST_AUTO_TEST_CASE(refused_events_change_neither_state_nor_context) {
    set_machine m;
    m.context().locked = true;
    auto const before = m;
    BOOST_TEST(!m.send(retire{}).has_value());
    BOOST_TEST(!m.send(erase{}).has_value());
    BOOST_TEST(!m.send(unknown{}).has_value());
    BOOST_TEST((m == before));
}

BOOST_AUTO_TEST_CASE(what_would_happen_can_be_asked_without_it_happening) {
    set_machine const m;
    auto const before = m;
    BOOST_TEST(m.accepts(retire{}));
    BOOST_TEST(!m.accepts(erase{}));
    BOOST_TEST(!m.accepts(unknown{}));
    BOOST_TEST((m == before));
}

BOOST_AUTO_TEST_CASE(a_machine_can_start_from_a_stored_state) {
    constexpr auto id = set_machine::view::state_id<retired>;
    set_machine m(samples::context{}, id);
    BOOST_TEST(m.is<retired>());
    BOOST_TEST(m.context().retirements == 0);
    m.set_state(set_machine::view::initial_id);
    BOOST_TEST(m.is<active>());
    BOOST_TEST(m.context().comebacks == 0);
}

BOOST_AUTO_TEST_CASE(copies_keep_the_state_and_go_their_own_way) {
    account original{7};
    BOOST_REQUIRE(original.set.send(retire{}).has_value());
    account copy = original;
    BOOST_TEST((copy == original));
    BOOST_REQUIRE(copy.set.send(erase{0, true}).has_value());
    BOOST_TEST(copy.set.is<deleted>());
    BOOST_TEST(original.set.is<retired>());
    original = copy;
    BOOST_TEST(original.set.is<deleted>());
}

BOOST_AUTO_TEST_CASE(a_trace_sees_each_row_that_was_taken) {
    rows_taken.clear();
    fsm::compact_machine<credential_set, record> m;
    static_cast<void>(m.process(use{1}));
    static_cast<void>(m.process(erase{1}));
    static_cast<void>(m.process(retire{}));
    static_cast<void>(m.process(erase{1}));
    static_cast<void>(m.process(erase{1, true}));
    BOOST_TEST(rows_taken == (std::vector<std::size_t>{1, 2, 8}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_machine_can_run_before_main) { BOOST_TEST(ran_before_main); }

BOOST_AUTO_TEST_CASE(a_guard_that_throws_changes_nothing) {
    fsm::compact_machine<fragile> m;
    BOOST_CHECK_THROW(static_cast<void>(m.process(knock{})), std::runtime_error);
    BOOST_TEST(m.is<door>());
    m.context() = 1;
    BOOST_TEST((m.process(knock{}) == verdict::taken));
}

BOOST_AUTO_TEST_SUITE_END()
