// Any bytes as a sealed delivery: refused as one, or parts that are written as those very bytes.
// What is accepted is one of the messages that were sealed here, untouched; what is refused leaves
// the receiver as it was.
#include <algorithm>
#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/credentials/sealed_delivery.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/harness.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;

namespace {

using byte_string = std::vector<std::byte>;

constexpr time_point now{days{20'000}};
constexpr std::array<std::byte, 32> secret{std::byte{5}};

/// An app that has asked for three answers, one of each policy, and got none.
class installation {
public:
    installation() {
        crypto::deterministic_entropy predictable(1);
        crypto::predictable_on_purpose const source(predictable);
        std::vector<delivered_set> sets(1);
        sets[0].key = "k1";
        sets[0].secret = secret_bytes::copy_of("a secret");
        crypto::hpke::pre_shared_key const psk{secret, bytes_of("psk")};
        std::array<sealing_key, 3> const seals{sealed_by_key_pair{&server_, app_.public_key()},
                                               sealed_by_psk{psk, app_.public_key()},
                                               shared_secret{secret}};
        opens_ = {opened_by_key_pair{&app_, server_.public_key()}, opened_by_psk{psk, &app_},
                  shared_secret{secret}};
        for (std::size_t i = 0; i != seals.size(); ++i) {
            state_.outstanding.push_back({std::byte{7}, static_cast<std::byte>(i)});
            auto message = seal_delivery(
                source, seals[i], {"app", 3, now, now + days{1}, state_.outstanding[i], {}}, sets);
            CRYPTOPERIOD_ASSERT(message.has_value());
            sealed_.push_back(*std::move(message));
        }
    }

    [[nodiscard]] std::span<byte_string const> sealed() const { return sealed_; }
    void offer(crypto::bytes_view message) const {
        for (auto const& key : opens_) {
            delivery_receiver receiver("app", key, state_);
            auto const accepted = receiver.accept(message, now);
            if (accepted) {
                CRYPTOPERIOD_ASSERT(std::ranges::any_of(
                    sealed_, [&](byte_string const& s) { return std::ranges::equal(s, message); }));
                continue;
            }
            CRYPTOPERIOD_ASSERT(receiver.state() == state_);
        }
    }

private:
    static crypto::hpke::key_pair pair(std::byte seed) {
        std::array<std::byte, 32> ikm{};
        ikm.fill(seed);
        return crypto::hpke::derive_key_pair(ikm);
    }

    crypto::hpke::key_pair const server_ = pair(std::byte{1}), app_ = pair(std::byte{2});
    std::vector<opening_key> opens_;
    delivery_state state_;
    std::vector<byte_string> sealed_;
};

installation const& app() {
    static installation const app;
    return app;
}

/// The parts one after another, the lengths from their own sizes.
byte_string written_again(sealed_delivery_view const& v) {
    byte_string bytes;
    credentials::detail::byte_writer out(bytes);
    out.bytes(bytes_of("CPD1"));
    out.number(v.policy, 1);
    out.number(v.serial, 8);
    out.number(static_cast<std::uint64_t>(v.not_before.time_since_epoch().count()), 8);
    out.number(static_cast<std::uint64_t>(v.not_after.time_since_epoch().count()), 8);
    out.bytes(v.nonce);
    out.bytes(v.channel);
    out.number(v.app.size(), 1);
    out.bytes(bytes_of(v.app));
    out.bytes(v.encapsulated);
    out.number(v.contents.size(), 4);
    out.bytes(v.contents);
    return bytes;
}

void read(crypto::bytes_view input) {
    auto const parsed = parse_delivery(input);
    if (!parsed) {
        CRYPTOPERIOD_ASSERT(parsed.error().code == errc::malformed);
        return;
    }
    CRYPTOPERIOD_ASSERT(std::ranges::equal(written_again(*parsed), input));
    app().offer(input);
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    read(input);
    // As contents, which a parser sees when their tag was right.
    if (auto const sets = credentials::detail::read_contents(input)) {
        auto const again = credentials::detail::write_contents(*sets);
        CRYPTOPERIOD_ASSERT(again.has_value());
        CRYPTOPERIOD_ASSERT(std::ranges::equal(again->expose(), input));
    }
    // The same bytes in the place of others in a message that was sealed here.
    if (input.size() < 3) return;
    auto const number = [&](std::size_t at) { return std::to_integer<std::size_t>(input[at]); };
    auto altered = app().sealed()[number(0) % 3];
    auto const from = (number(1) << 8U | number(2)) % altered.size();
    auto const put = input.subspan(3);
    for (std::size_t i = 0; i != put.size() && from + i != altered.size(); ++i)
        altered[from + i] = put[i];
    read(altered);
}
