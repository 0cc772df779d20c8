#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "fsm/agreement.hpp"
#include "iam/world.hpp"

using namespace iam_world;
using api_key_table = iam::api_key::table;

namespace {

struct key_shop : world {
    new_api_key key = keys.create(alice(), {.name = "laptop"}).value();
    std::string text{key.text.expose()};

    std::string shown() const { return code(keys.authenticate(text)); }
    std::string altered(std::size_t at) const {
        auto other = text;
        other[at] = other[at] == 'A' ? 'B' : 'A';
        return other;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(iam_api_key, key_shop)

BOOST_AUTO_TEST_CASE(who_shows_an_api_key_is_its_owner) {
    BOOST_TEST((keys.authenticate(text).value() == alice()));
    auto const other = keys.create(push_operator()).value();
    BOOST_TEST((keys.authenticate(other.text.expose()).value() == push_operator()));
    BOOST_TEST(other.id != key.id);
}
BOOST_AUTO_TEST_CASE(its_text_is_the_public_id_and_a_secret) {
    BOOST_TEST(text.size() == 60U);
    BOOST_TEST(text.substr(0, 17) == key.id + ".");
}
BOOST_AUTO_TEST_CASE(a_key_that_was_drawn_is_nobodys_until_it_is_kept_once_or_twice) {
    auto const drawn = keys.draw().value();
    BOOST_TEST(code(keys.authenticate(drawn.text.expose())) == "api_key_refused");
    BOOST_TEST(code(keys.keep(drawn.text, push_operator())) == "ok");
    BOOST_TEST((keys.authenticate(drawn.text.expose()).value() == push_operator()));
    BOOST_TEST(code(keys.keep(drawn.text, push_operator())) == "ok");
    BOOST_TEST(code(keys.keep(drawn.text, alice())) == "api_key_refused");
    auto forged = std::string(drawn.text.expose());
    forged.back() = forged.back() == 'A' ? 'E' : 'A';
    BOOST_TEST(code(keys.keep(secret_text::copy_of(forged), push_operator())) == "api_key_refused");
    BOOST_TEST(code(keys.keep(secret_text::copy_of("a key"), alice())) == "api_key_refused");
    BOOST_TEST((keys.authenticate(drawn.text.expose()).value() == push_operator()));
}
BOOST_AUTO_TEST_CASE(the_secret_is_nowhere_in_the_store) {
    auto const kept_entry = kept.get("iam/api-key/" + key.id).value().value();
    auto const secret_part = from_base64url(std::string_view(text).substr(17)).value();
    for (auto const& needle :
         {std::vector<std::byte>(bytes_of(text).begin() + 17, bytes_of(text).end()), secret_part})
        BOOST_TEST((std::search(kept_entry.value.begin(), kept_entry.value.end(), needle.begin(),
                                needle.end()) == kept_entry.value.end()));
}
BOOST_AUTO_TEST_CASE(every_other_text_is_refused_alike) {
    for (std::size_t at = 0; at != text.size(); ++at) {
        auto const answer = keys.authenticate(altered(at));
        BOOST_TEST(
            told(answer) == "api_key_refused: there is no such API key, or this is not its secret",
            "character " << at);
    }
    for (auto const& other : {text.substr(1), text + "A", text.substr(0, 17), std::string(60, '.'),
                              std::string(60, '\0'), std::string(10'000'000, 'A')})
        BOOST_TEST(code(keys.authenticate(other)) == "api_key_refused");
    BOOST_TEST(code(keys.authenticate("")) == "credential_missing");
}
BOOST_AUTO_TEST_CASE(the_hash_of_one_key_does_not_serve_another) {
    auto const other = keys.create(push_operator()).value();
    auto const a = kept.get("iam/api-key/" + key.id).value().value();
    auto const b = kept.get("iam/api-key/" + other.id).value().value();
    BOOST_TEST(code(kept.compare_and_swap(b.key, b.version, a.value)) == "ok");
    BOOST_TEST(code(keys.authenticate(other.id + text.substr(16))) == "store_corrupt");
}
BOOST_AUTO_TEST_CASE(another_pepper_makes_every_key_unknown) {
    api_keys<memory_store, crypto::os_entropy, jumping_clock> const stranger(kept, secret(8),
                                                                             clock);
    BOOST_TEST(code(stranger.authenticate(text)) == "store_corrupt");
}
BOOST_AUTO_TEST_CASE(an_expired_key_is_told_to_who_has_the_secret_and_to_nobody_else) {
    auto const until = clock.time + days(30);
    auto const short_lived =
        keys.create(alice(), {.expires_ms = until.time_since_epoch().count()}).value();
    std::string const shown_text(short_lived.text.expose());
    clock.time = until - milliseconds(1);
    BOOST_TEST(code(keys.authenticate(shown_text)) == "ok");
    clock.time = until;
    BOOST_TEST(
        told(keys.authenticate(shown_text)) ==
        "api_key_expired: 'authenticate' is not possible while the api_key is enabled: the API "
        "key has expired; create a new one");
    BOOST_TEST(code(keys.authenticate(shown_text.substr(0, 59) +
                                      (shown_text[59] == 'A' ? 'B' : 'A'))) == "api_key_refused");
}
BOOST_AUTO_TEST_CASE(a_disabled_key_gives_nothing_until_it_is_enabled) {
    BOOST_TEST(code(keys.disable(key.id)) == "ok");
    BOOST_TEST(shown() == "api_key_disabled");
    BOOST_TEST(code(keys.disable(key.id)) == "ok");
    BOOST_TEST(code(keys.enable(key.id)) == "ok");
    BOOST_TEST(shown() == "ok");
}
BOOST_AUTO_TEST_CASE(a_locked_key_works_and_is_not_changed) {
    BOOST_TEST(code(keys.lock(key.id)) == "ok");
    BOOST_TEST(shown() == "ok");
    BOOST_TEST(
        told(keys.disable(key.id)) ==
        "api_key_locked: 'disable' is not possible while the api_key is enabled: the API key is "
        "locked; unlock it first");
    BOOST_TEST(code(keys.erase(key.id)) == "api_key_locked");
    BOOST_TEST(keys.describe(key.id).value().locked);
    BOOST_TEST(keys.describe(key.id).value().enabled);
    BOOST_TEST(code(keys.unlock(key.id)) == "ok");
    BOOST_TEST(code(keys.erase(key.id)) == "ok");
    BOOST_TEST(shown() == "api_key_refused");
    BOOST_TEST(code(keys.lock(key.id)) == "api_key_not_found");
}
BOOST_AUTO_TEST_CASE(a_description_has_everything_but_the_secret) {
    auto const d = keys.describe(key.id).value();
    BOOST_TEST(d.name == "laptop");
    BOOST_TEST((d.owner == alice()));
    BOOST_TEST(d.made_ms == clock.time.time_since_epoch().count());
    BOOST_TEST(told(keys.describe(text)) == "api_key_not_found: there is no such API key");
    BOOST_TEST(code(keys.disable("../../kms/key/x.")) == "api_key_not_found");
}
BOOST_AUTO_TEST_CASE(what_cannot_have_a_key_gets_none) {
    BOOST_TEST(code(keys.create(iam::instance(push_a).value())) == "inconsistent");
    BOOST_TEST(code(keys.create(identity())) == "missing");
    BOOST_TEST(code(keys.create(alice(), {.name = "a\nb"})) == "malformed");
    BOOST_TEST(code(keys.create(alice(), {.name = std::string(129, 'n')})) == "out_of_range");
    BOOST_TEST(code(keys.create(alice(), {.expires_ms = clock.time.time_since_epoch().count()})) ==
               "out_of_range");
    BOOST_TEST(kept.list("", "", 10).value().entries.size() == 1U);
}
BOOST_AUTO_TEST_CASE(no_refusal_repeats_what_was_shown) {
    for (std::size_t at = 0; at != text.size(); ++at) {
        auto const shown_text = altered(at);
        auto const message = told(keys.authenticate(shown_text));
        BOOST_TEST(message.find(shown_text.substr(17, 8)) == std::string::npos);
    }
    BOOST_TEST(told(keys.describe(text)).find(text.substr(17)) == std::string::npos);
}
BOOST_AUTO_TEST_CASE(both_engines_agree_on_api_key) {
    namespace k = iam::api_key;
    CRYPTOPERIOD_AGREES(api_key_table, k::authenticate{7}, k::record{}, k::record{true, never_ms},
                        k::record{false, 7}, k::record{true, 8});
}
BOOST_AUTO_TEST_CASE(the_table_has_no_dead_ends_but_deletion) {
    using view = fsm::table_view<api_key_table>;
    static_assert(view::unreachable_states.empty());
    static_assert(view::shadowed_rows.empty());
    BOOST_TEST(view::state_count == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
