#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/envelope.hpp>
#include <string>
#include <vector>

#include "envelopes.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::byte_string;
using test::recipe;
using test::unhex;

namespace {

std::string refusal_of(bytes_view envelope) {
    auto const parsed = parse_envelope(envelope);
    return parsed ? "parsed" : to_string(parsed.error());
}

// An envelope with `replacement` in the place of `size` bytes at `offset`.
byte_string changed(byte_string envelope, std::size_t offset, std::size_t size,
                    std::string_view replacement) {
    auto const at = envelope.begin() + static_cast<std::ptrdiff_t>(offset);
    auto const put = bytes_of(replacement);
    envelope.insert(envelope.erase(at, at + static_cast<std::ptrdiff_t>(size)), put.begin(),
                    put.end());
    return envelope;
}

crn instance_crn() { return *parse_crn(test::context_of('1').instance()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(envelope_test)

BOOST_AUTO_TEST_CASE(every_byte_has_its_place) {
    auto const sealed = recipe{}.seal();
    auto const parsed = parse_envelope(sealed);
    BOOST_REQUIRE(parsed.has_value());
    byte_string by_hand;
    auto const append = [&](bytes_view part) {
        by_hand.insert(by_hand.end(), part.begin(), part.end());
    };
    append(bytes_of("CPE1"));
    append(unhex("06"));  // of the root key id
    append(bytes_of("root-a"));
    append(unhex("00000003"));  // root key version
    append(unhex("02"));        // AES-GCM
    append(unhex("003c"));      // of the wrapped data key: nonce, key, tag
    append(recipe{}.wrapped());
    append(unhex("01"));    // XAES-256-GCM
    append(unhex("00"));    // flags
    append(unhex("0032"));  // of the CRN
    append(bytes_of("crn:v1:bluemix:public:imfpush:us-south:a/acc:i-1::"));
    append(unhex("03"));
    append(bytes_of("fcm"));
    append(unhex("0000000000000007"));  // record version
    append(recipe{}.id());
    append(parsed->nonce);
    append(parsed->commitment);
    append(unhex("00000017"));
    append(parsed->ciphertext);
    append(parsed->tag);
    BOOST_TEST(to_hex(sealed) == to_hex(by_hand));
}

BOOST_AUTO_TEST_CASE(a_view_has_every_field) {
    auto const sealed = recipe{}.seal();
    auto const parsed = parse_envelope(sealed);
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST((parsed->wrapped.root == root_key_version{"root-a", 3}));
    BOOST_TEST((parsed->wrapped.algorithm == wrap_algorithm::aes_gcm));
    BOOST_TEST((test::copy_of(parsed->wrapped.bytes) == recipe{}.wrapped()));
    BOOST_TEST((parsed->suite == envelope_suite::xaes));
    BOOST_TEST(parsed->instance == recipe{}.context().instance());
    BOOST_TEST(parsed->platform == "fcm");
    BOOST_TEST(parsed->record_version == 7U);
    BOOST_TEST((test::copy_of(parsed->key_id) == test::copy_of(recipe{}.id())));
    BOOST_TEST(parsed->ciphertext.size() == recipe{}.payload.size());
    BOOST_TEST((parsed->header.data() == parsed->inner.data()));
    BOOST_TEST((parsed->header.data() + parsed->header.size() == parsed->ciphertext.data()));
    BOOST_TEST((test::copy_of(parsed->context) == test::copy_of(recipe{}.context().encoded())));
}

BOOST_AUTO_TEST_CASE(every_cut_and_every_longer_envelope_is_malformed) {
    for (auto const suite : test::every_suite) {
        auto sealed = recipe{.suite = suite}.seal();
        for (std::size_t size = 0; size != sealed.size(); ++size) {
            auto const refused = parse_envelope(std::span(sealed).first(size));
            BOOST_REQUIRE(!refused);
            BOOST_REQUIRE((refused.error().code == errc::malformed));
        }
        auto const whole = sealed.size();
        sealed.push_back(std::byte{0});
        BOOST_TEST(refusal_of(sealed) == "malformed: envelope: end at offset " +
                                             std::to_string(whole) +
                                             " is followed by more; one envelope holds one record");
    }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_offset) {
    // Offsets: 4 root key id, 11 its version, 15 algorithm, 16 wrapped key, 78 suite, 79 flags,
    // 80 CRN, 132 platform, 132 record version, 144 data key id, 160 nonce, 184 commitment,
    // 216 ciphertext, 243 tag.
    using namespace std::string_view_literals;
    auto const sealed = recipe{}.seal();
    BOOST_TEST(refusal_of({}) == "malformed: envelope: magic at offset 0 is cut off");
    BOOST_TEST(refusal_of(changed(sealed, 3, 1, "2")) ==
               "malformed: envelope: magic at offset 0 is not CPE1");
    BOOST_TEST(refusal_of(changed(sealed, 4, 7, "\0"sv)) ==
               "malformed: envelope: root key id at offset 4 is empty");
    BOOST_TEST(refusal_of(changed(sealed, 7, 1, "\n")) ==
               "malformed: envelope: root key id at offset 5 is not visible ASCII");
    BOOST_TEST(refusal_of(changed(sealed, 15, 1, "\4")) ==
               "unknown_suite: envelope: wrap algorithm at offset 15 is not known to this build");
    BOOST_TEST(refusal_of(changed(sealed, 15, 1, "\0"sv)) ==
               "unknown_suite: envelope: wrap algorithm at offset 15 is not known to this build");
    BOOST_TEST(refusal_of(changed(sealed, 16, 62, "\0\0"sv)) ==
               "malformed: envelope: wrapped data key at offset 16 is empty");
    BOOST_TEST(refusal_of(changed(sealed, 16, 2, "\x10\x01")) ==
               "malformed: envelope: wrapped data key at offset 16 is too long");
    BOOST_TEST(refusal_of(changed(sealed, 78, 1, "\4")) ==
               "unknown_suite: envelope: suite at offset 78 is not known to this build");
    BOOST_TEST(refusal_of(changed(sealed, 78, 1, "\0"sv)) ==
               "unknown_suite: envelope: suite at offset 78 is not known to this build");
    BOOST_TEST(refusal_of(changed(sealed, 79, 1, "\1")) ==
               "malformed: envelope: flags at offset 79 is not 0");
    BOOST_TEST(refusal_of(changed(sealed, 80, 2, "\x08\x01")) ==
               "malformed: envelope: instance crn at offset 80 is too long");
    BOOST_TEST(refusal_of(changed(sealed, 80, 52, "\0\0"sv)) ==
               "malformed: envelope: instance crn at offset 80 is empty");
    BOOST_TEST(refusal_of(changed(sealed, 132, 4, "\0"sv)) ==
               "malformed: envelope: platform at offset 132 is empty");
    BOOST_TEST(refusal_of(changed(sealed, 133, 1, "\x7f")) ==
               "malformed: envelope: platform at offset 133 is not visible ASCII");
    BOOST_TEST(refusal_of(changed(sealed, 216, 4, "\x40\0\0\1"sv)) ==
               "malformed: envelope: ciphertext at offset 216 is too long");
    BOOST_TEST(refusal_of(changed(sealed, 216, 4, "\x40\0\0\0"sv)) ==
               "malformed: envelope: ciphertext at offset 220 is cut off");
    BOOST_TEST(refusal_of(std::span(sealed).first(sealed.size() - 1)) ==
               "malformed: envelope: tag at offset 243 is cut off");
}

BOOST_AUTO_TEST_CASE(a_context_is_of_an_instance_and_a_visible_platform) {
    auto const refusal = [](crn const& name, std::string_view platform) {
        auto const made = record_context::make(name, platform, 1);
        return made ? "made" : to_string(made.error());
    };
    auto const instance = instance_crn();
    BOOST_TEST(refusal(instance, "fcm") == "made");
    auto const bad_platform =
        "malformed: context: the platform is not 1 to 255 visible ASCII characters";
    BOOST_TEST(refusal(instance, "") == bad_platform);
    BOOST_TEST(refusal(instance, "f cm") == bad_platform);
    BOOST_TEST(refusal(instance, std::string(256, 'p')) == bad_platform);
    BOOST_TEST(refusal(instance, std::string(255, 'p')) == "made");
    auto inside = instance;
    inside.resource = "settings";
    BOOST_TEST(refusal(inside, "fcm") ==
               "malformed: context: the crn names no service instance; leave resource-type and "
               "resource empty");
    auto broken = instance;
    broken.version = "v2";
    BOOST_TEST(refusal(broken, "fcm") == "malformed: crn: version is not 'v1'");
}

BOOST_AUTO_TEST_CASE(a_context_gives_back_what_it_was_made_of) {
    auto const context = test::context_of('1', "webpush", 0x0102030405060708U);
    BOOST_TEST(context.instance() == "crn:v1:bluemix:public:imfpush:us-south:a/acc:i-1::");
    BOOST_TEST(context.platform() == "webpush");
    BOOST_TEST(context.record_version() == 0x0102030405060708U);
    BOOST_TEST((context.at_version(9) == test::context_of('1', "webpush", 9)));
    BOOST_TEST((context.at_version(9) != context));
}

BOOST_AUTO_TEST_CASE(a_record_of_another_context_is_refused_and_the_other_is_not_told) {
    auto const sealed = recipe{}.seal();
    auto const parsed = *parse_envelope(sealed);
    auto const refusal = [&](record_context const& context) {
        auto const checked = check_context(parsed, context);
        return checked ? "right" : to_string(checked.error());
    };
    BOOST_TEST(refusal(test::context_of()) == "right");
    BOOST_TEST(refusal(test::context_of('2')) ==
               "wrong_context: the record was sealed for another instance; open it with the "
               "context it was sealed with");
    BOOST_TEST(refusal(test::context_of('1', "fcn")) ==
               "wrong_context: the record was sealed for another platform; open it with the "
               "context it was sealed with");
    BOOST_TEST(refusal(test::context_of('1', "fcm", 6)) ==
               "wrong_context: the record was sealed for another version; open it with the "
               "context it was sealed with");
}

BOOST_AUTO_TEST_CASE(the_associated_data_of_a_wrap_keeps_its_layout) {
    byte_string by_hand;
    auto const append = [&](bytes_view part) {
        by_hand.insert(by_hand.end(), part.begin(), part.end());
    };
    append(bytes_of("cryptoperiod/wrap/v1"));
    append(unhex("0032"));
    append(bytes_of("crn:v1:bluemix:public:imfpush:us-south:a/acc:i-1::"));
    append(unhex("03"));
    append(bytes_of("fcm"));
    append(unhex("06"));
    append(bytes_of("root-a"));
    append(recipe{}.id());
    BOOST_TEST(to_hex(wrap_aad(test::context_of(), "root-a", recipe{}.id())) == to_hex(by_hand));
}

BOOST_AUTO_TEST_CASE(the_associated_data_of_a_wrap_differs_for_all_but_versions) {
    auto const aad = [](char tenant, std::string_view platform, std::string_view root, unsigned id,
                        std::uint64_t version = 7) {
        return wrap_aad(test::context_of(tenant, platform, version), root,
                        test::filled_with<16>(id));
    };
    auto const one = aad('1', "fcm", "root", 1);
    BOOST_TEST((one != aad('2', "fcm", "root", 1)));
    BOOST_TEST((one != aad('1', "apns", "root", 1)));
    BOOST_TEST((one != aad('1', "fcm", "roof", 1)));
    BOOST_TEST((one != aad('1', "fcm", "root", 2)));
    BOOST_TEST((aad('1', "fc", "mroot", 1) != aad('1', "fcm", "root", 1)));
    BOOST_TEST((one == aad('1', "fcm", "root", 1, 8)));
}

BOOST_AUTO_TEST_CASE(an_outer_block_that_no_parser_takes_is_not_written) {
    byte_string const wrapped(40);
    auto const refusal = [](wrapped_data_key const& of) {
        auto const made = encode_outer(of);
        return made ? "made" : to_string(made.error());
    };
    BOOST_TEST(refusal({{"root", 1}, wrap_algorithm::aes_gcm, wrapped}) == "made");
    auto const bad_id = "malformed: the root key id is not 1 to 255 visible ASCII characters";
    BOOST_TEST(refusal({{"", 1}, wrap_algorithm::aes_gcm, wrapped}) == bad_id);
    BOOST_TEST(refusal({{"a b", 1}, wrap_algorithm::aes_gcm, wrapped}) == bad_id);
    auto const long_id = std::string(256, 'r');
    BOOST_TEST(refusal({{long_id, 1}, wrap_algorithm::aes_gcm, wrapped}) == bad_id);
    BOOST_TEST(refusal({{"root", 1}, static_cast<wrap_algorithm>(4), wrapped}) ==
               "unknown_suite: the wrap algorithm is not known to this build");
    BOOST_TEST(refusal({{"root", 1}, wrap_algorithm::aes_gcm, {}}) ==
               "malformed: a wrapped data key of 0 bytes; an envelope has room for 1 to 4096");
    byte_string const too_long(4097);
    BOOST_TEST(refusal({{"root", 1}, wrap_algorithm::aes_gcm, too_long}) ==
               "malformed: a wrapped data key of 4097 bytes; an envelope has room for 1 to 4096");
}

BOOST_AUTO_TEST_CASE(a_rewrap_changes_the_outer_block_and_no_other_byte) {
    for (auto const suite : test::every_suite)
        for (root_key_version const& root :
             {root_key_version{"root-a", 4}, root_key_version{"another-root", 1}})
            for (auto const algorithm : {wrap_algorithm::aes_gcm, wrap_algorithm::aes_kwp}) {
                recipe const before{.suite = suite};
                recipe const after{.root = root, .algorithm = algorithm, .suite = suite};
                auto const sealed = before.seal();
                auto const wrapped = after.wrapped();
                auto const rewrapped = rewrap(sealed, {root, algorithm, wrapped});
                BOOST_REQUIRE(rewrapped.has_value());
                auto const old_view = *parse_envelope(sealed);
                auto const new_view = *parse_envelope(*rewrapped);
                BOOST_TEST((test::copy_of(new_view.inner) == test::copy_of(old_view.inner)));
                BOOST_TEST((new_view.wrapped.root == root));
                byte_string output(before.payload.size());
                BOOST_TEST(
                    test::open_with_root_keys(*rewrapped, before.context(), output).has_value());
                BOOST_TEST((output == test::copy_of(bytes_of(before.payload))));
            }
}

BOOST_AUTO_TEST_CASE(what_is_no_envelope_and_no_outer_block_is_not_rewrapped) {
    auto const sealed = recipe{}.seal();
    auto const wrapped = recipe{}.wrapped();
    wrapped_data_key const right{{"root-a", 4}, wrap_algorithm::aes_gcm, wrapped};
    BOOST_TEST(rewrap(sealed, right).has_value());
    BOOST_TEST((rewrap(std::span(sealed).first(sealed.size() - 1), right).error().code ==
                errc::malformed));
    BOOST_TEST((rewrap(sealed, {{"", 4}, wrap_algorithm::aes_gcm, wrapped}).error().code ==
                errc::malformed));
}

BOOST_AUTO_TEST_CASE(a_remote_caller_cannot_tell_another_key_from_a_changed_record) {
    auto const told = for_remote_caller({errc::commitment_mismatch, "of another key"});
    BOOST_TEST((told == for_remote_caller({errc::authentication_failed, "was changed"})));
    BOOST_TEST(to_string(told) == "authentication_failed: the record cannot be opened");
    BOOST_TEST(http_status(errc::commitment_mismatch) == http_status(errc::authentication_failed));
    error const other{errc::wrong_context, "another instance"};
    BOOST_TEST((for_remote_caller(other) == other));
}

BOOST_AUTO_TEST_SUITE_END()
