#include <cryptoperiod/service/local_push.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "service/world.hpp"

using namespace service_world;
using local = service::local_push<memory_store, jumping_clock>;

template class cryptoperiod::service::local_push<memory_store, jumping_clock>;

namespace {

/// Lets somebody else begin just before the beginning is written.
struct racing_store : memory_store {
    std::function<void()> before_beginning;

    result<std::uint64_t> compare_and_swap(std::string_view key, std::uint64_t expected,
                                           std::span<std::byte const> value) {
        if (auto const other = std::exchange(before_beginning, {});
            key == "push/beginning" && other)
            other();
        else
            before_beginning = other;
        return memory_store::compare_and_swap(key, expected, value);
    }
};

struct place {
    jumping_clock clock;
    memory_store store, books;

    std::unique_ptr<local> open(unsigned char master = 5) {
        auto all = local::open(store, secret(master), clock);
        BOOST_REQUIRE_MESSAGE(all, told(all));
        return *std::move(all);
    }
    static iam::access_token token(local& all, std::string const& name) {
        auto issued = all.token_of(iam::user(name, "acc-a").value());
        BOOST_REQUIRE_MESSAGE(issued, told(issued));
        return *std::move(issued);
    }
    static void permit(local& all, std::string const& who, std::string const& on, role as) {
        BOOST_REQUIRE(all.policies().add(
            iam::access_policy({who + to_string(as).data(), who, on, "acc-a", as})));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_local_push, place)

BOOST_AUTO_TEST_CASE(what_was_begun_is_found_again) {
    auto first = open();
    permit(*first, "boss", "imfpush", role::platform_operator);
    permit(*first, "boss", "imfpush", role::manager);
    auto const boss = token(*first, "boss");
    auto const made = first->push().provision(boss.expose(), {.region = "us-south"});
    BOOST_REQUIRE_MESSAGE(made, told(made));
    settings::firefox_web_settings const site{.web_site_url = "https://shop.example"};
    BOOST_REQUIRE(first->push().put_settings(boss.expose(), made->app, site));
    auto const key = first->push().describe_instance(boss.expose(), made->app)->root_key;
    first.reset();

    auto const again = open();
    auto const seen = again->push().describe_instance(boss.expose(), made->app);
    BOOST_REQUIRE_MESSAGE(seen, told(seen));
    BOOST_TEST(seen->root_key == key);
    BOOST_TEST(code(again->push().settings(boss.expose(), made->app,
                                           settings::kind::firefox_web)) == "ok");
}
BOOST_AUTO_TEST_CASE(another_master_key_opens_nothing) {
    open();
    BOOST_TEST(code(local::open(store, secret(6), clock)) == "store_corrupt");
    BOOST_TEST(code(local::open(store, secret(5), clock)) == "ok");
}
BOOST_AUTO_TEST_CASE(of_two_who_begin_at_one_moment_the_first_ones_key_is_taken) {
    racing_store shared;
    using racing = service::local_push<racing_store, jumping_clock>;
    std::unique_ptr<racing> quick;
    shared.before_beginning = [&] { quick = racing::open(shared, secret(5), clock).value(); };
    auto const slow = racing::open(shared, secret(5), clock);
    BOOST_REQUIRE_MESSAGE(slow, told(slow));
    BOOST_REQUIRE(quick);
    BOOST_REQUIRE(quick->policies().add(
        iam::access_policy({"1", "boss", "imfpush", "acc-a", role::platform_operator})));
    auto const boss = quick->token_of(iam::user("boss", "acc-a").value());
    BOOST_REQUIRE(boss);
    auto const root_key_at = [&](racing& at) {
        auto const made = at.push().provision(boss->expose(), {.region = "us-south"}).value();
        return at.push().describe_instance(boss->expose(), made.app)->root_key;
    };
    BOOST_TEST(root_key_at(*quick) == root_key_at(**slow));
}
BOOST_AUTO_TEST_CASE(the_key_store_of_a_customer_takes_an_authorization) {
    auto const all = open();
    auto const keys = all->add_key_store(customer_keys, books, secret(7));
    BOOST_REQUIRE_MESSAGE(keys, told(keys));
    BOOST_TEST(code(all->add_key_store(customer_keys, books, secret(7))) == "inconsistent");
    permit(*all, "boss", "imfpush", role::platform_operator);
    permit(*all, "owner", "kms", role::manager);
    auto const owner = token(*all, "owner");
    auto const boss = token(*all, "boss");
    auto const id = (*keys)->create_key(owner).value();
    service::provision_request const request{.plan = instance::plan::advanced,
                                             .region = "us-south",
                                             .root_key = kms::crn_of_key(customer_keys, id)};
    BOOST_TEST(code(all->push().provision(boss.expose(), request)) == "unauthorized");
    BOOST_REQUIRE(
        all->policies().add(iam::authorization_policy({.id = "use", .account = "acc-a"})));
    BOOST_TEST(code(all->push().provision(boss.expose(), request)) == "ok");
    BOOST_TEST((*keys)->describe(owner, id)->registrations.size() == 1U);
}
BOOST_AUTO_TEST_CASE(nobody_but_the_service_uses_its_own_keys) {
    auto const all = open();
    auto const boss = token(*all, "boss");
    permit(*all, "boss", "imfpush", role::platform_operator);
    auto const own = parse_crn(local::default_own_keys).value();
    BOOST_TEST(code(all->push().provision(
                   boss.expose(), {.plan = instance::plan::advanced,
                                   .region = "us-south",
                                   .root_key = kms::crn_of_key(
                                       own, kms::key_id::parse("k").value())})) == "unauthorized");
    BOOST_TEST(code(local::open(store, secret(5), clock, {}, "kms")) == "malformed");
}
BOOST_AUTO_TEST_CASE(the_api_key_of_a_passing_token_is_gone) {
    auto const all = open();
    auto const before = store.list("iam/api-key/", "", 10)->entries.size();
    token(*all, "boss");
    BOOST_TEST(store.list("iam/api-key/", "", 10)->entries.size() == before);
}

BOOST_AUTO_TEST_SUITE_END()
