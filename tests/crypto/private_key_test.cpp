#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/crypto/der.hpp>
#include <cryptoperiod/crypto/pem.hpp>
#include <cryptoperiod/crypto/pkcs12.hpp>
#include <cryptoperiod/crypto/private_key.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "crypto/private_keys.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;

namespace {

using byte_string = std::vector<std::byte>;

byte_string hex(std::string_view text) { return from_hex(text).value(); }

byte_string joined(std::initializer_list<byte_string> parts) {
    byte_string all;
    for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}
/// An element, its length in the shortest form.
byte_string element(std::string_view tag, std::initializer_list<byte_string> parts) {
    auto const contents = joined(parts);
    auto const size = contents.size();
    byte_string head = hex(tag);
    if (size > 255) head.push_back(std::byte{0x82});
    if (size > 127 && size < 256) head.push_back(std::byte{0x81});
    if (size > 255) head.push_back(static_cast<std::byte>(size >> 8U));
    head.push_back(static_cast<std::byte>(size & 255U));
    return joined({head, contents});
}
template <class Value>
std::string told(result<Value> const& r) {
    return r ? "ok" : concat(to_string(r.error().code), ": ", r.error().detail);
}
template <class Value>
std::string code(result<Value> const& r) {
    return r ? "ok" : std::string(to_string(r.error().code));
}

// The key of RFC 6979 A.2.5.
constexpr std::string_view number =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr std::string_view point =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view curve = "06082a8648ce3d030107";

byte_string ec_key(std::initializer_list<byte_string> rest, std::string_view version = "020101",
                   std::string_view secret = number) {
    return element("30", {hex(version), element("04", {hex(secret)}), joined(rest)});
}
byte_string pkcs8(byte_string const& key, std::string_view algorithm = "06072a8648ce3d0201",
                  std::string_view parameters = curve) {
    return element("30", {hex("020100"), element("30", {hex(algorithm), hex(parameters)}),
                          element("04", {key})});
}
byte_string public_part(std::string_view bits) {
    return element("a1", {element("03", {hex("00"), hex(bits)})});
}
byte_string der_of(std::string_view pem) {
    auto const key = private_key_of_pem(pem).value();
    return {key.expose().begin(), key.expose().end()};
}

/// Every truncation, every trailing byte.
template <class Check>
void check_its_ends(byte_string const& whole, Check const& check) {
    for (std::size_t size = 0; size != whole.size(); ++size)
        BOOST_TEST(code(check(std::span(whole).first(size))) == "malformed", size);
    BOOST_TEST(code(check(joined({whole, hex("00")}))) == "malformed");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crypto_private_key)

BOOST_AUTO_TEST_CASE(a_p256_key_is_read_with_and_without_its_optional_parts) {
    auto const parameters = element("a0", {hex(curve)});
    for (auto const& key : {ec_key({}), ec_key({parameters}), ec_key({public_part(point)}),
                            ec_key({parameters, public_part(point)})}) {
        auto const read = p256_private_key(pkcs8(key));
        BOOST_TEST_REQUIRE(read.has_value(), told(read));
        BOOST_TEST(to_hex(read->expose()) == number);
    }
    BOOST_TEST(told(p256_private_key(der_of(test::p256_pem))) == "ok");
}
BOOST_AUTO_TEST_CASE(a_p256_key_of_anything_else_is_refused) {
    auto const refused = [](byte_string const& key) { return code(p256_private_key(key)); };
    auto altered = std::string(point);
    altered.back() = '8';
    BOOST_TEST(refused(pkcs8(ec_key({public_part(altered)}))) == "key_refused");
    BOOST_TEST(refused(pkcs8(ec_key({element("a0", {hex("06052b81040022")})}))) == "key_refused");
    BOOST_TEST(refused(pkcs8(ec_key({}, "020101", std::string(64, '0')))) == "key_refused");
    BOOST_TEST(refused(pkcs8(ec_key({}, "020101",
                                    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc"
                                    "632551"))) == "key_refused");
    BOOST_TEST(refused(pkcs8(ec_key({}, "020100"))) == "malformed");
    BOOST_TEST(refused(pkcs8(ec_key({}, "020101", number.substr(2)))) == "malformed");
    BOOST_TEST(refused(pkcs8(ec_key({hex("0500")}))) == "malformed");
    BOOST_TEST(refused(pkcs8(ec_key({}), "06072a8648ce3d0202")) == "key_refused");
    BOOST_TEST(refused(pkcs8(ec_key({}), "06072a8648ce3d0201", "06052b81040022")) == "key_refused");
    BOOST_TEST(refused(ec_key({})) == "malformed");  // not within PKCS#8
    BOOST_TEST(refused(element(
                   "30", {hex("020101"), element("30", {hex("06072a8648ce3d0201"), hex(curve)}),
                          element("04", {ec_key({})})})) == "malformed");
    BOOST_TEST(refused(der_of(test::p384_pem)) == "key_refused");
    BOOST_TEST(refused(der_of(test::rsa_2048_pem)) == "key_refused");
    check_its_ends(pkcs8(ec_key({public_part(point)})),
                   [](bytes_view key) { return p256_private_key(key); });
}
BOOST_AUTO_TEST_CASE(an_rsa_key_is_taken_when_it_is_long_enough) {
    BOOST_TEST(told(check_rsa_private_key(der_of(test::rsa_2048_pem))) == "ok");
    BOOST_TEST(told(check_rsa_private_key(der_of(test::rsa_1024_pem))) ==
               "key_refused: is refused: it is an RSA key of 1,024 bits; at least 2,048");
    BOOST_TEST(told(check_rsa_private_key(der_of(test::p256_pem))) ==
               "key_refused: is refused: it is no RSA key");
    check_its_ends(der_of(test::rsa_2048_pem),
                   [](bytes_view key) { return check_rsa_private_key(key); });
}
BOOST_AUTO_TEST_CASE(an_rsa_key_with_one_wrong_number_is_refused) {
    // The numbers of the key: each with its last byte but one changed.
    auto const whole = der_of(test::rsa_2048_pem);
    der_reader info(der_reader::whole(whole, der_tag::sequence).value());
    BOOST_TEST_REQUIRE(info.take_version(0).has_value());
    BOOST_TEST_REQUIRE(info.take(der_tag::sequence).has_value());
    auto const key = info.take(der_tag::octet_string).value();
    der_reader numbers(der_reader::whole(key, der_tag::sequence).value());
    BOOST_TEST_REQUIRE(numbers.take_version(0).has_value());
    unsigned seen = 0;
    while (!numbers.ended()) {
        auto const one = numbers.take_unsigned().value();
        auto altered = whole;
        auto const at = static_cast<std::size_t>(one.data() - whole.data()) + one.size() - 2;
        altered[at] ^= std::byte{2};
        BOOST_TEST(code(check_rsa_private_key(altered)) == "key_refused", seen);
        ++seen;
    }
    BOOST_TEST(seen == 8U);
}
BOOST_AUTO_TEST_CASE(a_pem_text_is_one_private_key_and_nothing_else) {
    std::string const pem(test::p256_pem);
    auto const key = der_of(pem);
    std::string crlf;
    for (char const c : pem) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    BOOST_TEST(der_of(crlf) == key);
    BOOST_TEST(der_of(pem.substr(0, pem.size() - 1)) == key);
    auto const refused = [](std::string_view text) { return code(private_key_of_pem(text)); };
    BOOST_TEST(refused("") == "malformed");
    BOOST_TEST(refused("-----BEGIN PRIVATE KEY-----") == "malformed");
    BOOST_TEST(refused(" " + pem) == "malformed");
    BOOST_TEST(refused(pem + "x") == "malformed");
    BOOST_TEST(refused(pem + pem) == "malformed");
    auto const labelled = [&](std::string_view label) {
        auto text = pem;
        for (std::size_t at = 0; (at = text.find("PRIVATE KEY", at)) != text.npos;
             at += label.size())
            text.replace(at, 11, label);
        return text;
    };
    BOOST_TEST(labelled("PRIVATE KEY") == pem);
    BOOST_TEST(refused(labelled("EC PRIVATE KEY")) == "malformed");
    BOOST_TEST(refused(labelled("ENCRYPTED PRIVATE KEY")) == "malformed");
    auto spoilt = pem;
    spoilt[40] = '!';
    auto const read = private_key_of_pem(spoilt);
    BOOST_TEST(told(read) == "malformed: is not base64 between the lines BEGIN and END");
}
BOOST_AUTO_TEST_CASE(a_pkcs12_file_is_known_by_its_outer_parts) {
    auto const file = from_base64(test::certificate_base64).value();
    BOOST_TEST(told(check_pfx(file)) == "ok");
    check_its_ends(file, check_pfx);
    auto const version_2 = [&] {
        auto altered = file;
        altered[6] = std::byte{2};
        return altered;
    }();
    BOOST_TEST(told(check_pfx(version_2)) ==
               "malformed: is not a PKCS#12 file in DER: it is of another version; openssl pkcs12 "
               "-export writes one");
    auto const content =
        element("30", {hex("06092a864886f70d010701"), element("a0", {element("04", {hex("00")})})});
    auto const pfx = [](std::initializer_list<byte_string> parts) {
        return element("30", {hex("020103"), joined(parts)});
    };
    auto const code_of_password = element("30", {hex("00")});
    BOOST_TEST(told(check_pfx(pfx({content, code_of_password}))) == "ok");
    BOOST_TEST(code(check_pfx(pfx({content}))) == "malformed");  // not protected
    BOOST_TEST(code(check_pfx(pfx({content, code_of_password, hex("0500")}))) == "malformed");
    auto const signed_data =
        element("30", {hex("06092a864886f70d010702"), element("a0", {element("04", {hex("00")})})});
    BOOST_TEST(code(check_pfx(pfx({signed_data, code_of_password}))) == "malformed");
    auto const empty =
        element("30", {hex("06092a864886f70d010701"), element("a0", {element("04", {})})});
    BOOST_TEST(code(check_pfx(pfx({empty, code_of_password}))) == "malformed");
    BOOST_TEST(code(check_pfx(der_of(test::p256_pem))) == "malformed");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(crypto_der)

BOOST_AUTO_TEST_CASE(a_length_has_one_form) {
    auto const read = [](byte_string const& bytes) {
        der_reader reader(bytes);
        auto const contents = reader.take(der_tag::octet_string);
        return contents ? std::to_string(contents->size()) : contents.error().detail;
    };
    BOOST_TEST(read(hex("0400")) == "0");
    BOOST_TEST(read(element("04", {byte_string(127)})) == "127");
    BOOST_TEST(read(element("04", {byte_string(128)})) == "128");
    BOOST_TEST(read(element("04", {byte_string(255)})) == "255");
    BOOST_TEST(read(element("04", {byte_string(256)})) == "256");
    constexpr std::string_view longer = "a length is not in its shortest form";
    BOOST_TEST(read(hex("048100")) == longer);
    BOOST_TEST(read(joined({hex("04817f"), byte_string(127)})) == longer);
    BOOST_TEST(read(joined({hex("048200ff"), byte_string(255)})) == longer);
    BOOST_TEST(read(hex("0484000000ff")) == longer);
    BOOST_TEST(read(hex("0480")) == "an element of indefinite length: that is BER, not DER");
    constexpr std::string_view cut = "an element is cut off";
    for (auto const* const bytes :
         {"04", "0401", "0481", "048201", "0484ffffffff", "04850000000001", "04ff"})
        BOOST_TEST(read(hex(bytes)) == cut, bytes);
    constexpr std::string_view other = "an element is missing, or of other type";
    BOOST_TEST(read({}) == other);
    BOOST_TEST(read(hex("0500")) == other);
}
BOOST_AUTO_TEST_CASE(a_number_has_one_form_and_is_not_negative) {
    auto const read = [](std::string_view bytes) {
        auto const all = hex(bytes);
        der_reader reader(all);
        auto const number = reader.take_unsigned();
        return number ? to_hex(*number) : code(number);
    };
    BOOST_TEST(read("020100") == "");
    BOOST_TEST(read("020101") == "01");
    BOOST_TEST(read("02017f") == "7f");
    BOOST_TEST(read("02020080") == "80");
    BOOST_TEST(read("0203010001") == "010001");
    for (auto const* const bytes : {"0200", "020180", "0202007f", "02020000", "0202ff00"})
        BOOST_TEST(read(bytes) == "malformed", bytes);
}

BOOST_AUTO_TEST_SUITE_END()
