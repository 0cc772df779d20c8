// Any bytes as a token: refused with 401, or one of those that were signed here. The same bytes as
// claims that the right key has signed: refused, or an identity that another token says again.
#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/iam/token.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/harness.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::iam;

namespace {

struct standing_clock {
    [[nodiscard]] static time_point now() noexcept { return civil(2026, 1, 1); }
};

struct keeper {
    standing_clock clock;
    token_verifier<standing_clock> verifier{"https://iam.test", clock};
    crypto::ed25519::seed seed;
    crypto::ed25519_signer signer{seed.expose()};
    std::string header = iam::detail::token_header(verifier.trust(signer.public_key()));
    std::string genuine = sign(R"({"account":{"bss":"acc-a"},"exp":1767229200,)"
                               R"("grant_type":"urn:ibm:params:oauth:grant-type:apikey",)"
                               R"("iam_id":"IBMid-1","iat":1767225600,"iss":"https://iam.test"})");

    [[nodiscard]] std::string sign(std::string_view claims) const {
        auto const text = concat(header, ".", to_base64url(bytes_of(claims)));
        return concat(text, ".", to_base64url(signer.sign(bytes_of(text))));
    }
    void check(std::string_view token, bool may_be_new) const {
        auto const who = verifier.verify(token);
        if (who) {
            CRYPTOPERIOD_ASSERT(may_be_new || token == genuine);
            iam::detail::token_claims const claims{"https://iam.test", 1'767'225'600, 1'767'229'200,
                                                   *who};
            auto const again = iam::detail::sign_claims(claims, seed);
            CRYPTOPERIOD_ASSERT(again.has_value());
            auto const read = verifier.verify(iam::detail::text_of(again->expose()));
            CRYPTOPERIOD_ASSERT(read.has_value() && *read == *who);
            return;
        }
        CRYPTOPERIOD_ASSERT(http_status(who.error().code) == 401);
        CRYPTOPERIOD_ASSERT(cryptoperiod::detail::find_control_character(who.error().detail) ==
                            std::string_view::npos);
    }
};

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    static keeper const k;
    auto const text = iam::detail::text_of(input);
    k.check(text, false);
    k.check(concat(to_base64url(input), ".e30.AA"), false);  // as a header
    k.check(k.sign(text), true);
    // As a part of a genuine token.
    if (input.empty()) return;
    auto altered = k.genuine;
    auto const from = std::to_integer<std::size_t>(input[0]) * 2 % altered.size();
    for (std::size_t i = 1; i != input.size() && from + i - 1 < altered.size(); ++i)
        altered[from + i - 1] = text[i];
    k.check(altered, false);
    auto const header = bearer_token(text);
    CRYPTOPERIOD_ASSERT(header || http_status(header.error().code) == 401);
}
