#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/credentials/sealed_delivery.hpp>
#include <cryptoperiod/store/record.hpp>
#include <optional>

#include "rings.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;
using test::answer;

namespace {

constexpr std::string_view app = "com.example.app";
constexpr std::string_view psk_of_32_bytes = "a pre-shared key with 32 bytes..";
constexpr std::string_view exporter = "exporter of this connection";
constexpr time_point start{milliseconds{1'767'571'200'000}};  // 2026-01-05
constexpr milliseconds skew{300'000};
constexpr milliseconds validity{600'000};

crypto::hpke::key_pair pair_from(std::byte seed) {
    std::array<std::byte, 32> ikm{};
    ikm.fill(seed);
    return crypto::hpke::derive_key_pair(ikm);
}

crypto::hpke::key_pair const server_pair = pair_from(std::byte{1}),
                             app_pair = pair_from(std::byte{2}), stranger = pair_from(std::byte{3});
crypto::hpke::pre_shared_key const psk{bytes_of(psk_of_32_bytes), bytes_of("install-7")};

/// Both ends of one policy.
struct policy {
    std::string_view name;
    sealing_key seal;
    opening_key open;
};
std::vector<policy> policies() {
    return {{"auth", sealed_by_key_pair{&server_pair, app_pair.public_key()},
             opened_by_key_pair{&app_pair, server_pair.public_key()}},
            {"psk", sealed_by_psk{psk, app_pair.public_key()}, opened_by_psk{psk, &app_pair}},
            {"shared secret", shared_secret{psk.key}, shared_secret{psk.key}}};
}

std::vector<delivered_set> sets(std::string_view key, std::string_view secret = "a secret") {
    std::vector<delivered_set> all(1);
    all[0].key = key;
    all[0].secret = secret_bytes::copy_of(secret);
    return all;
}

/// A server and an app that has asked it.
struct conversation {
    explicit conversation(policy const& p, std::uint64_t with_serial = 1)
        : seal(p.seal), serial(with_serial), receiver(std::string(app), p.open, {}, skew) {}
    /// The server hands out other sets.
    void replace(std::vector<delivered_set> by) {
        handed_out = std::move(by);
        ++serial;
    }
    std::vector<std::byte> answer_to(delivery_nonce const& nonce, time_point now = start,
                                     std::string_view binding = {}) {
        delivery_terms const terms{app, serial, now, now + validity, nonce, bytes_of(binding)};
        return seal_delivery(entropy, seal, terms, handed_out).value();
    }
    std::vector<std::byte> ask(time_point now = start, std::string_view binding = {}) {
        return answer_to(receiver.ask(entropy).value(), now, binding);
    }
    std::string_view accept(crypto::bytes_view message, time_point now = start,
                            std::string_view binding = {}) {
        return answer(receiver.accept(message, now, bytes_of(binding)));
    }

    crypto::os_entropy entropy;
    sealing_key seal;
    std::uint64_t serial;
    std::vector<delivered_set> handed_out = sets("k1");
    delivery_receiver receiver;
};

/// Runs `test` for each policy.
template <class Test>
void with_each_policy(Test const& test) {
    for (auto const& p : policies()) BOOST_TEST_CONTEXT(p.name) test(p);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_sealed_delivery)

BOOST_AUTO_TEST_CASE(what_the_server_hands_out_is_what_the_app_gets) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        auto handed = sets("k2", "secret of k2");
        handed.push_back({"spare", secret_bytes::copy_of("another")});
        c.replace(std::move(handed));
        auto const opened = c.receiver.accept(c.ask(), start);
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->serial == 2U);
        BOOST_TEST((opened->not_before == start && opened->not_after == start + validity));
        BOOST_REQUIRE(opened->sets.size() == 2U);
        BOOST_TEST(opened->sets[0].key == "k2");
        BOOST_TEST(equal_in_constant_time(opened->sets[0].secret, bytes_of("secret of k2")));
        BOOST_TEST(opened->sets[1].key == "spare");
        BOOST_TEST(c.receiver.state().last_serial == 2U);
        BOOST_TEST(c.receiver.state().outstanding.empty());
    });
}

