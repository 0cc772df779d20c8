/// @file role.hpp
/// The roles that a policy can give. Source: IBM Cloud IAM; Key Protect, "Managing user access"
/// (Reader, ReaderPlus, Writer, Manager, KeyPurge); Push Notifications, "push_iam" (Operator,
/// Editor, Viewer on an instance).
#pragma once

#include <array>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace cryptoperiod::iam {

/// A role. The first five act within an instance, the others on the instance itself.
enum class role : std::uint8_t {
    reader,
    reader_plus,
    writer,
    manager,
    key_purge,  ///< not implied by any other
    viewer,
    editor,
    platform_operator,
    administrator,
    authorization_delegator,  ///< lets a service authorize those that it depends on
};

/// One line of the list of roles.
struct role_info {
    role which;
    std::string_view name;  ///< as IBM writes it
    std::string_view kind;  ///< resource type of its CRN: `serviceRole` or `role`
};

inline constexpr std::array role_table{
    role_info{role::reader, "Reader", "serviceRole"},
    role_info{role::reader_plus, "ReaderPlus", "serviceRole"},
    role_info{role::writer, "Writer", "serviceRole"},
    role_info{role::manager, "Manager", "serviceRole"},
    role_info{role::key_purge, "KeyPurge", "serviceRole"},
    role_info{role::viewer, "Viewer", "role"},
    role_info{role::editor, "Editor", "role"},
    role_info{role::platform_operator, "Operator", "role"},
    role_info{role::administrator, "Administrator", "role"},
    role_info{role::authorization_delegator, "AuthorizationDelegator", "role"},
};

/// The line of a role.
[[nodiscard]] constexpr role_info const& info(role which) noexcept {
    return role_table[static_cast<std::size_t>(which)];
}
[[nodiscard]] constexpr std::string_view to_string(role which) noexcept { return info(which).name; }

static_assert([] {
    for (std::size_t i = 0; i != role_table.size(); ++i)
        if (role_table[i].which != static_cast<role>(i)) return false;
    return true;
}());

/// Roles, as a set.
class role_set {
public:
    constexpr role_set() noexcept = default;
    constexpr role_set(std::initializer_list<role> roles) noexcept {
        for (auto const one : roles) bits_ |= bit(one);
    }
    [[nodiscard]] constexpr bool contains(role one) const noexcept {
        return (bits_ & bit(one)) != 0;
    }

private:
    [[nodiscard]] static constexpr unsigned bit(role one) noexcept {
        return 1U << static_cast<unsigned>(one);
    }
    unsigned bits_ = 0;
};

/// What the CRNs of all roles start with.
inline constexpr std::string_view role_crn_start = "crn:v1:bluemix:public:iam::::";

/// "crn:v1:bluemix:public:iam::::serviceRole:Reader".
[[nodiscard]] inline std::string role_crn(role which) {
    return concat(role_crn_start, info(which).kind, ":", info(which).name);
}

/// The role that a CRN names; letter case counts. Errors: unknown_name.
[[nodiscard]] inline result<role> parse_role_crn(std::string_view text) {
    for (auto const& line : role_table)
        if (text == role_crn(line.which)) return line.which;
    std::string known;
    for (auto const& line : role_table) known += concat(known.empty() ? "" : ", ", line.name);
    return error{errc::unknown_name, concat("is not the CRN of a known role, such as ",
                                            role_crn(role::reader), "; known are ", known)};
}

}  // namespace cryptoperiod::iam
