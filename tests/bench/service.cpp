/// @file service.cpp
/// Operations of the push service a second, each kind with a store in memory and with SQLite, and
/// which part of their time is not that of store and cryptography: beside each runs a floor, the
/// same reads, writes, ciphers, codes and signatures on values of the same size and nothing else.
#include <array>
#include <cryptoperiod/adapters/sqlite_store.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/signature.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cryptoperiod/iam/access_management.hpp>
#include <cryptoperiod/kms/iam_access.hpp>
#include <cryptoperiod/kms/key_stores.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/service/push_service.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bench.hpp"

namespace {

using namespace cryptoperiod;
using store::memory_store;

template <class T>
T must(result<T> r) {
    if (r) return *std::move(r);
    std::fprintf(stderr, "bench_service: %s\n", to_string(r.error()).c_str());
    std::exit(1);
}
void must(result<void> r) {
    if (r) return;
    std::fprintf(stderr, "bench_service: %s\n", to_string(r.error()).c_str());
    std::exit(1);
}
crypto::secret_array<32> key_of(unsigned char fill) {
    crypto::secret_array<32> key;
    for (auto& byte : key.writable()) byte = static_cast<std::byte>(fill);
    return key;
}
crn named(std::string_view text) { return must(parse_crn(text)); }

/// IAM, a key store and a push service on `Store`, with one app.
template <class Store>
struct stage {
    system_clock_source clock;
    memory_store iam_records, books;
    iam::memory_policies policies;
    iam::local_iam<memory_store, iam::memory_policies> iam{iam_records, policies, key_of(1), clock};
    crn const key_store = named("crn:v1:bluemix:public:kms:us-south:a/acc:keys::");
    using kms_type =
        kms::local_kms<memory_store, kms::iam_access<iam::memory_policies>, crypto::os_entropy>;
    kms_type kms{books, kms::master_key{}, clock,
                 kms::iam_access<iam::memory_policies>(iam.verifier(), policies, key_store)};
    kms::key_stores<kms_type> stores;
    std::string const manager = person("IBMid-manager", iam::role::manager, "imfpush");
    std::string const boss = person("IBMid-boss", iam::role::platform_operator, "imfpush");
    std::string const owner = person("IBMid-owner", iam::role::manager, "kms");
    crn const root_key = begin();
    service::push_service<kms::key_stores<kms_type>,
                          iam::local_iam<memory_store, iam::memory_policies>, Store>
        push;

    explicit stage(Store& records) : push(stores, iam, records, options(), clock) {}

    crn begin() {
        must(stores.add(key_store, kms));
        auto key = key_store;
        key.resource_type = "key";
        key.resource = must(kms.create_key(iam::access_token::copy_of(owner))).str();
        return key;
    }
    service::push_options options() {
        allow("iam-ServiceId-push", iam::role::reader, "kms");
        iam::policy p = policy_of("push-uses-keys", iam::role::reader, "kms");
        p.subject = {{iam::attribute_name::service_name, {}, "imfpush"},
                     {iam::attribute_name::account_id, {}, "acc"}};
        p.type = iam::policy_type::authorization;
        must(policies.add(p));
        auto const self = must(iam::service_id("iam-ServiceId-push", "acc", "imfpush"));
        auto api_key = must(iam.keys().create(self));
        return {.master = key_of(9),
                .operator_api_key = std::move(api_key.text),
                .default_key = root_key};
    }
    static iam::policy policy_of(std::string id, iam::role given, std::string const& service) {
        iam::policy p;
        p.type = iam::policy_type::access;
        p.subject = {{iam::attribute_name::iam_id, {}, id}};
        p.resource = {{iam::attribute_name::service_name, {}, service},
                      {iam::attribute_name::account_id, {}, "acc"}};
        p.roles = {given};
        p.id = std::move(id);
        return p;
    }
    void allow(std::string const& iam_id, iam::role given, std::string const& service) {
        must(policies.add(policy_of(iam_id, given, service)));
    }
    std::string person(std::string const& iam_id, iam::role given, std::string const& service) {
        allow(iam_id, given, service);
        auto const key = must(iam.keys().create(must(iam::user(iam_id, "acc"))));
        auto const issued = must(iam.token_from_api_key(key.text.expose()));
        return std::string(issued.token.expose());
    }
};

/// The same work without the service: values of the sizes that it keeps, each under its place.
template <class Store>
class floor_of {
public:
    explicit floor_of(Store& records) : records_(&records) {}

