#include "samples.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/machine.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace fsm = cryptoperiod::fsm;
using cryptoperiod::errc;
using fsm::verdict;
using namespace samples;  // the words of the sample machine
using set_machine = fsm::machine<credential_set>;

namespace {

// A machine as a member of something that is copied.
struct account {
    int number = 0;
    set_machine set{};
};

// A context that can be moved and not copied.
struct box {};
struct ship {};
struct shipped {};
struct parcel {
    static constexpr std::string_view name = "parcel";
    using context = std::unique_ptr<int>;
    using initial_state = box;
    using transition_table = fsm::rows<fsm::row<box, ship, shipped>>;
};

// A context without a default constructor; an initial state with hooks; a guard that throws.
struct counted {
    explicit counted(int start) : n(start) {}
    int n;
    int entries = 0;
};
struct here {
    static void on_entry(auto const&, counted& c) noexcept { ++c.entries; }
};
struct there {};
struct hop {};
struct is_steady {
    static bool run(auto const&, counted const& c) {
        if (c.n == 0) throw std::runtime_error("guard");
        return true;
    }
};
struct hopping {
    static constexpr std::string_view name = "hopping";
    using context = counted;
    using initial_state = here;
    using transition_table =
        fsm::rows<fsm::row<here, hop, there, fsm::nothing, is_steady>, fsm::row<there, hop, here>>;
};

set_machine retired_machine() {
    set_machine m;
    BOOST_REQUIRE(m.send(retire{}).has_value());
    BOOST_REQUIRE(m.is<retired>());
    return m;
}

// A table of more than twenty rows, the limit of an mpl::vector.
template <int N>
struct step {};
struct advance {};
template <int... N>
constexpr auto ring(std::integer_sequence<int, N...>)
    -> fsm::rows<fsm::row<step<N>, advance, step<(N + 1) % int{sizeof...(N)}>>...>;
struct long_ring {
    static constexpr std::string_view name = "ring";
    struct context {};
    using initial_state = step<0>;
    using transition_table = decltype(ring(std::make_integer_sequence<int, 24>{}));
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_machine)

BOOST_AUTO_TEST_CASE(a_machine_starts_in_its_initial_state_without_running_a_hook) {
    set_machine const m;
    BOOST_TEST(m.is<active>());
    BOOST_TEST(m.state_name() == "active");
    BOOST_TEST((m.context() == samples::context{}));
}

BOOST_AUTO_TEST_CASE(a_whole_life_runs_on_boost_msm) {
    set_machine m;
    BOOST_TEST(m.send(rotate{1}).has_value());
    BOOST_TEST(m.context().version == 2);
    BOOST_TEST(m.send(use{5}).has_value());
    BOOST_TEST(m.send(retire{}).has_value());
    BOOST_TEST(m.is<retired>());
    BOOST_TEST(m.context().retirements == 1);
    BOOST_TEST((m.process(erase{20}) == verdict::refused));
    BOOST_TEST((m.process(use{20}) == verdict::no_row));
    BOOST_TEST((m.process(unknown{}) == verdict::no_row));
    BOOST_TEST((m.process(erase{35}) == verdict::taken));
    BOOST_TEST(m.is<deleted>());
}

BOOST_AUTO_TEST_CASE(a_refusal_has_the_words_of_the_one_byte_engine) {
    set_machine m = retired_machine();
    fsm::compact_machine<credential_set> twin(m.context(), m.state_id());
    auto const same = [&](auto const& event) {
        auto const mine = m.send(event);
        auto const other = twin.send(event);
        BOOST_REQUIRE(!mine.has_value());
        BOOST_REQUIRE(!other.has_value());
        BOOST_TEST(to_string(mine.error()) == to_string(other.error()));
    };
    m.context().last_use = twin.context().last_use = 4;
    same(erase{7});
    same(use{7});
    same(unknown{});
    BOOST_TEST(to_string(m.send(erase{7}).error()) ==
               "credential_in_use: 'delete' is not possible while the credential_set is retired: "
               "it was used 3 days ago, wait for 30");
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_changeable_machine_keeps_the_state) {
    set_machine m = retired_machine();
    set_machine direct(m);
    auto indirect = m;
    set_machine const& fixed = m;
    set_machine from_const(fixed);
    BOOST_TEST(direct.is<retired>());
    BOOST_TEST(indirect.is<retired>());
    BOOST_TEST(from_const.is<retired>());
    BOOST_TEST((direct.context() == m.context()));
    BOOST_TEST(direct.context().retirements == 1);
}

BOOST_AUTO_TEST_CASE(a_moved_machine_keeps_the_state) {
    set_machine m = retired_machine();
    set_machine moved(std::move(m));
    BOOST_TEST(moved.is<retired>());
    set_machine assigned;
    assigned = std::move(moved);
    BOOST_TEST(assigned.is<retired>());
    BOOST_TEST(assigned.context().retirements == 1);
}

BOOST_AUTO_TEST_CASE(an_assigned_machine_takes_over_state_and_context) {
    set_machine m = retired_machine();
    set_machine other;
    other = m;
    BOOST_TEST(other.is<retired>());
    set_machine& same = other;
    other = same;
    BOOST_TEST(other.is<retired>());
    other = set_machine{};
    BOOST_TEST(other.is<active>());
    BOOST_TEST(other.context().retirements == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_in_a_copied_object_goes_its_own_way) {
    account original{7, retired_machine()};
    account copy = original;
    BOOST_TEST(copy.set.is<retired>());
    BOOST_REQUIRE(copy.set.send(erase{0, true}).has_value());
    BOOST_TEST(copy.set.is<deleted>());
    BOOST_TEST(original.set.is<retired>());
    BOOST_REQUIRE(original.set.send(retire{}).has_value());
    BOOST_TEST(original.set.context().retirements == 2);
    BOOST_TEST(copy.set.context().retirements == 1);
}

BOOST_AUTO_TEST_CASE(machines_keep_their_states_while_a_vector_grows_and_loses_its_first) {
    std::vector<account> accounts;
    for (int i = 0; i < 40; ++i) {
        accounts.push_back({i, {}});
        if (i % 2 == 1) BOOST_REQUIRE(accounts.back().set.send(retire{}).has_value());
    }
    accounts.erase(accounts.begin());
    for (auto const& a : accounts) BOOST_TEST(a.set.is<retired>() == (a.number % 2 == 1));
}

BOOST_AUTO_TEST_CASE(a_context_that_cannot_be_copied_can_be_moved) {
    static_assert(!std::is_copy_constructible_v<fsm::machine<parcel>>);
    static_assert(std::is_nothrow_move_constructible_v<fsm::machine<parcel>>);
    fsm::machine<parcel> m(std::make_unique<int>(7));
    BOOST_REQUIRE(m.send(ship{}).has_value());
    auto moved = std::move(m);
    BOOST_TEST(moved.is<shipped>());
    BOOST_TEST(*moved.context() == 7);
}

BOOST_AUTO_TEST_CASE(starting_and_putting_into_a_state_run_no_hook_but_events_do) {
    fsm::machine<hopping> m(counted(1));
    BOOST_TEST(m.context().entries == 0);
    m.set_state(fsm::table_view<hopping>::state_id<there>);
    BOOST_TEST(m.is<there>());
    BOOST_REQUIRE(m.send(hop{}).has_value());
    BOOST_TEST(m.is<here>());
    BOOST_TEST(m.context().entries == 1);
}

BOOST_AUTO_TEST_CASE(a_guard_that_throws_is_heard_and_does_not_lock_the_machine) {
    fsm::machine<hopping> m(counted(0));
    BOOST_CHECK_THROW(static_cast<void>(m.process(hop{})), std::runtime_error);
    BOOST_TEST(m.is<here>());
    m.context().n = 1;
    BOOST_TEST((m.process(hop{}) == verdict::taken));
    BOOST_TEST(m.is<there>());
}

BOOST_AUTO_TEST_CASE(a_snapshot_of_one_engine_is_good_for_the_other) {
    auto const m = retired_machine();
    fsm::compact_machine<credential_set> small;
    auto const into_small = fsm::restore_into(small, fsm::take_snapshot(m));
    BOOST_REQUIRE(into_small.has_value());
    BOOST_TEST(!into_small->table_changed);
    BOOST_TEST(small.is<retired>());
    set_machine back;
    BOOST_REQUIRE(fsm::restore_into(back, fsm::take_snapshot(small)).has_value());
    BOOST_TEST(back.is<retired>());
}

BOOST_AUTO_TEST_CASE(a_table_may_have_more_than_twenty_rows) {
    fsm::machine<long_ring> m;
    for (int i = 0; i < 23; ++i) BOOST_REQUIRE(m.send(advance{}).has_value());
    BOOST_TEST(m.is<step<23>>());
    BOOST_REQUIRE(m.send(advance{}).has_value());
    BOOST_TEST(m.is<step<0>>());
}

BOOST_AUTO_TEST_SUITE_END()
