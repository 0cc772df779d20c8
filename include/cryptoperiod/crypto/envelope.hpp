/// @file envelope.hpp
/// The record format CPE1: what a record looks like, read and written byte by byte. Sealing and
/// opening are envelope_cipher.hpp. Numbers are unsigned and big-endian; texts are visible ASCII.
///
///     bytes  field
///         4  "CPE1"
///            outer block: how the data key is wrapped. A rewrap replaces it, and nothing else
///         1  r, from 1 on
///         r  root key id
///         4  root key version
///         1  wrap algorithm: 1 AES-KWP (RFC 5649), 2 AES-GCM with wrap_aad, 3 the key
///            management's own with wrap_aad, which the wrapped data key names by itself
///         2  w, 1 to 4096
///         w  wrapped data key, as the key management has given it
///            inner block: the record
///         1  suite: 1 XAES-256-GCM with commitment, 2 AES-256-GCM and 3 XChaCha20-Poly1305, both
///            with key and commitment from HKDF-SHA512; a number stands for this layout, too
///         1  flags: 0
///         2  c, 1 to 2048
///         c  CRN of the service instance
///         1  p, from 1 on
///         p  platform
///         8  record version
///        16  data key id
///        24  nonce
///        32  key commitment
///         4  n, at most 2^30
///         n  ciphertext
///        16  tag
///
/// There is one encoding for each record, and it ends with the tag. The associated data of the
/// payload is the inner block up to the ciphertext. The outer block is bound by the wrap: the root
/// key version by the key that unwraps, root key id, data key id, instance and platform by
/// wrap_aad. AES-KWP has no associated data: there the payload alone binds the context.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::crypto {

/// How the payload of an envelope is sealed.
enum class envelope_suite : std::uint8_t {
    xaes = 1,          ///< XAES-256-GCM with the commitment of xaes.hpp: the default
    gcm_hkdf = 2,      ///< AES-256-GCM; key of the record and commitment by HKDF-SHA512
    xchacha_hkdf = 3,  ///< XChaCha20-Poly1305, likewise; for peers without AES
};

/// How the data key of an envelope is wrapped.
enum class wrap_algorithm : std::uint8_t {
    aes_kwp = 1,  ///< RFC 5649: no associated data
    aes_gcm = 2,  ///< with wrap_aad as associated data
    opaque = 3,   ///< the key management's own, with wrap_aad as associated data
};

inline constexpr std::size_t root_key_id_bytes_max = 255;
inline constexpr std::size_t platform_bytes_max = 255;
inline constexpr std::size_t wrapped_data_key_bytes_max = 4096;
/// Longest payload of one record.
inline constexpr std::size_t payload_bytes_max = std::size_t{1} << 30U;

/// Random bytes that name a data key: for caches, and for shredding.
using data_key_id = std::array<std::byte, 16>;
using data_key_id_view = std::span<std::byte const, 16>;

/// One version of a root key.
struct root_key_version {
    std::string_view id;
    std::uint32_t version = 0;

    friend bool operator==(root_key_version const&, root_key_version const&) = default;
};

/// A data key as key management gives it away. A view: the bytes are somebody else's.
struct wrapped_data_key {
    root_key_version root;
    wrap_algorithm algorithm = wrap_algorithm::aes_gcm;
    bytes_view bytes;
};

