#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/store/retry_on_conflict.hpp>
#include <string>

using namespace cryptoperiod;

namespace {

/// What comes of a write that so many others are quicker than, and how often it was tried.
struct tried {
    std::string answer;
    int times = 0;
};
tried with(int quicker, errc refusal = errc::store_conflict) {
    tried out;
    auto const done = store::retry_on_conflict([&]() -> result<int> {
        if (++out.times <= quicker) return error{refusal, "somebody else was quicker"};
        return 7;
    });
    out.answer = done ? std::to_string(*done) : std::string(to_string(done.error().code));
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_retry_on_conflict)

BOOST_AUTO_TEST_CASE(what_nobody_disturbs_is_done_once) {
    auto const done = with(0);
    BOOST_TEST(done.answer == "7");
    BOOST_TEST(done.times == 1);
}
BOOST_AUTO_TEST_CASE(a_conflict_is_tried_again_up_to_the_last_attempt) {
    auto const done = with(store::attempts_max - 1);
    BOOST_TEST(done.answer == "7");
    BOOST_TEST(done.times == store::attempts_max);
    auto const refused = with(store::attempts_max);
    BOOST_TEST(refused.answer == "store_conflict");
    BOOST_TEST(refused.times == store::attempts_max);
}
BOOST_AUTO_TEST_CASE(what_is_refused_for_another_reason_is_not_tried_again) {
    // Of a write that was not answered nobody knows whether it has happened.
    auto const refused = with(1, errc::store_unavailable);
    BOOST_TEST(refused.answer == "store_unavailable");
    BOOST_TEST(refused.times == 1);
}

BOOST_AUTO_TEST_SUITE_END()
