// Two services on one SQLite file.
#include <cryptoperiod/adapters/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "service/mixed_load.hpp"

using namespace service_world;
using adapters::sqlite_store;

namespace {

/// A folder of its own, gone with it.
struct folder {
    std::filesystem::path at;

    folder() {
        auto name = (std::filesystem::temp_directory_path() / "cryptoperiod-push-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        at = name;
    }
    folder(folder const&) = delete;
    folder& operator=(folder const&) = delete;
    ~folder() { std::filesystem::remove_all(at); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(adapters_push_service, ports<>)

BOOST_AUTO_TEST_CASE(two_services_on_one_file_lose_nothing) {
    using push_type =
        service::push_service<stores_type, iam_of<jumping_clock>, sqlite_store, jumping_clock>;
    folder const there;
    auto const file = (there.at / "push.sqlite").string();
    auto one = sqlite_store::open(file), other = sqlite_store::open(file);
    BOOST_REQUIRE_MESSAGE(one, told(one));
    BOOST_REQUIRE_MESSAGE(other, told(other));
    push_type push(stores, iam, *one, options(), clock);
    push_type another(stores, iam, *other, options(), clock);

    authorize();
    auto const lite = push.provision(token("boss"), {.region = "us-south"});
    auto const own = another.provision(
        token("boss"),
        {.plan = instance::plan::advanced, .region = "us-south", .root_key = root_key()});
    BOOST_REQUIRE_MESSAGE(lite, told(lite));
    BOOST_REQUIRE_MESSAGE(own, told(own));
    auto const secret_text = lite->client_secret.expose();
    mixed_load<push_type> load(
        {&push, &another},
        {lite->app,
         own->app,
         {reinterpret_cast<char const*>(secret_text.data()), secret_text.size()},
         token("manager"),
         token("reader")},
        24);
    load.run(2);
}

BOOST_AUTO_TEST_SUITE_END()
