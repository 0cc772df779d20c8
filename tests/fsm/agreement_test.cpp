#include "agreement.hpp"

#include "samples.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fsm = cryptoperiod::fsm;
using namespace samples;  // the words of the sample machine

namespace {

// A context that cannot be compared, an event without a default constructor.
struct uncomparable {
    int n = 0;
};
struct closed {};
struct open {};
struct turn {
    explicit turn(int angle) : degrees(angle) {}
    int degrees;
};
struct is_far {
    static bool run(turn const& event, uncomparable const&) { return event.degrees > 90; }
};
struct door {
    static constexpr std::string_view name = "door";
    using context = uncomparable;
    using initial_state = closed;
    using transition_table = fsm::rows<fsm::row<closed, turn, open, fsm::nothing, is_far>>;
};

// A machine whose guard remembers that it was asked, which guards must not do: the engines are
// driven with the same samples and must then differ.
struct turnstile_context {
    std::shared_ptr<int> asked = std::make_shared<int>(0);
};
struct push {};
struct is_odd {
    static bool run(push const&, turnstile_context const& c) { return ++*c.asked % 2 == 1; }
};
struct turnstile {
    static constexpr std::string_view name = "turnstile";
    using context = turnstile_context;
    using initial_state = closed;
    using transition_table = fsm::rows<fsm::row<closed, push, open, fsm::nothing, is_odd>>;
};

std::vector<samples::context> every_context() {
    std::vector<samples::context> all;
    for (int const day : {-100, 0, 4})
        for (bool const held : {false, true})
            for (bool const locked : {false, true}) {
                samples::context c;
                c.last_use = day;
                c.held = held;
                c.locked = locked;
                all.push_back(c);
            }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_agreement)

BOOST_AUTO_TEST_CASE(both_engines_agree_with_nothing_but_default_values) {
    CRYPTOPERIOD_AGREES(credential_set);
}

BOOST_AUTO_TEST_CASE(both_engines_agree_on_samples_of_events_and_contexts) {
    CRYPTOPERIOD_AGREES(credential_set, erase{7}, erase{30, true}, every_context(), rotate{-1},
                        rotate{1}, unknown{}, samples::context{});
}

BOOST_AUTO_TEST_CASE(every_combination_of_state_event_and_context_is_walked) {
    auto const found = cryptoperiod::test::agrees<credential_set>(
        erase{7}, every_context(), std::vector<rotate>{{-1}, {1}, {2}}, unknown{});
    // 3 states; rotate 3, use, retire, audit, revive, erase, unknown 1 each; 12 contexts
    BOOST_TEST(found.triples == 3U * 9U * 12U);
    BOOST_TEST(found.taken > 0U);
    BOOST_TEST(found.refused > 0U);
    BOOST_TEST(found.ok(), found.text());
}

BOOST_AUTO_TEST_CASE(contexts_need_no_comparison_and_events_no_default_constructor) {
    CRYPTOPERIOD_AGREES(door, turn{0}, turn{180});
}

BOOST_AUTO_TEST_CASE(a_disagreement_is_found_and_named) {
    auto const found = cryptoperiod::test::agrees<turnstile>();
    BOOST_TEST(!found.ok());
    BOOST_REQUIRE(!found.differences.empty());
    BOOST_TEST(found.differences.front() ==
               "state closed, event push (sample 0), context sample 0: verdict: compact refused, "
               "Boost.MSM taken");
}

BOOST_AUTO_TEST_CASE(an_agreement_about_nothing_is_none) {
    BOOST_TEST(!cryptoperiod::test::agreement{}.ok());
}

BOOST_AUTO_TEST_SUITE_END()
