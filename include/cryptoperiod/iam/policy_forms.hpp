/// @file policy_forms.hpp
/// The two policies that everybody starts with: a role of somebody on a service, and a service that
/// may use another. Source: IBM Cloud IAM; seed "Key Protect integration" (imfpush -> kms, Reader).
#pragma once

#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/iam/role.hpp>
#include <string>
#include <utility>

namespace cryptoperiod::iam {

/// Who has a role on all instances of a service in an account.
struct access_form {
    std::string id;  ///< of the policy
    std::string iam_id;
    std::string service;  ///< "imfpush"
    std::string account;
    role as = role::reader;
};
[[nodiscard]] inline policy access_policy(access_form form) {
    policy p;
    p.type = policy_type::access;
    p.subject = {{.name = attribute_name::iam_id, .value = std::move(form.iam_id)}};
    p.resource = {{.name = attribute_name::service_name, .value = std::move(form.service)},
                  {.name = attribute_name::account_id, .value = std::move(form.account)}};
    p.roles = {form.as};
    p.id = std::move(form.id);
    return p;
}

/// A service whose instances in an account may use those of another service in that account.
struct authorization_form {
    std::string id;  ///< of the policy
    std::string account;
    std::string from{push_service_name};
    std::string to{kms_service};
    role as = role::reader;
};
[[nodiscard]] inline policy authorization_policy(authorization_form form) {
    policy p;
    p.subject = {{.name = attribute_name::service_name, .value = std::move(form.from)},
                 {.name = attribute_name::account_id, .value = form.account}};
    p.resource = {{.name = attribute_name::service_name, .value = std::move(form.to)},
                  {.name = attribute_name::account_id, .value = std::move(form.account)}};
    p.roles = {form.as};
    p.id = std::move(form.id);
    return p;
}

}  // namespace cryptoperiod::iam
