// Run under valgrind by tests/constant_time/run. Secrets are marked as memory that nobody has
// written: valgrind then reports every branch and every address that depends on them. Prints `ok
// NAME` or `FAILED NAME`.
#include <valgrind/memcheck.h>
#define CRYPTOPERIOD_DECLASSIFY(object) VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object))

#include <array>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/crypto/key_wrap.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/secretbox.hpp>
#include <cryptoperiod/crypto/xaes.hpp>
#include <cstdio>
#include <vector>

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;

namespace {

bool all_well = true;

template <class Bytes>
void make_secret(Bytes& bytes) {
    VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size());
}
template <class Bytes>
void make_public(Bytes& bytes) {
    VALGRIND_MAKE_MEM_DEFINED(bytes.data(), bytes.size());
}

// Whether nothing was reported since the last call; `answer` keeps the work from being left out.
void expect(char const* name, bool answer, bool wanted, bool silent = true) {
    static unsigned before = 0;
    unsigned const now = VALGRIND_COUNT_ERRORS;
    bool const well = answer == wanted && (now == before) == silent;
    std::printf("%s %s\n", well ? "ok" : "FAILED", name);
    all_well = all_well && well;
    before = now;
}

std::array<std::byte, 32> secret_key() {
    std::array<std::byte, 32> key{std::byte{9}};
    make_secret(key);
    return key;
}

// The self-test: this one must be reported.
bool leaking_equal(bytes_view a, bytes_view b) {
    for (std::size_t i = 0; i != a.size(); ++i)
        if (a[i] != b[i]) return false;
    return true;
}

void comparisons() {
    auto const key = secret_key();
    std::array<std::byte, 32> const same{std::byte{9}};
    bool leaked = leaking_equal(key, same);
    CRYPTOPERIOD_DECLASSIFY(leaked);
    expect("self_test_an_early_exit_is_seen", leaked, true, false);
    expect("comparison_of_equals", crypto::detail::known_to_be_equal(key, same), true);
    expect("comparison_of_others",
           crypto::detail::known_to_be_equal(key, std::array<std::byte, 32>{}), false);
}

void codes() {
    std::vector<std::byte> const message(100);
    hmac<sha256> mac(secret_key());
    expect("hmac", mac.verify(message, hmac<sha256>::tag{}).has_value(), false);
    aes_cmac<32> block_mac(secret_key());
    expect("cmac", block_mac.verify(message, aes_cmac<32>::tag{}).has_value(), false);
}

void ciphers() {
    std::vector<std::byte> message(100);
    make_secret(message);
    aes_256_gcm gcm(secret_key());
    aes_256_gcm::tag tag{};
    expect("gcm_seal", gcm.seal(aes_256_gcm::nonce{}, {}, message, message, tag).has_value(), true);
    make_public(message);
    expect("gcm_tag",
           gcm.open(aes_256_gcm::nonce{}, {}, message, aes_256_gcm::tag{}, message).has_value(),
           false);
    xaes_256_gcm xaes(secret_key());
    xaes_256_gcm::commitment commitment{};
    make_secret(message);
    expect("xaes_seal",
           xaes.seal_committed(xaes_256_gcm::nonce{}, {}, message, message, tag, commitment)
               .has_value(),
           true);
    make_public(message), make_public(tag), make_public(commitment);
    expect("xaes_open",
           xaes.open_committed(xaes_256_gcm::nonce{}, {}, message, tag, commitment, message)
               .has_value(),
           true);
    commitment[0] ^= std::byte{1};
    expect("xaes_commitment",
           xaes.open_committed(xaes_256_gcm::nonce{}, {}, message, tag, commitment, message)
               .has_value(),
           false);
}

void key_wraps() {
    aes_key_wrap<32> wrapper(secret_key());
    auto const key = secret_key();
    std::array<std::byte, 40> wrapped{};
    expect("wrap_padded", wrapper.wrap_padded(key, wrapped).has_value(), true);
    make_public(wrapped);
    expect("unwrap_padded", wrapper.unwrap_padded(wrapped).has_value(), true);
    expect("unwrap_padded_of_a_known_length", wrapper.unwrap_padded<32>(wrapped).has_value(), true);
    expect("unwrap_of_another_kind", wrapper.unwrap(wrapped).has_value(), false);
    wrapped[3] ^= std::byte{1};
    expect("unwrap_padded_changed", wrapper.unwrap_padded(wrapped).has_value(), false);
}

void envelopes() {
    auto const instance = parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/acme:shop::");
    auto const context = record_context::make(*instance, "apnsConf", 1);
    std::array<std::byte, 60> const wrapped{};
    envelope_cipher cipher;
    if (!cipher.rekey(data_key_id{}, secret_key(), {{"root", 1}, wrap_algorithm::aes_gcm, wrapped}))
        return expect("envelope_key", false, true);
    for (auto const suite :
         {envelope_suite::xaes, envelope_suite::gcm_hkdf, envelope_suite::xchacha_hkdf}) {
        std::vector<std::byte> payload(100);
        make_secret(payload);
        std::vector<std::byte> envelope(cipher.sealed_bytes(*context, payload.size()));
        bool const sealed =
            cipher.seal(os_entropy{}, *context, payload, envelope, suite).has_value();
        expect("envelope_seal", sealed, true);
        make_public(envelope);
        expect("envelope_open",
               cipher.open(*parse_envelope(envelope), *context, payload).has_value(), true);
        envelope.back() ^= std::byte{1};
        expect("envelope_changed",
               cipher.open(*parse_envelope(envelope), *context, payload).has_value(), false);
    }
}

void boxes() {
    auto const key = secret_key();
    std::vector<std::byte> message(100);
    make_secret(message);
    auto box = secretbox::seal(key, secretbox::nonce{}, message);
    make_public(box);
    expect("secretbox_open", secretbox::open(key, secretbox::nonce{}, box).has_value(), true);
    box.back() ^= std::byte{1};
    expect("secretbox_changed", secretbox::open(key, secretbox::nonce{}, box).has_value(), false);
}

void client_secrets() {
    auto const pepper = secret_key();
    auto const hash = credentials::client_secret_hasher::make(pepper);
    std::array<char, 43> text{};
    make_secret(text);
    std::string_view const secret(text.data(), text.size());
    auto const kept = (*hash)("i-1", secret);
    expect("client_secret", hash->matches(kept, "i-1", secret), true);
    expect("client_secret_of_another", hash->matches(kept, "i-2", secret), false);
}

void agreement() {
    std::array<std::byte, 32> const point{std::byte{9}};
    expect("x25519", x25519::agree(secret_key(), point).has_value(), true);
}

}  // namespace

int main() {
    if (!RUNNING_ON_VALGRIND) return std::puts("FAILED not under valgrind"), 1;
    comparisons();
    codes();
    ciphers();
    key_wraps();
    envelopes();
    boxes();
    client_secrets();
    agreement();
    return all_well ? 0 : 1;
}
