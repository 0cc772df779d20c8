/// @file crash_scene.hpp
/// A push service on ports with a trap in them, what can be seen of it, and what must hold of it
/// after a crash.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "port_trap.hpp"
#include "world.hpp"

namespace service_world {

inline application_id app(std::string_view id) { return application_id::parse(id).value(); }
inline secret_bytes hidden(std::string_view text) {
    std::string copy(text);
    return secret_bytes::take(copy);
}

struct crash_scene : ports<> {
    using store_type = trapped_store<memory_store>;
    using kms_port = trapped_kms<stores_type>;
    using iam_port = trapped_iam<iam_of<jumping_clock>>;
    using push_type = service::push_service<kms_port, iam_port, store_type, jumping_clock>;

    memory_store records;
    port_trap trap;
    store_type trapped_records{records, trap};
    kms_port trapped_keys{stores, trap};
    iam_port trapped_people{iam, trap};
    service::push_options how = options();
    std::unique_ptr<push_type> push;
    std::vector<crn> roots;
    std::map<std::string, std::string> client_secrets;  ///< by app
    std::map<std::string, secret_bytes> set_secrets;    ///< by key
    std::string set;                                    ///< the key of the one that operations use

    crash_scene() { start(); }

    /// A new process on the same ports.
    void start() {
        service::push_options same{.master = secret(9),
                                   .operator_api_key = iam::secret_text::copy_of(api_key),
                                   .default_key = default_key};
        same.secrets = how.secrets;
        same.key_deletion = how.key_deletion;
        same.usage_bytes_max = how.usage_bytes_max;
        push = std::unique_ptr<push_type>(
            new push_type(trapped_keys, trapped_people, trapped_records, std::move(same), clock));
    }
    /// The token of somebody of the customer, made once in a while.
    std::string const& badge(std::string const& name) {
        auto& kept = badges_[name];
        if (kept.first.empty() || clock.time - kept.second > std::chrono::minutes(30))
            kept = {token(name), clock.time};
        return kept.first;
    }
    crn const& root(std::size_t number = 0) {
        while (roots.size() <= number) roots.push_back(root_key());
        return roots[number];
    }
    kms::key_id root_id(std::size_t number = 0) {
        return kms::key_id::parse(root(number).resource).value();
    }

    // ---- what is there before the operation -----------------------------------------------------

