/// @file crypto.cpp
/// Envelopes against OpenSSL 3.0 and against Crypto++ as its tutorial has it: a record of 2 KiB,
/// with its header encoded, into memory that is kept. Every figure is a ratio within one run; all
/// variants take turns, so that a slow moment of the machine meets all of them.
#include <cryptopp/filters.h>
#include <cryptopp/gcm.h>
#include <cryptopp/osrng.h>
#include <cryptopp/xed25519.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/crypto/key_wrap.hpp>
#include <cryptoperiod/crypto/signature.hpp>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench.hpp"

namespace {

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using crypto::detail::raw;
using byte_string = std::vector<std::byte>;

/// A benchmark of something that fails measures nothing.
void must(bool done, char const* what) {
    if (done) return;
    std::fprintf(stderr, "bench_crypto: %s failed\n", what);
    std::exit(1);
}

unsigned char* to(std::span<std::byte> bytes) { return raw(bytes); }
unsigned char const* from(bytes_view bytes) { return raw(bytes); }
int size_of(bytes_view bytes) { return static_cast<int>(bytes.size()); }

// ---- OpenSSL, tuned: contexts and keys are kept, only what must change is set.

class openssl_gcm {
public:
    openssl_gcm() {
        must(EVP_EncryptInit_ex(sealing_.get(), cipher_.get(), nullptr, nullptr, nullptr) == 1 &&
                 EVP_DecryptInit_ex(opening_.get(), cipher_.get(), nullptr, nullptr, nullptr) == 1,
             "OpenSSL");
    }
    void set_key(bytes_view key) {
        must(EVP_EncryptInit_ex(sealing_.get(), nullptr, nullptr, from(key), nullptr) == 1 &&
                 EVP_DecryptInit_ex(opening_.get(), nullptr, nullptr, from(key), nullptr) == 1,
             "OpenSSL key");
    }
    /// With `key` in the place of the last one, unless it is empty.
    void seal(bytes_view key, bytes_view nonce, bytes_view aad, bytes_view plaintext,
              std::span<std::byte> ciphertext, std::span<std::byte> tag) {
        auto* const c = sealing_.get();
        int size = 0;
        bool const done =
            EVP_EncryptInit_ex(c, nullptr, nullptr, key.empty() ? nullptr : from(key),
                               from(nonce)) == 1 &&
            EVP_EncryptUpdate(c, nullptr, &size, from(aad), size_of(aad)) == 1 &&
            EVP_EncryptUpdate(c, to(ciphertext), &size, from(plaintext), size_of(plaintext)) == 1 &&
            EVP_EncryptFinal_ex(c, to(tag), &size) == 1 &&
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1;
        must(done, "OpenSSL seal");
    }
    void open(bytes_view nonce, bytes_view aad, bytes_view ciphertext, std::span<std::byte> tag,
              std::span<std::byte> plaintext) {
        auto* const c = opening_.get();
        int size = 0;
        bool const done = EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, from(nonce)) == 1 &&
                          EVP_DecryptUpdate(c, nullptr, &size, from(aad), size_of(aad)) == 1 &&
                          EVP_DecryptUpdate(c, to(plaintext), &size, from(ciphertext),
                                            size_of(ciphertext)) == 1 &&
                          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) == 1 &&
                          EVP_DecryptFinal_ex(c, to(plaintext), &size) == 1;
        must(done, "OpenSSL open");
    }

private:
    template <auto Free>
    struct freed {
        template <class T>
        void operator()(T* object) const {
            Free(object);
        }
    };
    using context = std::unique_ptr<EVP_CIPHER_CTX, freed<EVP_CIPHER_CTX_free>>;
    std::unique_ptr<EVP_CIPHER, freed<EVP_CIPHER_free>> cipher_{
        EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
    context sealing_{EVP_CIPHER_CTX_new()};
    context opening_{EVP_CIPHER_CTX_new()};
};

// ---- What all variants work on.