namespace detail {

inline constexpr std::string_view envelope_magic = "CPE1";

/// The highest bit of each byte: set when that byte is not '!' to '~'.
[[nodiscard]] inline std::uint64_t not_visible(std::uint64_t word) noexcept {
    constexpr std::uint64_t each = 0x0101010101010101U;
    // Above '~' there is 0x7f, which one more makes 0x80; up to ' ' nothing reaches 0x80.
    return (word | (word + each) | ~(word + each * (0x7f - ' '))) & each << 7U;
}
/// Whether all of the text is '!' to '~'. Eight bytes at a time: every opening begins with it.
[[nodiscard]] inline bool is_visible_ascii(std::string_view text) noexcept {
    std::uint64_t wrong = 0, word = 0;
    for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
        std::memcpy(&word, text.data(), sizeof word);
        wrong |= not_visible(word);
    }
    for (char const c : text)
        wrong |= not_visible(static_cast<unsigned char>(c) | 0x6161616161616100U);
    return wrong == 0;
}
[[nodiscard]] inline std::string_view text_of(bytes_view bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline bool same_bytes(bytes_view a, bytes_view b) noexcept {
    return text_of(a) == text_of(b);
}
[[nodiscard]] constexpr bool is_known(envelope_suite suite) noexcept {
    return suite >= envelope_suite::xaes && suite <= envelope_suite::xchacha_hkdf;
}
[[nodiscard]] constexpr bool is_known(wrap_algorithm algorithm) noexcept {
    return algorithm >= wrap_algorithm::aes_kwp && algorithm <= wrap_algorithm::opaque;
}

/// Writes fields one after another into memory that is large enough.
class field_writer {
public:
    explicit field_writer(std::span<std::byte> out) noexcept : out_(out) {}

    template <std::size_t Bytes>
    void number(std::uint64_t value) noexcept {
        auto const place = next(Bytes);
        for (std::size_t i = 0; i != Bytes; ++i)
            place[i] = static_cast<std::byte>(value >> (8 * (Bytes - 1 - i)) & 0xffU);
    }
    void bytes(bytes_view value) noexcept {
        auto const place = next(value.size());
        if (!value.empty()) std::memcpy(place.data(), value.data(), value.size());
    }
    template <std::size_t LengthBytes>
    void counted(bytes_view value) noexcept {
        number<LengthBytes>(value.size());
        bytes(value);
    }
    /// Room for `size` bytes that are written later.
    [[nodiscard]] std::span<std::byte> next(std::size_t size) noexcept {
        CRYPTOPERIOD_ASSERT(size <= out_.size() - at_);
        at_ += size;
        return out_.subspan(at_ - size, size);
    }
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }

private:
    std::span<std::byte> out_;
    std::size_t at_ = 0;
};

/// Reads fields one after another. The first one that is wrong is remembered, and whatever is read
/// after it is empty or zeros; so one question at the end is enough.
class field_reader {
public:
    explicit field_reader(bytes_view bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] bytes_view bytes(std::size_t size, char const* field) noexcept {
        if (size > bytes_.size() - at_) refuse(errc::malformed, field, "is cut off");
        if (failed()) return {};
        at_ += size;
        return bytes_.subspan(at_ - size, size);
    }
    template <std::size_t Size>
    [[nodiscard]] std::span<std::byte const, Size> array(char const* field) noexcept {
        static constexpr std::array<std::byte, Size> zeros{};
        auto const read = bytes(Size, field);
        return failed() ? std::span<std::byte const, Size>(zeros) : read.first<Size>();
    }
    template <std::size_t Bytes>
    [[nodiscard]] std::uint64_t number(char const* field) noexcept {
        std::uint64_t value = 0;
        for (std::byte const byte : bytes(Bytes, field))
            value = value << 8U | std::to_integer<std::uint64_t>(byte);
        return value;
    }
    /// A length of `LengthBytes` bytes from `least` to `most`, and as many bytes.
    template <std::size_t LengthBytes>
    [[nodiscard]] bytes_view counted(char const* field, std::size_t least,
                                     std::size_t most) noexcept {
        auto const start = at_;
        auto const size = number<LengthBytes>(field);
        if (!failed() && (size < least || size > most))
            refuse(errc::malformed, field, size < least ? "is empty" : "is too long", start);
        return bytes(static_cast<std::size_t>(size), field);
    }
    template <std::size_t LengthBytes>
    [[nodiscard]] std::string_view text(char const* field, std::size_t most) noexcept {
        auto const text = text_of(counted<LengthBytes>(field, 1, most));
        if (!is_visible_ascii(text))
            refuse(errc::malformed, field, "is not visible ASCII", at_ - text.size());
        return text;
    }
    template <class Known>
    [[nodiscard]] Known one_of(char const* field) noexcept {
        auto const value = static_cast<Known>(number<1>(field));
        if (!failed() && !is_known(value))
            refuse(errc::unknown_suite, field, "is not known to this build", at_ - 1);
        return value;
    }

