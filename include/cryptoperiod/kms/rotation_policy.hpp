/// @file rotation_policy.hpp
/// How often a root key is rotated by itself. Source: Key Protect: 1 to 12 months of 30 days each,
/// not for imported keys; it fires anywhere within a day.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cstdint>
#include <string>

namespace cryptoperiod::kms {

class rotation_policy {
public:
    static constexpr std::uint32_t months_max = 12;
    static constexpr std::int64_t month_ms = 30 * ms_per_day;

    /// Every `months` months. Errors: out_of_range (not 1 to 12).
    [[nodiscard]] static result<rotation_policy> every(std::uint32_t months) {
        if (months < 1 || months > months_max)
            return error{errc::out_of_range, "a rotation policy of " + std::to_string(months) +
                                                 " months; give 1 to 12"};
        return rotation_policy(months);
    }
    [[nodiscard]] constexpr std::uint32_t months() const noexcept { return months_; }

    /// When the key is due: after the last rotation, or after it was made. `never_ms` for a key
    /// that only its owner can rotate: an imported or a standard one.
    [[nodiscard]] constexpr std::int64_t due_ms(key_record const& key,
                                                std::int64_t made_ms) const noexcept {
        if (key.imported || key.kind != key_kind::root) return never_ms;
        return (key.rotated_ms == not_yet_ms ? made_ms : key.rotated_ms) + months_ * month_ms;
    }

    friend constexpr bool operator==(rotation_policy, rotation_policy) = default;

private:
    constexpr explicit rotation_policy(std::uint32_t months) noexcept : months_(months) {}

    std::uint32_t months_;
};

}  // namespace cryptoperiod::kms
