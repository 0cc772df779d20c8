// Wycheproof, testvectors_v1. What this library offers is narrower than the files: the rules are
// beside the algorithms below and in README.md; no test is known by its number.
#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/crypto/key_wrap.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/signature.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "reading.hpp"

namespace vectors {

namespace {

namespace crypto = cryptoperiod::crypto;
using crypto::exactly;
using flag_list = std::vector<std::string>;

/// What the library made of one test.
enum class answer {
    accepted,  // and every value is the published one
    refused,
    different,       // done, but a value is not the published one
    not_offered,     // a length that has no type here, so that nobody can ask for it
    released_early,  // refused, but the output was not zeros
};

/// What has to become of a test that is `acceptable`.
enum class rule { accept, refuse, none };

struct algorithm {
    char const* type;
    std::function<answer(fields& group, fields& test)> run;
    std::function<rule(flag_list const&)> acceptable = [](flag_list const&) { return rule::none; };
};

// Sizes that a group declares, in bits, against what a test of it has. A tag of another length is
// one of the things that make a test invalid.
struct declared_size {
    char const* name;
    std::size_t bytes;
};
void check_sizes(fields& group, fields& test, std::initializer_list<declared_size> sizes) {
    bool const valid = test.text("result") == "valid";
    for (auto const& size : sizes)
        if (group.number(size.name) != 8 * size.bytes &&
            (valid || std::string_view(size.name) != "tagSize"))
            throw misunderstood("the group says " + in_quotes(size.name) + " " +
                                std::to_string(group.number(size.name)) + ", the test has " +
                                std::to_string(8 * size.bytes));
}

// Calls `with<Size>()` for the one of the sizes that a key has; the others are refused by type.
template <std::size_t... Size, class With>
answer for_key_size(std::size_t size, With const& with) {
    answer given = answer::refused;
    static_cast<void>(((size == Size && (given = with.template operator()<Size>(), true)) || ...));
    return given;
}

struct aead_case {
    byte_string key, nonce, aad, message, ciphertext, tag;

