/// @file pkcs11_kms.hpp
/// Key management whose root keys never leave a token: each version of a key is an AES-256 object
/// of the token, sensitive and not extractable. Life cycle, registrations and notices are those of
/// local_kms; the books, sealed under a master key, name the objects and hold no root key.
///
/// A wrapped key is "CPT1" | root key version u32 | mechanism u8 | commitment 32 | body,
/// big-endian:
///
///     mechanism 1, AES-GCM: nonce 12 | ciphertext | tag 16; associated data: the first nine bytes
///         and the caller's
///     mechanism 2, AES key wrap with padding (RFC 5649): what the token made
///
/// commitment = HMAC-SHA256(check key of the version, "cryptoperiod/token-wrap/v1" | length of the
/// caller's associated data u64 | these | the first nine bytes | body). A token answers a forgery
/// and its own failure alike (SoftHSM 2.6.1: CKR_GENERAL_ERROR); the commitment, verified before
/// the token is asked, tells them apart: ciphertext_refused, or kms_unavailable.
#pragma once

#include <algorithm>
#include <array>
#include <cryptoperiod/adapters/pkcs11_token.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/key_material.hpp>
#include <cryptoperiod/kms/key_service.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::adapters {

/// How a token wraps.
enum class pkcs11_wrapping : std::uint8_t {
    /// AES-GCM: the token itself binds the associated data. PKCS#11 2.40 wraps no object that way,
    /// so an older version's key passes through this process when it is rewrapped, for as long as
    /// that takes, and is wiped. At most 2^32 keys a version (NIST SP 800-38D section 8.3).
    gcm = 1,
    /// AES key wrap with padding: a rewrapped key never leaves the token. It knows no associated
    /// data; they are bound by the commitment, whose key is in the books, not in the token. The
    /// same key wrapped twice is the same twice.
    key_wrap = 2,
};

/// Key material in a token. The note of a version is the CKA_ID of its object (version u32, 12
/// random bytes) and its check key of 32; CKA_LABEL is the id of the key.
class pkcs11_material {
public:
    static constexpr std::string_view kind = " in a token";

    pkcs11_material(pkcs11_token& token, pkcs11_wrapping wrapping) noexcept
        : token_(&token), wrapping_(wrapping) {}

