#include <boost/test/unit_test.hpp>
#include <cryptoperiod/kms/local_kms.hpp>

#include "kms/contract.hpp"

using namespace kms_contract;

// A fixture of cases that another file spells has to have a name there, too.
namespace local_kms_test {

struct local {
    template <class Access>
    using service = local_kms<memory_store, Access, crypto::os_entropy, manual_clock>;
    template <class Access>
    [[nodiscard]] static service<Access> make(memory_store& store, master_key key,
                                              manual_clock const& clock) {
        return {store, std::move(key), clock};
    }
};

}  // namespace local_kms_test

BOOST_FIXTURE_TEST_SUITE(kms_local_kms, contract_fixture<local_kms_test::local>)

#include "kms/contract.ipp"

BOOST_AUTO_TEST_CASE(wrapping_twice_gives_two_wrapped_keys) {
    auto const id = new_key();
    BOOST_TEST((wrap(id).bytes != wrap(id).bytes));
}
BOOST_AUTO_TEST_CASE(the_advice_after_a_failure_is_to_wait_for_what_passes) {
    BOOST_TEST((advice_after(errc::kms_unavailable) == retry_advice::later));
    BOOST_TEST((advice_after(errc::rate_limited) == retry_advice::later));
    BOOST_TEST((advice_after(errc::store_conflict) == retry_advice::again));
    BOOST_TEST((advice_after(errc::key_disabled) == retry_advice::give_up));
    BOOST_TEST((advice_after(errc::unauthorized) == retry_advice::give_up));
}

BOOST_AUTO_TEST_SUITE_END()
