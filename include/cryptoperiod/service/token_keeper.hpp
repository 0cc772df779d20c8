/// @file token_keeper.hpp
/// The tokens with which the service itself acts: its operator token, from its API key, and a CRN
/// token for each instance whose root key it uses. They are kept until most of their time is over.
#pragma once

#include <chrono>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/iam/token.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cryptoperiod::service {

using shared_token = std::shared_ptr<iam::access_token const>;

/// Calls may come from any thread.
template <iam::access_management Iam, clock_source Clock>
class token_keeper {
public:
    /// IAM and clock are somebody else's and must outlive this object.
    token_keeper(Iam const& iam, Clock const& clock, iam::secret_text operator_api_key)
        : iam_(&iam), clock_(&clock), operator_api_key_(std::move(operator_api_key)) {}

    /// Errors: those of token_from_api_key.
    [[nodiscard]] result<shared_token> of_operator() {
        return kept({}, [&] { return iam_->token_from_api_key(operator_api_key_.expose()); });
    }
    /// Errors: unauthorized (no authorization of the instance with the key store), those of
    /// crn_token and of_operator.
    [[nodiscard]] result<shared_token> of_instance(crn const& instance, crn const& root_key) {
        return kept(concat(to_string(instance), " ", to_string(root_key)),
                    [&]() -> result<iam::issued_token> {
                        CRYPTOPERIOD_TRY(auto const own, of_operator());
                        return iam_->crn_token(own->expose(), instance, root_key);
                    });
    }

private:
    static constexpr std::size_t tokens_max = 4096;

    struct kept_token {
        shared_token token;
        std::int64_t issued_s = 0, expires_s = 0;

        [[nodiscard]] bool is_valid(std::int64_t now_s) const noexcept {
            return issued_s <= now_s && now_s < expires_s;
        }
        /// It is young enough to be used without asking for another.
        [[nodiscard]] bool is_young(std::int64_t now_s) const noexcept {
            return issued_s <= now_s && now_s < expires_s - (expires_s - issued_s) / 5;
        }
    };

    template <class Ask>
    [[nodiscard]] result<shared_token> kept(std::string const& whose, Ask const& ask) {
        auto const now = std::chrono::floor<std::chrono::seconds>(clock_->now().time_since_epoch());
        auto const before = find(whose);
        if (before.is_young(now.count())) return before.token;
        auto fresh = ask();
        if (!fresh) {
            // While IAM does not answer, what it gave is good to its end.
            bool const refused = http_status(fresh.error().code) < 500;
            if (!refused && before.is_valid(now.count())) return before.token;
            forget(whose);
            return std::move(fresh).error();
        }
        kept_token next{std::make_shared<iam::access_token const>(std::move(fresh->token)),
                        fresh->issued_s, fresh->expires_s};
        std::scoped_lock const lock(mutex_);
        if (tokens_.size() >= tokens_max) tokens_.clear();
        tokens_.insert_or_assign(whose, next);
        return next.token;
    }
    [[nodiscard]] kept_token find(std::string const& whose) const {
        std::scoped_lock const lock(mutex_);
        auto const at = tokens_.find(whose);
        return at == tokens_.end() ? kept_token() : at->second;
    }
    void forget(std::string const& whose) {
        std::scoped_lock const lock(mutex_);
        tokens_.erase(whose);
    }

    Iam const* iam_;
    Clock const* clock_;
    iam::secret_text operator_api_key_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, kept_token> tokens_;
};

}  // namespace cryptoperiod::service
