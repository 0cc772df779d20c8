#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/hpke.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hex.hpp"

using namespace cryptoperiod;
using namespace cryptoperiod::crypto;
using test::unhex;

namespace {

using every_cipher = boost::mpl::list<aes_128_gcm, aes_256_gcm, chacha20_poly1305>;

template <class Cipher>
concept a_cipher_of_hpke = hpke::cipher<Cipher>;
static_assert(!a_cipher_of_hpke<xchacha20_poly1305>);  // its nonces are too long for the counter
static_assert(!a_cipher_of_hpke<aes_192_gcm>);

template <class Sender>
concept seals = requires(Sender& s, bytes_view bytes) {
    s.seal(bytes, bytes);
};
static_assert(seals<hpke::sender<aes_256_gcm>>);
static_assert(!seals<hpke::sender<hpke::export_only>>);

auto const message = bytes_of("the keys of tomorrow");
auto const aad = bytes_of("serial 7");
auto const psk_bytes = test::filled_with<32>(5);

hpke::key_pair pair_of(unsigned seed) { return hpke::derive_key_pair(test::filled_with<32>(seed)); }

struct parties {
    hpke::key_pair to = pair_of(1);
    hpke::key_pair from = pair_of(2);
    hpke::pre_shared_key psk{psk_bytes, bytes_of("device 1")};

