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
BOOST_AUTO_TEST_CASE(versions_end_where_the_books_could_not_disable_the_key_any_more) {
    auto const id = new_key();
    std::string const tail(900, 'x');
    for (int i = 0; kms.register_service(push, id, instance(tail + std::to_string(i))); ++i) {
    }
    key_books books(store, master(), crypto::os_entropy{}, local_material<>::kind);
    auto const add_versions = [&](std::size_t count) {  // as years of rotations would
        auto found = books.load(id).value();
        for (std::size_t i = 0; i != count; ++i) found.key.material.push_back(material(32));
        found.key.record.versions = static_cast<std::uint32_t>(found.key.material.size());
        return code(books.save(id, found.key, found.version));
    };
    auto const rotate_later = [&] {
        clock.advance(milliseconds{ms_per_hour});
        return code(kms.rotate_key(owner, id));
    };
    // Full of registrations, it takes 256 versions all the same.
    BOOST_TEST(add_versions(255) == "ok");
    BOOST_TEST(rotate_later() == "ok");
    while (has_room(books.load(id)->key, bytes_of_version)) BOOST_TEST(add_versions(16) == "ok");
    auto const versions = kms.describe(owner, id)->record.versions;
    BOOST_TEST(rotate_later() == "limit_reached");
    BOOST_TEST(kms.describe(owner, id)->record.versions == versions);
    BOOST_TEST(code(kms.disable_key(owner, id)) == "ok");
    clock.advance(milliseconds{30'000});
    BOOST_TEST(code(kms.enable_key(owner, id)) == "ok");
    BOOST_TEST(code(kms.delete_key(owner, id, true)) == "ok");
}
BOOST_AUTO_TEST_CASE(the_advice_after_a_failure_is_to_wait_for_what_passes) {
    BOOST_TEST((advice_after(errc::kms_unavailable) == retry_advice::later));
    BOOST_TEST((advice_after(errc::rate_limited) == retry_advice::later));
    BOOST_TEST((advice_after(errc::store_conflict) == retry_advice::again));
    BOOST_TEST((advice_after(errc::key_disabled) == retry_advice::give_up));
    BOOST_TEST((advice_after(errc::unauthorized) == retry_advice::give_up));
}

BOOST_AUTO_TEST_SUITE_END()
