#include "../fsm/agreement.hpp"

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/credentials/rotation.hpp>
#include <vector>

using namespace cryptoperiod::credentials;
using cryptoperiod::ms_per_day;

BOOST_AUTO_TEST_SUITE(credentials_agreement)

BOOST_AUTO_TEST_CASE(both_engines_agree_on_credential_set) {
    std::vector<erase> const deletions{{9, false}, {31 * ms_per_day, false}, {9, true}};
    CRYPTOPERIOD_AGREES(credential_set, deletions, present{7}, observe_devices{5, 6}, compromise{8},
                        set_record{}, set_record{1, 2, 3, 4});
}

BOOST_AUTO_TEST_CASE(both_engines_agree_on_rotation) {
    std::vector<delete_old> const deletions{{0, false}, {31 * ms_per_day, false}, {0, true}};
    CRYPTOPERIOD_AGREES(rotation, deletions, observe_use{5, 9}, rotation_record{},
                        rotation_record{ms_per_day, 0, 3, 0});
}

BOOST_AUTO_TEST_SUITE_END()