// ---- the encoding -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_header_file_as_another_program_makes_them) {
    // The hash of the binding and the sealed part were made by Python's hashlib, hmac and
    // cryptography 48.
    crypto::deterministic_entropy predictable(1);
    delivery_nonce nonce;
    nonce.fill(std::byte{0xaa});
    auto const message = seal_delivery(
        crypto::predictable_on_purpose(predictable), shared_secret{psk.key},
        {"app", 7, start, start + validity, nonce, bytes_of(exporter)}, sets("k1", "s1"));
    BOOST_REQUIRE(message.has_value());
    crypto::deterministic_entropy again(1);
    std::array<std::byte, 32> salt{};
    BOOST_TEST(again.fill(salt).has_value());
    auto const head =
        "43504431"
        "03"
        "0000000000000007"
        "0000019b8b741800"
        "0000019b8b7d3fc0" +
        to_hex(nonce) +
        "8361e9f6e61a930a9d15a4695f24fa7baf722022e9171bd34b9f6dacca186fa8"
        "03"
        "617070" +
        to_hex(salt) + "00000018";
    BOOST_TEST(to_hex(*message) == head + "001cad874d2901cc33a8f89d5d7340988b92382d8193a491");
}

BOOST_AUTO_TEST_CASE(hpke_messages_stay_what_they_are) {
    crypto::deterministic_entropy predictable(2);
    delivery_terms const terms{"app", 7, start, start + validity, {}, {}};
    auto const digest_of = [&](sealing_key const& key) {
        auto const message = seal_delivery(crypto::predictable_on_purpose(predictable), key, terms,
                                           sets("k1", "s1"));
        return to_hex(crypto::digest<crypto::sha256>({*message}));
    };
    BOOST_TEST(digest_of(policies()[0].seal) ==
               "1f4d7e7093889743fd5903f48f3d2437a0b95bf8af05bfdbaade88baa2207115");
    BOOST_TEST(digest_of(policies()[1].seal) ==
               "b1569b6f224d0c784466ee99fb0ee0d296b748f67a95258e8c53c0b2cfeda5ec");
}

BOOST_AUTO_TEST_CASE(the_largest_delivery_comes_through_and_a_larger_one_is_not_made) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        std::vector<delivered_set> four;
        for (char const name : {'a', 'b', 'c', 'd'})
            four.push_back({std::string(128, name), secret_bytes::copy_of(std::string(1024, 's'))});
        c.replace(std::move(four));
        auto const message = c.ask();
        BOOST_TEST(message.size() <= delivery_bytes_max);
        BOOST_TEST(c.accept(message) == "ok");
    });
    auto const verdict = [](std::vector<delivered_set> const& handed_out) {
        return answer(seal_delivery(crypto::os_entropy{}, policies()[0].seal,
                                    {app, 1, start, start + validity, {}, {}}, handed_out));
    };
    BOOST_TEST(verdict({}) == "out_of_range");
    BOOST_TEST(verdict(std::vector<delivered_set>(5)) == "out_of_range");
    BOOST_TEST(verdict(sets("no name: colon")) == "malformed");
    BOOST_TEST(verdict(sets("k", "")) == "missing");
}

BOOST_AUTO_TEST_CASE(terms_that_no_app_accepts_are_not_sealed) {
    auto const verdict = [](delivery_terms const& terms) {
        return answer(seal_delivery(crypto::os_entropy{}, policies()[0].seal, terms, sets("k1")));
    };
    BOOST_TEST(verdict({"", 1, start, start + validity, {}, {}}) == "out_of_range");
    BOOST_TEST(verdict({std::string(256, 'a'), 1, start, start + validity, {}, {}}) ==
               "out_of_range");
    BOOST_TEST(verdict({app, 0, start, start + validity, {}, {}}) == "out_of_range");
    BOOST_TEST(verdict({app, 1, start, start, {}, {}}) == "out_of_range");
    BOOST_TEST(verdict({app, 1, time_point::min(), start, {}, {}}) == "out_of_range");
    BOOST_TEST(verdict({app, 1, start, time_point::max(), {}, {}}) == "out_of_range");
    BOOST_TEST(verdict({app, 1, start, start + validity, {}, {}}) == "ok");
}

// ---- changes ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(no_flipped_bit_opens_and_none_changes_the_receiver) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        auto const message = c.ask(start, exporter);
        auto const before = c.receiver.state();
        for (std::size_t bit = 0; bit != 8 * message.size(); ++bit) {
            auto changed = message;
            changed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            auto const verdict = c.accept(changed, start, exporter);
            if (verdict != "authentication_failed" && verdict != "malformed" &&
                verdict != "delivery_wrong_app")
                BOOST_ERROR("bit " << bit << ": " << verdict);
        }
        BOOST_TEST((c.receiver.state() == before));
        BOOST_TEST(c.accept(message, start, exporter) == "ok");
    });
}

