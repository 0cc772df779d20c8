#include <cryptoperiod/service/local_push.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "service/port_trap.hpp"
#include "service/world.hpp"

using namespace service_world;
using local = service::local_push<memory_store, jumping_clock>;

template class cryptoperiod::service::local_push<memory_store, jumping_clock>;

namespace {

/// Lets somebody else begin just before one of the writes.
struct racing_store : memory_store {
    std::function<void()> somebody;
    int at = 0;  ///< writes from now

    result<std::uint64_t> compare_and_swap(std::string_view key, std::uint64_t expected,
                                           std::span<std::byte const> value) {
        if (--at == 0) std::exchange(somebody, {})();
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
    template <class Local>
    static void permit(Local& all, std::string const& who, std::string const& on, role as) {
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
BOOST_AUTO_TEST_CASE(
    of_two_who_begin_at_one_moment_the_first_ones_key_is_taken_and_no_other_stays) {
    using racing = service::local_push<racing_store, jumping_clock>;
    auto const own = parse_crn(local::default_own_keys).value();
    int races = 0, lost = 0;
    for (;; ++races) BOOST_TEST_CONTEXT("before write " << races + 1) {
            racing_store shared;
            std::unique_ptr<racing> quick;
            shared.at = races + 1;
            shared.somebody = [&] { quick = racing::open(shared, secret(5), clock).value(); };
            auto const slow = racing::open(shared, secret(5), clock);
            BOOST_REQUIRE_MESSAGE(slow, told(slow));
            if (!quick) break;
            permit(*quick, "boss", "imfpush", role::platform_operator);
            auto const boss = quick->token_of(iam::user("boss", "acc-a").value()).value();
            auto const root_key_at = [&](racing& at) {
                auto const made = at.push().provision(boss.expose(), {.region = "us-south"});
                BOOST_REQUIRE_MESSAGE(made, told(made));
                return at.push().describe_instance(boss.expose(), made->app)->root_key;
            };
            auto const taken = root_key_at(*quick);
            BOOST_TEST(root_key_at(**slow) == taken);
            BOOST_TEST(shared.list("iam/api-key/", "", 10)->entries.size() == 1U);
            auto const looking =
                quick
                    ->token_of(iam::service_id("iam-ServiceId-imfpush",
                                               std::string(account_of(own)), "imfpush")
                                   .value())
                    .value();
            for (auto const& key : quick->own_keys().list_keys(looking).value()) {
                bool const is_taken = to_string(kms::crn_of_key(own, key)) == taken;
                auto const state = quick->own_keys().describe(looking, key)->state;
                BOOST_TEST(state == (is_taken ? 1 : 5));
                lost += is_taken ? 0 : 1;
            }
        }
    BOOST_TEST(races == 5);
    BOOST_TEST(lost == 1);
}
BOOST_AUTO_TEST_CASE(a_beginning_that_is_cut_off_anywhere_is_finished_and_leaves_nothing) {
    using trapped = service::local_push<trapped_store<memory_store>, jumping_clock>;
    bool has_ended = false;
    for (std::uint64_t at = 1; !has_ended; ++at)
        for (auto const how : {fall::dies_before, fall::dies_after, fall::silent_after}) {
            BOOST_TEST_CONTEXT(to_string(how) << " call " << at) {
                memory_store kept;
                port_trap trap;
                trapped_store<memory_store> shared(kept, trap);
                trap.set(at, how);
                try {
                    static_cast<void>(trapped::open(shared, secret(5), clock));
                } catch (process_death const&) {
                }
                has_ended = !trap.has_sprung();
                trap.disarm();
                auto const all = trapped::open(shared, secret(5), clock);
                BOOST_REQUIRE_MESSAGE(all, told(all));
                BOOST_TEST(kept.list("iam/api-key/", "", 10)->entries.size() == 1U);
                BOOST_TEST(kept.list("kms/key/", "", 10)->entries.size() == 1U);
                permit(**all, "boss", "imfpush", role::platform_operator);
                permit(**all, "boss", "imfpush", role::manager);
                auto const boss = (*all)->token_of(iam::user("boss", "acc-a").value());
                BOOST_REQUIRE_MESSAGE(boss, told(boss));
                auto const made = (*all)->push().provision(boss->expose(), {.region = "us-south"});
                BOOST_REQUIRE_MESSAGE(made, told(made));
                settings::firefox_web_settings const site{.web_site_url = "https://shop.example"};
                auto const put = (*all)->push().put_settings(boss->expose(), made->app, site);
                BOOST_TEST(code(put) == "ok");
            }
        }
}
BOOST_AUTO_TEST_CASE(the_operator_only_uses_the_default_key_and_who_looks_after_it_rotates_it) {
    auto const all = open();
    auto const own = parse_crn(local::default_own_keys).value();
    auto const held = all->policies().list(account_of(own)).value();
    BOOST_TEST_REQUIRE(held.size() == 1U);
    BOOST_TEST((held[0].what->roles == std::vector<role>{role::reader}));
    auto const operator_token = all->token_of(
        iam::service_id("iam-ServiceId-imfpush", std::string(account_of(own)), "imfpush").value());
    BOOST_TEST(code(all->own_keys().create_key(*operator_token)) == "unauthorized");
    auto const key = all->own_keys().list_keys(*operator_token).value().at(0);
    BOOST_TEST(code(all->own_keys().rotate_key(*operator_token, key)) == "unauthorized");
    BOOST_REQUIRE(all->policies().add(iam::access_policy(
        {"keeper", "keeper", "kms", std::string(account_of(own)), role::manager})));
    auto const keeper =
        all->token_of(iam::user("keeper", std::string(account_of(own))).value()).value();
    clock.time += std::chrono::hours(2);
    BOOST_TEST(code(all->own_keys().rotate_key(keeper, key)) == "token_expired");
    auto const again =
        all->token_of(iam::user("keeper", std::string(account_of(own))).value()).value();
    BOOST_TEST(code(all->own_keys().rotate_key(again, key)) == "ok");
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
