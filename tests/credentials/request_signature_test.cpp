#include <boost/test/unit_test.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <limits>

#include "rings.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;
using test::answer;
using test::documented_key;
using test::documented_ring;

namespace {

constexpr time_point signed_at{milliseconds{1'353'088'179'000}};
constexpr std::string_view body =
    R"({"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"})";
constexpr std::string_view documented_query =
    "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0&"
    "body_md5=ec365a775a4cd0599faeb73354201b6f&"
    "auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c";
constexpr request_view documented{"POST", "/apps/3/events", documented_query, body};

auto verified(request_view const& request, time_point now = signed_at) {
    auto ring = documented_ring();
    return verify_request(ring, request, now);
}
std::string_view verdict_of(request_view const& request, time_point now = signed_at) {
    return answer(verified(request, now));
}
/// A GET whose query is `more` with a signature that is right, unless the text is refused before.
std::string_view verdict_of_query(std::string_view more) {
    auto const ring = documented_ring();
    auto const query = sign_request(**ring.newest(), "GET", "/a", {}, "", signed_at);
    return verdict_of({"GET", "/a", concat(*query, "&", more), ""});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials_request_signature)

BOOST_AUTO_TEST_CASE(the_documented_request_is_verified) {
    auto const answer = verified(documented);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->key == documented_key);
    BOOST_TEST((answer->signed_at == signed_at));
    BOOST_TEST(answer->parameters.empty());
}

BOOST_AUTO_TEST_CASE(the_documented_request_is_signed_to_the_byte) {
    auto const ring = documented_ring();
    auto const query = sign_request(**ring.newest(), "POST", "/apps/3/events", {}, body, signed_at);
    BOOST_REQUIRE(query.has_value());
    BOOST_TEST(*query == documented_query);
}

BOOST_AUTO_TEST_CASE(parameters_come_back_as_they_were_given_whatever_needs_escaping) {
    auto ring = documented_ring();
    std::vector<parameter> const given{{"filter_by_prefix", "presence- \xc3\xa9=+%#"},
                                       {"info", "user_count,subscription_count"}};
    auto const query =
        sign_request(**ring.newest(), "GET", "/apps/3/channels", given, "", signed_at);
    BOOST_REQUIRE(query.has_value());
    auto const answer = verify_request(ring, {"GET", "/apps/3/channels", *query, ""}, signed_at);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST((answer->parameters == given));
}

