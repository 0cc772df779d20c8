#include <boost/test/unit_test.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/store/record.hpp>

#include "rings.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;
using test::answer;

namespace {

constexpr time_point now{days{20'000}};
constexpr std::string_view pepper = "a pepper that has 32 bytes or so";
constexpr std::string_view instance = "crn:v1:bluemix:public:imfpush:us-south:a/acc:i-1::";

client_secret_hasher hasher(std::string_view with = pepper) {
    return client_secret_hasher::make(bytes_of(with)).value();
}
std::string shown(secret_bytes const& secret) {
    return std::string(reinterpret_cast<char const*>(secret.expose().data()), secret.size());
}
secret_bytes new_secret() { return new_client_secret(crypto::os_entropy{}).value(); }

template <class T>
result<T> stored_and_read(T const& value) {
    auto const bytes = store::encode(value).value();
    return store::decode<T>(test::opened(bytes.expose()));
}

/// An instance with one secret that works.
struct rotating {
    rotating() { add(); }
    overlapping_client_secrets::secret_number add() {
        auto const secret = new_secret();
        texts.push_back(shown(secret));
        auto const number = secrets.add(hash, secret, now).value();
        BOOST_TEST(answer(secrets.send(number, activate{})) == "ok");
        return number;
    }
    std::string_view verify(std::size_t which, time_point at = now) {
        return answer(secrets.verify(hash, texts[which], at));
    }

    client_secret_hasher hash = hasher();
    overlapping_client_secrets secrets{instance};
    std::vector<std::string> texts;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_client_secret_rotation)

BOOST_AUTO_TEST_CASE(a_new_secret_is_256_bits_of_text_and_no_two_are_alike) {
    auto const a = new_secret(), b = new_secret();
    BOOST_TEST(a.size() == 43U);
    BOOST_TEST(from_base64url(shown(a)).value().size() == 32U);
    BOOST_TEST(!equal_in_constant_time(a, b));
}

BOOST_AUTO_TEST_CASE(a_pepper_below_32_bytes_is_refused) {
    BOOST_TEST(answer(client_secret_hasher::make(bytes_of(pepper).first(31))) == "key_refused");
}

// ---- faithful ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_one_secret_of_an_instance_is_right_and_nothing_else_is) {
    auto const hash = hasher();
    auto const secret = new_secret();
    single_client_secret const kept(hash, instance, secret);
    BOOST_TEST(answer(kept.verify(hash, shown(secret))) == "ok");
    auto changed = shown(secret);
    changed.back() = changed.back() == 'A' ? 'B' : 'A';
    BOOST_TEST(answer(kept.verify(hash, changed)) == "client_secret_wrong");
    BOOST_TEST(answer(kept.verify(hash, shown(secret) + "A")) == "client_secret_wrong");
    BOOST_TEST(answer(kept.verify(hash, "")) == "missing");
    BOOST_TEST(answer(kept.verify(hash, std::string(10'000'000, 'a'))) == "out_of_range");
    BOOST_TEST(answer(kept.verify(hasher("another pepper of 32 bytes......"), shown(secret))) ==
               "client_secret_wrong");
    BOOST_TEST(answer(single_client_secret(hash, "another instance", secret)
                          .verify(hash, shown(secret))) == "ok");
    BOOST_TEST(answer(single_client_secret().verify(hash, shown(secret))) == "client_secret_wrong");
}

BOOST_AUTO_TEST_CASE(changing_the_one_secret_is_refused_and_says_what_to_do) {
    single_client_secret const kept(hasher(), "i-1", new_secret());
    auto const refused = kept.change();
    BOOST_TEST(answer(refused) == "client_secret_fixed");
    BOOST_TEST(refused.error().detail ==
               "the instance 'i-1' has one clientSecret for ever; create another instance and move "
               "the apps to it");
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_no_secret_and_differs_between_instances) {
    auto const hash = hasher();
    auto const secret = new_secret();
    single_client_secret const kept(hash, instance, secret);
    auto const bytes = store::encode(kept).value();
    std::string_view const stored(reinterpret_cast<char const*>(bytes.expose().data()),
                                  bytes.size());
    BOOST_TEST(stored.find(shown(secret)) == std::string_view::npos);
    BOOST_TEST((stored_and_read(kept).value() == kept));
    BOOST_TEST((hash("a", "secret") != hash("b", "secret")));
    BOOST_TEST((hash("ab", "secret") != hash("a", "bsecret")));
}

// ---- the extension ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(both_secrets_are_right_while_they_overlap) {
    rotating r;
    auto const second = r.add();
    BOOST_TEST(second == 2U);
    BOOST_TEST(r.verify(0) == "ok");
    BOOST_TEST(r.verify(1) == "ok");
    BOOST_TEST(r.secrets.verify(r.hash, r.texts[1], now).value() == 2U);
}

BOOST_AUTO_TEST_CASE(a_retired_secret_is_right_and_a_deleted_one_is_wrong_for_ever) {
    rotating r;
    r.add();
    BOOST_TEST(r.verify(0) == "ok");
    BOOST_TEST(answer(r.secrets.send(1, retire{})) == "ok");
    BOOST_TEST(r.verify(0) == "ok");
    auto const ms = now.time_since_epoch().count();
    BOOST_TEST(answer(r.secrets.send(1, erase{ms})) == "credential_in_use");
    BOOST_TEST(answer(r.secrets.send(1, erase{ms + 30 * ms_per_day})) == "ok");
    BOOST_TEST(r.verify(0) == "client_secret_wrong");
    BOOST_TEST(r.verify(1) == "ok");
    BOOST_TEST(answer(r.secrets.send(1, activate{})) == "credential_unknown");
    BOOST_TEST(r.add() == 3U);
}

BOOST_AUTO_TEST_CASE(a_staged_secret_is_wrong_until_it_is_activated) {
    auto const hash = hasher();
    overlapping_client_secrets secrets(instance);
    auto const secret = new_secret();
    BOOST_TEST(answer(secrets.add(hash, secret, now)) == "ok");
    BOOST_TEST(answer(secrets.verify(hash, shown(secret), now)) == "client_secret_wrong");
    BOOST_TEST(answer(secrets.send(1, activate{})) == "ok");
    BOOST_TEST(answer(secrets.verify(hash, shown(secret), now)) == "ok");
}

BOOST_AUTO_TEST_CASE(a_use_is_noted_for_the_secret_that_was_presented_and_for_no_other) {
    rotating r;
    r.add();
    BOOST_TEST(r.verify(1, now + milliseconds{7}) == "ok");
    BOOST_TEST(r.secrets.find(1)->context().uses == 0U);
    BOOST_TEST(r.secrets.find(2)->context().uses == 1U);
    BOOST_TEST(r.secrets.find(2)->context().last_use_ms == now.time_since_epoch().count() + 7);
}

BOOST_AUTO_TEST_CASE(an_instance_has_four_secrets_at_most_and_none_twice) {
    rotating r;
    auto const twin = secret_bytes::copy_of(r.texts[0]);
    BOOST_TEST(answer(r.secrets.add(r.hash, twin, now)) == "inconsistent");
    for (int i = 0; i != 3; ++i) r.add();
    BOOST_TEST(answer(r.secrets.add(r.hash, new_secret(), now)) == "out_of_range");
    BOOST_TEST(r.secrets.size() == 4U);
}

BOOST_AUTO_TEST_CASE(the_secrets_are_listed_by_number_without_what_they_are) {
    auto const hash = hasher();
    auto const first = new_secret();
    auto const made = now - days{3};
    overlapping_client_secrets secrets(single_client_secret(hash, instance, first),
                                       made.time_since_epoch().count());
    BOOST_TEST(secrets.add(hash, new_secret(), now).value() == 2U);
    BOOST_TEST(answer(secrets.verify(hash, shown(first), now + milliseconds{9})) == "ok");
    auto const again = stored_and_read(secrets);
    BOOST_REQUIRE(again.has_value());
    auto const listed = again->list();
    BOOST_TEST_REQUIRE(listed.size() == 2U);
    auto const now_ms = now.time_since_epoch().count();
    BOOST_TEST(listed[0].number == 1U);
    BOOST_TEST(listed[0].state == "active");
    BOOST_TEST(listed[0].made_ms == now_ms - 3 * ms_per_day);
    BOOST_TEST(listed[0].last_use_ms == now_ms + 9);
    BOOST_TEST(listed[1].number == 2U);
    BOOST_TEST(listed[1].state == "staged");
    BOOST_TEST(listed[1].made_ms == now_ms);
    BOOST_TEST(listed[1].last_use_ms == never_ms);
}

BOOST_AUTO_TEST_CASE(stored_secrets_come_back_with_their_states_and_uses) {
    rotating r;
    r.add();
    BOOST_TEST(r.verify(1) == "ok");
    BOOST_TEST(answer(r.secrets.send(1, retire{})) == "ok");
    auto const again = stored_and_read(r.secrets);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((*again == r.secrets));
    BOOST_TEST(again->find(1)->is<retiring>());
    BOOST_TEST(again->find(2)->context().uses == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