    /// A value of so many bytes, sealed.
    void write(std::string const& place, std::size_t bytes) {
        std::vector<std::byte> value(bytes);
        std::span<std::byte> const all(value);
        crypto::xaes_256_gcm cipher(key_.expose());
        std::vector<std::byte> const plain(bytes - 40, std::byte{1});
        must(cipher.seal_with_random_nonce(entropy_, bytes_of(place), plain,
                                           all.subspan(24, plain.size()), all.first<24>(),
                                           all.last<16>()));
        auto& version = versions_[place];
        version = must(records_->compare_and_swap(place, version, value));
    }
    void read(std::string const& place) {
        auto const found = must(records_->get(place));
        versions_[place] = found->version;
        std::span<std::byte const> const all(found->value);
        crypto::xaes_256_gcm cipher(key_.expose());
        auto const opened = must(cipher.open(all.first<24>(), bytes_of(place),
                                             all.subspan(24, all.size() - 40), all.last<16>()));
        bench::keep(opened.size());
    }
    /// The envelope of a record of the vault, whose payload has so many bytes.
    void write_envelope(std::string const& place, std::size_t payload_bytes) {
        must(envelopes_.rekey(data_key_id_, key_.expose(), wrapped_));
        std::vector<std::byte> const payload(payload_bytes, std::byte{1});
        auto const envelope = must(envelopes_.seal(entropy_, context_, payload));
        auto& version = versions_[place];
        version = must(records_->compare_and_swap(place, version, envelope));
    }
    /// Opened as the vault opens it: it keeps data keys, and no cipher that holds one.
    void read_envelope(std::string const& place) {
        auto const found = must(records_->get(place));
        auto const envelope = must(crypto::parse_envelope(found->value));
        must(envelopes_.rekey(data_key_id_, key_.expose(), wrapped_));
        auto const opened = must(crypto::verifier::open(envelopes_, envelope, context_));
        envelopes_.clear();
        bench::keep(opened.view().expose().size());
    }
    /// What is known already, if its version is the same.
    void look(std::string const& place) { bench::keep(must(records_->get(place))->version); }
    /// A clientSecret: a keyed hash, compared.
    void judge() {
        crypto::hmac<crypto::sha256> mac(key_.expose());
        bench::keep(mac.verify(bytes_of(place_of_instance), digest_) ? 1 : 0);
    }
    /// A token: its signature.
    void judge_token() {
        crypto::ed25519_verifier const verifier(signer_.public_key());
        bench::keep(verifier.verify(text_, signature_) ? 1 : 0);
    }

private:
    static constexpr std::string_view place_of_instance =
        "push/instance/0123456789abcdef0123456789abcdef";
    Store* records_;
    crypto::os_entropy entropy_;
    crypto::secret_array<32> key_ = key_of(3);
    std::array<std::byte, 32> digest_{};
    std::vector<std::byte> const text_ = std::vector<std::byte>(400);  // a token is about so long
    crypto::ed25519::seed const seed_ = key_of(4);
    crypto::ed25519_signer signer_{seed_.expose()};
    crypto::ed25519::signature const signature_ = signer_.sign(text_);
    crypto::envelope_cipher envelopes_;
    crypto::data_key_id const data_key_id_{};
    std::vector<std::byte> const wrapped_bytes_ = std::vector<std::byte>(100);
    crypto::wrapped_data_key const wrapped_{{"e7c9bd3e-0f5e-4b1c-9b1d-2f0c2b0a7c11", 1},
                                            crypto::wrap_algorithm::opaque,
                                            wrapped_bytes_};
    crypto::record_context const context_ = must(crypto::record_context::make(
        named("crn:v1:bluemix:public:imfpush:us-south:a/acc:0123456789abcdef0123456789abcdef::"),
        "chromeWebConf", 1));
    std::map<std::string, std::uint64_t> versions_;
};

/// Seconds of one call, at its best.
template <class Work>
double seconds(int calls, Work const& work) {
    return bench::shortest(5,
                           [&] {
                               for (int i = 0; i != calls; ++i) work();
                           }) /
           calls;
}
/// A kind of operation with its floor. Prints operations a second; the answer is the part of the
/// time that is neither store nor cryptography.
struct kind {
    std::string name;
    double with_service = 0, of_floor = 0;

