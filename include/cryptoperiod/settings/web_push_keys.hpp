/// @file web_push_keys.hpp
/// The key pair by which a push service tells browsers' services who it is (VAPID). Source: RFC
/// 8292 sections 2, 3.2; IBM push, settings/webpushServerKey.
#pragma once

#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/verified_bytes.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/p256.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::settings {

/// A P-256 key pair. Only the private key is kept; the public one follows from it.
class web_push_keys {
public:
    using curve = crypto::p256;

    /// A new pair. Errors: those of the entropy.
    template <crypto::production_entropy Entropy>
    [[nodiscard]] static result<web_push_keys> generate(Entropy&& source) {
        CRYPTOPERIOD_TRY(auto key, curve::generate(source));
        return of(std::move(key));
    }

    /// The pair of a private key. Errors: key_refused (no number of this curve).
    [[nodiscard]] static result<web_push_keys> of(curve::private_key key) {
        CRYPTOPERIOD_TRY(auto const point, curve::public_key_of(key.expose()));
        return web_push_keys(std::move(key), point);
    }

    /// The bytes that a vault seals. Errors: none but of memory.
    [[nodiscard]] result<secret_bytes> encode() const {
        record kept;
        kept.private_key = secret_bytes::copy_of(key_.expose());
        return store::encode(kept);
    }

    /// The pair that opened bytes are. Errors: record_corrupt, unknown_version, store_too_large,
    /// key_refused.
    [[nodiscard]] static result<web_push_keys> decode(verified_bytes bytes) {
        CRYPTOPERIOD_TRY(auto const kept, store::decode<record>(bytes));
        return of(curve::private_key::copy_of(
            kept.private_key.expose().template first<curve::private_key_bytes>()));
    }

    /// The uncompressed point.
    [[nodiscard]] curve::public_key const& public_key() const noexcept { return point_; }
    /// What tokens for browsers' services are signed with.
    [[nodiscard]] curve::private_key const& private_key() const noexcept { return key_; }

    /// What browsers are told: {"webpushServerKey":"..."}, the point in base64url.
    [[nodiscard]] std::string public_form() const {
        return concat(R"({"webpushServerKey":")", to_base64url(point_), R"("})");
    }

private:
    struct record {
        static constexpr std::string_view schema = "settings.web_push_keys";
        static constexpr std::uint32_t schema_version = 1;

        secret_bytes private_key;

        template <class Archive>
        void serialize(Archive& archive) {
            archive(private_key);
        }
        [[nodiscard]] result<void> validate() const {
            auto const exact =
                crypto::exactly<curve::private_key_bytes>(private_key.expose(), "the private key");
            if (!exact) return exact.error();
            if (!curve::is_private_key(*exact))
                return error{errc::key_refused, "the private key is none of P-256"};
            return {};
        }
    };

    web_push_keys(curve::private_key key, curve::public_key const& point) noexcept
        : key_(std::move(key)), point_(point) {}

    curve::private_key key_;
    curve::public_key point_;  // INVARIANT: of key_
};

}  // namespace cryptoperiod::settings
