/// @file plan.hpp
/// What a service instance may be asked for, by its plan. Source: IBM push, "upgrading" (limits);
/// seed "Key Protect integration" (a key of one's own on the Advanced plan only, and only when the
/// instance is provisioned).
#pragma once

#include <array>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/kms/key_stores.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace cryptoperiod::instance {

enum class plan : std::uint8_t { lite, basic, advanced };

/// What a plan allows.
struct plan_limits {
    std::string_view name;
    std::uint64_t devices;  ///< addressable
    bool own_key;           ///< "bring your own key"
};
inline constexpr std::array plan_table{
    plan_limits{"Lite", 50, false},
    plan_limits{"Basic", std::numeric_limits<std::uint64_t>::max(), false},
    plan_limits{"Advanced", std::numeric_limits<std::uint64_t>::max(), true},
};
[[nodiscard]] constexpr plan_limits const& limits_of(plan p) noexcept {
    return plan_table[static_cast<std::size_t>(p)];
}

/// Errors: unknown_name, with the plan that was probably meant.
[[nodiscard]] inline result<plan> parse_plan(std::string_view name) {
    for (std::size_t i = 0; i != plan_table.size(); ++i)
        if (plan_table[i].name == name) return static_cast<plan>(i);
    return error{errc::unknown_name,
                 concat("there is no plan '", name, "'; known are Lite, Basic and Advanced")};
}

/// Regions of the push service. Source: IBM push, documentation of its API.
inline constexpr std::array<std::string_view, 7> regions{"us-south", "us-east", "eu-gb", "eu-de",
                                                         "au-syd",   "jp-tok",  "jp-osa"};

/// Whether a root key may protect an instance of this plan in this region. Key Protect itself takes
/// keys of any region; the seed wants the same one, and so does this service, under a code of its
/// own. Errors: plan_without_own_key, malformed (not the CRN of a key), region_mismatch.
[[nodiscard]] inline result<void> check_own_key(plan p, std::string_view region,
                                                crn const& root_key) {
    if (!limits_of(p).own_key)
        return error{errc::plan_without_own_key,
                     concat("the plan ", limits_of(p).name,
                            " has no key of one's own; take Advanced, or leave the key out and the "
                            "service's own one protects the settings")};
    if (auto id = kms::key_id_of(root_key); !id) return std::move(id).error();
    if (root_key.location != region)
        return error{errc::region_mismatch,
                     concat("the root key is in '", root_key.location, "' and the instance in '",
                            region, "'; take a key management instance of the same region")};
    return {};
}

}  // namespace cryptoperiod::instance
