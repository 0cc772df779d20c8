/// @file samples.hpp
/// Tokens of browsers, as the SDK for the web writes them.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cryptoperiod::test {

inline std::vector<std::byte> point(std::byte first = std::byte{4}, std::size_t size = 65) {
    std::vector<std::byte> bytes(size, std::byte{0xfb});
    bytes[0] = first;
    return bytes;
}
inline std::vector<std::byte> auth() { return std::vector<std::byte>(16, std::byte{0xff}); }

inline constexpr std::string_view endpoint = "https://fcm.googleapis.com/fcm/send/e-1:x_Y";

inline std::string web_token(std::string_view where = endpoint,
                             std::string_view key = to_base64(point()),
                             std::string_view secret = to_base64(auth())) {
    return concat(R"({"endpoint":")", where, R"(","userPublicKey":")", key, R"(","userAuth":")",
                  secret, "\"}");
}
/// A text as a value of JSON.
inline std::string as_json(std::string_view text) { return json_text(json_value(text)).value(); }

}  // namespace cryptoperiod::test
