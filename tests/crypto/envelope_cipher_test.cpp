#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/died_with.hpp"
#include "envelopes.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::byte_string;
using test::recipe;
using test::unhex;

namespace {

byte_string const untouched(recipe{}.payload.size(), std::byte{0xa5});

// Refused by both ways of opening, and the output is as it was. `cached` has the right key.
void is_refused(envelope_cipher& cached, bytes_view envelope, record_context const& context) {
    auto output = untouched;
    BOOST_REQUIRE(!test::open_with_root_keys(envelope, context, output));
    BOOST_REQUIRE(!test::open_with_cached_key(cached, envelope, context, output));
    BOOST_REQUIRE((output == untouched));
}

// The fields of an envelope in their order, each with its length where it has one; magic and
// flags, which are always the same, are left out.
std::vector<byte_string> fields_of(bytes_view envelope) {
    auto const e = *parse_envelope(envelope);
    std::vector<byte_string> fields;
    auto const from = [&](std::byte const* begin, std::size_t size) {
        fields.emplace_back(begin, begin + size);
    };
    auto const* const outer = e.outer.data();
    auto const id = e.wrapped.root.id.size();
    from(outer, 1 + id);
    from(outer + 1 + id, 4);
    from(outer + 5 + id, 1);
    from(outer + 6 + id, 2 + e.wrapped.bytes.size());
    from(e.inner.data(), 1);
    from(e.context.data(), 2 + e.instance.size());
    from(e.context.data() + 2 + e.instance.size(), 1 + e.platform.size());
    from(e.context.data() + e.context.size() - 8, 8);
    from(e.key_id.data(), e.key_id.size());
    from(e.nonce.data(), e.nonce.size());
    from(e.commitment.data(), e.commitment.size());
    from(e.ciphertext.data() - 4, 4 + e.ciphertext.size());
    from(e.tag.data(), e.tag.size());
    return fields;
}
constexpr std::size_t suite_field = 4;

byte_string joined(std::vector<byte_string> const& fields) {
    byte_string envelope = test::copy_of(bytes_of("CPE1"));
    for (std::size_t i = 0; i != fields.size(); ++i) {
        envelope.insert(envelope.end(), fields[i].begin(), fields[i].end());
        if (i == suite_field) envelope.push_back(std::byte{0});
    }
    return envelope;
}

// Every mixture of the fields of two records, not only every pair that is swapped.
void no_mixture_opens(recipe const& one, recipe const& other) {
    auto const first = one.seal();
    auto const second = other.seal();
    BOOST_REQUIRE((first != second));
    auto const fields = fields_of(first);
    auto const other_fields = fields_of(second);
    BOOST_REQUIRE((joined(fields) == first));
    envelope_cipher cached, other_cached;
    one.key_into(cached);
    other.key_into(other_cached);
    for (unsigned taken = 1; taken != 1U << fields.size(); ++taken) {
        auto mixture = fields;
        bool pure = true;  // one mixture once: fields that are equal are not taken
        for (std::size_t i = 0; i != fields.size(); ++i) {
            if ((taken >> i & 1U) == 0) continue;
            pure = pure && fields[i] != other_fields[i];
            mixture[i] = other_fields[i];
        }
        if (!pure) continue;
        auto const envelope = joined(mixture);
        if (envelope == second) continue;
        is_refused(cached, envelope, one.context());
        is_refused(other_cached, envelope, other.context());
    }
}

// Arithmetic in the field of GCM (NIST SP 800-38D section 6.3): the leftmost bit is x^0.
using block = std::array<std::byte, 16>;

block sum(block a, block const& b) {
    for (std::size_t i = 0; i != a.size(); ++i) a[i] ^= b[i];
    return a;
}
block product(block const& a, block b) {
    block result{};
    for (std::size_t i = 0; i != 128; ++i) {
        if ((std::to_integer<unsigned>(a[i / 8]) >> (7 - i % 8) & 1U) != 0) result = sum(result, b);
        bool const carry = (b[15] & std::byte{1}) != std::byte{0};
        for (std::size_t j = 16; j-- > 0;)
            b[j] = b[j] >> 1U | (j == 0 ? std::byte{0} : b[j - 1] << 7U);
        if (carry) b[0] ^= std::byte{0xe1};
    }
    return result;
}
block inverse(block const& a) {  // a^(2^128 - 2)
    auto result = a, power = a;
    for (int i = 0; i != 126; ++i) {
        power = product(power, power);
        result = product(result, power);
    }
    return product(result, result);
}

// Of a ciphertext of two blocks the tag under `key`, and the hash key.
struct under_key {
    block hash_key{};
    block tag{};

