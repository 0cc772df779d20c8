/// @file default_key_calls.hpp
/// What the service's own key protects after that key was rotated: instances without a root key of
/// the customer's are registered nowhere and get no events (domain assumption A14), so who runs the
/// service has it rewrapped.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstdint>
#include <optional>
#include <set>

namespace cryptoperiod::service {

/// What `rewrap_default_keys` has found and done.
struct default_keys_rewrapped {
    std::uint64_t keys = 0;       ///< that protect instances: one, or those of earlier options, too
    std::uint64_t rewrapped = 0;  ///< records
    std::uint64_t current = 0;    ///< records that were under the newest version
    std::uint64_t failed = 0;     ///< records, instances, and keys that could not be asked
    std::optional<error> last_failure;  ///< of those

    /// Whether all was under the newest version when it was looked at.
    [[nodiscard]] bool is_complete() const noexcept { return failed == 0; }
};

template <class Context, class Instances>
class default_key_calls : public Instances {
public:
    /// Puts all records of instances without a root key of their own under the newest version of
    /// the service's key: to be called after each rotation of it, and now and then. Where all is
    /// current it costs one call of key management. Again: goes on. What other services seal
    /// meanwhile may be under the last version for the age of a cache (push_options); the next call
    /// finds it. An old version is needed no more when a call has found all current that was made
    /// later than that after a rotation. Errors: those of the operator token and of the store's
    /// lists.
    [[nodiscard]] result<default_keys_rewrapped> rewrap_default_keys() {
        CRYPTOPERIOD_TRY(auto const who, c_->operator_token());
        default_keys_rewrapped out;
        auto const fail = [&](error const& e) {
            ++out.failed;
            out.last_failure = e;
        };
        std::set<kms::key_id> keys;
        auto const listed = this->for_each_instance(
            [&](loaded_instance const& at) {
                if (at.kept.record.own_key) return;
                if (auto const key = at.kept.root_key_id())
                    keys.insert(*key);
                else
                    fail(key.error());
            },
            fail);
        if (!listed) return listed.error();
        for (auto const& key : keys) {
            vault::rewrap_options options;
            options.root = key;
            CRYPTOPERIOD_TRY(auto const progress, c_->vault().rewrap(*who, options));
            ++out.keys;
            out.rewrapped += progress.rewrapped;
            out.current += progress.current;
            out.failed += progress.failed + (progress.finished ? 0 : 1);
            if (progress.last_failure) out.last_failure = progress.last_failure;
        }
        return out;
    }

protected:
    explicit default_key_calls(Context& c) : Instances(c), c_(&c) {}

private:
    Context* c_;
};

}  // namespace cryptoperiod::service
