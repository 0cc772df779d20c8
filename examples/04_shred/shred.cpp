// Two ways to lose the power to read: shred the records, or delete the root key.
//
// The first is for ever, here: a copy of a record that lies elsewhere, in a backup say, lives as
// long as the root key. The second can be undone for thirty days, closes every copy, and is refused
// while a service depends on the key, unless the customer forces it.
#include <chrono>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstdio>
#include <string>

namespace cp = cryptoperiod;

int main() {
    auto const random = cp::crypto::random_secret<32>(cp::crypto::os_entropy{});
    if (!random) return 1;
    cp::manual_clock clock{cp::civil(2026, 3, 1)};
    cp::store::memory_store keys, records;
    cp::kms::local_kms kms{keys, random->clone(), clock};
    cp::vault::vault vault{kms, records, clock};

    cp::kms::caller const customer{.who = cp::kms::person_id{1}};
    cp::kms::caller const service{.who = cp::kms::person_id{2}, .is_service = true};
    auto const root_key = kms.create_key(customer);
    auto const shop = cp::parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:shop::");
    auto const blog = cp::parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:blog::");
    if (!root_key || !shop || !blog) return 1;
    if (!kms.register_service(service, *root_key, *blog)) return 1;
    for (auto const& instance : {*shop, *blog})
        if (!vault.seal(service, *root_key, instance, "apnsConf", cp::bytes_of("p8"))) return 1;

    auto const read = [&](char const* when) {
        for (auto const& instance : {*shop, *blog}) {
            auto const record = vault.open(service, instance, "apnsConf");
            std::printf("%s, %s: %s\n", when, instance.service_instance.c_str(),
                        record ? "readable" : std::string(to_string(record.error().code)).c_str());
        }
    };
    read("before       ");

    auto const shredded = vault.shred(*shop);
    if (!shredded) return 1;
    read("shop shredded");

    auto const refused = kms.delete_key(customer, *root_key);
    if (!refused) std::printf("deletion: %s\n", to_string(refused.error()).c_str());
    if (!kms.delete_key(customer, *root_key, true)) return 1;  // by force
    clock.advance(std::chrono::minutes{5});                    // the cache has grown old
    read("key deleted  ");

    if (!kms.restore_key(customer, *root_key)) return 1;
    read("key restored ");
    return 0;
}
