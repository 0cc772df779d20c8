/// @file contract.hpp
/// What the cases of contract.ipp stand on: a service on an empty store, and a few people.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/key_service.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "push_instance.hpp"

namespace kms_contract {

using namespace cryptoperiod;
using namespace cryptoperiod::kms;
using store::memory_store;

inline caller const owner{person_id{1}}, other_person{person_id{2}}, push{person_id{9}, true};

inline master_key master(unsigned char fill = 7) {
    master_key key;
    for (auto& byte : key.writable()) byte = static_cast<std::byte>(fill);
    return key;
}
inline crn instance(std::string name = "instance-1") {
    return test::push_instance(std::move(name));
}
inline secret_bytes material(std::size_t size, unsigned char fill = 3) {
    return secret_bytes::copy_of(std::vector<std::byte>(size, static_cast<std::byte>(fill)));
}
template <class T>
std::string code(result<T> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}

/// Refuses whoever is not on the list.
struct readers_only {
    using token = std::string;
    [[nodiscard]] static result<caller> check(token const& who, key_action action, key_id const&,
                                              std::string_view) {
        if (who == "operator" || action == key_action::wrap) return caller{person_id{1}, false};
        return error{errc::unauthorized, "'" + who + "' may wrap only"};
    }
};

/// Lets the operator do everything, and whoever is on call tell the services again.
struct others_sync_only {
    using token = std::string;
    [[nodiscard]] static result<caller> check(token const& who, key_action action, key_id const&,
                                              std::string_view) {
        if (who == "operator" || action == key_action::sync) return caller{person_id{1}, false};
        return error{errc::unauthorized, "'" + who + "' may sync only"};
    }
};

/// Services that speak for the instance whose name they bear, and for no other.
struct of_one_instance {
    using token = std::string;
    [[nodiscard]] static result<caller> check(token const& who, key_action action, key_id const&,
                                              std::string_view resource) {
        if (who == "operator") return caller{person_id{1}, false};
        if (action == key_action::serve && resource == to_string(instance(who)))
            return caller{person_id{2}, true};
        return error{errc::unauthorized, "'" + who + "' speaks for itself only"};
    }
};

/// `Maker` has service<Access>, a type, and make<Access>(store, master, clock), one of them.
template <class Maker>
struct contract_fixture {
    using service = typename Maker::template service<in_process>;
    static_assert(key_management<service>);

    memory_store store;
    manual_clock clock{civil(2026, 1, 1)};
    Maker maker;
    service kms = again();
    std::vector<std::byte> aad{std::byte{1}, std::byte{2}};
    std::vector<std::byte> secret = std::vector<std::byte>(32, std::byte{0x5a});

    /// Another service on the same store.
    service again(master_key with = master()) {
        return maker.template make<in_process>(store, std::move(with), clock);
    }
    key_id new_key(key_options const& options = {}) {
        return kms.create_key(owner, options).value();
    }
    wrapped_key wrap(key_id const& id) { return kms.wrap(owner, id, secret, aad).value(); }
    bool opens(key_id const& id, wrapped_key const& w) { return opens_with(kms, id, w); }
    bool opens_with(service& by, key_id const& id, wrapped_key const& w) {
        auto const u = by.unwrap(owner, id, w.bytes, aad);
        return u && std::ranges::equal(u->plaintext.expose(), secret);
    }
    std::string code_of_unwrap(key_id const& id, wrapped_key const& w) {
        return code(kms.unwrap(owner, id, w.bytes, aad));
    }
};

}  // namespace kms_contract
