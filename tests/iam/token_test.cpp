#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "iam/world.hpp"

using namespace iam_world;
using std::chrono::seconds;

namespace {

/// Signs anything, as somebody who has the key would.
std::string signed_as(std::string_view header, std::string_view claims, unsigned char fill = 1) {
    auto const text = to_base64url(bytes_of(header)) + "." + to_base64url(bytes_of(claims));
    auto const seed = secret(fill);
    return text + "." + to_base64url(crypto::ed25519_signer(seed.expose()).sign(bytes_of(text)));
}

struct tokens : world {
    std::string kid = signing_key_id(issuer.public_key());
    std::string header = R"({"alg":"EdDSA","kid":")" + kid + R"(","typ":"JWT"})";
    std::string claims_of(std::string_view token) const {
        auto const parts = iam::detail::split_token(token).value();
        auto const bytes = from_base64url(parts.claims).value();
        return std::string(iam::detail::text_of(bytes));
    }
    std::string verified(std::string_view token) const { return code(verifier.verify(token)); }
    /// The claims of a token of alice with one part replaced, signed by the right key.
    std::string with(std::string_view part, std::string_view by) {
        auto claims = claims_of(token_of(alice()));
        auto const at = claims.find(part);
        BOOST_REQUIRE(at != std::string::npos);
        return signed_as(header, claims.replace(at, part.size(), by));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(iam_token, tokens)

BOOST_AUTO_TEST_CASE(a_token_names_who_showed_the_api_key) {
    BOOST_TEST((verifier.verify(token_of(alice())).value() == alice()));
    BOOST_TEST((verifier.verify(token_of(push_operator())).value() == push_operator()));
}
BOOST_AUTO_TEST_CASE(its_claims_are_those_of_iam) {
    BOOST_TEST(claims_of(token_of(alice())) ==
               R"({"account":{"bss":"acc-a"},"exp":1767229200,)"
               R"("grant_type":"urn:ibm:params:oauth:grant-type:apikey","iam_id":"IBMid-alice",)"
               R"("iat":1767225600,"iss":"https://iam.test","realmid":"IBMid",)"
               R"("scope":"ibm openid"})");
}
BOOST_AUTO_TEST_CASE(a_token_lives_an_hour_and_the_skew_of_the_clocks) {
    auto const token = token_of(alice());
    auto const start = clock.time;
    for (auto const& [at, answer] : {std::pair{seconds(0), "ok"},
                                     {seconds(-60), "ok"},
                                     {seconds(-61), "token_not_yet_valid"},
                                     {seconds(3659), "ok"},
                                     {seconds(3660), "token_expired"}}) {
        clock.time = start + at;
        BOOST_TEST(verified(token) == answer, at.count());
    }
}
BOOST_AUTO_TEST_CASE(the_skew_is_a_parameter) {
    token_verifier<jumping_clock> strict("https://iam.test", clock, seconds(0));
    strict.trust(issuer.public_key());
    auto const token = token_of(alice());
    auto const start = clock.time;
    clock.time = start + seconds(3600) - milliseconds(1);
    BOOST_TEST(code(strict.verify(token)) == "ok");
    clock.time = start + seconds(3600);
    BOOST_TEST(code(strict.verify(token)) == "token_expired");
    clock.time = start - milliseconds(1);
    BOOST_TEST(code(strict.verify(token)) == "token_not_yet_valid");
}
BOOST_AUTO_TEST_CASE(a_clock_that_jumps_a_year_refuses_and_nothing_else) {
    auto const token = token_of(alice());
    auto const start = clock.time;
    clock.time = start + days(365);
    BOOST_TEST(verified(token) == "token_expired");
    clock.time = start - days(365);
    BOOST_TEST(verified(token) == "token_not_yet_valid");
    clock.time = start;
    BOOST_TEST(verified(token) == "ok");
}
BOOST_AUTO_TEST_CASE(a_token_outlives_its_api_key_until_it_expires) {
    auto const key = keys.create(alice()).value();
    auto const issued = issuer.from_api_key(key.text.expose()).value();
    BOOST_TEST(issued.expires_s - issued.issued_s == 3600);
    BOOST_TEST(code(keys.disable(key.id)) == "ok");
    BOOST_TEST(code(issuer.from_api_key(key.text.expose())) == "api_key_disabled");
    BOOST_TEST(code(keys.erase(key.id)) == "ok");
    BOOST_TEST(code(issuer.from_api_key(key.text.expose())) == "api_key_refused");
    BOOST_TEST(verified(issued.token.expose()) == "ok");
    clock.time += seconds(3660);
    BOOST_TEST(verified(issued.token.expose()) == "token_expired");
}
BOOST_AUTO_TEST_CASE(any_altered_character_is_refused) {
    auto const token = token_of(alice());
    for (std::size_t at = 0; at != token.size(); ++at)
        for (char const c : {'A', 'g', '.', '=', '\n'}) {
            if (token[at] == c) continue;
            auto other = token;
            other[at] = c;
            auto const answer = verifier.verify(other);
            BOOST_TEST(!answer, "character " << at);
            BOOST_TEST(http_status(answer.error().code) == 401);
            BOOST_TEST(answer.error().detail.find(other.substr(0, 12)) == std::string::npos);
        }
    for (std::size_t size = 1; size != token.size(); ++size)
        BOOST_TEST(verified(token.substr(0, size)) != "ok", size);
    BOOST_TEST(verified(token + "A") != "ok");
    BOOST_TEST(verified(token + ".") == "token_malformed");
}
BOOST_AUTO_TEST_CASE(no_algorithm_but_its_own_is_taken) {
    auto const claims = claims_of(token_of(alice()));
    for (auto const* alg : {"none", "None", "HS256", "ES256", "RS256", "EdDSA ", "eddsa", ""}) {
        auto const text = R"({"alg":")" + std::string(alg) + R"(","kid":")" + kid + R"("})";
        BOOST_TEST(told(verifier.verify(signed_as(text, claims))) ==
                       "token_malformed: this is not a token of ours: its algorithm is not EdDSA, "
                       "and no other is taken",
                   alg);
    }
    // The public key as the key of a MAC: the classic.
    auto const text = to_base64url(bytes_of(R"({"alg":"HS256","kid":")" + kid + "\"}")) + "." +
                      to_base64url(bytes_of(claims));
    crypto::hmac<crypto::sha256> mac(issuer.public_key());
    BOOST_TEST(verified(text + "." + to_base64url(mac.compute(bytes_of(text)))) ==
               "token_malformed");
    BOOST_TEST(verified(to_base64url(bytes_of(R"({"alg":"none"})")) + "." +
                        to_base64url(bytes_of(claims)) + ".") == "token_malformed");
}
BOOST_AUTO_TEST_CASE(a_header_with_more_in_it_is_not_obeyed) {
    auto const claims = claims_of(token_of(alice()));
    BOOST_TEST(code(verifier.verify(signed_as(header, claims))) == "ok");
    for (auto const& other : {R"({"alg":"EdDSA","kid":")" + kid + R"(","typ":"JWT","crit":["x"]})",
                              R"({"alg":"EdDSA","jwk":{},"kid":")" + kid + R"(","typ":"JWT"})",
                              R"({"alg":"EdDSA", "kid":")" + kid + R"(","typ":"JWT"})"})
        BOOST_TEST(verified(signed_as(other, claims)) == "signing_key_unknown", other);
}
BOOST_AUTO_TEST_CASE(a_token_signed_by_somebody_else_is_forged_or_of_an_unknown_key) {
    auto const claims = claims_of(token_of(alice()));
    BOOST_TEST(verified(signed_as(header, claims, 2)) == "token_forged");
    auto const seed = secret(2);
    auto const other = signing_key_id(crypto::ed25519_signer(seed.expose()).public_key());
    BOOST_TEST(verified(signed_as(R"({"alg":"EdDSA","kid":")" + other + R"(","typ":"JWT"})", claims,
                                  2)) == "signing_key_unknown");
}
BOOST_AUTO_TEST_CASE(claims_that_no_issuer_of_ours_writes_are_refused) {
    BOOST_TEST(verified(with("https://iam.test", "https://iam.evil")) == "token_of_another_issuer");
    for (auto const& [part, by] :
         {std::pair{"1767229200", "1767229201"},
          {"1767229200", "1767225600"},
          {"1767229200", "9223372036854775807"},
          {"1767229200", "1e9"},
          {"1767225600", "-1"},
          {"1767225600", "\"1767225600\""},
          {"\"exp\"", "\"ex\""},
          {"IBMid-alice", ""},
          {"IBMid-alice", "crn-crn:v1:bluemix:public:imfpush:us-south:a/acc-a:i-1::"},
          {"IBMid-alice", "a\\nb"},
          {"acc-a", "a/b"},
          {"grant-type:apikey", "grant-type:password"},
          {"grant-type:apikey", "grant-type:iam-authz"},
          {"\"bss\"", "\"bbs\""},
          {"{\"bss\":\"acc-a\"}", "\"acc-a\""},
          {"\"scope\"", "\"sub_type\":\"CRN\",\"scope\""},
          {"\"scope\":\"ibm openid\"", "\"iss\":\"https://iam.test\""}})
        BOOST_TEST(verified(with(part, by)) == "token_malformed", part << " -> " << by);
    BOOST_TEST(verified(with("\"scope\"", "\"more\":[1],\"scope\"")) == "ok");
    BOOST_TEST(verified(signed_as(header, "{")) == "token_malformed");
    BOOST_TEST(verified(signed_as(header, std::string(200, '['))) == "token_malformed");
}
BOOST_AUTO_TEST_CASE(ten_megabytes_are_refused_by_their_size) {
    for (char const c : {'A', '.', '\0'})
        BOOST_TEST(told(verifier.verify(std::string(10'000'000, c))) ==
                   "token_malformed: this is not a token of ours: it has 10,000,000 bytes; at most "
                   "8,192 are read");
    BOOST_TEST(code(verifier.verify("")) == "credential_missing");
    for (auto const* text : {".", "..", "...", "a.b", "a.b.c", "\n", "=.=.="})
        BOOST_TEST(verified(text) == "token_malformed", text);
}
BOOST_AUTO_TEST_CASE(a_crn_token_is_of_one_instance_and_half_an_hour) {
    BOOST_TEST(code(policies.add(authorization("p1", "acc-a"))) == "ok");
    auto const token = crn_token(push_a, key_in(keys_a)).value();
    auto const who = verifier.verify(token).value();
    BOOST_TEST((who == iam::instance(push_a).value()));
    BOOST_TEST(who.iam_id == "crn-" + to_string(push_a));
    BOOST_TEST(code(verifier.verify_for(token, push_a)) == "ok");
    BOOST_TEST(told(verifier.verify_for(token, push_b)) ==
               "token_of_another_instance: the token is not the CRN token of "
               "'crn:v1:bluemix:public:imfpush:us-south:a/acc-b:i-2::'; get one for it");
    BOOST_TEST(code(verifier.verify_for(token_of(alice()), push_a)) == "token_of_another_instance");
    clock.time += seconds(1859);
    BOOST_TEST(verified(token) == "ok");
    clock.time += seconds(1);
    BOOST_TEST(verified(token) == "token_expired");
}
BOOST_AUTO_TEST_CASE(without_an_authorization_there_is_no_crn_token) {
    auto const none = crn_token(push_a, keys_a);
    BOOST_TEST(code(none) == "unauthorized");
    BOOST_TEST(http_status(none.error().code) == 401);
    BOOST_TEST(code(policies.add(authorization("p1", "acc-a"))) == "ok");
    BOOST_TEST(code(crn_token(push_a, keys_a)) == "ok");
    BOOST_TEST(code(crn_token(push_a, keys_b)) == "unauthorized");
    BOOST_TEST(code(crn_token(push_b, keys_a)) == "unauthorized");
    BOOST_TEST(code(policies.remove("acc-a", "p1")) == "ok");
    BOOST_TEST(code(crn_token(push_a, keys_a)) == "unauthorized");
}
BOOST_AUTO_TEST_CASE(only_the_service_of_an_instance_gets_its_crn_token) {
    BOOST_TEST(code(policies.add(authorization("p1", "acc-a"))) == "ok");
    auto const asked = [&](identity const& who) {
        return code(issuer.crn_token(token_of(who), push_a, keys_a));
    };
    BOOST_TEST(asked(push_operator()) == "ok");
    BOOST_TEST(asked(alice()) == "forbidden");
    BOOST_TEST(asked(service_id("iam-ServiceId-2", "acc-x", "logs").value()) == "forbidden");
    auto const token = crn_token(push_a, keys_a).value();
    BOOST_TEST(code(issuer.crn_token(token, push_a, keys_a)) == "forbidden");
    BOOST_TEST(code(issuer.crn_token("", push_a, keys_a)) == "credential_missing");
    BOOST_TEST(code(issuer.crn_token("x", push_a, keys_a)) == "token_malformed");
    BOOST_TEST(code(issuer.crn_token(token, key_in(keys_a), keys_a)) == "malformed");
    BOOST_TEST(code(crn_token(push_a, crn())) == "malformed");
}
BOOST_AUTO_TEST_CASE(signing_keys_rotate_and_a_retired_one_is_over_when_its_tokens_are) {
    auto const old = token_of(alice());
    auto const old_header = header;
    auto const claims = claims_of(old);
    issuer.rotate(secret(2));
    BOOST_TEST(signing_key_id(issuer.public_key()) != kid);
    auto const fresh = token_of(alice());
    BOOST_TEST(verified(old) == "ok");
    BOOST_TEST(verified(fresh) == "ok");
    clock.time += seconds(3659);
    BOOST_TEST(verified(old) == "ok");
    clock.time += seconds(61);
    // Whoever still has the old key can sign what they like (Storm-0558).
    auto late = claims;
    late.replace(late.find("1767229200"), 10, "1767232920");
    late.replace(late.find("1767225600"), 10, "1767229320");
    BOOST_TEST(verified(signed_as(old_header, late)) == "signing_key_unknown");
}
BOOST_AUTO_TEST_CASE(a_signing_key_that_leaked_is_distrusted_at_once) {
    auto const token = token_of(alice());
    BOOST_TEST(verifier.distrust(kid));
    BOOST_TEST(verified(token) == "signing_key_unknown");
    BOOST_TEST(!verifier.distrust(kid));
}
BOOST_AUTO_TEST_CASE(another_verifier_needs_the_public_key_and_nothing_else) {
    token_verifier<jumping_clock> other("https://iam.test", clock);
    auto const token = token_of(alice());
    BOOST_TEST(code(other.verify(token)) == "signing_key_unknown");
    other.trust(issuer.public_key());
    BOOST_TEST(code(other.verify(token)) == "ok");
}
BOOST_AUTO_TEST_CASE(the_longest_crn_fits_into_a_token) {
    auto name = push_a;
    name.service_instance += std::string(crn_bytes_max - to_string(name).size(), 'x');
    auto longest = authorization("p1", "acc-a");
    BOOST_TEST(code(policies.add(longest)) == "ok");
    auto const token = crn_token(name, keys_a).value();
    BOOST_TEST(token.size() <= token_bytes_max);
    BOOST_TEST(code(verifier.verify_for(token, name)) == "ok");
}
BOOST_AUTO_TEST_CASE(the_authorization_header_is_read_strictly) {
    BOOST_TEST(bearer_token("Bearer a.b.c").value() == "a.b.c");
    BOOST_TEST(bearer_token("bearer x").value() == "x");
    for (auto const* text : {"", "Bearer", "Basic a", "a.b.c"})
        BOOST_TEST(code(bearer_token(text)) == "credential_missing", text);
    for (auto const* text : {"Bearer a b", "Bearer  a", "Bearer a\r\nX: y", "Bearer \x7f"})
        BOOST_TEST(code(bearer_token(text)) == "token_malformed", text);
    BOOST_TEST(code(bearer_token("Bearer " + std::string(10'000'000, 'a'))) == "token_malformed");
}
BOOST_AUTO_TEST_CASE(many_threads_verify_while_the_signing_key_rotates) {
    auto const token = token_of(alice());
    std::vector<std::thread> threads;
    std::atomic<int> refused{0};
    for (int t = 0; t != 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i != 50; ++i) refused += !verifier.verify(token).has_value();
        });
    for (unsigned char fill = 2; fill != 12; ++fill) issuer.rotate(secret(fill));
    for (auto& thread : threads) thread.join();
    BOOST_TEST(refused == 0);
}

BOOST_AUTO_TEST_SUITE_END()
