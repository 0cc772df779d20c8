#include "random_tables.hpp"

#include <boost/test/unit_test.hpp>

// One of four files with the same test over other seeds: together they would need too much memory.
BOOST_AUTO_TEST_SUITE(fsm_agreement_random)

BOOST_AUTO_TEST_CASE(both_engines_agree_on_random_tables_4) {
    auto const found = cryptoperiod::test::random_tables::compare<400, 5>();
    BOOST_TEST_MESSAGE(found.text());
    BOOST_TEST(found.disagreements == 0U, found.text());
    BOOST_TEST(found.tables == 5U);
    BOOST_TEST(found.triples >= 100'000U);
    // The tables are worth comparing on: everything that could go wrong occurs.
    BOOST_TEST(found.taken >= 10'000U);
    BOOST_TEST(found.refused >= 5'000U);
    BOOST_TEST(found.internal_rows >= 5U);
    BOOST_TEST(found.self_rows >= 5U);
    BOOST_TEST(found.shared_cells >= 5U);
    BOOST_TEST(found.hidden_rows >= 1U);
}

BOOST_AUTO_TEST_SUITE_END()
