// HPKE: a list of sets with the names of RFC 9180. The set up, each encryption and each export is
// one test. Contexts are set up as a program would, with the ephemeral key from ikmE.
#include <cryptoperiod/crypto/hpke.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "reading.hpp"

namespace vectors {

namespace {

using namespace cryptoperiod;
namespace hpke = crypto::hpke;
using crypto::exactly;

// Messages that may lie between two of a file.
constexpr std::uint64_t sequence_max = 65'536;

// Gives the bytes of ikmE, once.
class scripted_entropy {
public:
    static constexpr bool predictable = true;
    explicit scripted_entropy(byte_string bytes) : bytes_(std::move(bytes)) {}
    result<void> fill(std::span<std::byte> output) {
        if (output.size() != bytes_.size())
            return error{errc::entropy_unavailable, "the script has another length"};
        std::ranges::copy(bytes_, output.begin());
        return {};
    }

private:
    byte_string bytes_;
};

template <class Bytes>
void expect(Bytes const& got, byte_string const& published, char const* name) {
    if (!std::ranges::equal(got, published))
        throw misunderstood(in_quotes(name) + " came out differently");
}

// One set of a file, and what both sides need to set up.
struct parameters {
    byte_string info, psk, psk_id, ikm_ephemeral, encapsulated;
    hpke::key_pair ephemeral, recipient;
    std::optional<hpke::key_pair> sender{};
    hpke::mode mode{};

    static hpke::key_pair pair(fields& set, char const* ikm, char const* own, char const* open) {
        auto const bytes = set.hex(ikm);
        if (bytes.size() < 32) throw misunderstood(in_quotes(ikm) + " has less than 32 bytes");
        auto made = hpke::derive_key_pair(bytes);
        expect(made.private_key().expose(), set.hex(own), own);
        expect(made.public_key(), set.hex(open), open);
        return made;
    }

    explicit parameters(fields& set)
        : info(set.hex("info")),
          ikm_ephemeral(set.hex("ikmE")),
          encapsulated(set.hex("enc")),
          ephemeral(pair(set, "ikmE", "skEm", "pkEm")),
          recipient(pair(set, "ikmR", "skRm", "pkRm")) {
        auto const number = set.number("mode");
        if (number > 3)
            throw misunderstood("the mode " + std::to_string(number) + "; known: 0 to 3");
        mode = static_cast<hpke::mode>(number);
        if ((number & 1U) != 0) psk = set.hex("psk"), psk_id = set.hex("psk_id");
        if ((number & 2U) != 0) sender = pair(set, "ikmS", "skSm", "pkSm");
        expect(ephemeral.public_key(), encapsulated, "enc");
    }

    [[nodiscard]] std::optional<hpke::pre_shared_key> pre_shared() const {
        if (psk.empty() && psk_id.empty()) return std::nullopt;
        return hpke::pre_shared_key{psk, psk_id};
    }
    template <class Cipher>
    [[nodiscard]] result<hpke::sender<Cipher>> sending() const {
        scripted_entropy script(ikm_ephemeral);
        return hpke::sender<Cipher>::set_up(
            crypto::predictable_on_purpose(script), recipient.public_key(),
            {.info = info, .psk = pre_shared(), .authenticate_as = sender ? &*sender : nullptr});
    }
    template <class Cipher>
    [[nodiscard]] result<hpke::recipient<Cipher>> receiving() const {
        hpke::recipient_options options{.info = info, .psk = pre_shared()};
        if (sender) options.sender = sender->public_key();
        return hpke::recipient<Cipher>::set_up(bytes_view(encapsulated).first<32>(), recipient,
                                               options);
    }
};

template <class Cipher>
struct contexts {
    hpke::sender<Cipher> sender;
    hpke::recipient<Cipher> recipient;

