/// @file access_control.hpp
/// Who may do what with a key: decided by the application, asked by every call of a key-management
/// service.
#pragma once

#include <concepts>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cstdint>
#include <string_view>

namespace cryptoperiod::kms {

/// What a caller wants to do with a key.
enum class key_action : std::uint8_t {
    create,
    read,
    wrap,
    unwrap,
    rewrap,
    rotate,
    sync,  ///< tell the registered services again
    disable,
    enable,
    authorize_deletion,
    remove,
    restore,
    purge,
    serve,  ///< register, unregister, see events, acknowledge: services only
};

/// Who calls.
struct caller {
    person_id who{};
    bool is_service = false;
};

/// Decides who may do what: check(token, action, key, resource) -> result<caller>; unauthorized
/// when not. `resource` is the CRN of the instance for which a service calls (`serve`), else empty.
template <class A>
concept access_control = requires(A const& access, typename A::token const& token,
                                  key_action action, key_id const& key, std::string_view resource) {
    { access.check(token, action, key, resource) } -> std::same_as<result<caller>>;
};

/// Access control for callers within one process that trusts itself: the token is the caller.
struct in_process {
    using token = caller;
    [[nodiscard]] static result<caller> check(caller const& who, key_action, key_id const&,
                                              std::string_view) noexcept {
        return who;
    }
};

}  // namespace cryptoperiod::kms
