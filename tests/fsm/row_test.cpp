#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/row.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace fsm = cryptoperiod::fsm;
using cryptoperiod::errc;

namespace {
struct context {
    int n = 0;
};
struct event {};
struct other {};

struct good_guard {
    static constexpr bool run(event const&, context const&) { return true; }
};
struct changing_guard {
    static constexpr bool run(event const&, context& c) { return ++c.n > 0; }
};
struct counting_guard {
    static constexpr int run(event const&, context const&) { return 1; }
};
struct guard_with_data {
    bool run(event const&, context const&) const { return answer; }
    bool answer = false;
};
struct guard_with_text : good_guard {
    static constexpr std::string_view reason = "because";
};
struct guard_with_function : good_guard {
    static std::string reason(event const&, context const&) { return "because"; }
};
struct guard_with_odd_reason : good_guard {
    static std::string reason(context const&) { return "never called"; }
};
struct guard_with_code : good_guard {
    static constexpr errc code = errc::missing;
};
struct guard_with_code_function : good_guard {
    static errc code(event const&, context const&) { return errc::missing; }
};
struct guard_with_odd_code : good_guard {
    static constexpr int code = 404;
};

struct good_action {
    static constexpr void run(event const&, context& c) noexcept { ++c.n; }
};
struct throwing_action {
    static constexpr void run(event const&, context& c) { ++c.n; }
};
struct answering_action {
    static constexpr int run(event const&, context& c) noexcept { return ++c.n; }
};

struct bare {};
struct hooked {
    static constexpr void on_entry(auto const&, context&) noexcept {}
    static constexpr void on_exit(event const&, context&) noexcept {}
};
struct throwing_hook {
    static void on_entry(auto const&, context&) {}
    static void on_exit(auto const&, context&) {}
};
struct state_with_data {
    int n = 0;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_row)

BOOST_AUTO_TEST_CASE(a_row_says_what_it_is) {
    using internal = fsm::row<bare, event, fsm::stay, good_action, good_guard>;
    using self = fsm::row<bare, event, bare>;
    static_assert(internal::internal && internal::acts && internal::guarded);
    static_assert(std::is_same_v<internal::target, bare>);
    static_assert(!self::internal && !self::acts && !self::guarded);
    static_assert(std::is_same_v<self::target, bare>);
    BOOST_TEST(internal::internal);
}

BOOST_AUTO_TEST_CASE(a_guard_may_look_but_not_touch) {
    static_assert(fsm::guard_for<good_guard, event, context>);
    static_assert(!fsm::guard_for<changing_guard, event, context>);
    static_assert(!fsm::guard_for<counting_guard, event, context>);
    static_assert(!fsm::guard_for<guard_with_data, event, context>);
    static_assert(!fsm::guard_for<good_guard, other, context>);
    BOOST_TEST((!fsm::guard_for<changing_guard, event, context>));
}

BOOST_AUTO_TEST_CASE(a_reason_that_could_never_be_asked_for_is_not_overlooked) {
    static_assert(fsm::explained_guard<good_guard, event, context>);
    static_assert(fsm::explained_guard<guard_with_text, event, context>);
    static_assert(fsm::explained_guard<guard_with_function, event, context>);
    static_assert(!fsm::explained_guard<guard_with_function, other, context>);
    static_assert(!fsm::explained_guard<guard_with_odd_reason, event, context>);
    BOOST_TEST((!fsm::explained_guard<guard_with_odd_reason, event, context>));
}

BOOST_AUTO_TEST_CASE(a_code_that_is_not_an_errc_is_not_overlooked) {
    static_assert(fsm::coded_guard<good_guard, event, context>);
    static_assert(fsm::coded_guard<guard_with_code, event, context>);
    static_assert(fsm::coded_guard<guard_with_code_function, event, context>);
    static_assert(!fsm::coded_guard<guard_with_code_function, other, context>);
    static_assert(!fsm::coded_guard<guard_with_odd_code, event, context>);
    BOOST_TEST((!fsm::coded_guard<guard_with_odd_code, event, context>));
}

BOOST_AUTO_TEST_CASE(an_action_returns_nothing_and_cannot_throw) {
    static_assert(fsm::action_for<good_action, event, context>);
    static_assert(!fsm::action_for<throwing_action, event, context>);
    static_assert(!fsm::action_for<answering_action, event, context>);
    static_assert(!fsm::action_for<good_action, other, context>);
    BOOST_TEST((!fsm::action_for<throwing_action, event, context>));
}

BOOST_AUTO_TEST_CASE(a_state_is_empty_and_its_hooks_take_every_event_that_passes) {
    static_assert(fsm::enterable_state<bare, event, context>);
    static_assert(fsm::enterable_state<hooked, other, context>);
    static_assert(fsm::leavable_state<hooked, event, context>);
    static_assert(!fsm::leavable_state<hooked, other, context>);
    static_assert(!fsm::enterable_state<throwing_hook, event, context>);
    static_assert(!fsm::leavable_state<throwing_hook, event, context>);
    static_assert(!fsm::enterable_state<state_with_data, event, context>);
    BOOST_TEST((!fsm::leavable_state<hooked, other, context>));
}

BOOST_AUTO_TEST_SUITE_END()