    void refuse(errc code, char const* field, char const* what) noexcept {
        refuse(code, field, what, at_);
    }
    void refuse(errc code, char const* field, char const* what, std::size_t offset) noexcept {
        if (failed()) return;
        code_ = code;
        field_ = field;
        what_ = what;
        failed_at_ = offset;
    }
    [[nodiscard]] bool failed() const noexcept { return field_ != nullptr; }
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }
    [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
    [[nodiscard]] error why() const {
        return {code_, concat("envelope: ", field_, " at offset ", std::to_string(failed_at_), " ",
                              what_)};
    }

private:
    bytes_view bytes_;
    std::size_t at_ = 0;
    errc code_{};
    char const* field_ = nullptr;
    char const* what_ = nullptr;
    std::size_t failed_at_ = 0;
};

}  // namespace detail

/// What a record is sealed for, and must be opened for: instance, platform, version. Checked and
/// encoded once, used for many records.
class record_context {
public:
    /// Errors: those of check_crn; malformed (the CRN names something inside an instance; the
    /// platform is not 1 to 255 visible ASCII characters).
    [[nodiscard]] static result<record_context> make(crn const& instance, std::string_view platform,
                                                     std::uint64_t record_version) {
        if (auto const checked = check_crn(instance); !checked) return checked.error();
        if (!is_instance_crn(instance))
            return error{errc::malformed,
                         "context: the crn names no service instance; leave "
                         "resource-type and resource empty"};
        if (platform.empty() || platform.size() > platform_bytes_max ||
            !detail::is_visible_ascii(platform))
            return error{errc::malformed,
                         "context: the platform is not 1 to 255 visible ASCII characters"};
        return record_context(to_string(instance), platform, record_version);
    }

    /// The same instance and platform, another version of the record.
    [[nodiscard]] record_context at_version(std::uint64_t record_version) const {
        return record_context(instance(), platform(), record_version);
    }

    [[nodiscard]] std::string_view instance() const noexcept {
        return detail::text_of(encoded()).substr(2, instance_bytes_);
    }
    [[nodiscard]] std::string_view platform() const noexcept {
        auto const text = detail::text_of(encoded());
        return text.substr(2 + instance_bytes_ + 1, text.size() - instance_bytes_ - 11);
    }
    [[nodiscard]] std::uint64_t record_version() const noexcept {
        return detail::field_reader(encoded().last(8)).number<8>("record version");
    }

    /// The three fields as they stand in an envelope.
    [[nodiscard]] bytes_view encoded() const noexcept { return encoded_; }
    /// Instance and platform as they stand in an envelope.
    [[nodiscard]] bytes_view encoded_owner() const noexcept {
        return encoded().first(encoded_.size() - 8);
    }

    friend bool operator==(record_context const&, record_context const&) = default;

private:
    record_context(std::string_view instance, std::string_view platform,
                   std::uint64_t record_version)
        : encoded_(2 + instance.size() + 1 + platform.size() + 8),
          instance_bytes_(instance.size()) {
        detail::field_writer out(encoded_);
        out.counted<2>(bytes_of(instance));
        out.counted<1>(bytes_of(platform));
        out.number<8>(record_version);
    }

    std::vector<std::byte> encoded_;
    std::size_t instance_bytes_;
};

