/// @file access_management.hpp
/// What a service asks of IAM: who somebody is, whether they may, and for tokens of its own.
#pragma once

#include <concepts>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/api_key.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cryptoperiod/iam/token.hpp>
#include <cryptoperiod/store/store.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace cryptoperiod::iam {

/// Calls may come from any thread.
///
///     identify(token)                             -> result<identity>; the codes of verify
///     decide(who, action, resource)               -> result<decision>
///     token_from_api_key(api key)                 -> result<issued_token>
///     crn_token(operator token, instance, target) -> result<issued_token>; unauthorized: no
///                                                    authorization of the instance with the target
///
/// Errors besides: those of the place where policies and keys are kept.
template <class A>
concept access_management = requires(A const& iam, std::string_view text,
                                     result<identity> const& who, action what, crn const& name) {
    { iam.identify(text) } -> std::same_as<result<identity>>;
    { iam.decide(who, what, name) } -> std::same_as<result<decision>>;
    { iam.token_from_api_key(text) } -> std::same_as<result<issued_token>>;
    { iam.crn_token(text, name, name) } -> std::same_as<result<issued_token>>;
};

/// IAM within the process: its API keys lie sealed in a store, its policies wherever they are, and
/// its tokens are signed with keys that one master secret gives.
template <store::store Store, policy_source Policies, clock_source Clock = system_clock_source,
          crypto::production_entropy Entropy = crypto::os_entropy>
class local_iam {
public:
    /// Store, policies and clock are somebody else's and must outlive this object. `issuer` stands
    /// in every token.
    local_iam(Store& store, Policies const& policies, crypto::secret_array<32> const& master,
              Clock const& clock, std::string issuer = "https://iam.cryptoperiod.local")
        : policies_(&policies),
          keys_(store, master, clock),
          verifier_(std::move(issuer), clock),
          issuer_(crypto::hkdf<crypto::sha256>::template derive<32>(
                      master.expose(), {}, bytes_of("cryptoperiod/iam/token-signing/v1")),
                  verifier_, keys_, policies, clock) {}
    local_iam(local_iam const&) = delete;
    local_iam& operator=(local_iam const&) = delete;

    [[nodiscard]] result<identity> identify(std::string_view token) const {
        return verifier_.verify(token);
    }
    [[nodiscard]] result<decision> decide(result<identity> const& who, action what,
                                          crn const& resource) const {
        return iam::decide(*policies_, who, what, resource);
    }
    [[nodiscard]] result<issued_token> token_from_api_key(std::string_view api_key) const {
        return issuer_.from_api_key(api_key);
    }
    [[nodiscard]] result<issued_token> crn_token(std::string_view operator_token,
                                                 crn const& instance, crn const& target) const {
        return issuer_.crn_token(operator_token, instance, target);
    }

    /// To make, lock, disable and erase API keys.
    [[nodiscard]] api_keys<Store, Entropy, Clock>& keys() noexcept { return keys_; }
    /// What iam_access of a key store verifies tokens with.
    [[nodiscard]] token_verifier<Clock> const& verifier() const noexcept { return verifier_; }
    [[nodiscard]] token_issuer<api_keys<Store, Entropy, Clock>, Policies, Clock>&
    issuer() noexcept {
        return issuer_;
    }

private:
    Policies const* policies_;
    api_keys<Store, Entropy, Clock> keys_;
    token_verifier<Clock> verifier_;
    token_issuer<api_keys<Store, Entropy, Clock>, Policies, Clock> issuer_;
};

}  // namespace cryptoperiod::iam
