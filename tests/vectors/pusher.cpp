// The signatures of Pusher: HMAC-SHA256 of a text, in hex. Each text is taken apart, and the
// library has to sign its parts to the same signature and to verify it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cryptoperiod/credentials/channel_signature.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <map>
#include <string>
#include <string_view>

#include "reading.hpp"

namespace vectors {

namespace {

using namespace cryptoperiod;

// What is signed of a request: the method, the path and the query, a line each.
struct request {
    std::string_view method, path, query_text;
    std::map<std::string, std::string, std::less<>> query{};

    explicit request(std::string_view text) {
        auto const first = text.find('\n');
        auto const second = first == text.npos ? first : text.find('\n', first + 1);
        method = text.substr(0, first);
        if (second == text.npos || text[first + 1] != '/' || (method != "GET" && method != "POST"))
            throw misunderstood("'string_to_sign' is not GET or POST, a path and a query");
        path = text.substr(first + 1, second - first - 1);
        query_text = text.substr(second + 1);
        for (auto rest = query_text; !rest.empty();) {
            auto const pair = rest.substr(0, rest.find('&'));
            rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
            auto const name = pair.substr(0, pair.find('='));
            if (name.size() == pair.size() ||
                !query.emplace(name, pair.substr(name.size() + 1)).second)
                throw misunderstood(
                    "'string_to_sign' has a part of the query without a value, "
                    "or twice: " +
                    in_quotes(name));
        }
    }
    [[nodiscard]] bool has(char const* name, std::string_view value) const {
        auto const found = query.find(name);
        return found != query.end() && found->second == value;
    }
};

// What the text of a request has to tell of the other fields.
std::string disagreement(fields& test, request const& signed_for) {
    if (!signed_for.has("auth_key", test.filled_text("key")))
        return "'string_to_sign' has another key";
    if (!signed_for.query.contains("body_md5")) return "";
    auto const digest = test.text("body_md5");
    if (!signed_for.has("body_md5", digest))
        return "'string_to_sign' has another digest of the body";
    auto const made = to_hex(crypto::digest<crypto::md5>({bytes_of(test.text("body"))}));
    return made == digest ? "" : "'body_md5' is not the digest of 'body'";
}

// What a call has made, or why it has not.
template <class Result>
std::string told(Result const& answer) {
    return answer ? *answer : to_string(answer.error());
}

std::string run_request(fields& test, credentials::key_ring& ring, std::string_view text,
                        std::string const& signature) {
    request const asked(text);
    if (auto complaint = disagreement(test, asked); !complaint.empty()) return complaint;
    auto const body = asked.query.contains("body_md5") ? test.text("body") : std::string();
    auto const stamp = asked.query.find("auth_timestamp");
    if (stamp == asked.query.end()) throw misunderstood("no 'auth_timestamp' in 'string_to_sign'");
    std::int64_t seconds = 0;
    std::from_chars(stamp->second.data(), stamp->second.data() + stamp->second.size(), seconds);
    time_point const at{std::chrono::seconds(seconds)};
    auto const query = told(sign_request(**ring.newest(), asked.method, asked.path, {}, body, at));
    auto const expected = concat(asked.query_text, "&auth_signature=", signature);
    if (query != expected) return "signed as " + in_quotes(query);
    auto const verified = verify_request(ring, {asked.method, asked.path, query, body}, at);
    return verified ? "" : to_string(verified.error());
}

std::string run_auth(std::string const& kind, credentials::key_ring& ring, std::string_view text,
                     std::string const& signature) {
    auto const colon = text.find(':');
    auto const socket = text.substr(0, colon), rest = text.substr(colon + 1);
    auto const& set = **ring.newest();
    auto const expected = concat(set.key(), ":", signature);
    if (kind == "user") {
        auto const data = rest.substr(std::string_view(":user::").size());
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

// A connection, two numbers with a point between, and what it is let into.
bool is_for_socket(std::string_view text, std::string_view what) {
    auto const socket = text.substr(0, text.find(':'));
    auto const first = socket.substr(0, socket.find('.'));
    auto const second = socket.substr(std::min(first.size() + 1, socket.size()));
    auto const number = [](std::string_view digits) {
        return !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
    };
    return number(first) && number(second) && text.substr(socket.size()).starts_with(what) &&
           text.size() > socket.size() + what.size();
}

// The kinds that let a connection into something, and how the text goes on behind it.
std::map<std::string, std::string_view> const kinds_of_socket{
    {"private", ":private-"}, {"presence", ":presence-"}, {"user", "::user::"}};

std::string run_vector(json const& one) {
    fields test(one);
    auto const kind = test.text("kind"), secret = test.filled_text("secret"),
               text = test.text("string_to_sign");
    if (auto const known = kinds_of_socket.find(kind); known != kinds_of_socket.end()) {
        // A key is named beside the text, which does not tell it.
        if (kind == "user") static_cast<void>(test.filled_text("key"));
        if (!is_for_socket(text, known->second))
            throw misunderstood("'string_to_sign' is not that of the kind " + in_quotes(kind));
    } else if (kind != "http") {
        throw misunderstood("the kind " + in_quotes(kind) +
                            "; known: http, private, presence, user");
    }
    auto const signature = to_hex(test.hex("auth_signature"));
    auto const key = test.has("key") ? test.filled_text("key") : std::string("key");
    credentials::key_ring ring;
    if (auto added = ring.add(key, secret_bytes::copy_of(secret)); !added)
        return to_string(added.error());
    if (auto done = ring.send(key, credentials::activate{}); !done) return to_string(done.error());
    auto complaint = kind == "http" ? run_request(test, ring, text, signature)
                                    : run_auth(kind, ring, text, signature);
    if (!complaint.empty()) return complaint;
    test.done();
    auto changed = signature;
    changed[0] = changed[0] == '0' ? '1' : '0';
    if (ring.find(key)->verify({bytes_of(text)}, changed))
        return "a changed signature was accepted";
    return "";
}

}  // namespace

void run_pusher(json const& root, tally& counts) { run_list(root, {}, counts, run_vector); }

}  // namespace vectors
