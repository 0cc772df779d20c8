// The signatures of Pusher: HMAC-SHA256 of a text, in hex.
#include <cryptoperiod/crypto/mac.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include "reading.hpp"

namespace vectors {

namespace {

using namespace cryptoperiod;

// MD5 (RFC 1321) in hex: a part of the protocol, not of its security, and of no other use here.
std::string md5(std::string text) {
    std::uint64_t const bits = 8 * text.size();
    text += '\x80';
    while (text.size() % 64 != 56) text += '\0';
    for (unsigned i = 0; i != 8; ++i) text += static_cast<char>(bits >> (8 * i) & 0xffU);
    std::array<std::uint32_t, 4> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    constexpr std::array<std::array<int, 4>, 4> turns{
        {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
    for (std::size_t block = 0; block != text.size(); block += 64) {
        auto const word = [&](std::uint32_t k) {
            std::uint32_t value = 0;
            for (unsigned i = 0; i != 4; ++i)
                value |= std::uint32_t{static_cast<unsigned char>(text[block + 4 * k + i])}
                         << (8 * i);
            return value;
        };
        auto [a, b, c, d] = state;
        for (std::uint32_t i = 0; i != 64; ++i) {
            std::array const mixed{(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)};
            std::array const index{i, 5 * i + 1, 3 * i + 5, 7 * i};
            auto const sine =
                static_cast<std::uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
            std::uint32_t const sum = a + mixed[i / 16] + sine + word(index[i / 16] % 16);
            a = d, d = c, c = b;
            b += std::rotl(sum, turns[i / 16][i % 4]);
        }
        state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
    }
    std::array<std::byte, 16> digest{};
    for (std::size_t i = 0; i != 16; ++i)
        digest[i] = static_cast<std::byte>(state[i / 4] >> (8 * (i % 4)) & 0xffU);
    return to_hex(digest);
}

// What is signed of a request: the method, the path and the query, a line each.
struct request {
    std::map<std::string, std::string, std::less<>> query{};

    explicit request(std::string_view text) {
        auto const path = text.find('\n');
        auto const start = path == text.npos ? path : text.find('\n', path + 1);
        auto const method = text.substr(0, path);
        if (start == text.npos || text[path + 1] != '/' || (method != "GET" && method != "POST"))
            throw misunderstood("'string_to_sign' is not GET or POST, a path and a query");
        for (auto rest = text.substr(start + 1); !rest.empty();) {
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
std::string disagreement(fields& test, std::string_view text) {
    request const signed_for(text);
    if (!signed_for.has("auth_key", test.filled_text("key")))
        return "'string_to_sign' has another key";
    if (!signed_for.query.contains("body_md5")) return "";
    auto const digest = test.text("body_md5");
    if (!signed_for.has("body_md5", digest))
        return "'string_to_sign' has another digest of the body";
    return md5(test.text("body")) == digest ? "" : "'body_md5' is not the digest of 'body'";
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
    } else if (auto complaint = disagreement(test, text); !complaint.empty()) {
        return complaint;
    }
    auto const signature = test.hex("auth_signature");
    test.done();
    auto const code = crypto::exactly<32>(signature, "the signature");
    if (!code) return to_string(code.error());
    crypto::hmac<crypto::sha256> mac(bytes_of(secret));
    if (!mac.verify(bytes_of(text), *code)) return "'auth_signature' came out differently";
    auto changed = signature;
    changed[0] ^= std::byte{1};
    if (mac.verify(bytes_of(text), std::span(changed).first<32>()))
        return "a changed signature was accepted";
    return "";
}

}  // namespace

void run_pusher(json const& root, tally& counts) { run_list(root, {}, counts, run_vector); }

}  // namespace vectors
