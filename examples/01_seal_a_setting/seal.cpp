// A customer's APNs certificate under the customer's own root key.
//
// Key management, store and vault live in this process; the records are envelopes that only the
// root key opens, for the instance and the platform that they were sealed for.
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstdio>
#include <string>

namespace cp = cryptoperiod;

namespace {

void say(std::string const& what, cp::result<cp::vault::opened_record> const& answer) {
    if (!answer) {
        std::printf("%s: %s\n", what.c_str(), to_string(answer.error()).c_str());
        return;
    }
    auto const bytes = answer->payload.expose();
    std::printf("%s: version %d, \"%.*s\"\n", what.c_str(), static_cast<int>(answer->version),
                static_cast<int>(bytes.size()), reinterpret_cast<char const*>(bytes.data()));
}

}  // namespace

int main() {
    // The master key seals the state of key management: in production from a file or from the
    // environment (kms/master_key.hpp), never beside the data.
    auto const random = cp::crypto::random_secret<32>(cp::crypto::os_entropy{});
    if (!random) return 1;

    cp::system_clock_source const clock;
    cp::store::memory_store keys, records;  // or a file: adapters/sqlite_store.hpp
    cp::kms::local_kms kms{keys, random->clone(), clock};
    cp::vault::vault vault{kms, records, clock};

    cp::kms::caller const we{.who = cp::kms::person_id{1}};
    auto const root_key = kms.create_key(we);
    auto const instance = cp::parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:shop::");
    auto const other = cp::parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:blog::");
    if (!root_key || !instance || !other) return 1;

    auto const sealed =
        vault.seal(we, *root_key, *instance, "apnsConf", cp::bytes_of("p8 of shop"));
    if (!sealed) {
        std::printf("not sealed: %s\n", to_string(sealed.error()).c_str());
        return 1;
    }
    say("apnsConf of shop", vault.open(we, *instance, "apnsConf"));
    say("gcmConf of shop ", vault.open(we, *instance, "gcmConf"));
    say("apnsConf of blog", vault.open(we, *other, "apnsConf"));

    // The customer takes the power away: at once for what is not in the cache.
    if (!kms.disable_key(we, *root_key)) return 1;
    vault.revoke(*root_key);
    say("after disabling ", vault.open(we, *instance, "apnsConf"));
    return 0;
}
