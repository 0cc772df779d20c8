/// @file port_trap.hpp
/// The three ports of the push service with a trap in them: it counts the calls, and at one of them
/// the process dies, or the port does not answer.
#pragma once

#include <array>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace service_world {

using namespace cryptoperiod;

/// What happens at the call.
enum class fall : std::uint8_t {
    dies_before,    ///< the process ends, and the call was never made
    dies_after,     ///< the process ends, and the call was served
    silent_before,  ///< no answer, and the call was never made
    silent_after,   ///< no answer, and the call was served
    silent_on,      ///< no answer, and none to any later call
};
inline constexpr std::array falls{fall::dies_before, fall::dies_after, fall::silent_before,
                                  fall::silent_after, fall::silent_on};
constexpr std::string_view to_string(fall how) {
    constexpr std::array<std::string_view, 5> names{"dies before", "dies after", "silent before",
                                                    "silent after", "silent from"};
    return names[static_cast<std::size_t>(how)];
}

/// Thrown where the process would end.
struct process_death {};

class port_trap {
public:
    /// From now on, the `at`th call falls; 0: none.
    void set(std::uint64_t at, fall how) {
        calls_ = 0;
        at_ = at;
        how_ = how;
        before_ = nullptr;
    }
    /// From now on, something happens right before the `at`th call; there, a later one may be
    /// named.
    void before(std::uint64_t at, std::function<void()> what) {
        set(at, fall::dies_before);
        before_ = std::move(what);
    }
    void disarm() { set(0, fall::dies_before); }
    [[nodiscard]] bool has_sprung() const { return at_ != 0 && calls_ >= at_; }

    template <class Call>
    auto pass(errc silence, Call const& call) -> decltype(call()) {
        auto const number = ++calls_;
        bool const is_here = number == at_;
        if (is_here && before_) {
            std::exchange(before_, nullptr)();
            calls_ = number;  // what has happened there is not counted
            return call();
        }
        bool const is_after = how_ == fall::silent_on && at_ != 0 && number > at_;
        if ((!is_here && !is_after) || (number > at_ && !is_after)) return call();
        if (how_ == fall::dies_before) throw process_death();
        if (how_ != fall::silent_before && how_ != fall::silent_on) {
            auto answer = call();
            if (how_ == fall::dies_after) throw process_death();
        }
        return error{silence, "the port does not answer"};
    }

private:
    std::uint64_t calls_ = 0, at_ = 0;
    fall how_ = fall::dies_before;
    std::function<void()> before_;
};

/// Ports and traps are somebody else's and must outlive these.
template <store::store Store>
class trapped_store {
public:
    static constexpr bool durable = Store::durable;

    trapped_store(Store& store, port_trap& trap) : store_(&store), trap_(&trap) {}

    result<std::optional<store::entry>> get(std::string_view key) const {
        return trap_->pass(errc::store_unavailable, [&] { return store_->get(key); });
    }
    result<store::page> list(std::string_view prefix, std::string_view after,
                             std::size_t limit) const {
        if (listed_) return *std::exchange(listed_, std::nullopt);
        return trap_->pass(errc::store_unavailable,
                           [&] { return store_->list(prefix, after, limit); });
    }
    /// The next list is one of before: others have worked since.
    void answer_next_list(store::page of_before) { listed_ = std::move(of_before); }
    result<std::uint64_t> compare_and_swap(std::string_view key, std::uint64_t expected,
                                           std::span<std::byte const> value) {
        if (!unwritable_.empty() && key.starts_with(unwritable_))
            return error{errc::store_unavailable, "the store does not answer"};
        return trap_->pass(errc::store_unavailable,
                           [&] { return store_->compare_and_swap(key, expected, value); });
    }
    /// From now on, what begins like this cannot be written.
    void refuse_writes(std::string prefix) { unwritable_ = std::move(prefix); }
    result<void> compare_and_erase(std::string_view key, std::uint64_t expected) {
        return trap_->pass(errc::store_unavailable,
                           [&] { return store_->compare_and_erase(key, expected); });
    }

private:
    Store* store_;
    port_trap* trap_;
    mutable std::optional<store::page> listed_;
    std::string unwritable_;
};

template <kms::key_management Kms>
class trapped_kms {
public:
    using token = typename Kms::token;
    static constexpr bool ids_are_crns = Kms::ids_are_crns;
    using bytes = std::span<std::byte const>;

    trapped_kms(Kms& kms, port_trap& trap) : kms_(&kms), trap_(&trap) {}

    result<kms::wrapped_key> wrap(token const& who, kms::key_id const& key, bytes plain,
                                  bytes aad) {
        return pass([&] { return kms_->wrap(who, key, plain, aad); });
    }
    result<kms::data_key> wrap_new(token const& who, kms::key_id const& key, bytes aad) {
        return pass([&] { return kms_->wrap_new(who, key, aad); });
    }
    result<kms::unwrapped_key> unwrap(token const& who, kms::key_id const& key, bytes sealed,
                                      bytes aad) {
        return pass([&] { return kms_->unwrap(who, key, sealed, aad); });
    }
    result<kms::rewrapped_key> rewrap(token const& who, kms::key_id const& key, bytes sealed,
                                      bytes aad) {
        return pass([&] { return kms_->rewrap(who, key, sealed, aad); });
    }
    result<void> register_service(token const& who, kms::key_id const& key, crn const& resource,
                                  bool prevents_deletion = false) {
        return pass([&] { return kms_->register_service(who, key, resource, prevents_deletion); });
    }
    result<void> unregister_service(token const& who, kms::key_id const& key, crn const& resource) {
        return pass([&] { return kms_->unregister_service(who, key, resource); });
    }
    result<std::vector<kms::lifecycle_event>> events_for(token const& who, kms::key_id const& key,
                                                         crn const& resource) {
        return pass([&] { return kms_->events_for(who, key, resource); });
    }
    result<void> acknowledge(token const& who, kms::lifecycle_event const& event) {
        return pass([&] { return kms_->acknowledge(who, event); });
    }
    result<void> report_conflict(token const& who, kms::lifecycle_event const& event) {
        return pass([&] { return kms_->report_conflict(who, event); });
    }

private:
    template <class Call>
    auto pass(Call const& call) {
        return trap_->pass(errc::kms_unavailable, call);
    }

    Kms* kms_;
    port_trap* trap_;
};

template <iam::access_management Iam>
class trapped_iam {
public:
    trapped_iam(Iam const& iam, port_trap& trap) : iam_(&iam), trap_(&trap) {}

    result<iam::identity> identify(std::string_view token) const {
        return pass([&] { return iam_->identify(token); });
    }
    result<iam::decision> decide(result<iam::identity> const& who, iam::action what,
                                 crn const& resource) const {
        return pass([&] { return iam_->decide(who, what, resource); });
    }
    result<iam::issued_token> token_from_api_key(std::string_view api_key) const {
        return pass([&] { return iam_->token_from_api_key(api_key); });
    }
    result<iam::issued_token> crn_token(std::string_view operator_token, crn const& instance,
                                        crn const& target) const {
        return pass([&] { return iam_->crn_token(operator_token, instance, target); });
    }

private:
    template <class Call>
    auto pass(Call const& call) const {
        return trap_->pass(errc::store_unavailable, call);
    }

    Iam const* iam_;
    port_trap* trap_;
};

}  // namespace service_world