    hpke::sender_options sending(hpke::mode mode) const {
        auto const bits = static_cast<unsigned>(mode);
        hpke::sender_options options{.info = bytes_of("delivery")};
        if ((bits & 1U) != 0) options.psk = psk;
        if ((bits & 2U) != 0) options.authenticate_as = &from;
        return options;
    }
    hpke::recipient_options receiving(hpke::mode mode) const {
        auto const bits = static_cast<unsigned>(mode);
        hpke::recipient_options options{.info = bytes_of("delivery")};
        if ((bits & 1U) != 0) options.psk = psk;
        if ((bits & 2U) != 0) options.sender = from.public_key();
        return options;
    }
};

// A context that has sealed many messages.
struct late_context : hpke::detail::context<aes_256_gcm> {
    explicit late_context(std::uint64_t sequence)
        : hpke::detail::context<aes_256_gcm>(
              *hpke::detail::key_schedule<aes_256_gcm>(hpke::mode::base, {}, {}, {}), sequence) {}
    using hpke::detail::context<aes_256_gcm>::with_next_nonce;
};

constexpr std::array modes{hpke::mode::base, hpke::mode::psk, hpke::mode::auth,
                           hpke::mode::auth_psk};

template <class Cipher>
bool opens(hpke::encapsulated_key const& encapsulated, bytes_view sealed, hpke::key_pair const& own,
           hpke::recipient_options const& options) {
    auto recipient = hpke::recipient<Cipher>::set_up(encapsulated, own, options);
    if (!recipient) return false;
    auto const opened = recipient->open(aad, sealed);
    return opened && equal_in_constant_time(*opened, message);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hpke_test)

BOOST_AUTO_TEST_CASE_TEMPLATE(every_mode_opens_what_it_sealed_and_no_other_mode_does, Cipher,
                              every_cipher) {
    parties const p;
    for (auto const sealing : modes) {
        auto sender =
            hpke::sender<Cipher>::set_up(os_entropy(), p.to.public_key(), p.sending(sealing));
        BOOST_REQUIRE(sender.has_value());
        auto const sealed = sender->seal(aad, message);
        BOOST_REQUIRE(sealed.has_value());
        for (auto const opening : modes)
            BOOST_TEST(opens<Cipher>(sender->encapsulated(), *sealed, p.to, p.receiving(opening)) ==
                       (sealing == opening));
    }
}

BOOST_AUTO_TEST_CASE(whatever_the_recipient_demands_has_to_be_so) {
    parties const p;
    auto sender =
        hpke::sender<>::set_up(os_entropy(), p.to.public_key(), p.sending(hpke::mode::auth_psk));
    BOOST_REQUIRE(sender.has_value());
    auto const sealed = sender->seal(aad, message);
    BOOST_REQUIRE(sealed.has_value());
    auto const demanded = p.receiving(hpke::mode::auth_psk);
    auto const opened = [&](auto const& change) {
        auto options = demanded;
        change(options);
        return opens<aes_256_gcm>(sender->encapsulated(), *sealed, p.to, options);
    };
    auto const other = pair_of(3);
    auto const other_psk = test::filled_with<32>(6);
    BOOST_TEST(opened([](auto&) {}));
    BOOST_TEST(!opened([](auto& o) { o.info = bytes_of("another"); }));
    BOOST_TEST(!opened([&](auto& o) { o.sender = other.public_key(); }));
    BOOST_TEST(!opened([&](auto& o) { o.psk->key = other_psk; }));
    BOOST_TEST(!opened([](auto& o) { o.psk->id = bytes_of("device 2"); }));
    BOOST_TEST(!opens<aes_256_gcm>(sender->encapsulated(), *sealed, other, demanded));
    BOOST_TEST(!opens<chacha20_poly1305>(sender->encapsulated(), *sealed, p.to, demanded));
}

BOOST_AUTO_TEST_CASE(messages_open_in_their_order_and_a_refused_one_is_not_counted) {
    parties const p;
    auto sender = hpke::sender<>::set_up(os_entropy(), p.to.public_key());
    BOOST_REQUIRE(sender.has_value());
    auto recipient = hpke::recipient<>::set_up(sender->encapsulated(), p.to);
    BOOST_REQUIRE(recipient.has_value());
    auto const first = sender->seal(aad, message);
    auto const second = sender->seal(aad, message);
    BOOST_REQUIRE((first && second));
    BOOST_TEST((*first != *second));
    BOOST_TEST(!recipient->open(aad, *second).has_value());
    BOOST_TEST(recipient->messages() == 0U);
    BOOST_TEST(recipient->open(aad, *first).has_value());
    BOOST_TEST(!recipient->open(aad, *first).has_value());
    BOOST_TEST(recipient->open(aad, *second).has_value());
    BOOST_TEST(recipient->messages() == 2U);
    BOOST_TEST(sender->messages() == 2U);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_refused) {
    parties const p;
    auto sender = hpke::sender<>::set_up(os_entropy(), p.to.public_key());
    BOOST_REQUIRE(sender.has_value());
    auto recipient = hpke::recipient<>::set_up(sender->encapsulated(), p.to);
    auto sealed = sender->seal(aad, message);
    BOOST_REQUIRE((recipient && sealed));
    test::for_every_flipped_bit(*sealed, [&] {
        std::vector<std::byte> output(message.size(), std::byte{0xa5});
        auto const refused = recipient->open(aad, *sealed, output);
        BOOST_REQUIRE((!refused && refused.error().code == errc::authentication_failed));
        BOOST_REQUIRE(test::all_zero(output));
    });
    BOOST_TEST(!recipient->open(bytes_of("serial 8"), *sealed).has_value());
    BOOST_TEST(recipient->open(aad, *sealed).has_value());
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_the_encapsulated_key_is_refused) {
    parties const p;
    auto sender = hpke::sender<>::set_up(os_entropy(), p.to.public_key());
    BOOST_REQUIRE(sender.has_value());
    auto const sealed = sender->seal(aad, message);
    BOOST_REQUIRE(sealed.has_value());
    auto encapsulated = sender->encapsulated();
    // All 256 of them: also the highest, which X25519 does not look at, is bound by the context.
    test::for_every_flipped_bit(
        encapsulated, [&] { BOOST_REQUIRE(!opens<aes_256_gcm>(encapsulated, *sealed, p.to, {})); });
}

BOOST_AUTO_TEST_CASE(what_is_shorter_than_a_tag_is_malformed) {
    parties const p;
    auto sender = hpke::sender<>::set_up(os_entropy(), p.to.public_key());
    BOOST_REQUIRE(sender.has_value());
    auto recipient = hpke::recipient<>::set_up(sender->encapsulated(), p.to);
    BOOST_REQUIRE(recipient.has_value());
    for (std::size_t size = 0; size != 16; ++size)
        BOOST_TEST(
            (recipient->open(aad, std::vector<std::byte>(size)).error().code == errc::malformed));
    std::array<std::byte, 4> output{std::byte{1}, std::byte{2}};
    BOOST_TEST(!recipient->open(aad, std::vector<std::byte>(15), output));
    BOOST_TEST((output == std::array<std::byte, 4>{}));
    BOOST_TEST((recipient->open(aad, std::vector<std::byte>(16)).error().code ==
                errc::authentication_failed));
}

BOOST_AUTO_TEST_CASE(both_sides_export_the_same_secrets) {
    parties const p;
    auto sender = hpke::sender<hpke::export_only>::set_up(os_entropy(), p.to.public_key());
    BOOST_REQUIRE(sender.has_value());
    auto recipient = hpke::recipient<hpke::export_only>::set_up(sender->encapsulated(), p.to);
    BOOST_REQUIRE(recipient.has_value());
    auto const here = sender->export_secret<48>(bytes_of("purpose"));
    auto const there = recipient->export_secret<48>(bytes_of("purpose"));
    auto const other = recipient->export_secret<48>(bytes_of("another"));
    BOOST_TEST(equal_in_constant_time(here, there));
    BOOST_TEST(!equal_in_constant_time(here, other));
    std::vector<std::byte> long_one(8'161, std::byte{0xa5});
    BOOST_TEST((sender->export_secret({}, long_one).error().code == errc::out_of_range));
    BOOST_TEST(test::all_zero(long_one));
}

BOOST_AUTO_TEST_CASE(weak_keys_are_refused) {
    parties const p;
    x25519::public_key const low_order{};
    auto const sending = hpke::sender<>::set_up(os_entropy(), low_order);
    BOOST_TEST((sending.error().code == errc::key_refused));
    auto const receiving = hpke::recipient<>::set_up(low_order, p.to);
    BOOST_TEST((receiving.error().code == errc::key_refused));
    auto const from_low_order =
        hpke::recipient<>::set_up(p.from.public_key(), p.to, {.sender = low_order});
    BOOST_TEST((from_low_order.error().code == errc::key_refused));
    auto const password =
        hpke::sender<>::set_up(os_entropy(), p.to.public_key(),
                               {.psk = hpke::pre_shared_key{bytes_of("hunter2"), bytes_of("id")}});
    BOOST_TEST(to_string(password.error()) ==
               "key_refused: a pre-shared key needs 32 bytes of entropy, and has 7 bytes");
    auto const nameless = hpke::sender<>::set_up(os_entropy(), p.to.public_key(),
                                                 {.psk = hpke::pre_shared_key{psk_bytes, {}}});
    BOOST_TEST((nameless.error().code == errc::missing));
}

BOOST_AUTO_TEST_CASE(every_set_up_has_an_ephemeral_key_of_its_own) {
    parties const p;
    auto const one = hpke::sender<>::set_up(os_entropy(), p.to.public_key());
    auto const other = hpke::sender<>::set_up(os_entropy(), p.to.public_key());
    BOOST_REQUIRE((one && other));
    BOOST_TEST((one->encapsulated() != other->encapsulated()));
}

BOOST_AUTO_TEST_CASE(the_counter_of_messages_is_the_end_of_the_nonce_and_never_wraps) {
    std::string first;
    std::string last;
    auto const spell = [](std::string& into) {
        return [&into](auto&, auto nonce) -> result<void> {
            return into = to_hex(nonce), result<void>();
        };
    };
    late_context early(0);
    late_context late(0xffff'ffff'ffff'fffe);
    BOOST_REQUIRE(early.with_next_nonce(spell(first)));
    BOOST_REQUIRE(late.with_next_nonce(spell(last)));
    BOOST_TEST(first.substr(0, 8) == last.substr(0, 8));
    auto const a = std::stoull(first.substr(8), nullptr, 16);
    auto const b = std::stoull(last.substr(8), nullptr, 16);
    BOOST_TEST((a ^ b) == 0xffff'ffff'ffff'fffe);
    auto const refused = late.with_next_nonce(spell(last));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == errc::limit_reached));
}

BOOST_AUTO_TEST_CASE(aes_256_gcm_differs_from_aes_128_gcm_in_the_suite_alone) {
    // RFC 9180 has no vector of X25519 with AES-256-GCM; its id and key length are tested here.
    BOOST_TEST(to_hex(hpke::detail::suite<aes_256_gcm>) == "48504b45002000010002");
    BOOST_TEST(to_hex(hpke::detail::suite<aes_128_gcm>) == "48504b45002000010001");
    static_assert(sizeof(hpke::detail::schedule<aes_256_gcm>{}.key) == 32);
}

BOOST_AUTO_TEST_SUITE_END()