record_context context() {
    return *record_context::make(
        *parse_crn("crn:v1:bluemix:public:imfpush:us-south:a/1234567890abcdef1234567890abcdef:"
                   "12345678-90ab-cdef-1234-567890abcdef::"),
        "fcm", 7);
}

/// One of a root key's versions on this machine: AES-GCM with a random nonce.
class root_key {
public:
    explicit root_key(unsigned fill) { cipher_.rekey(key(fill)); }

    static std::array<std::byte, 32> key(unsigned fill) {
        std::array<std::byte, 32> bytes;
        bytes.fill(static_cast<std::byte>(fill));
        return bytes;
    }
    void wrap(bytes_view aad, bytes_view key, std::span<std::byte, 60> wrapped) {
        must(cipher_
                 .seal_with_random_nonce(os_entropy{}, aad, key, wrapped.subspan<12, 32>(),
                                         wrapped.first<12>(), wrapped.last<16>())
                 .has_value(),
             "wrap");
    }
    void unwrap(bytes_view aad, std::span<std::byte const, 60> wrapped, std::span<std::byte> key) {
        must(cipher_
                 .open(wrapped.first<12>(), aad, wrapped.subspan<12, 32>(), wrapped.last<16>(), key)
                 .has_value(),
             "unwrap");
    }

private:
    aes_256_gcm cipher_;
};

constexpr std::string_view root_id = "8a3c1b2d-5e6f-4711-8899-aabbccddeeff";

struct record {
    explicit record(std::size_t size) : payload(size, std::byte{0x3c}), opened(size) {}

    record_context of = context();
    byte_string payload;
    byte_string opened;
    byte_string envelope;
    data_key_id id{};
    std::array<std::byte, 60> wrapped{};
    root_key root{0x11};
    root_key next_root{0x22};
    envelope_cipher cipher;

    void fresh_key() {
        must(os_entropy{}.fill(id).has_value(), "entropy");
        auto const key = *random_secret<32>(os_entropy{});
        root.wrap(wrap_aad(of, root_id, id), key.expose(), wrapped);
        must(cipher.rekey(id, key.expose(), {{root_id, 1}, wrap_algorithm::aes_gcm, wrapped})
                 .has_value(),
             "rekey");
    }
    void seal() {
        envelope.resize(cipher.sealed_bytes(of, payload.size()));
        must(cipher.seal(os_entropy{}, of, payload, envelope).has_value(), "seal");
    }
    void open() {
        auto const parsed = parse_envelope(envelope);
        must(parsed && cipher.open(*parsed, of, opened), "open");
    }
    void rewrap_to_next_root() {
        auto const parsed = *parse_envelope(envelope);
        auto const aad = wrap_aad(of, root_id, parsed.key_id);
        secret_array<32> key;
        root.unwrap(aad, parsed.wrapped.bytes.first<60>(), key.writable());
        std::array<std::byte, 60> again;
        next_root.wrap(aad, key.expose(), again);
        auto const done = rewrap(envelope, {{root_id, 2}, wrap_algorithm::aes_gcm, again});
        must(done.has_value(), "rewrap");
        bench::keep(done->size());
    }
};

/// The same record without commitment, with a nonce of 12 bytes, on any bare AES-256-GCM.
struct bare_record {
    explicit bare_record(std::size_t size) : payload(size, std::byte{0x3c}), opened(size) {}

    record_context of = context();
    byte_string payload;
    byte_string opened;
    byte_string envelope;
    std::size_t header_at = 0, header_size = 0;

