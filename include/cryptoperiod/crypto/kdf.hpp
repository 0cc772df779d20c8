/// @file kdf.hpp
/// HKDF (RFC 5869): keys from a secret that is strong, but not yet a key. Not for passwords.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

namespace cryptoperiod::crypto {

/// HKDF over HMAC with `Hash`.
template <hash_function Hash>
class hkdf {
public:
    static constexpr std::size_t prk_bytes = Hash::bytes;
    static constexpr std::size_t output_bytes_max = 255 * Hash::bytes;
    using prk = secret_array<prk_bytes>;

    /// HKDF-Extract: a key of even strength from `ikm` (its parts, concatenated). An empty salt
    /// stands for prk_bytes zeros, as the RFC has it.
    [[nodiscard]] static prk extract(bytes_view salt, parts_view ikm) {
        prk key;
        hmac<Hash>(salt).compute(ikm, key.writable());
        return key;
    }

    /// HKDF-Expand: fills `output` with bytes for the purpose `info` (its parts, concatenated).
    /// Errors: out_of_range (more than output_bytes_max; `output` is zeros then).
    [[nodiscard]] static result<void> expand(bytes_view key, parts_view info,
                                             std::span<std::byte> output) {
        if (output.size() > output_bytes_max) {
            wipe(output);
            return error{errc::out_of_range, "HKDF gives at most " +
                                                 std::to_string(output_bytes_max) + " bytes, not " +
                                                 std::to_string(output.size())};
        }
        hmac<Hash> mac(key);
        secret_array<Hash::bytes> block;
        for (std::byte round{1}; !output.empty(); round = next(round)) {
            bytes_view const last = round == std::byte{1} ? bytes_view{} : block.expose();
            mac.absorb({last});
            mac.absorb(info);
            mac.compute({std::span(&round, 1)}, block.writable());
            auto const part = std::min(output.size(), Hash::bytes);
            std::memcpy(output.data(), block.expose().data(), part);
            output = output.subspan(part);
        }
        return {};
    }

    /// Extract, then expand. Errors: out_of_range (see expand).
    [[nodiscard]] static result<void> derive(bytes_view ikm, bytes_view salt, bytes_view info,
                                             std::span<std::byte> output) {
        auto const key = extract(salt, {ikm});
        return expand(key.expose(), {info}, output);
    }

    /// The same, for a key whose length is known while compiling: cannot fail.
    template <std::size_t Size>
    requires(Size <= output_bytes_max)
        [[nodiscard]] static secret_array<Size> derive(bytes_view ikm, bytes_view salt,
                                                       bytes_view info) {
        secret_array<Size> key;
        static_cast<void>(derive(ikm, salt, info, key.writable()));  // its only error is the size
        return key;
    }

private:
    [[nodiscard]] static std::byte next(std::byte round) noexcept {
        return static_cast<std::byte>(std::to_integer<unsigned>(round) + 1);
    }
};

}  // namespace cryptoperiod::crypto