    under_key(aes_256_gcm::key_view key, aes_256_gcm::nonce_view nonce, bytes_view aad,
              bytes_view ciphertext) {
        crypto::detail::aes_encryption aes;
        aes.set_key(key);
        aes.process(hash_key);
        byte_string text(ciphertext.size());  // its ciphertext is the keystream
        BOOST_REQUIRE(aes_256_gcm(key).seal(nonce, aad, text, text, tag));
        for (std::size_t i = 0; i != text.size(); ++i) text[i] ^= ciphertext[i];
        BOOST_REQUIRE(aes_256_gcm(key).seal(nonce, aad, text, text, tag));
        BOOST_REQUIRE(std::ranges::equal(text, ciphertext));
    }
};

// Sets the second block of `ciphertext` so that it has one and the same tag under both keys: the
// block is multiplied by the square of the hash key. Dodis et al., "Fast Message Franking", 2018.
block common_tag(aes_256_gcm::key_view one, aes_256_gcm::key_view other,
                 aes_256_gcm::nonce_view nonce, bytes_view aad,
                 std::span<std::byte, 32> ciphertext) {
    std::ranges::fill(ciphertext.last<16>(), std::byte{0});
    under_key const a(one, nonce, aad, ciphertext);
    under_key const b(other, nonce, aad, ciphertext);
    auto const squares = sum(product(a.hash_key, a.hash_key), product(b.hash_key, b.hash_key));
    auto const solution = product(sum(a.tag, b.tag), inverse(squares));
    std::ranges::copy(solution, ciphertext.last<16>().begin());
    return under_key(one, nonce, aad, ciphertext).tag;
}

// The key of a record under a data key, as the suite derives it.
std::array<std::byte, 32> record_key(envelope_suite suite, envelope_cipher::key_view data_key,
                                     std::span<std::byte const, 24> nonce) {
    std::array<std::byte, 32> key{};
    if (suite == envelope_suite::xaes) {
        crypto::detail::xaes_key_schedule schedule;
        schedule.set_key(data_key);
        schedule.derive(nonce.first<12>(), std::span(key));
    } else {
        auto const both = hkdf<sha512>::derive<64>(
            data_key, nonce, bytes_of("cryptoperiod/envelope/aes-256-gcm/v1"));
        std::ranges::copy(both.expose().first<32>(), key.begin());
    }
    return key;
}

struct no_entropy {
    static constexpr bool predictable = false;
    static result<void> fill(std::span<std::byte> bytes) {
        wipe(bytes);
        return error{errc::entropy_unavailable, "none"};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(envelope_cipher_test)

BOOST_AUTO_TEST_CASE(what_was_sealed_opens) {
    for (auto const suite : test::every_suite)
        for (std::size_t const size : {0U, 1U, 15U, 16U, 2048U, 65536U}) {
            envelope_cipher cipher;
            recipe{}.key_into(cipher);
            byte_string const payload(size, std::byte{0x3c});
            auto const sealed = cipher.seal(os_entropy{}, test::context_of(), payload, suite);
            BOOST_REQUIRE(sealed.has_value());
            BOOST_TEST(sealed->size() == cipher.sealed_bytes(test::context_of(), size));
            auto const parsed = parse_envelope(*sealed);
            BOOST_REQUIRE(parsed.has_value());
            BOOST_TEST((parsed->suite == suite));
            auto const opened = cipher.open(*parsed, test::context_of());
            BOOST_REQUIRE(opened.has_value());
            BOOST_TEST(equal_in_constant_time(*opened, payload));
        }
}

BOOST_AUTO_TEST_CASE(every_suite_keeps_its_bytes) {
    // The inner blocks of recipe{}, computed from the same nonce with OpenSSL through Python's
    // cryptography (HChaCha20 by hand): suite; flags to nonce, which they share; the rest.
    std::string const shared =
        "00003263726e3a76313a626c75656d69783a7075626c69633a696d6670757368"
        "3a75732d736f7574683a612f6163633a692d313a3a0366636d00000000000000"
        "07d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d17006e8e3bc0e0ae5c022f29527aa15"
        "b61b1408acbeccc5df";
    struct golden {
        envelope_suite suite;
        char const* first;
        char const* rest;
    };
    golden const all[]{{envelope_suite::xaes, "01",
                        "7f7335ef256b12d7b889138bd9aee4ea030de9e4975d620e827b353782a57539"
                        "00000017f96403f2e4e3f0a6ded35ff635ba50e28bf68de9f975c2aa662da74d"
                        "19654915bc1b9cc6654471"},
                       {envelope_suite::gcm_hkdf, "02",
                        "eb12f101f5e078ea7827a693b4ac2f4a549276518efb2083362fbc1b94c542ed"
                        "00000017d437aef5e053e84e59d217418e61c1ed13b14d6208235a56a10eff3b"
                        "a354ea2c80c20955cd33f9"},
                       {envelope_suite::xchacha_hkdf, "03",
                        "374cfe7961a80c09b7e072fe2f5d204bc059ee23d85c059a92c5866a8ee4e15c"
                        "000000175bd4312d5da581cdcfaeacd0453a19aa7dbccfee79276d9967e05a0f"
                        "d27041831a3344d940f913"}};
    for (auto const& [suite, first, rest] : all) {
        auto const sealed = recipe{.suite = suite}.seal();
        BOOST_TEST(to_hex(parse_envelope(sealed)->inner) == first + shared + rest);
    }
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_refused_and_the_output_is_as_it_was) {
    for (auto const suite : test::every_suite)
        for (auto const algorithm : {wrap_algorithm::aes_gcm, wrap_algorithm::aes_kwp}) {
            recipe const made{.algorithm = algorithm, .suite = suite};
            auto sealed = made.seal();
            envelope_cipher cached;
            made.key_into(cached);
            test::for_every_flipped_bit(sealed,
                                        [&] { is_refused(cached, sealed, made.context()); });
            auto output = untouched;
            BOOST_TEST(test::open_with_root_keys(sealed, made.context(), output).has_value());
            BOOST_TEST(
                test::open_with_cached_key(cached, sealed, made.context(), output).has_value());
            BOOST_TEST((output == test::copy_of(bytes_of(made.payload))));
        }
}

BOOST_AUTO_TEST_CASE(every_cut_and_every_byte_more_is_refused_and_the_output_is_as_it_was) {
    for (auto const suite : test::every_suite) {
        recipe const made{.suite = suite};
        auto sealed = made.seal();
        envelope_cipher cached;
        made.key_into(cached);
        for (std::size_t size = 0; size != sealed.size(); ++size)
            is_refused(cached, std::span(sealed).first(size), made.context());
        sealed.push_back(std::byte{0});
        for (unsigned byte = 0; byte != 256; ++byte) {
            sealed.back() = static_cast<std::byte>(byte);
            is_refused(cached, sealed, made.context());
        }
    }
}

BOOST_AUTO_TEST_CASE(no_mixture_of_the_fields_of_two_records_opens) {
    recipe const one;
    no_mixture_opens(one, {.tenant = '2', .data_key = 2, .seed = 2});
    no_mixture_opens(one, {.platform = "apns", .data_key = 2, .seed = 2});
    no_mixture_opens(one, {.version = 8, .seed = 2});
    no_mixture_opens(one, {.data_key = 2, .seed = 2});
    no_mixture_opens(one, {.data_key = 2});  // and the same nonce
    no_mixture_opens(one, {.payload = "another key, as long ..", .seed = 2});
    no_mixture_opens(one, {.suite = envelope_suite::gcm_hkdf, .seed = 2});
    no_mixture_opens(one, {.suite = envelope_suite::gcm_hkdf});
    no_mixture_opens(one, {.data_key = 2, .root = {"root-b", 3}, .seed = 2});
    no_mixture_opens(one, {.data_key = 2, .root = {"root-a", 4}, .seed = 2});
    no_mixture_opens({.algorithm = wrap_algorithm::aes_kwp}, {.tenant = '2',
                                                              .platform = "apns",
                                                              .version = 8,
                                                              .data_key = 2,
                                                              .algorithm = wrap_algorithm::aes_kwp,
                                                              .seed = 2});
    no_mixture_opens(
        {.suite = envelope_suite::gcm_hkdf},
        {.tenant = '2', .data_key = 2, .suite = envelope_suite::xchacha_hkdf, .seed = 2});
}

BOOST_AUTO_TEST_CASE(a_record_is_not_opened_in_another_context_by_any_way) {
    auto const sealed = recipe{}.seal();
    envelope_cipher cached;
    recipe{}.key_into(cached);
    for (auto const& context :
         {test::context_of('2'), test::context_of('1', "apns"), test::context_of('1', "fcm", 8)}) {
        is_refused(cached, sealed, context);
        BOOST_TEST(
            (cached.open(*parse_envelope(sealed), context).error().code == errc::wrong_context));
    }
}

BOOST_AUTO_TEST_CASE(the_data_key_of_another_envelope_is_refused) {
    auto const sealed = recipe{}.seal();
    auto const parsed = *parse_envelope(sealed);
    envelope_cipher other;
    recipe{.data_key = 2}.key_into(other);
    BOOST_TEST(!other.is_key_of(parsed));
    auto const refused = other.open(parsed, test::context_of());
    BOOST_REQUIRE(!refused);
    BOOST_TEST(to_string(refused.error()) ==
               "authentication_failed: the data key is not the one that the envelope wraps; unwrap "
               "that one");
    // The same key under a newer root key: what is cached is of another outer block.
    recipe{.root = {"root-a", 4}}.key_into(other);
    BOOST_TEST(!other.is_key_of(parsed));
    BOOST_TEST(
        (other.open(parsed, test::context_of()).error().code == errc::authentication_failed));
    recipe{}.key_into(other);
    BOOST_TEST(other.is_key_of(parsed));
}

BOOST_AUTO_TEST_CASE(another_key_is_seen_before_anything_is_decrypted) {
    for (auto const suite : test::every_suite) {
        auto const sealed = recipe{.suite = suite}.seal();
        auto const parsed = *parse_envelope(sealed);
        envelope_cipher liar;  // under the right names
        BOOST_REQUIRE(liar.rekey(parsed.key_id, test::filled_with<32>(0xee), parsed.wrapped));
        auto output = untouched;
        auto const refused = liar.open(parsed, test::context_of(), output);
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == errc::commitment_mismatch));
        BOOST_TEST((output == untouched));
    }
}

BOOST_AUTO_TEST_CASE(a_ciphertext_made_for_two_keys_opens_under_one) {
    for (auto const suite : {envelope_suite::xaes, envelope_suite::gcm_hkdf}) {
        // An honest record of the first key; then its ciphertext and tag are the forger's.
        recipe const made{.suite = suite, .payload = "a payload of two blocks, no more"};
        auto sealed = made.seal();
        auto const parsed = *parse_envelope(sealed);
        auto const other_key = test::filled_with<32>(2);
        auto const one = record_key(suite, made.key(), parsed.nonce);
        auto const other = record_key(suite, other_key, parsed.nonce);
        auto const nonce =
            suite == envelope_suite::xaes ? parsed.nonce.last<12>() : parsed.nonce.last<12>();
        auto const place = std::span(sealed).last<48>();
        auto const tag = common_tag(one, other, nonce, parsed.header, place.first<32>());
        std::ranges::copy(tag, place.last<16>().begin());

        aes_256_gcm bare(one);
        BOOST_TEST(bare.open(nonce, parsed.header, parsed.ciphertext, parsed.tag).has_value());
        bare.rekey(other);
        BOOST_TEST(bare.open(nonce, parsed.header, parsed.ciphertext, parsed.tag).has_value());

        envelope_cipher cipher;
        BOOST_REQUIRE(cipher.rekey(parsed.key_id, made.key(), parsed.wrapped));
        BOOST_TEST(cipher.open(parsed, made.context()).has_value());
        BOOST_REQUIRE(cipher.rekey(parsed.key_id, other_key, parsed.wrapped));
        auto const refused = cipher.open(parsed, made.context());
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == errc::commitment_mismatch));
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_written_when_there_is_no_entropy) {
    envelope_cipher cipher;
    recipe{}.key_into(cipher);
    byte_string const payload(8);
    byte_string envelope(cipher.sealed_bytes(test::context_of(), payload.size()), std::byte{0xa5});
    auto const before = envelope;
    auto const refused = cipher.seal(no_entropy{}, test::context_of(), payload, envelope);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::entropy_unavailable));
    BOOST_TEST((envelope == before));
    BOOST_TEST((cipher.seal(no_entropy{}, test::context_of(), payload).error().code ==
                errc::entropy_unavailable));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_sealed_is_refused) {
    envelope_cipher cipher;
    recipe{}.key_into(cipher);
    auto const* const nowhere = reinterpret_cast<std::byte const*>(4096);  // is never read
    auto const refused =
        cipher.seal(os_entropy{}, test::context_of(), bytes_view(nowhere, payload_bytes_max + 1));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(to_string(refused.error()) ==
               "out_of_range: a payload of 1073741825 bytes; one record holds at most 1073741824: "
               "cut it into records");
    BOOST_TEST((cipher.seal(os_entropy{}, test::context_of(), {}, static_cast<envelope_suite>(4))
                    .error()
                    .code == errc::unknown_suite));
}

