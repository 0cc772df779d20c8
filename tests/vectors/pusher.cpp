// The signatures of Pusher: HMAC-SHA256 of a text, in hex. Each text is taken apart, and the
// library has to sign its parts to the same signature and to verify it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cryptoperiod/credentials/channel_signature.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <string>
#include <string_view>

#include "reading.hpp"

namespace vectors {

namespace {

using namespace cryptoperiod;

// What the text has to tell of the other fields.
std::string disagreement(fields& test, std::string const& kind, std::string_view text) {
    auto const tells = [&](std::string const& part) { return text.find(part) != text.npos; };
    if (test.has("key")) {
        auto const key = test.text("key");
        if (kind == "http" && !tells("auth_key=" + key)) return "'string_to_sign' has another key";
    }
    if (test.has("body_md5") && !tells("body_md5=" + test.text("body_md5")))
        return "'string_to_sign' has another digest of the body";
    if (test.has("body") &&
        to_hex(crypto::digest<crypto::md5>({bytes_of(test.text("body"))})) != test.text("body_md5"))
        return "'body_md5' is not the digest of 'body'";
    return "";
}

// What a call has made, or why it has not.
template <class Result>
std::string told(Result const& answer) {
    return answer ? *answer : to_string(answer.error());
}

// The value of a parameter in a query.
std::string value_of(std::string_view text, std::string_view name) {
    auto const at = text.find(concat(name, "="));
    if (at == text.npos) throw misunderstood("no " + in_quotes(name) + " in 'string_to_sign'");
    return std::string(
        text.substr(at + name.size() + 1, text.find('&', at) - at - name.size() - 1));
}

std::string run_request(fields& test, credentials::key_ring& ring, std::string_view text,
                        std::string const& signature) {
    auto const body = test.has("body") ? test.text("body") : std::string();
    auto const line = text.find('\n'), second = text.find('\n', line + 1);
    if (second == text.npos) throw misunderstood("a text of other lines than method, path, query");
    auto const method = text.substr(0, line), path = text.substr(line + 1, second - line - 1);
    auto const digits = value_of(text, "auth_timestamp");
    std::int64_t seconds = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    time_point const at{std::chrono::seconds(seconds)};
    auto const query = told(sign_request(**ring.newest(), method, path, {}, body, at));
    auto const expected = concat(text.substr(second + 1), "&auth_signature=", signature);
    if (query != expected) return "signed as " + in_quotes(query);
    auto const verified = verify_request(ring, {method, path, query, body}, at);
    return verified ? "" : to_string(verified.error());
}

std::string run_auth(std::string const& kind, credentials::key_ring& ring, std::string_view text,
                     std::string const& signature) {
    auto const colon = text.find(':');
    auto const socket = text.substr(0, colon), rest = text.substr(colon + 1);
    auto const& set = **ring.newest();
    auto const expected = concat(set.key(), ":", signature);
    if (kind == "user") {
        constexpr std::string_view before = ":user::";
        if (!rest.starts_with(before)) throw misunderstood("a text without '::user::'");
        auto const data = rest.substr(before.size());
        auto const auth = told(sign_user(set, socket, data));
        if (auth != expected) return "signed as " + in_quotes(auth);
        auto const verified = verify_user(ring, auth, socket, data, time_point{});
        return verified ? "" : to_string(verified.error());
    }
    auto const end = rest.find(':');
    auto const channel = rest.substr(0, end);
    auto const data = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    auto const auth = told(sign_channel(set, socket, channel, data));
    if (auth != expected) return "signed as " + in_quotes(auth);
    auto const verified = verify_channel(ring, auth, socket, channel, data, time_point{});
    return verified ? "" : to_string(verified.error());
}

std::string run_vector(json const& one) {
    fields test(one);
    auto const kind = test.text("kind"), secret = test.text("secret"),
               text = test.text("string_to_sign");
    std::array<std::string_view, 4> const kinds{"http", "private", "presence", "user"};
    if (std::ranges::find(kinds, kind) == kinds.end())
        throw misunderstood("the kind " + in_quotes(kind) +
                            "; known: http, private, presence, user");
    auto const signature = to_hex(test.hex("auth_signature"));
    if (auto complaint = disagreement(test, kind, text); !complaint.empty()) return complaint;
    auto const key = test.has("key") ? test.text("key") : std::string("key");
    credentials::key_ring ring;
    if (auto added = ring.add(key, secret_bytes::copy_of(secret)); !added)
        return to_string(added.error());
    if (auto done = ring.send(key, credentials::activate{}); !done) return to_string(done.error());
    auto complaint = kind == "http" ? run_request(test, ring, text, signature)
                                    : run_auth(kind, ring, text, signature);
    test.done();
    if (!complaint.empty()) return complaint;
    auto changed = signature;
    changed[0] = changed[0] == '0' ? '1' : '0';
    if (ring.find(key)->verify({bytes_of(text)}, changed))
        return "a changed signature was accepted";
    return "";
}

}  // namespace

void run_pusher(json const& root, tally& counts) { run_list(root, counts, run_vector); }

}  // namespace vectors