    void make(std::string id, service::provision_request request) {
        request.id = id;
        auto const made = push->provision(badge("boss"), request);
        BOOST_REQUIRE_MESSAGE(made, told(made));
        auto const bytes = made->client_secret.expose();
        client_secrets[id] = {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    }
    void make_lite() {
        make("lite", {.region = "us-south"});
        BOOST_REQUIRE_EQUAL(enrol("lite", "phone-1"), "ok");
    }
    void make_own() {
        authorize();
        make("own", {.plan = instance::plan::advanced, .region = "us-south", .root_key = root()});
        BOOST_REQUIRE_EQUAL(enrol("own", "phone-1"), "ok");
        BOOST_REQUIRE_EQUAL(put("own", "AIzaSyA-the-first-key"), "ok");
    }
    /// One live set and one staged, of which operations use the live one.
    void make_sets(std::string const& id) {
        for (bool const live : {false, true}) {
            auto made = push->create_credential_set(badge("manager"), app(id));
            BOOST_REQUIRE_MESSAGE(made, told(made));
            set = made->key;
            set_secrets[set] = std::move(made->secret);
            if (live) BOOST_REQUIRE(push->activate_credential_set(badge("manager"), app(id), set));
        }
    }
    shown by_app(std::string const& id) { return {.client_secret = client_secrets[id]}; }
    static device::device_id phone(std::string_view id) {
        return device::device_id::parse(id).value();
    }
    std::string enrol(std::string const& id, std::string_view name) {
        return code(push->register_device(app(id), {phone(name), "token-1", device::platform::fcm},
                                          by_app(id)));
    }
    std::string put(std::string const& id, std::string_view api_key_text) {
        return code(push->put_settings(
            badge("manager"), app(id),
            settings::fcm_settings{"123456789012",
                                   settings::fcm_legacy_key{hidden(api_key_text)}}));
    }
    /// A request that is signed with the set.
    std::string signed_request(std::string const& id) {
        credentials::key_ring ring;
        BOOST_REQUIRE(ring.add(set, set_secrets[set].clone()));
        BOOST_REQUIRE(ring.send(set, credentials::activate{}));
        auto const query =
            credentials::sign_request(**ring.newest(), "GET", "/a", {}, "", clock.now());
        return code(push->verify_request(app(id), {"GET", "/a", *query, ""}, {"1.0", "phone-1"}));
    }

    // ---- what can be seen -----------------------------------------------------------------------

    /// All that callers can see; random names and the order of calls are not in it.
    std::string view() {
        std::string all;
        auto const instances = push->list_instances(badge("viewer"));
        BOOST_REQUIRE_MESSAGE(instances, told(instances));
        for (auto const& at : *instances) {
            if (at.state == "deleted") continue;
            all += concat(at.app.str(), " ", at.state, at.is_orphaned ? " orphan " : " ",
                          instance::limits_of(at.plan).name,
                          at.security.verification ? " verified" : "", "\n");
            if (at.state == "active") all += view_of(at.app);
        }
        for (auto const& key : roots)
            for (auto const& name : registrations(key)) all += concat(name, "\n");
        return all;
    }
    std::string view_of(application_id const& id) {
        std::string all;
        auto const devices = push->list_devices(id, badge("reader"));
        all += concat("  devices ", code(devices));
        if (devices)
            for (auto const& one : *devices) all += concat(", ", one.id, " ", one.token);
        auto const kinds = push->list_settings(badge("manager"), id);
        all += concat("\n  settings ", code(kinds));
        if (kinds)
            for (auto const kind : *kinds) all += concat(", ", opened(id, kind));
        auto const sets = push->list_credential_sets(badge("manager"), id);
        all += concat("\n  sets ", code(sets));
        if (sets)
            for (auto const& one : *sets)
                all += concat(", ", one.state, one.compromised_ms > 0 ? "!" : "");
        auto const by = client_secrets.find(id.str());
        if (by != client_secrets.end())
            all += concat("\n  secret ", code(push->find_device(id, phone("phone-1"),
                                                                {.client_secret = by->second})));
        return all + "\n";
    }

    std::vector<store::entry> entries(std::string_view prefix) {
        return std::move(records.list(prefix, "", 1000)->entries);
    }

    // ---- what must hold -------------------------------------------------------------------------

    /// Every instance on record is in a state in which it may stay, key management knows of those
    /// and of no others, and nothing lies in the store that belongs to nobody.
    void check_legal() {
        std::map<std::string, std::vector<std::string>> registered;  // by key
        std::vector<std::string> live;
        auto const instances = push->list_instances(badge("viewer"));
        BOOST_REQUIRE_MESSAGE(instances, told(instances));
        for (auto const& at : *instances) {
            bool const serves = at.state == "active" || at.state == "suspended";
            bool const stays = at.state == "deleting" && at.is_orphaned;
            BOOST_TEST((serves || stays || at.state == "deleted"), at.app.str()
                                                                       << " is " << at.state);
            if (serves) live.push_back(at.app.str());
            if (at.own_key && (serves || stays))
                registered[at.root_key].push_back(to_string(at.name));
        }
        for (auto const& key : roots) {
            auto const known = keys_a.describe(owner(), kms::key_id::parse(key.resource).value());
            BOOST_REQUIRE_MESSAGE(known, told(known));
            auto expected = registered[to_string(key)];
            if (known->state == 5) expected.clear();
            BOOST_TEST(known->registrations == expected, boost::test_tools::per_element());
        }
        for (std::string_view const shelf :
             {"push/device/", "push/places/", "push/usage/", "vault/"})
            for (auto const& entry : entries(shelf))
                BOOST_TEST(
                    std::ranges::any_of(
                        live, [&](auto const& id) { return entry.key.find(id) != entry.key.npos; }),
                    entry.key << " belongs to nobody");
    }
    /// The devices that have a place.
    std::vector<std::string> places(std::string const& id) {
        auto const master = secret(9);
        using places_type =
            store::sealed_records<service::stored_places, memory_store, crypto::os_entropy>;
        auto const purpose =
            concat("cryptoperiod/service/records/v1/", service::stored_places::schema);
        places_type const kept(
            records,
            crypto::hkdf<crypto::sha256>::derive<32>(master.expose(), {}, bytes_of(purpose)), {});
        auto const found = kept.load(concat(service::places_prefix, id));
        BOOST_REQUIRE_MESSAGE(found, told(found));
        std::vector<std::string> taken;
        if (*found)
            for (auto const& [name, place] : (*found)->record.taken) taken.push_back(name);
        return taken;
    }
    /// Each place has its device: to be asked after a sweep that was late enough.
    void check_places(std::string const& id) {
        std::vector<std::string> there;
        auto const prefix = concat(service::device_prefix, id, "/");
        for (auto const& entry : entries(prefix)) there.push_back(entry.key.substr(prefix.size()));
        BOOST_TEST(places(id) == there, boost::test_tools::per_element());
    }

private:
    std::string opened(application_id const& id, settings::kind kind) {
        auto const found = push->settings(badge("manager"), id, kind);
        if (!found) return code(found);
        auto const* const fcm = std::get_if<settings::fcm_settings>(&*found);
        if (fcm == nullptr)  // of a browser, which takes a key pair of the service
            return concat(settings::to_string(kind), " ",
                          code(push->web_push_key(badge("manager"), id)));
        auto const bytes = std::get<settings::fcm_legacy_key>(fcm->access).api_key.expose();
        return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    }

    std::map<std::string, std::pair<std::string, time_point>> badges_;
};

}  // namespace service_world