    double tell() const {
        bench::figure(name + "_per_s", 1 / with_service);
        double const rest = 1 - of_floor / with_service;
        bench::figure(name + "_outside_store_and_crypto", rest);
        return rest;
    }
};

std::size_t value_size(auto const& records, std::string_view prefix) {
    return must(records.list(prefix, "", 1)).entries.at(0).value.size();
}

/// Kinds whose work is mostly that of key management, the vault or signatures.
template <class Store>
void measure_others(std::string const& name, stage<Store>& on, service::application_id const& app,
                    service::shown const& secret, int calls) {
    auto const figure = [&](std::string const& what, double of_one) {
        bench::figure(name + what + "_per_s", 1 / of_one);
    };
    settings::platform_settings const web = settings::chrome_web_settings{
        secret_bytes::copy_of("AIzaSy-bench-only-0123456789abcdefghi"), "https://shop.example"};
    figure("_put_settings",
           seconds(calls, [&] { must(on.push.put_settings(on.manager, app, web)); }));
    int number = 0;
    figure("_register_and_unregister", seconds(calls, [&] {
               auto const id = must(device::device_id::parse(std::to_string(++number)));
               must(on.push.register_device(app, {id, "t", device::platform::fcm}, secret));
               must(on.push.unregister_device(app, id, secret));
           }));
    auto const set = must(on.push.create_credential_set(on.manager, app));
    must(on.push.activate_credential_set(on.manager, app, set.key));
    figure("_present_credential_set", seconds(calls, [&] {
               must(on.push.present(app, set.key, {.version = "1.0", .device = "d"}));
           }));
    figure("_provision_and_delete_with_own_key", seconds(calls / 20, [&] {
               auto const made = must(on.push.provision(on.boss, {.plan = instance::plan::advanced,
                                                                  .region = "us-south",
                                                                  .root_key = on.root_key}));
               must(on.push.delete_instance(on.boss, made.app));
           }));
}

/// All kinds on two stores of one type: the service's and the floor's.
template <class Store>
void measure(std::string const& name, Store& records, Store& records_of_floor, int calls) {
    stage<Store> on(records);
    auto const app =
        must(on.push.provision(on.boss, {.plan = instance::plan::basic, .region = "us-south"}));
    auto const shown_bytes = app.client_secret.expose();
    service::shown const secret{
        .client_secret = {reinterpret_cast<char const*>(shown_bytes.data()), shown_bytes.size()}};
    service::shown const token{.token = on.manager};
    auto const id = must(device::device_id::parse("a-device-with-an-id-of-usual-length"));
    device::device_document const phone{id, std::string(160, 't'), device::platform::fcm, "user-1"};
    must(on.push.register_device(app.app, phone, secret));
    auto const update = must(device::parse_update(R"({"userId":"user-2"})"));
    settings::platform_settings const web = settings::chrome_web_settings{
        secret_bytes::copy_of("AIzaSy-bench-only-0123456789abcdefghi"), "https://shop.example"};
    must(on.push.put_settings(on.manager, app.app, web));

    floor_of<Store> floor(records_of_floor);
    std::string const instance_place = "push/instance/" + app.app.str();
    std::string const device_place = "push/device/" + app.app.str() + "/" + id.str();
    auto const device_size = value_size(records, "push/device/");
    floor.write(instance_place, value_size(records, "push/instance/"));
    floor.write(device_place, device_size);
    auto const encoded = settings::encode(web);
    floor.write_envelope("vault/x", encoded->expose().size());
    auto const read_both = [&] { floor.look(instance_place), floor.read(device_place); };

    std::vector<kind> const kinds{
        {name + "_find_device",
         seconds(calls, [&] { must(on.push.find_device(app.app, id, secret)); }),
         seconds(calls, [&] { read_both(), floor.judge(); })},
        {name + "_update_device",
         seconds(calls, [&] { must(on.push.update_device(app.app, id, update, secret)); }),
         seconds(calls,
                 [&] { read_both(), floor.judge(), floor.write(device_place, device_size); })},
        {name + "_find_device_as_manager",
         seconds(calls, [&] { must(on.push.find_device(app.app, id, token)); }),
         seconds(calls, [&] { read_both(), floor.judge_token(); })},
        {name + "_read_settings",
         seconds(calls,
                 [&] { must(on.push.settings(on.manager, app.app, settings::kind::chrome_web)); }),
         seconds(calls, [&] {
             floor.look(instance_place), floor.judge_token(), floor.read_envelope("vault/x");
         })}};
    double all = 0, floors = 0;
    for (auto const& one : kinds) {
        one.tell();
        all += one.with_service;
        floors += one.of_floor;
    }
    bench::figure(name + "_all_outside_store_and_crypto", 1 - floors / all);
    measure_others(name, on, app.app, secret, calls);
}

}  // namespace

int main() {
    {
        memory_store records, records_of_floor;
        measure("memory", records, records_of_floor, 2000);
    }
    auto const folder = std::filesystem::temp_directory_path() / "cryptoperiod-bench-service";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    {
        auto records = must(adapters::sqlite_store::open((folder / "service.db").string()));
        auto records_of_floor = must(adapters::sqlite_store::open((folder / "floor.db").string()));
        measure("sqlite", records, records_of_floor, 200);
    }
    std::filesystem::remove_all(folder);
}