    static contexts of(parameters const& given) {
        auto sender = given.sending<Cipher>();
        if (!sender) throw misunderstood("the sender was not set up: " + to_string(sender.error()));
        auto recipient = given.receiving<Cipher>();
        if (!recipient)
            throw misunderstood("the recipient was not set up: " + to_string(recipient.error()));
        expect(sender->encapsulated(), given.encapsulated, "enc");
        return {*std::move(sender), *std::move(recipient)};
    }
    // Both behind as many messages.
    void skip(std::uint64_t messages) {
        for (std::uint64_t i = 0; i != messages; ++i) {
            auto const sealed = sender.seal({}, {});
            if (!sealed || !recipient.open({}, *sealed))
                throw misunderstood("a message between failed");
        }
    }
};

// The values on the way to the keys, which no program sees.
template <class Cipher>
void check_schedule(fields& set, parameters const& given) {
    auto const* const own = given.sender ? &*given.sender : nullptr;
    auto const secret =
        hpke::detail::encapsulate(given.ephemeral, given.recipient.public_key(), own);
    std::optional<crypto::x25519::public_key_view> theirs;
    if (given.sender) theirs = given.sender->public_key();
    auto const received = hpke::detail::decapsulate(bytes_view(given.encapsulated).first<32>(),
                                                    given.recipient, theirs);
    if (!secret || !received) throw misunderstood("the keys were refused");
    expect(secret->expose(), set.hex("shared_secret"), "shared_secret");
    expect(received->expose(), set.hex("shared_secret"), "shared_secret");
    auto const keys =
        hpke::detail::key_schedule<Cipher>(given.mode, *secret, given.info, given.pre_shared());
    if (!keys) throw misunderstood(to_string(keys.error()));
    expect(keys->context, set.hex("key_schedule_context"), "key_schedule_context");
    expect(keys->secret.expose(), set.hex("secret"), "secret");
    expect(keys->key.expose(), set.hex("key"), "key");
    expect(keys->base_nonce.expose(), set.hex("base_nonce"), "base_nonce");
    expect(keys->exporter_secret.expose(), set.hex("exporter_secret"), "exporter_secret");
}

// The RFC names its sets; the file that its authors publish names none.
bool is_named(fields const& set) { return set.has("suite") || set.has("name"); }

void check_names(fields& set, std::string const& cipher, hpke::mode mode) {
    constexpr std::array<char const*, 4> modes{"Base", "PSK", "Auth", "AuthPSK"};
    set.constant("suite", "DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, " + cipher);
    set.constant("name",
                 std::string(modes.at(static_cast<std::size_t>(mode))) + " Setup Information");
}

// The published nonce is the base nonce plus the number of the message.
void check_nonce(byte_string nonce, byte_string const& base, std::uint64_t sequence) {
    for (std::size_t i = 0; i != 8 && i < nonce.size(); ++i)
        nonce[nonce.size() - 1 - i] ^= static_cast<std::byte>(sequence >> (8 * i) & 0xffU);
    expect(nonce, base, "nonce");
}

// `place` counts the messages of a set that does not number them.
template <class Cipher>
std::string run_encryption(parameters const& given, json const& one,
                           std::optional<std::uint64_t> place, byte_string const& base_nonce) {
    fields test(one);
    auto const sequence = place ? *place : test.number("sequence number");
    auto const plaintext = test.hex("pt"), aad = test.hex("aad"), ciphertext = test.hex("ct");
    check_nonce(test.hex("nonce"), base_nonce, sequence);
    test.done();
    if (sequence > sequence_max)
        throw misunderstood("the sequence number is above " + std::to_string(sequence_max));
    auto both = contexts<Cipher>::of(given);
    both.skip(sequence);
    auto const sealed = both.sender.seal(aad, plaintext);
    if (!sealed || *sealed != ciphertext) return "'ct' came out differently";
    auto changed = ciphertext;
    changed[0] ^= std::byte{1};
    if (both.recipient.open(aad, changed)) return "a changed ciphertext was opened";
    auto const opened = both.recipient.open(aad, ciphertext);
    return opened && equal_in_constant_time(*opened, plaintext) ? "" : "'ct' was not opened";
}

template <class Cipher>
std::string run_export(parameters const& given, json const& one) {
    fields test(one);
    auto const context = test.hex("exporter_context"), published = test.hex("exported_value");
    auto const size = test.number("L");
    test.done();
    if (published.empty()) throw misunderstood("'exported_value' is empty");
    if (size != published.size()) return "'L' is not the length of 'exported_value'";
    auto const both = contexts<Cipher>::of(given);
    byte_string here(published.size()), there(published.size());
    bool const done = both.sender.export_secret(context, here).has_value() &&
                      both.recipient.export_secret(context, there).has_value();
    return done && here == published && there == published ? "" : "the secret came out differently";
}

// Either all messages of a set are numbered, or none.
bool is_numbered(fields const& set, json const& encryptions) {
    return is_named(set) || std::ranges::any_of(encryptions, [](json const& one) {
               return one.is_object() && one.contains("sequence number");
           });
}

template <class Cipher>
void run_set(fields& set, std::string const& cipher, std::string const& where, tally& counts) {
    constexpr bool seals = !std::same_as<Cipher, hpke::export_only>;
    auto const& encryptions = seals ? set.filled_list("encryptions") : set.list("encryptions");
    auto const& exports = set.filled_list("exports");
    std::optional<parameters> given;
    counts.run(where + ", set up", [&]() -> std::string {
        given.emplace(set);
        check_schedule<Cipher>(set, *given);
        static_cast<void>(contexts<Cipher>::of(*given));
        if (is_named(set)) check_names(set, cipher, given->mode);
        set.done();
        return "";
    });
    if (!given) {
        counts.fail(where, "its encryptions and exports could not be run",
                    encryptions.size() + exports.size());
        return;
    }
    bool const numbered = is_numbered(set, encryptions);
    std::uint64_t place = 0;
    for (auto const& one : encryptions) {
        counts.run(where + ", encryption " + std::to_string(place), [&]() -> std::string {
            if constexpr (seals)
                return run_encryption<Cipher>(*given, one,
                                              numbered ? std::nullopt : std::optional(place),
                                              set.hex("base_nonce"));
            else
                throw misunderstood("a suite that only exports seals nothing");
        });
        ++place;
    }
    place = 0;
    for (auto const& one : exports)
        counts.run(where + ", export " + std::to_string(place++),
                   [&] { return run_export<Cipher>(*given, one); });
}

void run_any_set(json const& one, std::string const& where, tally& counts) {
    fields set(one);
    if (set.number("kem_id") != 0x20 || set.number("kdf_id") != 1)
        throw misunderstood("kem_id " + std::to_string(set.number("kem_id")) + " and kdf_id " +
                            std::to_string(set.number("kdf_id")) +
                            "; known: 32 and 1, X25519 and HKDF-SHA256");
    switch (auto const id = set.number("aead_id")) {
        case 1:
            return run_set<crypto::aes_128_gcm>(set, "AES-128-GCM", where, counts);
        case 2:
            return run_set<crypto::aes_256_gcm>(set, "AES-256-GCM", where, counts);
        case 3:
            return run_set<crypto::chacha20_poly1305>(set, "ChaCha20Poly1305", where, counts);
        case 0xffff:
            return run_set<hpke::export_only>(set, "Export-Only AEAD", where, counts);
        default:
            throw misunderstood("aead_id " + std::to_string(id) + "; known: 1, 2, 3, 65535");
    }
}

}  // namespace

void run_hpke(json const& root, tally& counts) {
    std::size_t place = 0;
    for (auto const& set : root) {
        auto const where = "set " + std::to_string(place++);
        try {
            run_any_set(set, where, counts);
        } catch (misunderstood const& e) {
            counts.fail(where, e.what());
        }
    }
}

}  // namespace vectors
