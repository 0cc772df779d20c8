// XAES-256-GCM: the values of the specification, with those on the way to the record's key.
#include <cryptoperiod/crypto/xaes.hpp>

#include <algorithm>
#include <string>

#include "reading.hpp"

namespace vectors {

namespace {

using namespace cryptoperiod;
using crypto::exactly;
using crypto::xaes_256_gcm;

// The message of CMAC block i.
byte_string message_of(unsigned i, bytes_view nonce) {
    byte_string message(16);
    message[1] = static_cast<std::byte>(i);
    message[2] = std::byte{'X'};
    std::ranges::copy(nonce.first(12), message.begin() + 4);
    return message;
}

// L, one bit further left in GF(2^128): K1 of CMAC.
byte_string doubled(byte_string bytes) {
    unsigned carry = 0;
    for (auto at = bytes.rbegin(); at != bytes.rend(); ++at) {
        unsigned const bits = std::to_integer<unsigned>(*at) * 2 + carry;
        *at = static_cast<std::byte>(bits & 0xffU);
        carry = bits >> 8U;
    }
    if (carry != 0) bytes.back() ^= std::byte{0x87};
    return bytes;
}

std::string run_schedule(fields& test, std::span<std::byte const, 32> key,
                         std::span<std::byte const, 24> nonce) {
    crypto::detail::xaes_key_schedule schedule;
    schedule.set_key(key);
    if (!std::ranges::equal(schedule.subkey().expose(), test.hex("K1")))
        return "'K1' came out differently";
    if (auto const l = test.hex("L"); l.size() != 16 || doubled(l) != test.hex("K1"))
        return "'K1' is not twice 'L'";
    if (message_of(1, nonce) != test.hex("M1")) return "'M1' is another message";
    if (message_of(2, nonce) != test.hex("M2")) return "'M2' is another message";
    std::array<std::byte, 32> derived{};
    schedule.derive(nonce.first<12>(), std::span(derived));
    if (!std::ranges::equal(derived, test.hex("derivedKey")))
        return "'derivedKey' came out differently";
    if (!std::ranges::equal(nonce.last<12>(), test.hex("derivedNonce")))
        return "'derivedNonce' is another one";
    return "";
}

std::string run_vector(json const& one) {
    fields test(one);
    test.remarks({"comment"});
    auto const key_bytes = test.hex("key"), nonce_bytes = test.hex("nonce"), aad = test.hex("aad"),
               message = test.hex("msg"), sealed = test.hex("ct");
    auto const key = exactly<32>(key_bytes, "key");
    auto const nonce = exactly<24>(nonce_bytes, "nonce");
    if (!key) return to_string(key.error());
    if (!nonce) return to_string(nonce.error());
    if (sealed.size() != message.size() + 16) return "'ct' is not 16 bytes longer than 'msg'";
    if (auto complaint = run_schedule(test, *key, *nonce); !complaint.empty()) return complaint;
    test.done();
    xaes_256_gcm cipher(*key);
    byte_string made(sealed.size());
    if (!cipher.seal(*nonce, aad, message, std::span(made).first(message.size()),
                     std::span(made).last<16>()) ||
        made != sealed)
        return "'ct' came out differently";
    auto const tag = std::span(sealed).last<16>();
    auto const opened = cipher.open(*nonce, aad, std::span(sealed).first(message.size()), tag);
    if (!opened || !equal_in_constant_time(*opened, message)) return "'ct' was not opened";
    made.back() ^= std::byte{1};
    if (cipher.open(*nonce, aad, std::span(made).first(message.size()), std::span(made).last<16>()))
        return "a changed tag was accepted";
    return "";
}

}  // namespace

void run_xaes(json const& root, tally& counts) { run_list(root, {"note"}, counts, run_vector); }

}  // namespace vectors