BOOST_AUTO_TEST_CASE(method_path_query_and_body_are_covered) {
    auto request = documented;
    request.method = "PUT";
    BOOST_TEST(verdict_of(request) == "signature_mismatch");
    request = documented;
    request.path = "/apps/4/events";
    BOOST_TEST(verdict_of(request) == "signature_mismatch");
    request = documented;
    request.body = "{}";
    BOOST_TEST(verdict_of(request) == "signature_mismatch");
    BOOST_TEST(verdict_of_query("info=1") == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_the_query_is_verified) {
    std::size_t verified_ones = 0;
    for (std::size_t bit = 0; bit != 8 * documented_query.size(); ++bit) {
        std::string query(documented_query);
        query[bit / 8] = static_cast<char>(query[bit / 8] ^ (1 << bit % 8));
        // The signature is hex in either case: those flips mean the same.
        if (bit % 8 == 5 && bit / 8 >= query.size() - 64 &&
            from_hex(query.substr(query.size() - 64)))
            continue;
        auto request = documented;
        request.query = query;
        verified_ones += verified(request).has_value() ? 1 : 0;
    }
    BOOST_TEST(verified_ones == 0U);
}

BOOST_AUTO_TEST_CASE(no_cut_of_the_query_or_the_body_is_verified) {
    for (std::size_t size = 0; size != documented_query.size(); ++size) {
        auto request = documented;
        request.query = documented_query.substr(0, size);
        BOOST_TEST(!verified(request).has_value());
    }
    for (std::size_t size = 0; size != body.size(); ++size) {
        auto request = documented;
        request.body = body.substr(0, size);
        BOOST_TEST(!verified(request).has_value());
    }
}

BOOST_AUTO_TEST_CASE(the_window_is_600_seconds_to_both_sides_and_to_the_millisecond) {
    milliseconds const window{600'000};
    BOOST_TEST(verdict_of(documented, signed_at + window) == "ok");
    BOOST_TEST(verdict_of(documented, signed_at - window) == "ok");
    BOOST_TEST(verdict_of(documented, signed_at + window + milliseconds{1}) == "signature_stale");
    BOOST_TEST(verdict_of(documented, signed_at - window - milliseconds{1}) == "signature_future");
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_by_a_year_or_is_broken_refuses_by_name) {
    BOOST_TEST(verdict_of(documented, signed_at + days{365}) == "signature_stale");
    BOOST_TEST(verdict_of(documented, signed_at - days{365}) == "signature_future");
    BOOST_TEST(verdict_of(documented, time_point::max()) == "signature_stale");
    BOOST_TEST(verdict_of(documented, time_point::min()) == "signature_future");
}

BOOST_AUTO_TEST_CASE(the_window_is_a_parameter) {
    auto ring = documented_ring();
    request_policy const narrow{.window = milliseconds{5}};
    BOOST_TEST(answer(verify_request(ring, documented, signed_at + milliseconds{6}, narrow)) ==
               "signature_stale");
    BOOST_TEST(answer(verify_request(ring, documented, signed_at + milliseconds{5}, narrow)) ==
               "ok");
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_the_time_of_a_request_that_is_not_genuine) {
    auto request = documented;
    request.path = "/apps/4/events";
    BOOST_TEST(verdict_of(request, signed_at + days{1}) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(each_live_set_verifies_what_it_signed_and_a_deleted_one_nothing) {
    auto ring = documented_ring();
    test::add_active(ring, "second", "another secret");
    auto const query = sign_request(**ring.newest(), "GET", "/a", {}, "", signed_at);
    BOOST_TEST(query->find("auth_key=second") != std::string::npos);
    request_view const by_second{"GET", "/a", *query, ""};
    BOOST_TEST(answer(verify_request(ring, by_second, signed_at)) == "ok");
    BOOST_TEST(answer(verify_request(ring, documented, signed_at)) == "ok");

    auto const now = signed_at.time_since_epoch().count();
    BOOST_TEST(answer(ring.send(documented_key, erase{now})) == "credential_in_use");
    BOOST_TEST(answer(verify_request(ring, documented, signed_at)) == "ok");
    BOOST_TEST(answer(ring.send(documented_key, erase{now, true})) == "ok");
    BOOST_TEST(answer(verify_request(ring, documented, signed_at)) == "credential_unknown");
    BOOST_TEST(answer(verify_request(ring, by_second, signed_at)) == "ok");
}

BOOST_AUTO_TEST_CASE(a_set_that_is_not_active_yet_lets_nobody_in) {
    key_ring ring;
    BOOST_TEST(answer(ring.add(documented_key, secret_bytes::copy_of(test::documented_secret))) ==
               "ok");
    BOOST_TEST(answer(verify_request(ring, documented, signed_at)) == "credential_rejected");
}

BOOST_AUTO_TEST_CASE(a_verified_request_is_a_use_and_a_refused_one_is_none) {
    auto ring = documented_ring();
    auto forged = documented;
    forged.body = "{}";
    BOOST_TEST(!verify_request(ring, forged, signed_at).has_value());
    BOOST_TEST(ring.find(documented_key)->life().context().uses == 0U);
    BOOST_TEST(verify_request(ring, documented, signed_at).has_value());
    BOOST_TEST(ring.find(documented_key)->life().context().uses == 1U);
    BOOST_TEST(ring.find(documented_key)->life().context().last_use_ms ==
               signed_at.time_since_epoch().count());
}

BOOST_AUTO_TEST_CASE(a_value_that_swallows_the_next_parameter_is_refused_not_verified) {
    // Signed: filter_by_prefix=x and info=y. Sent: filter_by_prefix="x&info=y", the same text.
    auto ring = documented_ring();
    auto const query = sign_request(**ring.newest(), "GET", "/a",
                                    {{"filter_by_prefix", "x"}, {"info", "y"}}, "", signed_at);
    BOOST_REQUIRE(query.has_value());
    std::string swallowed = *query;
    swallowed.replace(swallowed.find("&info=y"), 7, "%26info=y");
    BOOST_TEST(answer(verify_request(ring, {"GET", "/a", *query, ""}, signed_at)) == "ok");
    BOOST_TEST(answer(verify_request(ring, {"GET", "/a", swallowed, ""}, signed_at)) ==
               "malformed");
}

BOOST_AUTO_TEST_CASE(what_could_be_read_in_two_ways_is_malformed) {
    for (std::string_view const more :
         {"a", "=", "=a", "A=1", "a=1&a=2", "a=1&", "&a=1", "a=+", "a=%", "a=%2", "a=%2g", "a=b c",
          "a=%0a", "a=%00", "a=%7f", "a%3d=1", "auth_version=1.0", "a\n=1", "a=1#"})
        BOOST_TEST(verdict_of_query(more) == "malformed", more << ": " << verdict_of_query(more));
}

BOOST_AUTO_TEST_CASE(hostile_lengths_are_refused_by_name) {
    std::string const long_text(10'000'000, 'a');
    BOOST_TEST(verdict_of_query("a=" + long_text) == "out_of_range");
    BOOST_TEST(verdict_of({"GET", "/" + long_text, documented_query, ""}) == "out_of_range");
    BOOST_TEST(verdict_of({long_text, "/", documented_query, ""}) == "malformed");
    BOOST_TEST(verdict_of({"POST", "/a", documented_query, long_text}) == "out_of_range");
    std::string many;
    for (int i = 0; i != 100; ++i) many += "p" + std::to_string(i) + "=&";
    BOOST_TEST(verdict_of_query(many + "z=") == "out_of_range");
}

BOOST_AUTO_TEST_CASE(a_method_or_path_that_splits_the_signed_text_is_malformed) {
    for (std::string_view const path : {"", "a", "/a\nb", "/a?b", "/a#b", "/a b", "/\x7f"})
        BOOST_TEST(verdict_of({"GET", path, documented_query, ""}) == "malformed");
    for (std::string_view const method : {"", "get", "GET\n", "G T"})
        BOOST_TEST(verdict_of({method, "/a", documented_query, ""}) == "malformed");
}

BOOST_AUTO_TEST_CASE(each_missing_part_of_the_signature_is_named) {
    BOOST_TEST(verdict_of({"GET", "/a", "", ""}) == "missing");
    BOOST_TEST(verdict_of({"GET", "/a", "auth_signature=00", ""}) == "missing");
    auto const unsigned_request = verified({"GET", "/a", "info=1", ""});
    BOOST_TEST(unsigned_request.error().detail ==
               "the query has no auth_signature; sign the request");
}

BOOST_AUTO_TEST_CASE(a_timestamp_that_is_no_number_of_seconds_is_malformed) {
    for (std::string_view const text : {"", "-1", "1.5", "01", "1e9", "999999999999", " 1"}) {
        std::string query(documented_query);
        query.replace(query.find("1353088179"), 10, text);
        auto request = documented;
        request.query = query;
        BOOST_TEST(verdict_of(request) == "malformed");
    }
}

BOOST_AUTO_TEST_CASE(a_digest_of_the_body_is_there_exactly_when_there_is_a_body) {
    auto request = documented;
    request.body = "";
    BOOST_TEST(verdict_of(request) == "malformed");
    auto ring = documented_ring();
    auto const query = sign_request(**ring.newest(), "POST", "/a", {}, "", signed_at);
    BOOST_TEST(verdict_of({"POST", "/a", *query, "{}"}) == "malformed");
}

BOOST_AUTO_TEST_CASE(a_signer_refuses_what_no_verifier_accepts) {
    auto const ring = documented_ring();
    auto const& set = **ring.newest();
    BOOST_TEST(answer(sign_request(set, "GET", "/a", {{"a", "x&b=y"}}, "", signed_at)) ==
               "malformed");
    BOOST_TEST(answer(sign_request(set, "GET", "/a", {{"a", ""}, {"a", ""}}, "", signed_at)) ==
               "malformed");
    BOOST_TEST(answer(sign_request(set, "GET", "/a", {{"auth_key", "x"}}, "", signed_at)) ==
               "inconsistent");
    BOOST_TEST(answer(sign_request(set, "GET", "/a", {{"a", std::string(9000, 'x')}}, "",
                                   signed_at)) == "out_of_range");
}

BOOST_AUTO_TEST_CASE(no_refusal_repeats_the_secret_or_control_characters) {
    auto ring = documented_ring();
    auto const answer = verify_request(
        ring,
        {"GET", "/a", "auth_key=%1b[31m&auth_signature=0&auth_timestamp=1&auth_version=1.0", ""},
        signed_at);
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().detail.find('\x1b') == std::string::npos);
    auto const mismatch = verified({"GET", "/apps/3/events", documented_query, body});
    BOOST_TEST(mismatch.error().detail.find(test::documented_secret) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