    /// Writes all but nonce, ciphertext and tag.
    void write(data_key_id_view id, bytes_view wrapped) {
        envelope.resize(4 + 1 + root_id.size() + 7 + wrapped.size() + 2 + of.encoded().size() + 16 +
                        12 + 4 + payload.size() + 16);
        crypto::detail::field_writer out(envelope);
        out.bytes(bytes_of("CPE0"));
        out.counted<1>(bytes_of(root_id));
        out.number<4>(1);
        out.number<1>(2);
        out.counted<2>(wrapped);
        header_at = out.offset();
        out.number<2>(0);
        out.bytes(of.encoded());
        out.bytes(id);
        static_cast<void>(out.next(12));
        out.number<4>(payload.size());
        header_size = out.offset() - header_at;
    }
    bytes_view header() const { return std::span(envelope).subspan(header_at, header_size); }
    std::span<std::byte, 12> nonce() {
        return std::span(envelope).subspan(header_at + header_size - 16).first<12>();
    }
    std::span<std::byte> ciphertext() {
        return std::span(envelope).subspan(header_at + header_size, payload.size());
    }
    std::span<std::byte, 16> tag() { return std::span(envelope).last<16>(); }
};

struct openssl_record : bare_record {
    using bare_record::bare_record;
    openssl_gcm root;
    openssl_gcm data;
    std::array<std::byte, 60> wrapped{};
    std::array<std::byte, 32 + 16 + 12 + 12> random{};  // key, id, both nonces

    void keys() {
        root.set_key(root_key::key(0x11));
        data.set_key(root_key::key(0x33));
    }
    void seal_with_fresh_key() {
        must(RAND_bytes(to(random), static_cast<int>(random.size())) == 1, "RAND_bytes");
        bytes_view const all(random);
        auto const key = all.first<32>();
        auto const id = all.subspan<32, 16>();
        std::ranges::copy(all.subspan(48, 12), wrapped.begin());
        root.seal({}, all.subspan(48, 12), wrap_aad(of, root_id, id), key,
                  std::span(wrapped).subspan(12, 32), std::span(wrapped).last(16));
        write(id, wrapped);
        std::ranges::copy(all.subspan(60, 12), nonce().begin());
        data.seal(key, nonce(), header(), payload, ciphertext(), tag());
    }
    void seal_with_cached_key() {
        write(data_key_id{}, wrapped);
        must(RAND_bytes(to(nonce()), 12) == 1, "RAND_bytes");
        data.seal({}, nonce(), header(), payload, ciphertext(), tag());
    }
    void open() { data.open(nonce(), header(), ciphertext(), tag(), opened); }
};

struct bare_crypto_record : bare_record {
    using bare_record::bare_record;
    aes_256_gcm data{root_key::key(0x33)};
    std::array<std::byte, 60> wrapped{};

    void seal() {
        write(data_key_id{}, wrapped);
        must(data.seal_with_random_nonce(os_entropy{}, header(), payload, ciphertext(), nonce(),
                                         tag())
                 .has_value(),
             "bare seal");
    }
};

// ---- Crypto++ as its tutorial has it: a pool, filters and strings, new ones for each record.

std::string tutorial_seal(bytes_view key, CryptoPP::RandomNumberGenerator& pool,
                          std::string const& aad, std::string const& plaintext) {
    std::string nonce(12, '\0'), sealed;
    pool.GenerateBlock(reinterpret_cast<CryptoPP::byte*>(nonce.data()), nonce.size());
    CryptoPP::GCM<CryptoPP::AES>::Encryption mode;
    mode.SetKeyWithIV(from(key), key.size(), reinterpret_cast<CryptoPP::byte const*>(nonce.data()),
                      nonce.size());
    CryptoPP::AuthenticatedEncryptionFilter filter(mode, new CryptoPP::StringSink(sealed), false,
                                                   16);
    filter.ChannelPut(CryptoPP::AAD_CHANNEL, reinterpret_cast<CryptoPP::byte const*>(aad.data()),
                      aad.size());
    filter.ChannelMessageEnd(CryptoPP::AAD_CHANNEL);
    filter.ChannelPut(CryptoPP::DEFAULT_CHANNEL,
                      reinterpret_cast<CryptoPP::byte const*>(plaintext.data()), plaintext.size());
    filter.ChannelMessageEnd(CryptoPP::DEFAULT_CHANNEL);
    return nonce + sealed;
}
std::string tutorial_record(std::string const& context_text, std::string const& payload) {
    CryptoPP::AutoSeededRandomPool pool;
    std::array<std::byte, 32> key;
    pool.GenerateBlock(to(key), key.size());
    std::string const plain_key(reinterpret_cast<char const*>(key.data()), key.size());
    auto const root = root_key::key(0x11);
    auto const wrapped = tutorial_seal(root, pool, context_text, plain_key);
    return "v1" + context_text + wrapped + tutorial_seal(key, pool, context_text, payload);
}

