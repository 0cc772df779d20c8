// A root key is rotated; the records follow in steps, and each opens at every step.
//
// The service is registered with the root key, so key management tells it what happened and waits
// for its acknowledgement: four hours, or the customer's log names it.
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstdio>
#include <string>

namespace cp = cryptoperiod;
using std::printf;

int main() {
    auto const random = cp::crypto::random_secret<32>(cp::crypto::os_entropy{});
    if (!random) return 1;
    cp::manual_clock const clock{cp::civil(2026, 3, 1)};
    cp::store::memory_store keys, records;
    cp::kms::local_kms kms{keys, random->clone(), clock};
    cp::vault::vault vault{kms, records, clock};

    cp::kms::caller const customer{.who = cp::kms::person_id{1}};
    cp::kms::caller const service{.who = cp::kms::person_id{2}, .is_service = true};
    auto const root_key = kms.create_key(customer);
    auto const instance = cp::parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:shop::");
    if (!root_key || !instance || !kms.register_service(service, *root_key, *instance)) return 1;
    for (auto const* platform : {"apnsConf", "chromeWebConf", "gcmConf"})
        if (!vault.seal(service, *root_key, *instance, platform, cp::bytes_of(platform))) return 1;

    if (!kms.rotate_key(customer, *root_key)) return 1;
    auto const again = kms.rotate_key(customer, *root_key);
    if (!again) printf("too soon: %s\n", to_string(again.error()).c_str());

    auto const events = kms.events_for(service, *root_key, *instance);
    if (!events || events->size() != 1) return 1;
    auto const& event = events->front();
    printf("told: %s, version %u -> %u\n", std::string(to_string(event.what)).c_str(),
           event.old_version, event.new_version);

    // One record a step, as a service with other work would do it; the cursor may be kept anywhere.
    cp::vault::rewrap_options options;
    options.after_each = [](cp::vault::rewrap_progress const&) { return false; };
    for (bool finished = false; !finished;) {
        auto const step = vault.rewrap(service, options);
        if (!step) return 1;
        int readable = 0;
        for (auto const* platform : {"apnsConf", "chromeWebConf", "gcmConf"})
            readable += vault.open(service, *instance, platform).has_value();
        printf("rewrapped %d, readable %d of 3%s\n", static_cast<int>(step->rewrapped), readable,
               step->finished ? ", finished" : "");
        finished = step->finished;
        options.cursor = step->cursor;
    }
    if (!kms.acknowledge(service, event)) return 1;
    printf("open events: %zu\n", kms.events_for(service, *root_key, *instance)->size());
    return 0;
}
