// Any bytes as an envelope: refused as one, or fields that are written as those very bytes. What
// opens is one of the records that were sealed here, untouched; what does not open leaves the
// output as it was.
#include <algorithm>
#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/envelope.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fuzz/harness.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;

namespace {

using byte_string = std::vector<std::byte>;

constexpr std::string_view payload = "an api key and its twin";

class record_keeper {
public:
    record_keeper() {
        std::uint64_t seed = 0;
        for (auto const suite :
             {envelope_suite::xaes, envelope_suite::gcm_hkdf, envelope_suite::xchacha_hkdf}) {
            deterministic_entropy source(++seed);
            key_into(cipher_, id_, {{"root-a", 3}, wrap_algorithm::aes_gcm, wrapped_});
            auto envelope =
                cipher_.seal(predictable_on_purpose(source), context_, bytes_of(payload), suite);
            CRYPTOPERIOD_ASSERT(envelope.has_value());
            sealed_.push_back(*std::move(envelope));
        }
    }

    [[nodiscard]] std::span<byte_string const> sealed() const { return sealed_; }
    [[nodiscard]] record_context const& context() const { return context_; }

    /// With the data key, whichever way it claims to be wrapped: what the payload alone protects.
    [[nodiscard]] result<void> open(envelope_view const& envelope, record_context const& context,
                                    std::span<std::byte> out) {
        key_into(cipher_, envelope.key_id, envelope.wrapped);
        return cipher_.open(envelope, context, out);
    }

private:
    void key_into(envelope_cipher& cipher, data_key_id_view id, wrapped_data_key const& wrapped) {
        std::array<std::byte, 32> key{};
        key.fill(std::byte{1});
        bool const keyed = cipher.rekey(id, key, wrapped).has_value();
        CRYPTOPERIOD_ASSERT(keyed);  // what was parsed can be written
    }
    [[nodiscard]] static record_context make_context() {
        auto const name = parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acc:i-1::");
        CRYPTOPERIOD_ASSERT(name.has_value());
        auto context = record_context::make(*name, "fcm", 7);
        CRYPTOPERIOD_ASSERT(context.has_value());
        return *std::move(context);
    }

    record_context context_ = make_context();
    data_key_id id_{};
    byte_string wrapped_ = byte_string(60, std::byte{0x77});
    envelope_cipher cipher_;
    std::vector<byte_string> sealed_;
};

record_keeper& keeper() {
    static record_keeper keeper;
    return keeper;
}

void append(byte_string& to, bytes_view part) { to.insert(to.end(), part.begin(), part.end()); }

/// The fields one after another, the lengths from their own sizes.
byte_string written_again(envelope_view const& e) {
    auto const outer = encode_outer(e.wrapped);
    CRYPTOPERIOD_ASSERT(outer.has_value());
    byte_string out;
    append(out, bytes_of("CPE1"));
    append(out, *outer);
    append(out, std::array{static_cast<std::byte>(e.suite), std::byte{0}});
    append(out, e.context);
    append(out, e.key_id);
    append(out, e.nonce);
    append(out, e.commitment);
    for (unsigned const shift : {24U, 16U, 8U, 0U})
        out.push_back(static_cast<std::byte>(e.ciphertext.size() >> shift & 0xffU));
    append(out, e.ciphertext);
    append(out, e.tag);
    return out;
}

/// The context that the envelope claims, where there is one.
void check_claimed_context(envelope_view const& e) {
    auto const name = parse_crn(e.instance);
    if (!name) return;
    auto const context = record_context::make(*name, e.platform, e.record_version);
    if (!context) return;
    // A CRN can be written in more than one way; an envelope has the one of to_string.
    bool const same = std::ranges::equal(context->encoded(), e.context);
    CRYPTOPERIOD_ASSERT(same == check_context(e, *context).has_value());
}

void open(envelope_view const& e) {
    constexpr std::byte untouched{0xa5};
    byte_string out(e.ciphertext.size(), untouched);
    auto const opened = keeper().open(e, keeper().context(), out);
    if (opened) {
        CRYPTOPERIOD_ASSERT(std::ranges::equal(out, bytes_of(payload)));
        CRYPTOPERIOD_ASSERT(std::ranges::any_of(keeper().sealed(), [&](byte_string const& s) {
            return std::ranges::equal(parse_envelope(s)->inner, e.inner);
        }));
        return;
    }
    auto const code = opened.error().code;
    CRYPTOPERIOD_ASSERT(code == errc::wrong_context || code == errc::commitment_mismatch ||
                        code == errc::authentication_failed);
    CRYPTOPERIOD_ASSERT(std::ranges::all_of(out, [](std::byte b) { return b == untouched; }));
}

void read(bytes_view input) {
    auto const parsed = parse_envelope(input);
    if (!parsed) {
        auto const code = parsed.error().code;
        CRYPTOPERIOD_ASSERT(code == errc::malformed || code == errc::unknown_suite);
        return;
    }
    CRYPTOPERIOD_ASSERT(std::ranges::equal(written_again(*parsed), input));
    check_claimed_context(*parsed);
    open(*parsed);
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    read(input);
    // The same bytes in the place of others in a record that was sealed here.
    if (input.size() < 3) return;
    auto const number = [&](std::size_t at) { return std::to_integer<std::size_t>(input[at]); };
    auto altered = keeper().sealed()[number(0) % keeper().sealed().size()];
    auto const from = (number(1) << 8U | number(2)) % altered.size();
    auto const put = input.subspan(3);
    for (std::size_t i = 0; i != put.size() && from + i != altered.size(); ++i)
        altered[from + i] = put[i];
    read(altered);
}
