/// @file private_key.hpp
/// Private keys of others, as PKCS#8 in DER: what APNs (P-256) and Google (RSA) hand out. They are
/// checked here, before they are kept; nothing is signed with them in this room. Source: RFC 5208,
/// RFC 5480, RFC 5915, RFC 8017 appendix A.1.2.
#pragma once

#include <cryptopp/nbtheory.h>
#include <cryptopp/rsa.h>

#include <algorithm>
#include <array>
#include <cryptoperiod/crypto/der.hpp>
#include <cryptoperiod/crypto/p256.hpp>
#include <cstddef>
#include <string>
#include <utility>

namespace cryptoperiod::crypto {

/// Sizes of an RSA modulus that are taken, in bits. The least is that of NIST SP 800-131A; the most
/// bounds the work of checking one.
inline constexpr std::size_t rsa_bits_min = 2048;
inline constexpr std::size_t rsa_bits_max = 4096;

namespace detail {

template <std::size_t Size>
using object_identifier = std::array<unsigned char, Size>;
inline constexpr object_identifier<7> of_elliptic_curve{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1};
inline constexpr object_identifier<8> of_p256{0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
inline constexpr object_identifier<9> of_rsa{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1};

template <std::size_t Size>
[[nodiscard]] bool is(bytes_view contents, object_identifier<Size> const& name) noexcept {
    return std::ranges::equal(contents, std::as_bytes(std::span(name)));
}

[[nodiscard]] inline error not_pkcs8(std::string_view why) {
    return {errc::malformed, concat("is not a private key in PKCS#8: ", why)};
}

/// The parts of a PKCS#8 key.
struct pkcs8_key {
    bytes_view algorithm;  ///< contents of the AlgorithmIdentifier
    bytes_view key;        ///< in the form of the algorithm
};

/// PrivateKeyInfo without attributes, which neither openssl nor Apple nor Google writes.
[[nodiscard]] inline result<pkcs8_key> read_pkcs8(bytes_view der) {
    CRYPTOPERIOD_TRY(auto const info, der_reader::whole(der, der_tag::sequence));
    der_reader reader(info);
    if (auto same = reader.take_version(0); !same) return std::move(same).error();
    pkcs8_key parts;
    CRYPTOPERIOD_TRY(parts.algorithm, reader.take(der_tag::sequence));
    CRYPTOPERIOD_TRY(parts.key, reader.take(der_tag::octet_string));
    if (!reader.ended()) return error{errc::malformed, "attributes follow the key"};
    return parts;
}

/// The public key within an ECPrivateKey, as the bits of its BIT STRING.
[[nodiscard]] inline result<bytes_view> take_public_key(der_reader& reader) {
    CRYPTOPERIOD_TRY(auto const tagged, reader.take(der_tag::context_1));
    CRYPTOPERIOD_TRY(auto const bits, der_reader::whole(tagged, der_tag::bit_string));
    if (bits.empty() || bits.front() != std::byte{0})
        return error{errc::malformed, "the public key is not of whole bytes"};
    return bits.subspan(1);
}

/// ECPrivateKey. Errors: malformed, key_refused.
[[nodiscard]] inline result<p256::private_key> read_p256(bytes_view der) {
    CRYPTOPERIOD_TRY(auto const contents, der_reader::whole(der, der_tag::sequence));
    der_reader reader(contents);
    if (auto same = reader.take_version(1); !same) return std::move(same).error();
    CRYPTOPERIOD_TRY(auto const octets, reader.take(der_tag::octet_string));
    CRYPTOPERIOD_TRY(auto const number,
                     exactly<p256::private_key_bytes>(octets, "the number of a P-256 key"));
    if (reader.next_is(der_tag::context_0)) {
        CRYPTOPERIOD_TRY(auto const tagged, reader.take(der_tag::context_0));
        CRYPTOPERIOD_TRY(auto const curve, der_reader::whole(tagged, der_tag::object_identifier));
        if (!is(curve, of_p256)) return error{errc::key_refused, "it is of two curves"};
    }
    CRYPTOPERIOD_TRY(auto const derived, p256::public_key_of(number));
    if (reader.next_is(der_tag::context_1)) {
        CRYPTOPERIOD_TRY(auto const given, take_public_key(reader));
        if (!std::ranges::equal(given, derived))
            return error{errc::key_refused, "its public key belongs to another private key"};
    }
    if (!reader.ended()) return error{errc::malformed, "bytes follow the last element"};
    return p256::private_key::copy_of(number);
}

/// The next number. One beyond rsa_bits_max is not computed with.
[[nodiscard]] inline result<CryptoPP::Integer> take_rsa_number(der_reader& reader) {
    CRYPTOPERIOD_TRY(auto const number, reader.take_unsigned());
    if (number.size() > rsa_bits_max / 8)
        return error{errc::key_refused,
                     concat("it has more than ", thousands(rsa_bits_max), " bits")};
    return CryptoPP::Integer(raw(number), number.size());
}

/// Whether modulus, exponents and factors belong together and are such as FIPS 186-5 section 5.1
/// asks for. Errors: key_refused.
[[nodiscard]] inline result<void> check_rsa(std::array<CryptoPP::Integer, 8> const& numbers) {
    auto const& [n, e, d, p, q, dp, dq, u] = numbers;
    auto const bits = n.BitCount();
    if (bits < rsa_bits_min)
        return error{errc::key_refused, concat("it is an RSA key of ", thousands(bits),
                                               " bits; at least ", thousands(rsa_bits_min))};
    if (e < 65537 || e.BitCount() > 256)
        return error{errc::key_refused, "its public exponent is not from 65,537 to 2^256"};
    if (std::min(p.BitCount(), q.BitCount()) + 1 < bits / 2 || p == q)
        return error{errc::key_refused, "its factors are not two of half its length"};
    CryptoPP::InvertibleRSAFunction key;
    key.Initialize(n, e, d, p, q, dp, dq, u);
    constexpr unsigned with_all_equations = 1;
    if (!key.Validate(CryptoPP::NullRNG(), with_all_equations) || !CryptoPP::IsPrime(p) ||
        !CryptoPP::IsPrime(q))
        return error{errc::key_refused, "its numbers are not those of one RSA key"};
    return {};
}

[[nodiscard]] inline result<void> read_rsa(bytes_view der) {
    CRYPTOPERIOD_TRY(auto const contents, der_reader::whole(der, der_tag::sequence));
    der_reader reader(contents);
    if (auto same = reader.take_version(0); !same) return same;
    std::array<CryptoPP::Integer, 8> numbers;
    for (auto& number : numbers) {
        CRYPTOPERIOD_TRY(number, take_rsa_number(reader));
    }
    if (!reader.ended()) return error{errc::malformed, "bytes follow the last element"};
    return check_rsa(numbers);
}

/// A fault, in the words of a sentence about the key.
[[nodiscard]] inline error about_key(error const& e) {
    return e.code == errc::malformed ? not_pkcs8(e.detail)
                                     : error{e.code, concat("is refused: ", e.detail)};
}

}  // namespace detail

/// The P-256 key of a PKCS#8 document. Errors: malformed (no such document, also: with
/// attributes), key_refused (another algorithm or curve; a number out of range; the public key
/// within is of another private key). A detail is a sentence about the key without its subject.
[[nodiscard]] inline result<p256::private_key> p256_private_key(bytes_view pkcs8) {
    auto const parts = detail::read_pkcs8(pkcs8);
    if (!parts) return detail::about_key(parts.error());
    der_reader algorithm(parts->algorithm);
    auto const name = algorithm.take(der_tag::object_identifier);
    auto const curve = algorithm.take(der_tag::object_identifier);
    if (!name || !curve || !algorithm.ended() || !detail::is(*name, detail::of_elliptic_curve) ||
        !detail::is(*curve, detail::of_p256))
        return error{errc::key_refused, "is refused: it is no key of the curve P-256"};
    auto key = detail::read_p256(parts->key);
    if (!key) return detail::about_key(key.error());
    return key;
}

/// Whether a PKCS#8 document is a sound RSA key of rsa_bits_min to rsa_bits_max. Takes some
/// milliseconds: the factors are tested for primality (Baillie-PSW). Errors: malformed,
/// key_refused; see above.
[[nodiscard]] inline result<void> check_rsa_private_key(bytes_view pkcs8) {
    auto const parts = detail::read_pkcs8(pkcs8);
    if (!parts) return detail::about_key(parts.error());
    der_reader algorithm(parts->algorithm);
    auto const name = algorithm.take(der_tag::object_identifier);
    auto const nothing = algorithm.take(der_tag::null);
    if (!name || !nothing || !nothing->empty() || !algorithm.ended() ||
        !detail::is(*name, detail::of_rsa))
        return error{errc::key_refused, "is refused: it is no RSA key"};
    if (auto sound = detail::read_rsa(parts->key); !sound) return detail::about_key(sound.error());
    return {};
}

}  // namespace cryptoperiod::crypto
