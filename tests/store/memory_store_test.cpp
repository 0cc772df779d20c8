#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

using namespace cryptoperiod;

namespace {

struct in_memory {
    std::shared_ptr<store::memory_store> records = std::make_shared<store::memory_store>();
    [[nodiscard]] auto open() const { return records; }
};
using fixtures = std::tuple<in_memory>;

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_store_test)

#include "store/contract.ipp"

BOOST_AUTO_TEST_CASE(nobody_may_be_told_that_memory_is_durable) {
    static_assert(store::store<store::memory_store>);
    static_assert(!store::durable_store<store::memory_store>);
    BOOST_TEST(!store::memory_store::durable);
}

BOOST_AUTO_TEST_SUITE_END()
