/// @file envelopes.hpp
/// What the tests of envelopes share: contexts, key management in memory, envelopes by field.
#pragma once

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/key_wrap.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hex.hpp"

namespace cryptoperiod::test {

using byte_string = std::vector<std::byte>;

inline byte_string copy_of(crypto::bytes_view view) { return {view.begin(), view.end()}; }

/// A context of tenant `tenant`, which is one character.
inline crypto::record_context context_of(char tenant = '1', std::string_view platform = "fcm",
                                         std::uint64_t version = 7) {
    auto const name =
        parse_crn(std::string("crn:v1:bluemix:public:imfpush:us-south:a/acc:i-") + tenant + "::");
    BOOST_REQUIRE(name.has_value());
    auto context = crypto::record_context::make(*name, platform, version);
    BOOST_REQUIRE(context.has_value());
    return *std::move(context);
}

/// Root keys in memory: AES-GCM with wrap_aad, or AES-KWP. A version or an algorithm that it does
/// not have is refused like a wrong key.
class root_keys {
public:
    /// Every version of every root key id has another key.
    byte_string wrap(crypto::root_key_version const& root, crypto::wrap_algorithm algorithm,
                     crypto::bytes_view aad, crypto::bytes_view key) {
        auto const root_key = key_of(root);
        if (algorithm == crypto::wrap_algorithm::aes_kwp) {
            byte_string wrapped(crypto::aes_key_wrap<32>::padded_bytes(key.size()));
            BOOST_REQUIRE(crypto::aes_key_wrap<32>(root_key).wrap_padded(key, wrapped));
            return wrapped;
        }
        byte_string wrapped(12 + key.size() + 16);
        auto const nonce = std::span(wrapped).first<12>();
        std::ranges::fill(nonce, std::byte{0x77});
        crypto::aes_256_gcm cipher(root_key);
        BOOST_REQUIRE(cipher.seal(nonce, aad, key, std::span(wrapped).subspan(12, key.size()),
                                  std::span(wrapped).last<16>()));
        return wrapped;
    }
    result<crypto::secret_array<32>> unwrap(crypto::wrapped_data_key const& wrapped,
                                            crypto::bytes_view aad) {
        error const refused{errc::authentication_failed, "not wrapped here"};
        auto const root_key = key_of(wrapped.root);
        if (wrapped.algorithm == crypto::wrap_algorithm::aes_kwp) {
            if (wrapped.bytes.size() != 40) return refused;
            return crypto::aes_key_wrap<32>(root_key).unwrap_padded<32>(wrapped.bytes.first<40>());
        }
        if (wrapped.algorithm != crypto::wrap_algorithm::aes_gcm || wrapped.bytes.size() != 60)
            return refused;
        crypto::aes_256_gcm cipher(root_key);
        crypto::secret_array<32> key;
        auto const opened =
            cipher.open(wrapped.bytes.first<12>(), aad, wrapped.bytes.subspan(12, 32),
                        wrapped.bytes.last<16>(), key.writable());
        if (!opened) return opened.error();
        return key;
    }

private:
    static std::array<std::byte, 32> key_of(crypto::root_key_version const& root) {
        auto const salt = std::to_string(root.version);
        auto const key = crypto::hkdf<crypto::sha256>::derive<32>(bytes_of(root.id), bytes_of(salt),
                                                                  bytes_of("root key of a test"));
        std::array<std::byte, 32> plain{};
        std::ranges::copy(key.expose(), plain.begin());
        return plain;
    }
};

/// What one envelope is made of.
struct recipe {
    char tenant = '1';
    std::string_view platform = "fcm";
    std::uint64_t version = 7;
    unsigned data_key = 1;  ///< its bytes and its id follow from this number
    crypto::root_key_version root{"root-a", 3};
    crypto::wrap_algorithm algorithm = crypto::wrap_algorithm::aes_gcm;
    crypto::envelope_suite suite = crypto::envelope_suite::xaes;
    std::string_view payload = "an api key and its twin";
    std::uint64_t seed = 1;

    [[nodiscard]] crypto::record_context context() const {
        return context_of(tenant, platform, version);
    }
    [[nodiscard]] crypto::data_key_id id() const { return filled_with<16>(0xd0 + data_key); }
    [[nodiscard]] std::array<std::byte, 32> key() const { return filled_with<32>(data_key); }
    [[nodiscard]] byte_string wrapped() const {
        return root_keys().wrap(root, algorithm, wrap_aad(context(), root.id, id()), key());
    }
    void key_into(crypto::envelope_cipher& cipher) const {
        auto const in = wrapped();
        BOOST_REQUIRE(cipher.rekey(id(), key(), {root, algorithm, in}));
    }
    [[nodiscard]] byte_string seal() const {
        crypto::envelope_cipher cipher;
        key_into(cipher);
        crypto::deterministic_entropy fixed(seed);
        auto sealed =
            cipher.seal(crypto::predictable_on_purpose(fixed), context(), bytes_of(payload), suite);
        BOOST_REQUIRE(sealed.has_value());
        return *std::move(sealed);
    }
};

/// Opens as a service does that has no data key at hand: the wrapped one goes to key management.
inline result<void> open_with_root_keys(crypto::bytes_view envelope,
                                        crypto::record_context const& context,
                                        std::span<std::byte> output) {
    CRYPTOPERIOD_TRY(auto const parsed, crypto::parse_envelope(envelope));
    if (auto checked = crypto::check_context(parsed, context); !checked) return checked;
    auto const aad = crypto::wrap_aad(context, parsed.wrapped.root.id, parsed.key_id);
    CRYPTOPERIOD_TRY(auto const key, root_keys().unwrap(parsed.wrapped, aad));
    static crypto::envelope_cipher cipher;
    if (auto keyed = cipher.rekey(parsed.key_id, key.expose(), parsed.wrapped); !keyed)
        return keyed;
    if (parsed.ciphertext.size() != output.size()) return error{errc::inconsistent, "size"};
    return cipher.open(parsed, context, output);
}

/// Opens as a service does whose cache holds the data key.
inline result<void> open_with_cached_key(crypto::envelope_cipher& cached,
                                         crypto::bytes_view envelope,
                                         crypto::record_context const& context,
                                         std::span<std::byte> output) {
    CRYPTOPERIOD_TRY(auto const parsed, crypto::parse_envelope(envelope));
    if (parsed.ciphertext.size() != output.size()) return error{errc::inconsistent, "size"};
    return cached.open(parsed, context, output);
}

inline constexpr std::array every_suite{crypto::envelope_suite::xaes,
                                        crypto::envelope_suite::gcm_hkdf,
                                        crypto::envelope_suite::xchacha_hkdf};

}  // namespace cryptoperiod::test