BOOST_AUTO_TEST_CASE(no_cut_and_no_longer_message_opens) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        auto message = c.ask();
        auto const before = c.receiver.state();
        for (std::size_t size = 0; size != message.size(); ++size)
            BOOST_TEST(c.accept(std::span(message).first(size)) == "malformed");
        message.push_back({});
        BOOST_TEST(c.accept(message) == "malformed");
        message.resize(10'000'000);
        BOOST_TEST(c.accept(message) == "malformed");
        BOOST_TEST((c.receiver.state() == before));
    });
}

BOOST_AUTO_TEST_CASE(a_message_of_another_server_or_for_other_keys_does_not_open) {
    auto const all = policies();
    std::vector<sealing_key> const forged{
        sealed_by_key_pair{&stranger, app_pair.public_key()},
        sealed_by_psk{{bytes_of("another key that has 32 bytes ..."), psk.id},
                      app_pair.public_key()},
        shared_secret{bytes_of("another key that has 32 bytes ...")}};
    for (std::size_t i = 0; i != all.size(); ++i) {
        conversation c(all[i]);
        c.seal = forged[i];
        BOOST_TEST(c.accept(c.ask()) == "authentication_failed");
    }
    conversation c(all[1]);
    c.seal = sealed_by_psk{{psk.key, bytes_of("install-8")}, app_pair.public_key()};
    BOOST_TEST(c.accept(c.ask()) == "authentication_failed");
    c.seal = sealed_by_psk{psk, stranger.public_key()};
    BOOST_TEST(c.accept(c.ask()) == "authentication_failed");
}

BOOST_AUTO_TEST_CASE(an_app_takes_no_other_policy_than_its_own) {
    auto const all = policies();
    for (auto const& demanded : all) {
        for (auto const& used : all) {
            conversation c(demanded);
            c.seal = used.seal;
            BOOST_TEST(c.accept(c.ask()) ==
                       (used.name == demanded.name ? "ok" : "authentication_failed"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_secret_below_32_bytes_seals_nothing) {
    auto const short_key = bytes_of(psk_of_32_bytes).first(31);
    delivery_terms const terms{app, 1, start, start + validity, {}, {}};
    for (sealing_key const& key :
         {sealing_key(shared_secret{short_key}),
          sealing_key(sealed_by_psk{{short_key, psk.id}, app_pair.public_key()})})
        BOOST_TEST(answer(seal_delivery(crypto::os_entropy{}, key, terms, sets("k1"))) ==
                   "key_refused");
}

// ---- genuine, and refused ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_message_for_another_app_is_named_so_also_where_the_keys_are_shared) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        delivery_receiver other("com.example.other", p.open, c.receiver.state(), skew);
        BOOST_TEST(answer(other.accept(c.ask(), start)) == "delivery_wrong_app");
    });
}

BOOST_AUTO_TEST_CASE(the_same_message_again_is_a_replay_also_after_a_restart) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        auto const message = c.ask();
        BOOST_TEST(c.accept(message) == "ok");
        BOOST_TEST(c.accept(message) == "delivery_replayed");

        auto const bytes = store::encode(c.receiver.state());
        auto const stored = store::decode<delivery_state>(test::opened(bytes->expose()));
        BOOST_REQUIRE(stored.has_value());
        delivery_receiver restarted(std::string(app), p.open, *stored, skew);
        BOOST_TEST(answer(restarted.accept(message, start)) == "delivery_replayed");
    });
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_request_of_another_installation_is_a_replay) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        BOOST_TEST(c.accept(c.answer_to(delivery_nonce{})) == "delivery_replayed");
        BOOST_TEST(c.receiver.ask(c.entropy).has_value());
        BOOST_TEST(c.accept(c.answer_to(delivery_nonce{})) == "delivery_replayed");
    });
}

BOOST_AUTO_TEST_CASE(an_older_serial_is_superseded_and_the_same_one_is_taken) {
    with_each_policy([](policy const& p) {
        conversation c(p, 9);
        BOOST_TEST(c.accept(c.ask()) == "ok");
        BOOST_TEST(c.accept(c.ask()) == "ok");
        auto const before = c.receiver.state();
        --c.serial;
        auto const older = c.ask();
        auto const refused = c.receiver.accept(older, start);
        BOOST_TEST(answer(refused) == "delivery_superseded");
        BOOST_TEST(c.receiver.state().last_serial == before.last_serial);
    });
}

