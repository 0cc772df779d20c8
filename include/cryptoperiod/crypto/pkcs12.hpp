/// @file pkcs12.hpp
/// Files of a certificate and its key under a password (.p12), from outside. Source: RFC 7292
/// section 4.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/der.hpp>
#include <span>

namespace cryptoperiod::crypto {

namespace detail {
[[nodiscard]] inline result<void> read_pfx(bytes_view file) {
    constexpr std::array<unsigned char, 9> data{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1};
    CRYPTOPERIOD_TRY(auto const pfx, der_reader::whole(file, der_tag::sequence));
    der_reader reader(pfx);
    if (auto same = reader.take_version(3); !same) return same;
    CRYPTOPERIOD_TRY(auto const content, reader.take(der_tag::sequence));
    CRYPTOPERIOD_TRY(auto const code, reader.take(der_tag::sequence));
    if (code.empty() || !reader.ended())
        return error{errc::malformed, "it does not end with the code of a password"};
    der_reader inner(content);
    CRYPTOPERIOD_TRY(auto const type, inner.take(der_tag::object_identifier));
    if (!std::ranges::equal(type, std::as_bytes(std::span(data))))
        return error{errc::malformed, "it is not protected by a password"};
    CRYPTOPERIOD_TRY(auto const tagged, inner.take(der_tag::context_0));
    CRYPTOPERIOD_TRY(auto const safe, der_reader::whole(tagged, der_tag::octet_string));
    if (safe.empty() || !inner.ended()) return error{errc::malformed, "it has no content"};
    return {};
}
}  // namespace detail

/// Whether these are the outer parts of a PFX in DER: version 3, content that a password protects,
/// and all of the bytes. What the password opens is not looked at. Errors: malformed (the detail is
/// a sentence about the file without its subject).
[[nodiscard]] inline result<void> check_pfx(bytes_view file) {
    if (auto sound = detail::read_pfx(file); !sound)
        return error{sound.error().code,
                     concat("is not a PKCS#12 file in DER: ", sound.error().detail,
                            "; openssl pkcs12 -export writes one")};
    return {};
}

}  // namespace cryptoperiod::crypto