    [[nodiscard]] result<secret_bytes> make(kms::key_id const& key, std::uint32_t version) {
        CRYPTOPERIOD_TRY(auto const check, crypto::random_secret<check_bytes>(entropy_));
        return new_object(key, version, check.expose(), {});
    }
    /// Material of any length but 16, 24 and 32 bytes is kept, and wraps nothing: that is
    /// malformed. Errors: malformed (no byte), as make.
    [[nodiscard]] result<secret_bytes> take(kms::key_id const& key, std::uint32_t version,
                                            secret_bytes const& material) {
        if (material.empty())
            return error{errc::malformed, "a token keeps no empty key; give at least one byte"};
        // From the material alone: the same one, imported anew, unwraps what it has wrapped.
        auto const check = crypto::hkdf<crypto::sha256>::derive<check_bytes>(
            material.expose(), {}, bytes_of("cryptoperiod/token-check/v1"));
        return new_object(key, version, check.expose(), material.expose());
    }
    [[nodiscard]] result<kms::wrapped_key> wrap(kms::key_id const& key,
                                                std::span<secret_bytes const> notes,
                                                std::span<std::byte const> plaintext,
                                                std::span<std::byte const> aad) {
        auto out = begun(notes.size(), wrapping_);
        auto body = wrapping_ == pkcs11_wrapping::gcm
                        ? sealed(key, notes.back(), plaintext, gcm_aad(out.bytes, aad))
                        : wrapped(key, notes.back(), plaintext);
        if (!body) return std::move(body).error();
        finish(out, notes.back(), aad, *body);
        return out;
    }
    [[nodiscard]] result<kms::unwrapped_key> unwrap(kms::key_id const& key,
                                                    std::span<secret_bytes const> notes,
                                                    std::span<std::byte const> bytes,
                                                    std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const of, genuine(notes, bytes, aad));
        auto plain = of.wrapping == pkcs11_wrapping::gcm
                         ? opened(key, *of.note, of.body, gcm_aad(bytes, aad))
                         : unwrapped(key, *of.note, of.body);
        if (!plain) return std::move(plain).error();
        return kms::unwrapped_key{*std::move(plain), of.version, std::nullopt};
    }
    /// Within the token where both are wrapped by key_wrap; else as unwrap and wrap.
    [[nodiscard]] result<kms::rewrapped_key> rewrap(kms::key_id const& key,
                                                    std::span<secret_bytes const> notes,
                                                    std::span<std::byte const> bytes,
                                                    std::span<std::byte const> aad) {
        CRYPTOPERIOD_TRY(auto const of, genuine(notes, bytes, aad));
        if (of.wrapping == pkcs11_wrapping::key_wrap && wrapping_ == pkcs11_wrapping::key_wrap) {
            auto out = begun(notes.size(), wrapping_);
            CRYPTOPERIOD_TRY(auto const body,
                             rewrapped_within(key, *of.note, notes.back(), of.body));
            finish(out, notes.back(), aad, body);
            return kms::rewrapped_key{std::move(out), of.version};
        }
        CRYPTOPERIOD_TRY(auto const plain, unwrap(key, notes, bytes, aad));
        CRYPTOPERIOD_TRY(auto again, wrap(key, notes, plain.plaintext.expose(), aad));
        return kms::rewrapped_key{std::move(again), of.version};
    }
    [[nodiscard]] result<void> destroy(kms::key_id const& key, secret_bytes const& note) {
        auto const id = id_of(note);
        auto done = token_->run([&](session& s) -> CK_RV {
            CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
            if (auto const c = s.find(key.str(), id, object); c != CKR_OK) return c;
            auto const code = s->C_DestroyObject(s.handle(), object);
            if (code == CKR_OK) s.forget(id);
            return code;
        });
        if (!done && done.error().code == errc::key_not_found) return {};
        return done;
    }