BOOST_AUTO_TEST_CASE(a_message_is_taken_within_its_time_and_the_skew_to_the_millisecond) {
    milliseconds const ms{1};
    with_each_policy([&](policy const& p) {
        conversation c(p);
        auto const message = c.ask();
        BOOST_TEST(c.accept(message, start - skew - ms) == "delivery_not_yet_valid");
        BOOST_TEST(c.accept(message, start + validity + skew) == "delivery_expired");
        BOOST_TEST(c.accept(message, start - skew) == "ok");
        BOOST_TEST(c.accept(c.ask(), start + validity + skew - ms) == "ok");
    });
}

BOOST_AUTO_TEST_CASE(without_skew_the_times_are_those_of_the_message) {
    auto const p = policies()[0];
    conversation c(p);
    delivery_receiver strict(std::string(app), p.open, {}, milliseconds{0});
    auto const message = c.answer_to(strict.ask(c.entropy).value());
    BOOST_TEST(answer(strict.accept(message, start - milliseconds{1})) == "delivery_not_yet_valid");
    BOOST_TEST(answer(strict.accept(message, start + validity)) == "delivery_expired");
    BOOST_TEST(answer(strict.accept(message, start + validity - milliseconds{1})) == "ok");
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_by_a_year_or_is_broken_refuses_by_name) {
    conversation c(policies()[0]);
    auto const message = c.ask();
    BOOST_TEST(c.accept(message, start + days{365}) == "delivery_expired");
    BOOST_TEST(c.accept(message, start - days{365}) == "delivery_not_yet_valid");
    BOOST_TEST(c.accept(message, time_point::max()) == "delivery_expired");
    BOOST_TEST(c.accept(message, time_point::min()) == "delivery_not_yet_valid");
    BOOST_TEST(c.accept(message, start) == "ok");
}

BOOST_AUTO_TEST_CASE(a_message_over_another_connection_is_refused_and_one_without_a_binding_too) {
    with_each_policy([](policy const& p) {
        conversation c(p);
        auto const bound = c.ask(start, exporter);
        BOOST_TEST(c.accept(bound, start, "another connection") == "delivery_wrong_channel");
        BOOST_TEST(c.accept(bound, start) == "delivery_wrong_channel");
        BOOST_TEST(c.accept(c.ask(), start, exporter) == "delivery_wrong_channel");
        BOOST_TEST(c.accept(bound, start, exporter) == "ok");
    });
}

BOOST_AUTO_TEST_CASE(the_receiver_remembers_eight_requests_and_no_more) {
    conversation c(policies()[0]);
    auto const first = c.ask();
    for (int i = 0; i != 7; ++i) BOOST_TEST(c.receiver.ask(c.entropy).has_value());
    BOOST_TEST(answer(delivery_receiver(c.receiver).accept(first, start)) == "ok");
    BOOST_TEST(c.receiver.ask(c.entropy).has_value());
    BOOST_TEST(c.receiver.state().outstanding.size() == delivery_state::outstanding_max);
    BOOST_TEST(c.accept(first) == "delivery_replayed");
}

// ---- a compromised set ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_set_that_replaces_a_compromised_one_is_there_within_the_poll_interval) {
    constexpr milliseconds poll = std::chrono::hours{6};
    constexpr milliseconds step = std::chrono::minutes{1};
    for (auto const compromised_after : {milliseconds{0}, poll / 2, poll - step, poll, 3 * poll}) {
        conversation c(policies()[0]);
        manual_clock clock(start);
        held_set held;
        std::string in_use;
        std::optional<time_point> replaced;
        time_point const compromised = start + compromised_after;
        bool handed_out = false;
        while (!replaced) {
            if (!handed_out && clock.now() >= compromised) {
                c.replace(sets("k2"));
                handed_out = true;
            }
            auto const now_ms = clock.now().time_since_epoch().count();
            if (served::must_fetch(held, now_ms, poll.count())) {
                auto const got = c.receiver.accept(c.ask(clock.now()), clock.now());
                BOOST_REQUIRE(got.has_value());
                in_use = got->sets.front().key;
                held = {0, now_ms};
            }
            if (handed_out && in_use == "k2") replaced = clock.now();
            clock.advance(step);
        }
        BOOST_TEST((*replaced - compromised <= poll));
        BOOST_TEST(c.receiver.state().last_serial == 2U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