// ---- Taking turns.

class turns {
public:
    void add(std::string const& name, int count, std::function<void()> work) {
        variants_.push_back({name, count, std::move(work), 1e300});
    }
    void run(int rounds) {
        for (int i = 0; i < rounds; ++i)
            for (auto& v : variants_)
                v.seconds = std::min(v.seconds, bench::shortest(1, [&] {
                                                    for (int j = 0; j < v.count; ++j) v.work();
                                                }) / v.count);
        for (auto const& v : variants_) bench::figure(v.name + "_ns", v.seconds * 1e9);
    }
    double of(std::string const& name) const {
        for (auto const& v : variants_)
            if (v.name == name) return v.seconds;
        must(false, name.c_str());
        return 0;
    }

private:
    struct variant {
        std::string name;
        int count;
        std::function<void()> work;
        double seconds;
    };
    std::vector<variant> variants_;
};

constexpr std::size_t record_bytes = 2048;

void envelopes() {
    record fresh(record_bytes), cached(record_bytes);
    cached.fresh_key();
    cached.seal();
    openssl_record openssl(record_bytes), openssl_cached(record_bytes);
    openssl.keys();
    openssl_cached.keys();
    openssl_cached.seal_with_cached_key();
    bare_crypto_record bare(record_bytes);
    auto const text = to_string(*parse_crn(context().instance()));
    std::string const payload(record_bytes, '<');

    turns t;
    t.add("seal_fresh", 2000, [&] { fresh.fresh_key(), fresh.seal(); });
    t.add("seal_fresh_openssl", 2000, [&] { openssl.seal_with_fresh_key(); });
    t.add("seal_fresh_tutorial", 500, [&] { bench::keep(tutorial_record(text, payload).size()); });
    t.add("seal_cached", 2000, [&] { cached.seal(); });
    t.add("seal_cached_bare_gcm", 2000, [&] { bare.seal(); });
    t.add("seal_cached_openssl", 2000, [&] { openssl_cached.seal_with_cached_key(); });
    t.add("open_cached", 2000, [&] { cached.open(); });
    t.add("open_cached_openssl", 2000, [&] { openssl_cached.open(); });
    t.run(30);
    must(cached.opened == cached.payload && openssl_cached.opened == openssl_cached.payload,
         "comparison");
    bench::figure("seal_fresh.times_openssl", t.of("seal_fresh") / t.of("seal_fresh_openssl"));
    bench::figure("seal_fresh.speedup_over_tutorial",
                  t.of("seal_fresh_tutorial") / t.of("seal_fresh"));
    bench::figure("seal_cached.times_bare_gcm", t.of("seal_cached") / t.of("seal_cached_bare_gcm"));
    bench::figure("seal_cached.times_openssl_fresh",
                  t.of("seal_cached") / t.of("seal_fresh_openssl"));
    bench::figure("seal_cached.times_openssl_cached",
                  t.of("seal_cached") / t.of("seal_cached_openssl"));
    bench::figure("seal_cached.speedup_over_tutorial",
                  t.of("seal_fresh_tutorial") / t.of("seal_cached"));
    bench::figure("open_cached.times_openssl", t.of("open_cached") / t.of("open_cached_openssl"));
}

