// Many threads at one service. Also for the sanitizer of threads.
#include <boost/test/unit_test.hpp>

#include "mixed_load.hpp"

using namespace service_world;

BOOST_FIXTURE_TEST_SUITE(service_concurrency, world)

BOOST_AUTO_TEST_CASE(threads_at_one_service_lose_nothing) {
    authorize();
    auto const root = root_key();
    auto const lite = provision();
    auto const own = provision_own(root);
    mixed_load<push_type> load({&push},
                               {lite.app, own.app, std::string(text(lite.client_secret)),
                                token("manager"), token("reader")},
                               40);
    auto const by = owner();
    load.run(4, [&] {
        BOOST_REQUIRE(keys_a.rotate_key(by, kms::key_id::parse(root.resource).value()));
    });
}
BOOST_AUTO_TEST_CASE(threads_at_two_services_on_one_store_lose_nothing) {
    authorize();
    auto const lite = provision();
    auto const own = provision_own(root_key());
    push_type other = make();
    mixed_load<push_type> load({&push, &other},
                               {lite.app, own.app, std::string(text(lite.client_secret)),
                                token("manager"), token("reader")},
                               40);
    load.run(2);
}

BOOST_AUTO_TEST_SUITE_END()
