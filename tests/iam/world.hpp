/// @file world.hpp
/// What the tests of this room stand on: two accounts, a key store, a push service and its people.
#pragma once

#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/iam/api_key.hpp>
#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cryptoperiod/iam/token.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iam_world {

using namespace cryptoperiod;
using namespace cryptoperiod::iam;
using store::memory_store;

template <class T>
std::string told(result<T> const& r) {
    return r ? "ok" : to_string(r.error());
}
template <class T>
std::string code(result<T> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}
inline crn named(std::string_view text) { return parse_crn(text).value(); }

inline crn const push_a = named("crn:v1:bluemix:public:imfpush:us-south:a/acc-a:i-1::");
inline crn const push_b = named("crn:v1:bluemix:public:imfpush:us-south:a/acc-b:i-2::");
inline crn const keys_a = named("crn:v1:bluemix:public:kms:us-south:a/acc-a:k-1::");
inline crn const keys_b = named("crn:v1:bluemix:public:kms:us-south:a/acc-b:k-2::");

inline crn key_in(crn store, std::string name = "root") {
    store.resource_type = "key";
    store.resource = std::move(name);
    return store;
}
inline attribute equals(attribute_name name, std::string value) {
    return {name, match_operator::string_equals, std::move(value)};
}
inline attribute like(attribute_name name, std::string value) {
    return {name, match_operator::string_match, std::move(value)};
}
/// push -> kms within one account, as the seed has it.
inline policy authorization(std::string id, std::string const& account, role given = role::reader) {
    policy p;
    p.subject = {equals(attribute_name::service_name, "imfpush"),
                 equals(attribute_name::account_id, account)};
    p.resource = {equals(attribute_name::service_name, "kms"),
                  equals(attribute_name::account_id, account)};
    p.roles = {given};
    p.id = std::move(id);
    return p;
}
/// A person in a role on a service of an account.
inline policy access(std::string id, std::string const& iam_id, std::string const& service,
                     std::string const& account, role given) {
    policy p;
    p.type = policy_type::access;
    p.subject = {equals(attribute_name::iam_id, iam_id)};
    p.resource = {equals(attribute_name::service_name, service),
                  equals(attribute_name::account_id, account)};
    p.roles = {given};
    p.id = std::move(id);
    return p;
}
inline crypto::secret_array<32> secret(unsigned char fill = 7) {
    crypto::secret_array<32> key;
    for (auto& byte : key.writable()) byte = static_cast<std::byte>(fill);
    return key;
}
/// Tells any time, also an earlier one.
struct jumping_clock {
    time_point time = civil(2026, 1, 1);
    [[nodiscard]] time_point now() const noexcept { return time; }
};

/// A whole IAM.
struct world {
    jumping_clock clock;
    memory_store kept;
    memory_policies policies;
    api_keys<memory_store, crypto::os_entropy, jumping_clock> keys{kept, secret(), clock};
    token_verifier<jumping_clock> verifier{"https://iam.test", clock};
    token_issuer<decltype(keys), memory_policies, jumping_clock> issuer{secret(1), verifier, keys,
                                                                        policies, clock};

    static identity alice() { return user("IBMid-alice", "acc-a").value(); }
    static identity push_operator() {
        return service_id("iam-ServiceId-push", "acc-push", "imfpush").value();
    }
    /// An IAM token of somebody, by a new API key.
    std::string token_of(identity const& who) {
        auto const key = keys.create(who).value();
        auto const issued = issuer.from_api_key(key.text.expose()).value();
        return std::string(issued.token.expose());
    }
    result<std::string> crn_token(crn const& instance, crn const& target) {
        auto issued = issuer.crn_token(token_of(push_operator()), instance, target);
        if (!issued) return issued.error();
        return std::string(issued->token.expose());
    }
};

}  // namespace iam_world