void rewraps() {
    record big(65536);
    big.fresh_key();
    big.seal();
    turns t;
    t.add("rewrap_64k", 500, [&] { big.rewrap_to_next_root(); });
    record other(65536);
    other.fresh_key();
    other.seal();
    t.add("open_and_seal_64k", 100, [&] { other.open(), other.seal(); });
    t.run(30);
    bench::figure("rewrap.speedup_over_open_and_seal",
                  t.of("open_and_seal_64k") / t.of("rewrap_64k"));
}

void key_wrap() {
    auto const root = root_key::key(0x11);
    auto const key = root_key::key(0x33);
    aes_key_wrap<32> ours(root);
    std::array<std::byte, 40> wrapped{}, theirs{};
    auto* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP-PAD", nullptr);
    auto* const c = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    must(EVP_EncryptInit_ex(c, cipher, nullptr, from(root), nullptr) == 1, "OpenSSL KWP key");
    turns t;
    t.add("kwp_32", 5000, [&] { must(ours.wrap_padded(key, wrapped).has_value(), "KWP"); });
    t.add("kwp_32_openssl", 1000, [&] {
        int size = 0;
        must(EVP_EncryptUpdate(c, to(theirs), &size, from(key), 32) == 1, "OpenSSL KWP");
    });
    t.run(30);
    must(wrapped == theirs, "comparison of KWP");
    bench::figure("kwp.speedup_over_openssl", t.of("kwp_32_openssl") / t.of("kwp_32"));
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
}

// What our checks cost: the same without them. GCM is joined here from parts of Crypto++, so it is
// compared with these very parts; the others with the calls of Crypto++.
void guards() {
    auto const key = root_key::key(0x33);
    byte_string const payload(record_bytes, std::byte{1}), aad(96, std::byte{2});
    byte_string ciphertext(record_bytes);
    aes_256_gcm ours(key);
    aes_256_gcm::nonce nonce{}, their_nonce{};
    aes_256_gcm::tag tag{};
    crypto::detail::authenticated_mode<CryptoPP::GCM<CryptoPP::AES>::Encryption> unguarded;
    unguarded.set_key(key);
    auto const next = [](aes_256_gcm::nonce& of) {
        std::uint64_t count = 0;
        std::memcpy(&count, of.data(), sizeof count);
        ++count;
        std::memcpy(of.data(), &count, sizeof count);
    };
    ed25519_signer const signer(key);
    auto const signature = signer.sign(aad);
    ed25519_verifier const verifier(signer.public_key());
    CryptoPP::ed25519::Verifier const raw_verifier(from(signer.public_key()));
    auto const point = x25519::public_key_of(root_key::key(0x44));
    secret_array<32> shared;

    turns t;
    t.add("gcm", 2000, [&] {
        next(nonce);
        must(ours.seal(nonce, aad, payload, ciphertext, tag).has_value(), "GCM");
    });
    t.add("gcm_unguarded", 2000, [&] {
        next(their_nonce);
        unguarded.seal(their_nonce, aad, payload, ciphertext, tag);
    });
    t.add("ed25519_verify", 20,
          [&] { must(verifier.verify(aad, signature).has_value(), "Ed25519"); });
    t.add("ed25519_verify_unguarded", 20, [&] {
        must(raw_verifier.VerifyMessage(from(aad), aad.size(), from(signature), 64), "Ed25519");
    });
    t.add("x25519_agree", 20, [&] { must(x25519::agree(key, point).has_value(), "X25519"); });
    t.add("x25519_agree_unguarded", 20, [&] {
        must(CryptoPP::x25519().Agree(to(shared.writable()), from(key), from(point), false),
             "X25519");
    });
    t.run(60);
    for (std::string const name : {"gcm", "ed25519_verify", "x25519_agree"})
        bench::figure("guards." + name + "_percent",
                      100 * (t.of(name) / t.of(name + "_unguarded") - 1));
}

}  // namespace

int main() {
    envelopes();
    rewraps();
    key_wrap();
    guards();
    return 0;
}
