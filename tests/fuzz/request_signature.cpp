// Any bytes as a request, an auth text and a webhook: refused, or signed here. A query that is read
// is signed again to a query that is read the same.
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/credentials/channel_signature.hpp>
#include <cryptoperiod/credentials/encrypted_channel.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "credentials/rings.hpp"
#include "fuzz/harness.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::credentials;

namespace {

constexpr time_point now{days{20'000}};
constexpr std::string_view genuine_query =
    "auth_key=278d425bdf160c739803&auth_timestamp=1728000000&auth_version=1.0&auth_signature=";

void sign_and_read_again(std::string_view method, std::string_view path, std::string_view query,
                         std::string_view body) {
    auto const parameters = credentials::detail::parse_query(query);
    if (!parameters) return;
    auto ring = test::documented_ring();
    auto const signed_query = sign_request(**ring.newest(), method, path, *parameters, body, now);
    if (!signed_query) return;
    auto const verified = verify_request(ring, {method, path, *signed_query, body}, now);
    CRYPTOPERIOD_ASSERT(verified.has_value());
    CRYPTOPERIOD_ASSERT(verified->parameters == *parameters);
}

/// The next line of the input, or what is left of it.
std::string_view line(std::string_view& rest) {
    auto const end = rest.find('\n');
    auto const taken = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

}  // namespace

void test::fuzz(std::span<std::byte const> input) {
    std::string_view rest(reinterpret_cast<char const*>(input.data()), input.size());
    auto const method = line(rest), path = line(rest), query = line(rest);
    auto ring = documented_ring();
    // Nobody but the ring can have made a signature for it.
    CRYPTOPERIOD_ASSERT(!verify_request(ring, {method, path, query, rest}, now).has_value());
    auto const headed = concat(genuine_query, query);
    CRYPTOPERIOD_ASSERT(!verify_request(ring, {"GET", "/a", headed, rest}, now).has_value());
    sign_and_read_again(method, path, query, rest);
    sign_and_read_again("GET", "/a", query, rest);

    CRYPTOPERIOD_ASSERT(!verify_channel(ring, method, path, query, rest, now).has_value());
    CRYPTOPERIOD_ASSERT(!verify_user(ring, method, path, rest, now).has_value());
    CRYPTOPERIOD_ASSERT(!verify_webhook(ring, method, path, rest).has_value());
    auto const auth = sign_channel(**ring.newest(), path, query, rest);
    if (auth) CRYPTOPERIOD_ASSERT(verify_channel(ring, *auth, path, query, rest, now).has_value());
    CRYPTOPERIOD_ASSERT(!decrypt_event("private-encrypted-a",
                                       bytes_of("OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"),
                                       {std::string(method), std::string(rest)})
                             .has_value());
}