private:
    using session = pkcs11_token::session;
    using bytes_view = std::span<std::byte const>;
    using byte_string = std::vector<std::byte>;
    static constexpr std::size_t id_bytes = 16, check_bytes = 32, commitment_bytes = 32;
    static constexpr std::size_t nonce_bytes = 12, tag_bytes = 16;
    static constexpr std::string_view magic = "CPT1";
    static constexpr std::size_t head_bytes = 9;  // magic, version, mechanism

    struct genuine_key {
        std::uint32_t version;
        pkcs11_wrapping wrapping;
        secret_bytes const* note;
        bytes_view body;
    };

    [[nodiscard]] static bytes_view id_of(secret_bytes const& note) {
        return note.expose().first(id_bytes);
    }

    // ---- the wrapped key ------------------------------------------------------------------------

    /// Its head; the body and the commitment come with `finish`.
    [[nodiscard]] static kms::wrapped_key begun(std::size_t version, pkcs11_wrapping wrapping) {
        kms::wrapped_key out;
        out.version = static_cast<std::uint32_t>(version);
        out.bytes.resize(head_bytes + commitment_bytes);
        std::ranges::copy(bytes_of(magic), out.bytes.begin());
        kms::detail::put_u32(out.version, std::span(out.bytes).subspan<4, 4>());
        out.bytes[head_bytes - 1] = static_cast<std::byte>(wrapping);
        return out;
    }
    static void finish(kms::wrapped_key& out, secret_bytes const& note, bytes_view aad,
                       bytes_view body) {
        out.bytes.insert(out.bytes.end(), body.begin(), body.end());
        crypto::hmac<crypto::sha256> mac(note.expose().subspan(id_bytes));
        auto const length = length_of(aad);
        auto const head = bytes_view(out.bytes).first(head_bytes);
        mac.compute({purpose(), length, aad, head, body},
                    std::span(out.bytes).subspan<head_bytes, commitment_bytes>());
    }
    /// The key as it was wrapped, and by what. Errors: ciphertext_refused.
    [[nodiscard]] static result<genuine_key> genuine(std::span<secret_bytes const> notes,
                                                     bytes_view bytes, bytes_view aad) {
        if (bytes.size() <= head_bytes + commitment_bytes ||
            !std::ranges::equal(bytes.first(magic.size()), bytes_of(magic)))
            return kms::detail::wrapped_key_refused();
        auto const version = kms::detail::u32_of(bytes.subspan<4, 4>());
        auto const wrapping = static_cast<pkcs11_wrapping>(bytes[head_bytes - 1]);
        if (version == 0 || version > notes.size() ||
            (wrapping != pkcs11_wrapping::gcm && wrapping != pkcs11_wrapping::key_wrap))
            return kms::detail::wrapped_key_refused();
        auto const& note = notes[version - 1];
        auto const body = bytes.subspan(head_bytes + commitment_bytes);
        crypto::hmac<crypto::sha256> mac(note.expose().subspan(id_bytes));
        auto const length = length_of(aad);
        if (!mac.verify({purpose(), length, aad, bytes.first(head_bytes), body},
                        bytes.subspan<head_bytes, commitment_bytes>()))
            return kms::detail::wrapped_key_refused();
        return genuine_key{version, wrapping, &note, body};
    }
    [[nodiscard]] static bytes_view purpose() { return bytes_of("cryptoperiod/token-wrap/v1"); }
    [[nodiscard]] static std::array<std::byte, 8> length_of(bytes_view aad) {
        std::array<std::byte, 8> length{};
        for (unsigned i = 0; i < 8; ++i)
            length[i] = static_cast<std::byte>(std::uint64_t{aad.size()} >> (56 - 8 * i) & 0xffU);
        return length;
    }
    /// What the token authenticates: never empty, and the head is bound as well.
    [[nodiscard]] static byte_string gcm_aad(bytes_view wrapped, bytes_view aad) {
        byte_string all(head_bytes + aad.size());
        std::ranges::copy(wrapped.first(head_bytes), all.begin());
        std::ranges::copy(aad, all.begin() + head_bytes);
        return all;
    }

    // ---- objects of the token -------------------------------------------------------------------

    /// `material` is empty for a key that the token makes.
    [[nodiscard]] result<secret_bytes> new_object(kms::key_id const& key, std::uint32_t version,
                                                  bytes_view check, bytes_view material) {
        std::array<std::byte, id_bytes> id;
        result<void> drawn;
        auto made = token_->run([&](session& s) -> CK_RV {
            // A new one for each attempt: one that failed may have left its object.
            kms::detail::put_u32(version, std::span(id).first<4>());
            drawn = entropy_.fill(std::span(id).subspan(4));
            return drawn ? create(s, key.str(), id, material) : CKR_OK;
        });
        if (!drawn) return std::move(drawn).error();
        if (!made) return std::move(made).error();
        return secret_bytes::make(id_bytes + check_bytes, [&](std::span<std::byte> note) {
            std::ranges::copy(id, note.begin());
            std::ranges::copy(check, note.begin() + id_bytes);
        });
    }
    [[nodiscard]] static CK_RV create(session& s, std::string_view label, bytes_view id,
                                      bytes_view material) {
        using detail::pkcs11::attribute;
        CK_OBJECT_CLASS const secret_key = CKO_SECRET_KEY;
        // A standard key may have any length: it does not wrap.
        bool const wraps = material.empty() || material.size() == 16 || material.size() == 24 ||
                           material.size() == 32;
        CK_KEY_TYPE const type = wraps ? CKK_AES : CKK_GENERIC_SECRET;
        CK_BBOOL const yes = CK_TRUE, no = CK_FALSE, use = wraps ? CK_TRUE : CK_FALSE;
        CK_ULONG const length = 32;
        std::array wanted{
            attribute(CKA_CLASS, secret_key),
            attribute(CKA_KEY_TYPE, type),
            attribute(CKA_TOKEN, yes),
            attribute(CKA_PRIVATE, yes),
            attribute(CKA_SENSITIVE, yes),
            attribute(CKA_EXTRACTABLE, no),
            attribute(CKA_ENCRYPT, use),
            attribute(CKA_DECRYPT, use),
            attribute(CKA_WRAP, use),
            attribute(CKA_UNWRAP, use),
            attribute(CKA_LABEL, bytes_of(label)),
            attribute(CKA_ID, id),
            material.empty() ? attribute(CKA_VALUE_LEN, length) : attribute(CKA_VALUE, material)};
        CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
        CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
        return material.empty()
                   ? s->C_GenerateKey(s.handle(), &mechanism, wanted.data(), wanted.size(), &object)
                   : s->C_CreateObject(s.handle(), wanted.data(), wanted.size(), &object);
    }
    /// Does work(session&, handle of the version) -> CK_RV. Errors: those of pkcs11_token::run.
    template <class Work>
    [[nodiscard]] result<void> with(kms::key_id const& key, secret_bytes const& note,
                                    Work const& work) {
        return token_->run([&](session& s) -> CK_RV {
            CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
            auto const code = s.find(key.str(), id_of(note), object);
            return code == CKR_OK ? work(s, object) : code;
        });
    }

    /// Modules differ in what they call it when what shall wrap is no AES key.
    [[nodiscard]] static CK_RV why_refused(session& s, CK_OBJECT_HANDLE root, CK_RV code) {
        if (detail::pkcs11::known(code).helps != detail::pkcs11::remedy::new_handle) return code;
        CK_KEY_TYPE type = CKK_AES;
        auto asked = detail::pkcs11::attribute(CKA_KEY_TYPE, type);
        auto const told = s->C_GetAttributeValue(s.handle(), root, &asked, 1);
        return told == CKR_OK && type != CKK_AES ? detail::pkcs11::no_aes_key : code;
    }

    // ---- AES-GCM --------------------------------------------------------------------------------

    [[nodiscard]] result<byte_string> sealed(kms::key_id const& key, secret_bytes const& note,
                                             bytes_view plaintext, byte_string const& aad) {
        byte_string body(nonce_bytes + plaintext.size() + tag_bytes);
        auto const nonce = std::span(body).first(nonce_bytes);
        // The token is not asked for it: SoftHSM takes the same nonce twice without a word.
        if (auto drawn = entropy_.fill(nonce); !drawn) return std::move(drawn).error();
        auto done = with(key, note, [&](session& s, CK_OBJECT_HANDLE root) -> CK_RV {
            auto parameters = gcm_parameters(nonce, aad);
            CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
            if (auto const c = s->C_EncryptInit(s.handle(), &mechanism, root); c != CKR_OK)
                return why_refused(s, root, c);
            auto const room = std::span(body).subspan(nonce_bytes);
            CK_ULONG size = room.size();
            auto const c = s->C_Encrypt(s.handle(), detail::pkcs11::raw(plaintext),
                                        plaintext.size(), detail::pkcs11::raw(room), &size);
            return c == CKR_OK && size != room.size() ? CKR_FUNCTION_FAILED : c;
        });
        if (!done) return std::move(done).error();
        return body;
    }
    [[nodiscard]] result<secret_bytes> opened(kms::key_id const& key, secret_bytes const& note,
                                              bytes_view body, byte_string const& aad) {
        if (body.size() <= nonce_bytes + tag_bytes) return kms::detail::wrapped_key_refused();
        auto const sealed = body.subspan(nonce_bytes);
        // As long as the ciphertext with its tag: modules ask for that much.
        auto plain = zeros(sealed.size());
        auto done = with(key, note, [&](session& s, CK_OBJECT_HANDLE root) -> CK_RV {
            auto parameters = gcm_parameters(body.first(nonce_bytes), aad);
            CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
            if (auto const c = s->C_DecryptInit(s.handle(), &mechanism, root); c != CKR_OK)
                return c;
            CK_ULONG size = plain.size();
            auto const c = s->C_Decrypt(s.handle(), detail::pkcs11::raw(sealed), sealed.size(),
                                        detail::pkcs11::raw(plain.expose()), &size);
            return c == CKR_OK && size != sealed.size() - tag_bytes ? CKR_FUNCTION_FAILED : c;
        });
        if (!done) return std::move(done).error();
        plain.resize(sealed.size() - tag_bytes);
        return plain;
    }
    [[nodiscard]] static CK_GCM_PARAMS gcm_parameters(bytes_view nonce, byte_string const& aad) {
        CK_GCM_PARAMS p{};
        p.pIv = detail::pkcs11::raw(nonce);
        p.ulIvLen = nonce.size();
        p.ulIvBits = 8 * nonce.size();
        p.pAAD = detail::pkcs11::raw(aad);
        p.ulAADLen = aad.size();
        p.ulTagBits = 8 * tag_bytes;
        return p;
    }
    [[nodiscard]] static secret_bytes zeros(std::size_t size) {
        return secret_bytes::make(size, [](std::span<std::byte>) {});
    }

    // ---- AES key wrap ---------------------------------------------------------------------------

    /// A key that lives in a session for as long as this does.
    class passing_object {
    public:
        explicit passing_object(session& s) noexcept : s_(&s) {}
        passing_object(passing_object const&) = delete;
        passing_object& operator=(passing_object const&) = delete;
        ~passing_object() {
            if (handle != CK_INVALID_HANDLE) (*s_)->C_DestroyObject(s_->handle(), handle);
        }
        CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;

    private:
        session* s_;
    };
    /// RFC 5649 makes a key of n bytes 8 to 15 bytes longer.
    static constexpr std::size_t wrap_bytes_max = 15;

    [[nodiscard]] CK_RV wrap_object(session& s, CK_OBJECT_HANDLE root, CK_OBJECT_HANDLE object,
                                    byte_string& out) const {
        CK_MECHANISM mechanism{token_->key_wrap(), nullptr, 0};
        CK_ULONG size = out.size();
        auto const code =
            s->C_WrapKey(s.handle(), &mechanism, root, object, detail::pkcs11::raw(out), &size);
        if (code != CKR_OK) return why_refused(s, root, code);
        out.resize(size);
        return code;
    }
    /// `sensitive`: it can be wrapped again, and not be read.
    [[nodiscard]] CK_RV unwrap_object(session& s, CK_OBJECT_HANDLE root, bytes_view wrapped,
                                      bool sensitive, passing_object& object) const {
        using detail::pkcs11::attribute;
        CK_OBJECT_CLASS const secret_key = CKO_SECRET_KEY;
        CK_KEY_TYPE const type = CKK_GENERIC_SECRET;
        CK_BBOOL const yes = CK_TRUE, no = CK_FALSE, hidden = sensitive ? CK_TRUE : CK_FALSE;
        std::array wanted{attribute(CKA_CLASS, secret_key), attribute(CKA_KEY_TYPE, type),
                          attribute(CKA_TOKEN, no), attribute(CKA_SENSITIVE, hidden),
                          attribute(CKA_EXTRACTABLE, yes)};
        CK_MECHANISM mechanism{token_->key_wrap(), nullptr, 0};
        return s->C_UnwrapKey(s.handle(), &mechanism, root, detail::pkcs11::raw(wrapped),
                              wrapped.size(), wanted.data(), wanted.size(), &object.handle);
    }
    [[nodiscard]] result<byte_string> wrapped(kms::key_id const& key, secret_bytes const& note,
                                              bytes_view plaintext) {
        byte_string body;
        auto done = with(key, note, [&](session& s, CK_OBJECT_HANDLE root) -> CK_RV {
            using detail::pkcs11::attribute;
            CK_OBJECT_CLASS const secret_key = CKO_SECRET_KEY;
            CK_KEY_TYPE const type = CKK_GENERIC_SECRET;
            CK_BBOOL const yes = CK_TRUE, no = CK_FALSE;
            std::array wanted{attribute(CKA_CLASS, secret_key), attribute(CKA_KEY_TYPE, type),
                              attribute(CKA_TOKEN, no),         attribute(CKA_SENSITIVE, no),
                              attribute(CKA_EXTRACTABLE, yes),  attribute(CKA_VALUE, plaintext)};
            passing_object object(s);
            auto const code =
                s->C_CreateObject(s.handle(), wanted.data(), wanted.size(), &object.handle);
            if (code != CKR_OK) return code;
            body.resize(plaintext.size() + wrap_bytes_max);
            return wrap_object(s, root, object.handle, body);
        });
        if (!done) return std::move(done).error();
        return body;
    }
    [[nodiscard]] result<secret_bytes> unwrapped(kms::key_id const& key, secret_bytes const& note,
                                                 bytes_view body) {
        secret_bytes plain;
        auto done = with(key, note, [&](session& s, CK_OBJECT_HANDLE root) -> CK_RV {
            passing_object object(s);
            auto const code = unwrap_object(s, root, body, false, object);
            if (code != CKR_OK) return code;
            plain = zeros(body.size());
            CK_ATTRIBUTE value = detail::pkcs11::attribute(CKA_VALUE, plain.expose());
            auto const read = s->C_GetAttributeValue(s.handle(), object.handle, &value, 1);
            if (read == CKR_OK) plain.resize(value.ulValueLen);
            return read;
        });
        if (!done) return std::move(done).error();
        return plain;
    }
    /// From one version to another, without a byte of the key in this process.
    [[nodiscard]] result<byte_string> rewrapped_within(kms::key_id const& key,
                                                       secret_bytes const& from,
                                                       secret_bytes const& to, bytes_view body) {
        byte_string again;
        auto done = with(key, from, [&](session& s, CK_OBJECT_HANDLE old_root) -> CK_RV {
            CK_OBJECT_HANDLE new_root = CK_INVALID_HANDLE;
            if (auto const c = s.find(key.str(), id_of(to), new_root); c != CKR_OK) return c;
            passing_object object(s);
            auto const code = unwrap_object(s, old_root, body, true, object);
            if (code != CKR_OK) return code;
            again.resize(body.size() + wrap_bytes_max);
            return wrap_object(s, new_root, object.handle, again);
        });
        if (!done) return std::move(done).error();
        return again;
    }

    pkcs11_token* token_;
    pkcs11_wrapping wrapping_;
    [[no_unique_address]] crypto::os_entropy entropy_;
};

/// `key_service` over a token. Errors: those of key_service; kms_unavailable (the token is lost;
/// each call looks for it, see pkcs11_token), unauthorized (also: the token refuses the PIN),
/// key_not_found (also: the object was destroyed in the token by somebody else).
template <store::store Store, kms::access_control Access = kms::in_process,
          clock_source Clock = system_clock_source>
class pkcs11_kms
    : public kms::key_service<pkcs11_material, Store, Access, crypto::os_entropy, Clock> {
public:
    /// The device (a token), the store and the clock are somebody else's and must outlive this
    /// object. The books are sealed under `master`, which opens no wrapped key. Without the
    /// mechanism of `wrapping` in the token, wrapping answers kms_unavailable.
    pkcs11_kms(pkcs11_token& device, Store& store, kms::master_key master, Clock const& clock,
               Access access = {}, pkcs11_wrapping wrapping = pkcs11_wrapping::gcm)
        : kms::key_service<pkcs11_material, Store, Access, crypto::os_entropy, Clock>(
              pkcs11_material(device, wrapping), store, std::move(master), clock, std::move(access),
              {}) {}
};

}  // namespace cryptoperiod::adapters
