// A root key that never leaves a token (a hardware security module, here SoftHSM2), and a vault
// above it.
//
// Which token is said by the environment: HSM_MODULE, HSM_TOKEN, HSM_PIN; ./run sets up a passing
// one. The books of key management (states, registrations) lie in a store, without a root key.
#include <cryptoperiod/adapters/pkcs11_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/vault/vault.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace cp = cryptoperiod;

namespace {

std::string setting(char const* name) {
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "";
}
template <class T>
int say(char const* what, cp::result<T> const& answer) {
    std::printf("%s: %s\n", what, answer ? "done" : to_string(answer.error()).c_str());
    return answer ? 0 : 1;
}

}  // namespace

int main() {
    auto const token =
        cp::adapters::pkcs11_token::open({setting("HSM_MODULE"), setting("HSM_TOKEN")},
                                         cp::secret_bytes::copy_of(setting("HSM_PIN")));
    auto const random = cp::crypto::random_secret<32>(cp::crypto::os_entropy{});
    if (!token) return say("token", token);
    if (!random) return say("master key", random);

    cp::manual_clock clock{cp::civil(2026, 3, 1)};
    cp::store::memory_store books, records;  // or a file: adapters/sqlite_store.hpp
    cp::adapters::pkcs11_kms kms{**token, books, random->clone(), clock};
    cp::vault::vault vault{kms, records, clock};

    cp::kms::caller const customer{.who = cp::kms::person_id{1}};
    auto const root_key = kms.create_key(customer);
    auto const instance = cp::parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:shop::");
    if (!root_key || !instance) return say("root key", root_key);
    say("sealed",
        vault.seal(customer, *root_key, *instance, "apnsConf", cp::bytes_of("p8 of shop")));

    // Both versions are objects of the token; the record is not touched by a rewrap, its wrapped
    // key is.
    say("rotated", kms.rotate_key(customer, *root_key));
    auto const rewrapped = vault.rewrap(customer);
    if (!rewrapped) return say("rewrapped", rewrapped);
    std::printf("rewrapped: %d record\n", static_cast<int>(rewrapped->rewrapped));
    say("opened", vault.open(customer, *instance, "apnsConf"));

    // A deleted key can be restored for a while. A purged one is gone from the token, and with it
    // whatever was sealed under it.
    say("deleted", kms.delete_key(customer, *root_key));
    clock.advance(std::chrono::hours{4});
    vault.revoke(*root_key);
    say("opened", vault.open(customer, *instance, "apnsConf"));
    say("purged", kms.purge_key(customer, *root_key));
    auto const gone = vault.open(customer, *instance, "apnsConf");
    std::printf("opened: %s\n", gone ? "done" : std::string(to_string(gone.error().code)).c_str());
    return 0;
}
