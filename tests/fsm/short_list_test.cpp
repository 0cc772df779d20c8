#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/short_list.hpp>

namespace fsm = cryptoperiod::fsm;

BOOST_AUTO_TEST_SUITE(fsm_short_list)

BOOST_AUTO_TEST_CASE(a_list_keeps_the_order_in_which_values_were_added) {
    constexpr auto list = [] {
        fsm::short_list<int, 3> made;
        made.push_back(7);
        made.push_back(5);
        return made;
    }();
    static_assert(list.size() == 2 && list[0] == 7 && list[1] == 5);
    static_assert(list.contains(5) && !list.contains(0));
    int sum = 0;
    for (int const value : list) sum += value;
    BOOST_TEST(sum == 12);
}

BOOST_AUTO_TEST_CASE(a_new_list_is_empty) {
    static_assert(fsm::short_list<int, 1>{}.empty());
    BOOST_TEST((fsm::short_list<int, 1>{}.size() == 0));
}

BOOST_AUTO_TEST_SUITE_END()
