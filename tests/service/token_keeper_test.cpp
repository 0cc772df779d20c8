#include <cryptoperiod/service/token_keeper.hpp>

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "service/port_trap.hpp"
#include "service/world.hpp"

using namespace service_world;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct kept_tokens : ports<> {
    using iam_port = trapped_iam<iam_of<jumping_clock>>;

    port_trap trap;
    iam_port people{iam, trap};
    service::token_keeper<iam_port, jumping_clock> keeper{people, clock,
                                                          iam::secret_text::copy_of(api_key)};
    crn const instance = named("crn:v1:bluemix:public:imfpush:us-south:a/acc-a:own::");
    crn const key = root_key();

    void be_silent() { trap.set(1, fall::silent_on); }
    auto of_instance() { return keeper.of_instance(instance, key); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_token_keeper, kept_tokens)

BOOST_AUTO_TEST_CASE(a_token_is_asked_for_once_and_again_when_a_fifth_of_its_time_is_left) {
    auto const first = keeper.of_operator().value();
    clock.time += minutes(47);
    BOOST_TEST((keeper.of_operator().value() == first));
    clock.time += minutes(1);
    BOOST_TEST((keeper.of_operator().value() != first));
}
BOOST_AUTO_TEST_CASE(while_iam_does_not_answer_a_token_is_good_to_its_end) {
    auto const first = keeper.of_operator().value();
    be_silent();
    clock.time += minutes(48);
    auto const then = keeper.of_operator();
    BOOST_REQUIRE_MESSAGE(then, told(then));
    BOOST_TEST((*then == first));
    clock.time += minutes(12) - seconds(1);
    BOOST_TEST((keeper.of_operator().value() == first));
    clock.time += seconds(1);
    BOOST_TEST(code(keeper.of_operator()) == "store_unavailable");
    trap.disarm();
    BOOST_TEST(code(keeper.of_operator()) == "ok");
}
BOOST_AUTO_TEST_CASE(so_is_the_token_of_an_instance) {
    authorize();
    auto const first = of_instance().value();
    be_silent();
    clock.time += minutes(25);
    auto const then = of_instance();
    BOOST_REQUIRE_MESSAGE(then, told(then));
    BOOST_TEST((*then == first));
    clock.time += minutes(6);
    BOOST_TEST(code(of_instance()) == "store_unavailable");
}
BOOST_AUTO_TEST_CASE(a_refusal_ends_a_token_that_would_be_valid) {
    authorize();
    BOOST_REQUIRE(of_instance());
    forbid();
    clock.time += minutes(25);
    BOOST_TEST(code(of_instance()) == "unauthorized");
    // It is gone for good: that IAM is away afterwards brings it not back.
    be_silent();
    BOOST_TEST(code(of_instance()) == "store_unavailable");
}
BOOST_AUTO_TEST_CASE(each_instance_and_each_key_has_a_token_of_its_own) {
    authorize();
    auto const first = of_instance().value();
    auto const other_key = keeper.of_instance(instance, root_key()).value();
    auto const other_instance =
        keeper.of_instance(named("crn:v1:bluemix:public:imfpush:us-south:a/acc-a:other::"), key)
            .value();
    BOOST_TEST((first != other_key));
    BOOST_TEST((first != other_instance));
    BOOST_TEST((of_instance().value() == first));
}

BOOST_AUTO_TEST_SUITE_END()