BOOST_AUTO_TEST_CASE(a_cipher_without_a_key_is_our_own_mistake) {
    envelope_cipher cipher;
    auto const seals = [&] {
        static_cast<void>(cipher.seal(os_entropy{}, test::context_of(), {}));
    };
    BOOST_TEST(test::died_with(seals).has_value());
    recipe{}.key_into(cipher);
    BOOST_TEST(!test::died_with(seals).has_value());
    cipher.clear();
    BOOST_TEST(test::died_with(seals).has_value());
}

BOOST_AUTO_TEST_CASE(a_refused_outer_block_leaves_the_last_key) {
    auto const sealed = recipe{}.seal();
    envelope_cipher cipher;
    recipe{}.key_into(cipher);
    BOOST_TEST((cipher.rekey(recipe{}.id(), test::filled_with<32>(9), {}).error().code ==
                errc::malformed));
    BOOST_TEST(cipher.open(*parse_envelope(sealed), test::context_of()).has_value());
}

BOOST_AUTO_TEST_CASE(one_payload_is_never_sealed_twice_alike) {
    envelope_cipher cipher;
    recipe{}.key_into(cipher);
    auto const one = cipher.seal(os_entropy{}, test::context_of(), bytes_of("the same"));
    auto const other = cipher.seal(os_entropy{}, test::context_of(), bytes_of("the same"));
    BOOST_REQUIRE((one.has_value() && other.has_value()));
    BOOST_TEST((test::copy_of(parse_envelope(*one)->nonce) !=
                test::copy_of(parse_envelope(*other)->nonce)));
    BOOST_TEST((*one != *other));
}

BOOST_AUTO_TEST_SUITE_END()
