// The signatures of Pusher: HMAC-SHA256 of a text, in hex.
#include <cryptoperiod/crypto/mac.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
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

// What the text has to tell of the other fields.
std::string disagreement(fields& test, std::string const& kind, std::string_view text) {
    auto const tells = [&](std::string const& part) { return text.find(part) != text.npos; };
    if (test.has("key")) {
        auto const key = test.text("key");
        if (kind == "http" && !tells("auth_key=" + key)) return "'string_to_sign' has another key";
    }
    if (test.has("body_md5") && !tells("body_md5=" + test.text("body_md5")))
        return "'string_to_sign' has another digest of the body";
    if (test.has("body") && md5(test.text("body")) != test.text("body_md5"))
        return "'body_md5' is not the digest of 'body'";
    return "";
}

std::string run_vector(json const& one) {
    fields test(one);
    auto const kind = test.text("kind"), secret = test.text("secret"),
               text = test.text("string_to_sign");
    std::array<std::string_view, 4> const kinds{"http", "private", "presence", "user"};
    if (std::ranges::find(kinds, kind) == kinds.end())
        throw misunderstood("the kind " + in_quotes(kind) +
                            "; known: http, private, presence, user");
    auto const signature = test.hex("auth_signature");
    if (auto complaint = disagreement(test, kind, text); !complaint.empty()) return complaint;
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

void run_pusher(json const& root, tally& counts) { run_list(root, counts, run_vector); }

}  // namespace vectors
