// The main program of every test_<room>.
#define BOOST_TEST_MODULE CRYPTOPERIOD_TEST_ROOM
#include <boost/test/unit_test.hpp>
