/// @file kms.cpp
/// Operations a second of the embedded key-management service and of a token of SoftHSM2, through
/// the same calls on stores in memory: a data key of 32 bytes, 64 bytes of associated data.
/// SoftHSM2 computes in this process, so the figures are of processor time; making a version of a
/// key writes to a disk and is left out. A ratio within one run comes last.
#include <cryptoperiod/adapters/pkcs11_kms.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/store/memory_store.hpp>
#include <string>
#include <vector>

#include "../adapters/softhsm.hpp"
#include "bench.hpp"

namespace {

using namespace cryptoperiod;
using bytes = std::vector<std::byte>;

constexpr int operations = 300;
constexpr int repetitions = 7;

template <class T>
T must(result<T> r) {
    if (r) return *std::move(r);
    std::fprintf(stderr, "bench_kms: %s\n", to_string(r.error()).c_str());
    std::exit(1);
}
template <class Work>
double per_second(Work const& work) {
    return operations / bench::shortest(repetitions, [&] {
               for (int i = 0; i < operations; ++i) work();
           });
}

/// Prints; the answer is wraps a second.
template <class Kms>
double measure(Kms& kms, std::string const& name) {
    kms::caller const who{kms::person_id{1}};
    auto const id = must(kms.create_key(who));
    bytes const secret(32, std::byte{0x5a}), aad(64, std::byte{1});
    auto const old = must(kms.wrap(who, id, secret, aad)).bytes;
    if (!kms.rotate_key(who, id)) std::exit(1);
    auto const now = must(kms.wrap(who, id, secret, aad)).bytes;

    double const wraps = per_second([&] { must(kms.wrap(who, id, secret, aad)); });
    bench::figure(name + "_wrap_per_s", wraps);
    bench::figure(name + "_unwrap_per_s", per_second([&] { must(kms.unwrap(who, id, now, aad)); }));
    bench::figure(name + "_rewrap_per_s", per_second([&] { must(kms.rewrap(who, id, old, aad)); }));
    return wraps;
}

}  // namespace

int main() {
    system_clock_source const clock;
    store::memory_store books, books_of_token;
    kms::local_kms local(books, kms::master_key{}, clock);
    double const wraps = measure(local, "local_kms");

    if (!softhsm::is_installed()) {
        std::fprintf(stderr, "bench_kms: there is no %s; apt install softhsm2\n",
                     softhsm::module_path().c_str());
        return 0;
    }
    softhsm::home const home;
    auto const token = home.open();
    using adapters::pkcs11_wrapping;
    adapters::pkcs11_kms gcm(*token, books_of_token, kms::master_key{}, clock);
    adapters::pkcs11_kms key_wrap(*token, books_of_token, kms::master_key{}, clock,
                                  kms::in_process{}, pkcs11_wrapping::key_wrap);
    double const wraps_in_token = measure(gcm, "softhsm_gcm");
    measure(key_wrap, "softhsm_key_wrap");
    bench::figure("local_kms_to_softhsm_gcm_wrap", wraps / wraps_in_token);
}
