#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/text.hpp>
#include <limits>
#include <string>

using namespace cryptoperiod;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(parts_are_joined_in_order) {
    BOOST_TEST(concat("a", std::string("b"), std::string_view("c")) == "abc");
    BOOST_TEST(concat() == "");
}

BOOST_AUTO_TEST_CASE(thousands_are_apart) {
    BOOST_TEST(thousands(0) == "0");
    BOOST_TEST(thousands(999) == "999");
    BOOST_TEST(thousands(1'000) == "1,000");
    BOOST_TEST(thousands(4'354) == "4,354");
    BOOST_TEST(thousands(999'999) == "999,999");
    BOOST_TEST(thousands(1'000'000) == "1,000,000");
    BOOST_TEST(thousands(std::numeric_limits<std::uint64_t>::max()) ==
               "18,446,744,073,709,551,615");
}

BOOST_AUTO_TEST_SUITE_END()