/// The associated data for wrapping a data key, which key management must be given again for
/// unwrapping. It has no version, neither of the root key, so that a rewrap within key management
/// needs one associated data only, nor of the record, because a data key serves many. Another root
/// key id is another associated data: going there is unwrap and wrap. Where key management bounds
/// the associated data, give it SHA-256 of this.
/// Bytes: "cryptoperiod/wrap/v1", instance and platform as in an envelope, root key id after its
/// length (1 byte), data key id. `root_key_id` has 1 to 255 bytes.
[[nodiscard]] inline std::vector<std::byte> wrap_aad(record_context const& context,
                                                     std::string_view root_key_id,
                                                     data_key_id_view id) {
    constexpr std::string_view label = "cryptoperiod/wrap/v1";
    CRYPTOPERIOD_ASSERT(!root_key_id.empty() && root_key_id.size() <= root_key_id_bytes_max);
    auto const owner = context.encoded_owner();
    std::vector<std::byte> aad(label.size() + owner.size() + 1 + root_key_id.size() + id.size());
    detail::field_writer out(aad);
    out.bytes(bytes_of(label));
    out.bytes(owner);
    out.counted<1>(bytes_of(root_key_id));
    out.bytes(id);
    return aad;
}

/// Errors: malformed (not 1 to 255 visible ASCII characters).
[[nodiscard]] inline result<void> check_root_key_id(std::string_view id) {
    if (!id.empty() && id.size() <= root_key_id_bytes_max && detail::is_visible_ascii(id))
        return {};
    return error{errc::malformed, "the root key id is not 1 to 255 visible ASCII characters"};
}

/// The outer block of `wrapped`. Errors: malformed (the root key id, see check_root_key_id, a
/// wrapped key that is empty or longer than wrapped_data_key_bytes_max), unknown_suite (the wrap
/// algorithm).
[[nodiscard]] inline result<std::vector<std::byte>> encode_outer(wrapped_data_key const& wrapped) {
    auto const& id = wrapped.root.id;
    if (auto checked = check_root_key_id(id); !checked) return std::move(checked).error();
    if (!detail::is_known(wrapped.algorithm))
        return error{errc::unknown_suite, "the wrap algorithm is not known to this build"};
    if (wrapped.bytes.empty() || wrapped.bytes.size() > wrapped_data_key_bytes_max)
        return error{errc::malformed,
                     concat("a wrapped data key of ", std::to_string(wrapped.bytes.size()),
                            " bytes; an envelope has room for 1 to ",
                            std::to_string(wrapped_data_key_bytes_max))};
    std::vector<std::byte> outer(1 + id.size() + 4 + 1 + 2 + wrapped.bytes.size());
    detail::field_writer out(outer);
    out.counted<1>(bytes_of(id));
    out.number<4>(wrapped.root.version);
    out.number<1>(static_cast<std::uint8_t>(wrapped.algorithm));
    out.counted<2>(wrapped.bytes);
    return outer;
}

/// An envelope by field. A view: everything lies in the envelope that was parsed. That its form is
/// right says nothing about who has written it.
struct envelope_view {
    wrapped_data_key wrapped;
    envelope_suite suite;
    std::string_view instance;  ///< claimed: the text of a CRN, not parsed
    std::string_view platform;
    std::uint64_t record_version;
    data_key_id_view key_id;
    std::span<std::byte const, 24> nonce;
    std::span<std::byte const, 32> commitment;
    bytes_view ciphertext;
    std::span<std::byte const, 16> tag;

    bytes_view outer;    ///< the outer block
    bytes_view inner;    ///< the inner block, which no rewrap changes
    bytes_view header;   ///< the associated data of the payload: inner, up to the ciphertext
    bytes_view context;  ///< instance, platform and record version, as in record_context::encoded
};

