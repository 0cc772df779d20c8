/// @file world.hpp
/// What the tests of this room stand on: a push service with its IAM, a key store of its own, one
/// of a customer, and the people who use them.
#pragma once

#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/kms/iam_access.hpp>
#include <cryptoperiod/kms/key_stores.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/service/push_service.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "iam/world.hpp"

namespace service_world {

using namespace cryptoperiod;
using iam::role;
using iam_world::access;
using iam_world::authorization;
using iam_world::code;
using iam_world::equals;
using iam_world::jumping_clock;
using iam_world::named;
using iam_world::secret;
using iam_world::told;
using service::application_id;
using service::audit_entry;
using service::shown;
using store::memory_store;

inline crn const customer_keys = named("crn:v1:bluemix:public:kms:us-south:a/acc-a:keys-a::");
inline crn const own_keys = named("crn:v1:bluemix:public:kms:us-south:a/acc-push:keys-push::");

template <class Clock>
using iam_of = iam::local_iam<memory_store, iam::memory_policies, Clock>;
template <class Clock>
using access_of = kms::iam_access<iam::memory_policies, Clock>;
template <class Clock>
using kms_of = kms::local_kms<memory_store, access_of<Clock>, crypto::os_entropy, Clock>;

/// All that a push service stands on, and its people. `Store` keeps what push keeps.
template <class Store = memory_store, class Clock = jumping_clock>
struct ports {
    using kms_type = kms_of<Clock>;
    using stores_type = kms::key_stores<kms_type>;

    Clock clock{};
    memory_store iam_records, books_a, books_push;
    iam::memory_policies policies;
    iam_of<Clock> iam{iam_records, policies, secret(1), clock};
    kms_type keys_a{books_a, kms::master_key{}, clock,
                    access_of<Clock>(iam.verifier(), policies, customer_keys)};
    kms_type keys_push{books_push, kms::master_key{}, clock,
                       access_of<Clock>(iam.verifier(), policies, own_keys)};
    stores_type stores;
    std::string api_key;  ///< of the operator
    crn default_key;

    ports() {
        BOOST_REQUIRE(stores.add(customer_keys, keys_a));
        BOOST_REQUIRE(stores.add(own_keys, keys_push));
        auto const self = iam::service_id("iam-ServiceId-push", "acc-push", "imfpush").value();
        api_key = iam.keys().create(self)->text.expose();
        add(access("push-wraps", "iam-ServiceId-push", "kms", "acc-push", role::manager));
        auto const id = keys_push.create_key(token_of(self)).value();
        default_key = key_crn(own_keys, id);
        add(access("boss", "IBMid-boss", "imfpush", "acc-a", role::platform_operator));
        add(access("manager", "IBMid-manager", "imfpush", "acc-a", role::manager));
        add(access("writer", "IBMid-writer", "imfpush", "acc-a", role::writer));
        add(access("reader", "IBMid-reader", "imfpush", "acc-a", role::reader));
        add(access("viewer", "IBMid-viewer", "imfpush", "acc-a", role::viewer));
        add(access("key-owner", "IBMid-owner", "kms", "acc-a", role::manager));
    }

    void add(iam::policy p) { BOOST_REQUIRE(policies.add(std::move(p))); }
    void authorize() { add(authorization("push-uses-keys", "acc-a")); }
    void forbid() { BOOST_REQUIRE(policies.remove("acc-a", "push-uses-keys")); }

    iam::access_token token_of(iam::identity const& who) {
        auto const key = iam.keys().create(who).value();
        return std::move(iam.token_from_api_key(key.text.expose())->token);
    }
    /// The token of somebody of the customer: boss, manager, writer, reader, viewer, owner.
    std::string token(std::string const& name) {
        auto const of = token_of(iam::user("IBMid-" + name, "acc-a").value());
        return std::string(of.expose());
    }
    iam::access_token owner() { return token_of(iam::user("IBMid-owner", "acc-a").value()); }
    static crn key_crn(crn store, kms::key_id const& id) {
        store.resource_type = "key";
        store.resource = id.str();
        return store;
    }
    /// A root key of the customer, and its CRN.
    crn root_key(kms::key_options const& options = {}) {
        return key_crn(customer_keys, keys_a.create_key(owner(), options).value());
    }
    std::vector<std::string> registrations(crn const& key) {
        auto const id = kms::key_id::parse(key.resource).value();
        return keys_a.describe(owner(), id)->registrations;
    }
    service::push_options options() {
        return {.master = secret(9),
                .operator_api_key = iam::secret_text::copy_of(api_key),
                .default_key = default_key};
    }
};

/// The same with one service on it.
struct world : ports<> {
    using push_type =
        service::push_service<stores_type, iam_of<jumping_clock>, memory_store, jumping_clock>;

    memory_store records;
    std::vector<audit_entry> log;
    std::mutex log_mutex;
    push_type push = make();

    push_type make(service::push_options options) {
        options.audit = [this](audit_entry const& entry) {
            std::scoped_lock const lock(log_mutex);
            log.push_back(entry);
        };
        return {stores, iam, records, std::move(options), clock};
    }
    push_type make() { return make(options()); }
    service::provisioned_instance provision(service::provision_request const& request = {
                                                .region = "us-south"}) {
        auto made = push.provision(token("boss"), request);
        BOOST_REQUIRE_MESSAGE(made, told(made));
        return *std::move(made);
    }
    /// An instance under a root key of the customer.
    service::provisioned_instance provision_own(crn const& root) {
        return provision(
            {.plan = instance::plan::advanced, .region = "us-south", .root_key = root});
    }
    static std::string_view text(secret_bytes const& of) {
        auto const bytes = of.expose();
        return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    }
};

}  // namespace service_world
