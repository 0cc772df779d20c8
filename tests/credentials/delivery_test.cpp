#include <boost/test/unit_test.hpp>
#include <cryptoperiod/credentials/delivery.hpp>
#include <variant>

using namespace cryptoperiod::credentials;

static_assert(served::must_fetch({}, 0, 1'000'000), "who holds nothing asks");
static_assert(std::variant_size_v<delivery> == 2);

BOOST_AUTO_TEST_SUITE(credentials_delivery)

BOOST_AUTO_TEST_CASE(an_app_that_holds_no_set_asks_its_server) {
    BOOST_TEST(served::must_fetch(held_set{no_set, 50}, 50, 1'000));
}

BOOST_AUTO_TEST_CASE(a_cached_set_is_used_until_the_cache_is_over) {
    held_set const held{3, 1'000};
    BOOST_TEST(!served::must_fetch(held, 1'000, 600));
    BOOST_TEST(!served::must_fetch(held, 1'599, 600));
}

BOOST_AUTO_TEST_CASE(the_moment_the_cache_is_over_the_app_asks_again) {
    BOOST_TEST(served::must_fetch(held_set{3, 1'000}, 1'600, 600));
}

BOOST_AUTO_TEST_CASE(without_a_cache_every_connection_asks) {
    BOOST_TEST(served::must_fetch(held_set{3, 1'000}, 1'000, 0));
}

BOOST_AUTO_TEST_CASE(the_first_set_of_the_list_is_a_set_like_the_others) {
    BOOST_TEST(!served::must_fetch(held_set{0, 0}, 1, 10));
}

BOOST_AUTO_TEST_SUITE_END()