    aead_case(fields& group, fields& test)
        : key(test.hex("key")),
          nonce(test.hex("iv")),
          aad(test.hex("aad")),
          message(test.hex("msg")),
          ciphertext(test.hex("ct")),
          tag(test.hex("tag")) {
        check_sizes(group, test,
                    {{"keySize", key.size()}, {"ivSize", nonce.size()}, {"tagSize", tag.size()}});
    }
};

template <crypto::aead Aead>
answer run_aead_case(aead_case const& t) {
    auto const key = exactly<Aead::key_bytes>(t.key, "key");
    auto const nonce = exactly<Aead::nonce_bytes>(t.nonce, "nonce");
    auto const tag = exactly<Aead::tag_bytes>(t.tag, "tag");
    if (!key) return answer::refused;
    if (!nonce || !tag) return answer::not_offered;
    Aead cipher(*key);
    byte_string output(t.ciphertext.size(), std::byte{0xa5});
    if (!cipher.open(*nonce, t.aad, t.ciphertext, *tag, output)) {
        bool const wiped =
            std::ranges::count(output, std::byte{0}) == static_cast<std::ptrdiff_t>(output.size());
        return wiped ? answer::refused : answer::released_early;
    }
    byte_string sealed(t.message.size());
    typename Aead::tag sealed_tag{};
    bool const same = output == t.message &&
                      cipher.seal(*nonce, t.aad, t.message, sealed, sealed_tag).has_value() &&
                      sealed == t.ciphertext && std::ranges::equal(sealed_tag, t.tag);
    return same ? answer::accepted : answer::different;
}

answer run_gcm(fields& group, fields& test) {
    aead_case const t(group, test);
    return for_key_size<16, 24, 32>(
        t.key.size(), [&]<std::size_t Size>() { return run_aead_case<crypto::aes_gcm<Size>>(t); });
}

// Their nonces have one length by definition: a valid test with another one is no valid test.
template <crypto::aead Aead>
answer run_chacha(fields& group, fields& test) {
    aead_case const t(group, test);
    auto const given = run_aead_case<Aead>(t);
    return given == answer::not_offered ? answer::refused : given;
}

// HMAC of a tag of any length from half of it on; shorter ones have no type (RFC 2104 section 5).
template <class Hash>
answer run_hmac(fields& group, fields& test) {
    auto const key = test.hex("key"), message = test.hex("msg"), tag = test.hex("tag");
    check_sizes(group, test, {{"keySize", key.size()}, {"tagSize", tag.size()}});
    // Codes have the declared length; what is shorter or longer is not one.
    if (8 * tag.size() != group.number("tagSize")) return answer::refused;
    crypto::hmac<Hash> mac(key);
    constexpr std::size_t least = std::max<std::size_t>((Hash::bytes + 1) / 2, 10);
    answer given = answer::not_offered;
    auto const verify = [&]<std::size_t Size>() {
        if (tag.size() != Size) return;
        auto const code = std::span(tag).template first<Size>();
        given = mac.template verify_truncated<Size>(message, code).has_value() ? answer::accepted
                                                                               : answer::refused;
    };
    [&]<std::size_t... More>(std::index_sequence<More...>) {
        (verify.template operator()<least + More>(), ...);
    }
    (std::make_index_sequence<Hash::bytes - least + 1>());
    auto const computed = mac.compute(message);
    bool const same =
        std::ranges::equal(std::span(computed).first(std::min(tag.size(), computed.size())), tag);
    return given == answer::accepted && !same ? answer::different : given;
}

answer run_cmac(fields& group, fields& test) {
    auto const key = test.hex("key"), message = test.hex("msg"), tag = test.hex("tag");
    check_sizes(group, test, {{"keySize", key.size()}, {"tagSize", tag.size()}});
    auto const code = exactly<16>(tag, "code");
    return for_key_size<16, 24, 32>(key.size(), [&]<std::size_t Size>() {
        if (!code) return answer::not_offered;
        crypto::aes_cmac<Size> mac{std::span(key).template first<Size>()};
        if (!mac.verify(message, *code)) return answer::refused;
        return std::ranges::equal(mac.compute(message), tag) ? answer::accepted : answer::different;
    });
}

template <bool Padded>
answer run_key_wrap(fields& group, fields& test) {
    auto const key = test.hex("key"), message = test.hex("msg"), ciphertext = test.hex("ct");
    check_sizes(group, test, {{"keySize", key.size()}});
    return for_key_size<16, 24, 32>(key.size(), [&]<std::size_t Size>() {
        using wrap_type = crypto::aes_key_wrap<Size>;
        wrap_type wrapper{std::span(key).template first<Size>()};
        byte_string wrapped(Padded ? wrap_type::padded_bytes(message.size())
                                   : wrap_type::wrapped_bytes(message.size()));
        auto const done =
            Padded ? wrapper.wrap_padded(message, wrapped) : wrapper.wrap(message, wrapped);
        bool const same = done && wrapped == ciphertext;
        auto const opened = Padded ? wrapper.unwrap_padded(ciphertext) : wrapper.unwrap(ciphertext);
        if (!opened) return same ? answer::different : answer::refused;
        return same && equal_in_constant_time(*opened, message) ? answer::accepted
                                                                : answer::different;
    });
}

template <class Hash>
answer run_hkdf(fields& group, fields& test) {
    auto const ikm = test.hex("ikm"), salt = test.hex("salt"), info = test.hex("info"),
               okm = test.hex("okm");
    check_sizes(group, test, {{"keySize", ikm.size()}});
    auto const size = test.number("size");
    // One byte more than the most is as much too much as any other number.
    byte_string output(static_cast<std::size_t>(
        std::min<std::uint64_t>(size, crypto::hkdf<Hash>::output_bytes_max + 1)));
    if (!crypto::hkdf<Hash>::derive(ikm, salt, info, output)) return answer::refused;
    return output == okm ? answer::accepted : answer::different;
}

// The key that a group has in `publicKey`, in the other encodings.
void check_encodings(fields& group, byte_string const& key) {
    auto const differs = [](char const* name) {
        return misunderstood(in_quotes(name) + " is not the encoding of 'publicKey'");
    };
    // RFC 8410 section 4: id-Ed25519, and a bit string without unused bits.
    auto const der = "302a300506032b6570032100" + cryptoperiod::to_hex(key);
    if (group.text("publicKeyDer") != der) throw differs("publicKeyDer");
    if (group.text("publicKeyPem") != "-----BEGIN PUBLIC KEY-----\n" +
                                          cryptoperiod::to_base64(*cryptoperiod::from_hex(der)) +
                                          "\n-----END PUBLIC KEY-----\n")
        throw differs("publicKeyPem");
    auto jwk = group.object("publicKeyJwk");
    jwk.constant("kty", "OKP");
    jwk.constant("crv", "Ed25519");
    jwk.remarks({"kid"});
    if (jwk.text("x") != cryptoperiod::to_base64url(key)) throw differs("publicKeyJwk");
    jwk.done();
}

answer run_ed25519(fields& group, fields& test) {
    auto key = group.object("publicKey");
    key.constant("type", "EDDSAPublicKey");
    key.constant("curve", "edwards25519");
    auto const point = exactly<32>(key.hex("pk"), "key");
    if (key.number("keySize") != 255 || !point) throw misunderstood("a key that has not 32 bytes");
    key.done();
    auto const bytes = key.hex("pk");
    check_encodings(group, bytes);
    auto const message = test.hex("msg"), signature = test.hex("sig");
    crypto::ed25519_verifier const verifier{std::span(bytes).first<32>()};
    return verifier.verify(message, signature) ? answer::accepted : answer::refused;
}

answer run_x25519(fields& group, fields& test) {
    group.constant("curve", "curve25519");
    auto const own = test.hex("private"), theirs = test.hex("public"), shared = test.hex("shared");
    auto const own_key = exactly<32>(own, "private key");
    auto const their_key = exactly<32>(theirs, "public key");
    if (!own_key || !their_key) return answer::refused;
    auto const agreed = crypto::x25519::agree(*own_key, *their_key);
    if (!agreed) return answer::refused;
    return std::ranges::equal(agreed->expose(), shared) ? answer::accepted : answer::different;
}

bool holds(flag_list const& flags, char const* flag) {
    return std::ranges::find(flags, flag) != flags.end();
}
// Twists, low orders and keys that are not reduced are fine as long as a secret comes of it.
rule of_x25519(flag_list const& flags) {
    return holds(flags, "ZeroSharedSecret") ? rule::refuse : rule::accept;
}
// RFC 3394 wraps two semiblocks or more.
rule of_key_wrap(flag_list const& flags) {
    return holds(flags, "ShortKey") ? rule::refuse : rule::none;
}

std::map<std::string, algorithm, std::less<>> const algorithms{
    {"AES-GCM", {"AeadTest", run_gcm}},
    {"CHACHA20-POLY1305", {"AeadTest", run_chacha<crypto::chacha20_poly1305>}},
    {"XCHACHA20-POLY1305", {"AeadTest", run_chacha<crypto::xchacha20_poly1305>}},
    {"AES-CMAC", {"MacTest", run_cmac}},
    {"HMACSHA1", {"MacTest", run_hmac<crypto::sha1>}},
    {"HMACSHA256", {"MacTest", run_hmac<crypto::sha256>}},
    {"HMACSHA384", {"MacTest", run_hmac<crypto::sha384>}},
    {"HMACSHA512", {"MacTest", run_hmac<crypto::sha512>}},
    {"HKDF-SHA-1", {"HkdfTest", run_hkdf<crypto::sha1>}},
    {"HKDF-SHA-256", {"HkdfTest", run_hkdf<crypto::sha256>}},
    {"HKDF-SHA-384", {"HkdfTest", run_hkdf<crypto::sha384>}},
    {"HKDF-SHA-512", {"HkdfTest", run_hkdf<crypto::sha512>}},
    {"AES-WRAP", {"KeywrapTest", run_key_wrap<false>, of_key_wrap}},
    {"AES-KWP", {"KeywrapTest", run_key_wrap<true>, of_key_wrap}},
    {"EDDSA", {"EddsaVerify", run_ed25519}},
    {"XDH", {"XdhComp", run_x25519, of_x25519}},
};

// How the tests of a type are written down.
std::map<std::string, char const*, std::less<>> const schemas{
    {"AeadTest", "aead_test_schema_v1.json"},       {"MacTest", "mac_test_schema_v1.json"},
    {"HkdfTest", "hkdf_test_schema_v1.json"},       {"KeywrapTest", "keywrap_test_schema_v1.json"},
    {"EddsaVerify", "eddsa_verify_schema_v1.json"}, {"XdhComp", "xdh_comp_schema_v1.json"},
};

std::string names_of_algorithms() {
    std::string names;
    for (auto const& [name, what] : algorithms) names += (names.empty() ? "" : ", ") + name;
    return names;
}

// Empty when the library's answer is the right one.
std::string complaint_about(answer given, bool to_accept, tally& counts) {
    switch (given) {
        case answer::accepted:
            return to_accept ? "" : "was accepted, and must not be";
        case answer::refused:
            return to_accept ? "was refused, and must not be" : "";
        case answer::different:
            return to_accept ? "gave other values than those published"
                             : "was accepted, and must not be";
        case answer::released_early:
            return "was refused, but its plaintext stayed in the output";
        case answer::not_offered:
            counts.out_of_profile += to_accept ? 1 : 0;
            return "";
    }
    return "was not judged";
}

// A file on its way.
struct file_run {
    algorithm const& what;
    tally& counts;
    std::set<std::string> flags{};  // that the notes explain
    bool has_source = false;        // of its own: older files say it once, groups since then
    std::set<std::uint64_t> ids{};
    std::size_t tests = 0;
};

std::string run_test(file_run& run, fields& group, json const& one) {
    fields test(one);
    if (!run.ids.insert(test.number("tcId")).second) throw misunderstood("'tcId' comes twice");
    test.remarks({"comment"});
    auto const flags = test.texts("flags");
    for (auto const& flag : flags)
        if (!run.flags.contains(flag))
            throw misunderstood("the flag " + in_quotes(flag) + ", which the notes do not explain");
    auto const expected = test.text("result");
    answer const given = run.what.run(group, test);
    test.done();
    group.done();
    bool to_accept = expected == "valid";
    if (expected == "acceptable") {
        rule const decided = run.what.acceptable(flags);
        if (decided == rule::none) throw misunderstood("is 'acceptable', and no rule decides it");
        to_accept = decided == rule::accept;
    } else if (!to_accept && expected != "invalid") {
        throw misunderstood("the result " + in_quotes(expected) +
                            "; known: valid, invalid, acceptable");
    }
    auto const complaint = complaint_about(given, to_accept, run.counts);
    return complaint.empty() ? "" : expected + " test " + complaint;
}

std::string name_of(json const& test, std::size_t place) {
    if (test.is_object() && test.contains("tcId") && test["tcId"].is_number_unsigned())
        return "tcId " + std::to_string(test["tcId"].get<std::uint64_t>());
    return "the test at place " + std::to_string(place) + ", which has no tcId";
}

void run_group(file_run& run, json const& one, std::size_t place) {
    auto const where = "group " + std::to_string(place);
    try {
        fields group(one);
        if (!run.has_source || group.has("source")) {
            auto source = group.object("source");
            static_cast<void>(source.filled_text("name"));
            static_cast<void>(source.filled_text("version"));
            source.done();
        }
        group.constant("type", run.what.type);
        auto const& tests = group.list("tests");
        if (tests.empty()) throw misunderstood("holds no tests");
        for (auto const& test : tests) {
            ++run.tests;
            run.counts.run(name_of(test, run.tests), [&]() -> std::string {
                if (!test.is_object() || !test.contains("tcId") ||
                    !test["tcId"].is_number_unsigned())
                    throw misunderstood("no field 'tcId' with a number");
                return run_test(run, group, test);
            });
        }
    } catch (misunderstood const& e) {
        run.counts.fail(where, e.what());
    }
}

// The flags that the notes of a file explain.
std::set<std::string> flags_explained(json const& notes) {
    if (!notes.is_object()) throw misunderstood("'notes' is not an object");
    if (notes.empty()) throw misunderstood("'notes' is empty");
    std::set<std::string> flags;
    for (auto const& [flag, note] : notes.items()) try {
            fields about(note);
            static_cast<void>(about.filled_text("bugType"));
            for (auto const* name : {"description", "effect"})
                if (about.has(name)) static_cast<void>(about.filled_text(name));
            for (auto const* name : {"links", "cves"})
                if (about.has(name)) static_cast<void>(about.filled_texts(name));
            about.done();
            flags.insert(flag);
        } catch (misunderstood const& e) {
            throw misunderstood("the note " + in_quotes(flag) + ": " + e.what());
        }
    return flags;
}

}  // namespace

void run_wycheproof(json const& root, tally& counts) {
    fields file(root);
    auto const name = file.text("algorithm");
    auto const what = algorithms.find(name);
    if (what == algorithms.end())
        throw misunderstood("the algorithm " + in_quotes(name) +
                            "; known: " + names_of_algorithms());
    file.constant("schema", schemas.at(what->second.type));
    static_cast<void>(file.filled_texts("header"));
    file_run run{.what = what->second, .counts = counts};
    run.flags = flags_explained(file.any("notes"));
    run.has_source = file.has("generatorVersion");
    if (run.has_source) static_cast<void>(file.filled_text("generatorVersion"));
    auto const declared = file.number("numberOfTests");
    auto const& groups = file.list("testGroups");
    if (groups.empty()) throw misunderstood("holds no tests");
    file.done();
    std::size_t place = 0;
    for (auto const& group : groups) run_group(run, group, ++place);
    if (run.tests != declared)
        counts.fail("the file", "numberOfTests says " + std::to_string(declared) +
                                    ", and there are " + std::to_string(run.tests));
}

}  // namespace vectors
