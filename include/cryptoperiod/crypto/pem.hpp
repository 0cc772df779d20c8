/// @file pem.hpp
/// The text in which private keys are handed out. Source: RFC 7468 section 10.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::crypto {

/// The PKCS#8 key (DER) of a text from "-----BEGIN PRIVATE KEY-----" to "-----END PRIVATE
/// KEY-----", lines ended by LF or CRLF, the last one perhaps not. Nothing else may be there.
/// Errors: malformed (other labels, such as that of a key under a password; not base64). No part
/// of the text is repeated.
[[nodiscard]] inline result<secret_bytes> private_key_of_pem(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN PRIVATE KEY-----";
    constexpr std::string_view end = "-----END PRIVATE KEY-----";
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (text.size() < begin.size() + end.size() || !text.starts_with(begin) || !text.ends_with(end))
        return error{errc::malformed,
                     "is not a text from 'BEGIN PRIVATE KEY' to 'END PRIVATE KEY'; openssl pkcs8 "
                     "-topk8 -nocrypt writes one"};
    text.remove_prefix(begin.size());
    text.remove_suffix(end.size());
    std::string base64;
    base64.reserve(text.size());  // once, so that no copy is left behind
    for (char const character : text)
        if (character != '\n' && character != '\r') base64 += character;
    auto key = from_base64(base64);
    wipe(base64);
    if (!key) return error{errc::malformed, "is not base64 between the lines BEGIN and END"};
    return secret_bytes::take(*key);
}

}  // namespace cryptoperiod::crypto
