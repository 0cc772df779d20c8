// must not compile: (constraint failure|constraints not satisfied).*production_entropy
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/vault/vault.hpp>

using namespace cryptoperiod;

template <crypto::entropy Entropy>
using vault_with = vault::vault<kms::local_kms<store::memory_store>, store::memory_store,
                                vault::data_key_cache<>, Entropy>;
using production_vault = vault_with<crypto::os_entropy>;  // this one may
using simulated_vault = vault_with<crypto::deterministic_entropy>;