/// Errors: malformed (another form; the first field that is wrong is named, with its offset),
/// unknown_suite (a suite or a wrap algorithm that this build does not have).
[[nodiscard]] inline result<envelope_view> parse_envelope(bytes_view envelope) {
    detail::field_reader in(envelope);
    if (detail::text_of(in.bytes(detail::envelope_magic.size(), "magic")) != detail::envelope_magic)
        in.refuse(errc::malformed, "magic", "is not CPE1", 0);
    auto const outer_at = in.offset();
    wrapped_data_key wrapped;
    wrapped.root.id = in.text<1>("root key id", root_key_id_bytes_max);
    wrapped.root.version = static_cast<std::uint32_t>(in.number<4>("root key version"));
    wrapped.algorithm = in.one_of<wrap_algorithm>("wrap algorithm");
    wrapped.bytes = in.counted<2>("wrapped data key", 1, wrapped_data_key_bytes_max);
    auto const inner_at = in.offset();
    auto const suite = in.one_of<envelope_suite>("suite");
    if (in.number<1>("flags") != 0) in.refuse(errc::malformed, "flags", "is not 0", inner_at + 1);
    auto const context_at = in.offset();
    auto const instance = in.text<2>("instance crn", crn_bytes_max);
    auto const platform = in.text<1>("platform", platform_bytes_max);
    auto const record_version = in.number<8>("record version");
    auto const context_end = in.offset();
    auto const key_id = in.array<16>("data key id");
    auto const nonce = in.array<24>("nonce");
    auto const commitment = in.array<32>("commitment");
    auto const ciphertext = in.counted<4>("ciphertext", 0, payload_bytes_max);
    auto const ciphertext_at = in.offset() - ciphertext.size();
    auto const tag = in.array<16>("tag");
    if (!in.failed() && !in.at_end())
        in.refuse(errc::malformed, "end", "is followed by more; one envelope holds one record");
    if (in.failed()) return in.why();
    return envelope_view{.wrapped = wrapped,
                         .suite = suite,
                         .instance = instance,
                         .platform = platform,
                         .record_version = record_version,
                         .key_id = key_id,
                         .nonce = nonce,
                         .commitment = commitment,
                         .ciphertext = ciphertext,
                         .tag = tag,
                         .outer = envelope.subspan(outer_at, inner_at - outer_at),
                         .inner = envelope.subspan(inner_at),
                         .header = envelope.subspan(inner_at, ciphertext_at - inner_at),
                         .context = envelope.subspan(context_at, context_end - context_at)};
}

/// Whether the envelope claims to be of `context`: to be asked before the data key is unwrapped.
/// Errors: wrong_context (the field is named; its content, which may be another tenant's, is not).
[[nodiscard]] inline result<void> check_context(envelope_view const& envelope,
                                                record_context const& context) {
    if (detail::same_bytes(envelope.context, context.encoded())) return {};
    char const* const field = envelope.instance != context.instance()   ? "instance"
                              : envelope.platform != context.platform() ? "platform"
                                                                        : "version";
    return error{errc::wrong_context, concat("the record was sealed for another ", field,
                                             "; open it with the context it was sealed with")};
}

/// The envelope with another outer block: the data key and the record stay as they are, byte by
/// byte. `wrapped` is the same data key under another version of the root key, with the same
/// wrap_aad; or under another root key, with its own. That it is the same data key shows when the
/// record is opened. Errors: as parse_envelope and encode_outer.
[[nodiscard]] inline result<std::vector<std::byte>> rewrap(bytes_view envelope,
                                                           wrapped_data_key const& wrapped) {
    CRYPTOPERIOD_TRY(auto const parsed, parse_envelope(envelope));
    CRYPTOPERIOD_TRY(auto const outer, encode_outer(wrapped));
    auto const magic = bytes_of(detail::envelope_magic);
    std::vector<std::byte> rewrapped;
    rewrapped.reserve(magic.size() + outer.size() + parsed.inner.size());
    for (bytes_view const part : {bytes_view(magic), bytes_view(outer), parsed.inner})
        rewrapped.insert(rewrapped.end(), part.begin(), part.end());
    return rewrapped;
}

/// What a remote caller may learn: whether a record is another key's or was changed must look the
/// same, in code and in words. (The times differ; the first needs no message to be read.)
[[nodiscard]] inline error for_remote_caller(error refusal) {
    if (refusal.code != errc::commitment_mismatch && refusal.code != errc::authentication_failed)
        return refusal;
    return {errc::authentication_failed, "the record cannot be opened"};
}

}  // namespace cryptoperiod::crypto
