/// @file pkcs11_token.hpp
/// A token behind a PKCS#11 2.40 module, such as a hardware security module or SoftHSM2: loaded at
/// run time, one session a thread at a time, and brought back after it was lost. What a token
/// answers when it is lost differs from module to module (SoftHSM 2.6.1: CKR_GENERAL_ERROR, stale
/// handles, a search that finds nothing), so every failure is treated alike: log in again, then
/// initialise the module anew, then give up.
#pragma once

#if __has_include(<p11-kit/pkcs11.h>)
#include <p11-kit/pkcs11.h>
#else
#include <p11-kit-1/p11-kit/pkcs11.h>
#endif
// Members by their other names, which p11-kit 0.24 forgets to take back: words of everybody's.
#undef aad_len
#undef aad_ptr
#undef ck_rsa_pkcs_mgf_type_t
#undef ck_rsa_pkcs_oaep_source_type_t
#undef counter_bits
#undef data_params
#undef hash_alg
#undef iv_bits
#undef iv_len
#undef iv_ptr
#undef public_data
#undef public_data_len
#undef s_len
#undef shared_data
#undef shared_data_len
#undef source_data
#undef source_data_len
#undef string_data
#undef string_data_len
#undef tag_bits

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cryptoperiod::adapters {

/// Which token, and how it is treated.
struct pkcs11_options {
    std::string module;                    ///< path of the module, a shared library
    std::string token;                     ///< label of the token, without the blanks at its end
    std::chrono::milliseconds rest{1000};  ///< between two attempts to initialise the module anew
};

namespace detail::pkcs11 {

/// CKM_AES_KEY_WRAP_KWP (RFC 5649) of PKCS#11 3.0, which the header lacks.
inline constexpr CK_MECHANISM_TYPE key_wrap_kwp = 0x210B;
/// Our own codes: the token is there, the object is not; nothing is there; the object is of another
/// type.
inline constexpr CK_RV object_missing = CKR_VENDOR_DEFINED | 0x43500001;
inline constexpr CK_RV nothing_there = CKR_VENDOR_DEFINED | 0x43500002;
inline constexpr CK_RV no_aes_key = CKR_VENDOR_DEFINED | 0x43500003;

/// What helps against a code.
enum class remedy : std::uint8_t {
    new_login,   ///< or the module initialised anew: the token may be lost
    new_handle,  ///< the key is looked for again; the next time it is the key, or what it was given
    none,        ///< the token cannot do it
};
struct known_code {
    CK_RV code;
    std::string_view name;
    remedy helps = remedy::new_login;
};
inline constexpr std::array known_codes{
    known_code{CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"},
    known_code{CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"},
    known_code{CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
    known_code{CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
    known_code{CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
    known_code{CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
    known_code{CKR_SESSION_COUNT, "CKR_SESSION_COUNT"},
    known_code{CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
    known_code{CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"},
    known_code{CKR_WRAPPING_KEY_HANDLE_INVALID, "CKR_WRAPPING_KEY_HANDLE_INVALID"},
    known_code{CKR_UNWRAPPING_KEY_HANDLE_INVALID, "CKR_UNWRAPPING_KEY_HANDLE_INVALID"},
    known_code{CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID"},
    known_code{CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"},

    known_code{CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD", remedy::new_handle},
    known_code{CKR_DATA_INVALID, "CKR_DATA_INVALID", remedy::new_handle},
    known_code{CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE", remedy::new_handle},
    known_code{CKR_ENCRYPTED_DATA_INVALID, "CKR_ENCRYPTED_DATA_INVALID", remedy::new_handle},
    known_code{CKR_ENCRYPTED_DATA_LEN_RANGE, "CKR_ENCRYPTED_DATA_LEN_RANGE", remedy::new_handle},
    known_code{CKR_KEY_SIZE_RANGE, "CKR_KEY_SIZE_RANGE", remedy::new_handle},
    known_code{CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", remedy::new_handle},
    known_code{CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED",
               remedy::new_handle},
    known_code{CKR_KEY_NOT_WRAPPABLE, "CKR_KEY_NOT_WRAPPABLE", remedy::new_handle},
    known_code{CKR_KEY_UNEXTRACTABLE, "CKR_KEY_UNEXTRACTABLE", remedy::new_handle},
    known_code{CKR_WRAPPED_KEY_INVALID, "CKR_WRAPPED_KEY_INVALID", remedy::new_handle},
    known_code{CKR_WRAPPED_KEY_LEN_RANGE, "CKR_WRAPPED_KEY_LEN_RANGE", remedy::new_handle},
    known_code{CKR_WRAPPING_KEY_SIZE_RANGE, "CKR_WRAPPING_KEY_SIZE_RANGE", remedy::new_handle},
    known_code{CKR_WRAPPING_KEY_TYPE_INCONSISTENT, "CKR_WRAPPING_KEY_TYPE_INCONSISTENT",
               remedy::new_handle},
    known_code{CKR_UNWRAPPING_KEY_SIZE_RANGE, "CKR_UNWRAPPING_KEY_SIZE_RANGE", remedy::new_handle},
    known_code{CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT",
               remedy::new_handle},

    known_code{no_aes_key, "no AES key", remedy::new_handle},

    known_code{object_missing, "no object", remedy::none},
    known_code{CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", remedy::none},
    known_code{CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID", remedy::none},
    known_code{CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", remedy::none},
    known_code{CKR_TEMPLATE_INCOMPLETE, "CKR_TEMPLATE_INCOMPLETE", remedy::none},
    known_code{CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID", remedy::none},
    known_code{CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID", remedy::none},
    known_code{CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", remedy::none},
    known_code{CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", remedy::none},
    known_code{CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", remedy::none},
};
/// What helps is a new login where the code is not known: any may say that a token is lost.
[[nodiscard]] constexpr known_code known(CK_RV code) noexcept {
    auto const* const at = std::ranges::find(known_codes, code, &known_code::code);
    return at == known_codes.end() ? known_code{code, ""} : *at;
}
/// The name of a code, for a person.
[[nodiscard]] inline std::string name_of(CK_RV code) {
    if (auto const name = known(code).name; !name.empty()) return std::string(name);
    std::array<std::byte, 4> bytes;
    for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(code >> (24 - 8 * i) & 0xff);
    return concat("code 0x", to_hex(bytes));
}

/// An attribute of an object. PKCS#11 takes pointers to non-const where it only reads.
template <class T>
[[nodiscard]] CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T const& value) noexcept {
    return {type, const_cast<T*>(&value), sizeof value};
}
[[nodiscard]] inline CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type,
                                            std::span<std::byte const> value) noexcept {
    return {type, const_cast<std::byte*>(value.data()), value.size()};
}
[[nodiscard]] inline CK_BYTE* raw(std::span<std::byte const> bytes) noexcept {
    return reinterpret_cast<CK_BYTE*>(const_cast<std::byte*>(bytes.data()));
}

}  // namespace detail::pkcs11

/// A token, logged in. Calls may come from any thread. One object a module and process: losing the
/// token finalises the module, for everybody in the process who uses it; where somebody else had
/// initialised it before, it is left as it is, and a lost token stays lost until they do the same.
///
/// In a forked child, work is kms_unavailable and destruction does nothing: the sessions and the
/// login are the parent's, who would be logged out over a connection that both have. Fork before a
/// token is opened, or exec in the child; whether one can be opened in a child of a process that
/// has used its module is the module's affair.
class pkcs11_token {
public:
    /// A session, lent to one thread for one piece of work.
    class session {
    public:
        [[nodiscard]] CK_FUNCTION_LIST const& operator*() const noexcept { return *of_->p11_; }
        [[nodiscard]] CK_FUNCTION_LIST const* operator->() const noexcept { return of_->p11_; }
        [[nodiscard]] CK_SESSION_HANDLE handle() const noexcept { return handle_; }

        /// The object of this label and id, looked for once. Codes: object_missing, the token's.
        [[nodiscard]] CK_RV find(std::string_view label, std::span<std::byte const> id,
                                 CK_OBJECT_HANDLE& found) const {
            return of_->find(handle_, label, id, found);
        }
        /// To be called when the object was destroyed.
        void forget(std::span<std::byte const> id) const { of_->forget(id); }

        session(session const&) = delete;
        session& operator=(session const&) = delete;

    private:
        friend class pkcs11_token;
        session(pkcs11_token& of, CK_SESSION_HANDLE handle) noexcept : of_(&of), handle_(handle) {}
        // Whatever operation a failure has left active goes with the session.
        ~session() {
            if (well_)
                of_->give_back(handle_);
            else
                of_->end(handle_);
        }

        pkcs11_token* of_;
        CK_SESSION_HANDLE handle_;
        bool well_ = false;
    };

    /// Loads the module and logs in. Errors: missing (no such module, no label, no PIN),
    /// inconsistent (two tokens of this label), unauthorized (the PIN), kms_unavailable (no such
    /// token, or it does not answer).
    [[nodiscard]] static result<std::unique_ptr<pkcs11_token>> open(pkcs11_options options,
                                                                    secret_bytes pin) {
        std::unique_ptr<pkcs11_token> token(new pkcs11_token(std::move(options), std::move(pin)));
        if (auto loaded = token->load(); !loaded) return std::move(loaded).error();
        if (token->pin_.expose().empty())
            return error{errc::missing,
                         concat("the PIN for the token ", token->quoted(), " is empty; give it")};
        if (auto started = token->start(); !started) return std::move(started).error();
        token->look_for_key_wrap();
        if (auto marked = token->run([&](session& s) { return token->mark(s.handle()); }); !marked)
            return std::move(marked).error();
        return token;
    }
    ~pkcs11_token() {
        if (p11_ != nullptr && !is_of_parent()) stop();
    }
    pkcs11_token(pkcs11_token const&) = delete;
    pkcs11_token& operator=(pkcs11_token const&) = delete;

    /// Does `work(session&) -> CK_RV`, up to three times: as it is, after a new login, after the
    /// module was initialised anew. Where the token refuses one key or what it is given, the key
    /// is looked for once more, and nobody else is disturbed. Errors: unauthorized (the PIN was
    /// changed: it is not tried a second time, for tokens lock themselves), key_not_found (the
    /// token is there, the object is not), malformed (the object is no AES key), kms_unavailable.
    template <class Work>
    [[nodiscard]] result<void> run(Work const& work) {
        if (is_of_parent())
            return unavailable(
                "was opened before the process forked, and is its parent's; fork before it is "
                "opened, or exec in the child");
        constexpr int attempts_max = 3;
        for (int attempt = 1;; ++attempt) {
            std::uint64_t seen = 0;
            CK_RV code = CKR_CRYPTOKI_NOT_INITIALIZED;
            {
                std::shared_lock const alive(life_);
                seen = generation_;
                if (usable_) code = lent(work);
            }
            if (code == CKR_OK) return {};
            auto const helps = detail::pkcs11::known(code).helps;
            if (attempt == attempts_max || helps == remedy::none) return refusal(code);
            if (helps == remedy::new_handle) {
                if (attempt > 1) return refusal(code);
                forget_all();
                continue;
            }
            bool const anew = attempt > 1 || code == CKR_CRYPTOKI_NOT_INITIALIZED;
            if (auto healed = heal(seen, anew); !healed) return healed;
        }
    }

    /// The mechanism for AES key wrap with padding; 0, which wraps nothing, where there is none.
    [[nodiscard]] CK_MECHANISM_TYPE key_wrap() const noexcept { return key_wrap_; }
    /// How often the module was started, logins not counted.
    [[nodiscard]] std::uint64_t starts() const noexcept { return starts_; }

private:
    using remedy = detail::pkcs11::remedy;
    static constexpr std::size_t label_bytes = 32;  // of a token, blanks at its end
    static constexpr std::size_t handles_max = 4096;
    static constexpr std::string_view mark_label = "cryptoperiod";

    pkcs11_token(pkcs11_options options, secret_bytes pin)
        : options_(std::move(options)), pin_(std::move(pin)) {}

    [[nodiscard]] bool is_of_parent() const noexcept { return owner_ != ::getpid(); }

    // ---- errors ---------------------------------------------------------------------------------

    [[nodiscard]] std::string quoted() const { return concat("'", options_.token, "'"); }
    [[nodiscard]] error unavailable(std::string_view what) const {
        return {errc::kms_unavailable, concat("the token ", quoted(), " ", what)};
    }
    [[nodiscard]] error refusal(CK_RV code) const {
        if (code == detail::pkcs11::object_missing)
            return {errc::key_not_found, concat("the token ", quoted(),
                                                " does not have the version of the key any more; "
                                                "restore the token from its backup")};
        if (code == detail::pkcs11::nothing_there) return unavailable("has lost its objects");
        if (code == detail::pkcs11::no_aes_key)
            return {errc::malformed,
                    concat("a version of the key in the token ", quoted(),
                           " is no AES key and wraps nothing; rotate the key to material of 16, 24 "
                           "or 32 bytes")};
        auto const name = detail::pkcs11::name_of(code);
        switch (detail::pkcs11::known(code).helps) {
            case remedy::new_handle:
                return unavailable(concat("does not use the key for this (", name,
                                          "); see whether its object is the one that was made, and "
                                          "what it was given"));
            case remedy::none:
                return unavailable(concat("cannot do this (", name,
                                          "); see to its settings, its room and its mechanisms"));
            default:
                return unavailable(concat("answers ", name, "; try again"));
        }
    }
    [[nodiscard]] error pin_refused(CK_RV code) const {
        if (code == CKR_PIN_LOCKED)
            return {errc::unauthorized,
                    concat("the token ", quoted(),
                           " has locked its PIN; its security officer can set a new one")};
        return {errc::unauthorized,
                concat("the token ", quoted(),
                       " refuses the PIN; open it anew with the right one, which is not tried "
                       "again by itself, for tokens lock themselves")};
    }

    // ---- the module: with life_ held alone, or before anybody else has this object --------------

    [[nodiscard]] result<void> load() {
        // Of no name, dlopen gives the program itself.
        if (options_.module.empty()) return not_loaded("PKCS#11 module is not named");
        // It stays loaded for ever: modules leave threads and exit handlers behind.
        void* const library = ::dlopen(options_.module.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) return why_not_loaded();
        void* const symbol = ::dlsym(library, "C_GetFunctionList");
        auto const get = reinterpret_cast<CK_C_GetFunctionList>(symbol);
        if (get == nullptr)
            return not_loaded(concat("library '", options_.module,
                                     "' is no PKCS#11 module: it has no C_GetFunctionList"));
        if (auto const code = get(&p11_); code != CKR_OK || p11_ == nullptr) {
            p11_ = nullptr;
            return not_loaded(concat("PKCS#11 module '", options_.module,
                                     "' does not tell its functions (",
                                     detail::pkcs11::name_of(code), ")"));
        }
        return {};
    }
    [[nodiscard]] static error not_loaded(std::string_view what) {
        return {errc::missing, concat("the ", what,
                                      "; give the path of a module, such as "
                                      "/usr/lib/softhsm/libsofthsm2.so")};
    }
    [[nodiscard]] error why_not_loaded() const {
        char const* const told = ::dlerror();
        std::string_view const said = told == nullptr ? "no reason is given" : told;
        auto const& module = options_.module;
        bool const is_path = module.find('/') != std::string::npos;
        if (is_path && ::access(module.c_str(), F_OK) != 0)
            return not_loaded(concat("PKCS#11 module '", module, "' is not there (", said, ")"));
        // The loader names the file that it fails at.
        if (!said.starts_with(concat(module, ":")))
            return {errc::missing, concat("the PKCS#11 module '", module,
                                          "' needs what does not load (", said, "); install it")};
        return not_loaded(concat("PKCS#11 module '", module, "' does not load (", said, ")"));
    }
    [[nodiscard]] result<void> start() {
        ++starts_;
        CK_C_INITIALIZE_ARGS arguments{};
        arguments.flags = CKF_OS_LOCKING_OK;
        auto const code = p11_->C_Initialize(&arguments);
        owns_ = code == CKR_OK;
        if (!owns_ && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
            return unavailable(concat("is out of reach: its module answers ",
                                      detail::pkcs11::name_of(code), " when it is initialised"));
        if (auto found = find_slot(); !found) return found;
        return log_in();
    }
    void look_for_key_wrap() {
        // SoftHSM 2.6.1 has RFC 5649 under the older number only.
        for (auto const mechanism :
             {detail::pkcs11::key_wrap_kwp, CK_MECHANISM_TYPE{CKM_AES_KEY_WRAP_PAD}})
            if (key_wrap_ == 0 && wraps_with(mechanism)) key_wrap_ = mechanism;
    }
    void stop() {
        close_sessions();
        if (owns_) p11_->C_Finalize(nullptr);
        owns_ = usable_ = false;
    }
    [[nodiscard]] bool wraps_with(CK_MECHANISM_TYPE mechanism) const {
        CK_MECHANISM_INFO info{};
        return p11_->C_GetMechanismInfo(slot_, mechanism, &info) == CKR_OK &&
               (info.flags & CKF_WRAP) != 0;
    }
    [[nodiscard]] result<void> find_slot() {
        CK_ULONG count = 0;
        std::vector<CK_SLOT_ID> slots;
        if (p11_->C_GetSlotList(CK_TRUE, nullptr, &count) == CKR_OK) slots.resize(count);
        if (!slots.empty() && p11_->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK)
            count = 0;
        slots.resize(std::min<std::size_t>(slots.size(), count));
        std::vector<std::string> labels;
        int ours = 0;
        for (auto const slot : slots) {
            CK_TOKEN_INFO info{};
            if (p11_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
            if ((info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
            std::string_view label(reinterpret_cast<char const*>(info.label), label_bytes);
            labels.emplace_back(label.substr(0, label.find_last_not_of(' ') + 1));
            if (labels.back() != options_.token) continue;
            slot_ = slot;
            ++ours;
        }
        if (ours == 0) return not_found(labels);
        if (ours > 1)
            return error{errc::inconsistent,
                         concat("two tokens are called ", quoted(), "; rename one of them")};
        return {};
    }
    [[nodiscard]] error not_found(std::span<std::string const> labels) const {
        constexpr std::size_t named_max = 8;
        std::string there;
        for (auto const& label : labels)
            there += concat(there.empty() ? "'" : ", '",
                            cryptoperiod::detail::find_control_character(label) == std::string::npos
                                ? label
                                : to_hex(bytes_of(label)),
                            "'");
        if (labels.size() > named_max)
            there = concat(std::to_string(labels.size()), " tokens of other labels");
        auto const helps =
            labels.empty()
                ? concat("its module '", options_.module,
                         "' has no token that is initialised; plug it in or see to the settings of "
                         "the module")
                : concat("its module '", options_.module, "' has ", there,
                         "; give the label of one, or plug it in");
        if (options_.token.empty()) return {errc::missing, concat("no token is named; ", helps)};
        return unavailable(concat("is not there; ", helps));
    }
    /// Opens the session that keeps the login, and logs in. What was known of objects is forgotten:
    /// a login makes their handles invalid.
    [[nodiscard]] result<void> log_in() {
        close_sessions();
        usable_ = false;
        ++generation_;
        if (auto const code = open_session(keeper_); code != CKR_OK) return refusal(code);
        auto const pin = pin_.expose();
        auto const code = p11_->C_Login(keeper_, CKU_USER, detail::pkcs11::raw(pin), pin.size());
        if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_PIN_EXPIRED ||
            code == CKR_PIN_LEN_RANGE || code == CKR_PIN_INVALID) {
            refused_ = code;
            return pin_refused(code);
        }
        if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN)
            return unavailable(concat("answers ", detail::pkcs11::name_of(code),
                                      " to the login; try again, or see to its state"));
        usable_ = true;
        return {};
    }
    [[nodiscard]] CK_RV open_session(CK_SESSION_HANDLE& opened) const {
        return p11_->C_OpenSession(slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                   &opened);
    }
    void close_sessions() {
        std::lock_guard const held(pool_);
        for (auto const handle : idle_) p11_->C_CloseSession(handle);
        idle_.clear();
        objects_.clear();
        if (keeper_ != CK_INVALID_HANDLE) p11_->C_CloseSession(keeper_);
        keeper_ = CK_INVALID_HANDLE;
    }
    /// Makes a token usable that has failed in generation `seen`; nothing when somebody else did.
    [[nodiscard]] result<void> heal(std::uint64_t seen, bool anew) {
        std::unique_lock const alone(life_);
        if (generation_ != seen) return {};
        if (refused_ != CKR_OK) return pin_refused(refused_);
        if (!anew) {
            auto again = log_in();
            if (again || again.error().code == errc::unauthorized) return again;
        }
        auto const now = std::chrono::steady_clock::now();
        if (now < next_start_) return unavailable("is lost; it is looked for again after a pause");
        next_start_ = now + options_.rest;
        ++generation_;
        stop();
        return start();
    }

    // ---- sessions and objects -------------------------------------------------------------------

    template <class Work>
    [[nodiscard]] CK_RV lent(Work const& work) {
        CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
        if (auto const code = take_session(handle); code != CKR_OK) return code;
        session one(*this, handle);
        auto const code = work(one);
        one.well_ = code == CKR_OK;
        return code;
    }
    [[nodiscard]] CK_RV take_session(CK_SESSION_HANDLE& handle) {
        {
            std::lock_guard const held(pool_);
            if (!idle_.empty()) {
                handle = idle_.back();
                idle_.pop_back();
                ++lent_;
                return CKR_OK;
            }
            idle_.reserve(lent_ + 1);
            ++lent_;
        }
        auto const code = open_session(handle);
        if (code != CKR_OK) --lent_;
        return code;
    }
    // INVARIANT: idle_ has room for the lent_ sessions, too: to give one back cannot fail.
    void give_back(CK_SESSION_HANDLE handle) noexcept {
        std::lock_guard const held(pool_);
        idle_.push_back(handle);
        --lent_;
    }
    void end(CK_SESSION_HANDLE handle) noexcept {
        p11_->C_CloseSession(handle);
        --lent_;
    }
    [[nodiscard]] CK_RV find(CK_SESSION_HANDLE handle, std::string_view label,
                             std::span<std::byte const> id, CK_OBJECT_HANDLE& found) {
        auto const name = to_hex(id);
        {
            std::lock_guard const held(pool_);
            if (auto const at = objects_.find(name); at != objects_.end()) {
                found = at->second;
                return CKR_OK;
            }
        }
        CK_OBJECT_CLASS const secret_key = CKO_SECRET_KEY;
        std::array wanted{detail::pkcs11::attribute(CKA_CLASS, secret_key),
                          detail::pkcs11::attribute(CKA_LABEL, bytes_of(label)),
                          detail::pkcs11::attribute(CKA_ID, id)};
        if (auto const code = search(handle, wanted, found); code != CKR_OK) return code;
        if (found == CK_INVALID_HANDLE) return why_missing(handle);
        std::lock_guard const held(pool_);
        if (objects_.size() == handles_max) objects_.clear();
        objects_[name] = found;
        return CKR_OK;
    }
    /// One object that has the attributes; CK_INVALID_HANDLE when none has.
    [[nodiscard]] CK_RV search(CK_SESSION_HANDLE handle, std::span<CK_ATTRIBUTE> wanted,
                               CK_OBJECT_HANDLE& found) const {
        auto const begun = p11_->C_FindObjectsInit(handle, wanted.data(), wanted.size());
        if (begun != CKR_OK) return begun;
        CK_ULONG count = 0;
        auto const code = p11_->C_FindObjects(handle, &found, 1, &count);
        auto const ended = p11_->C_FindObjectsFinal(handle);
        if (count == 0) found = CK_INVALID_HANDLE;
        return code != CKR_OK ? code : ended;
    }
    /// A private object of ours that is there whenever the token is and we are logged in: what is
    /// not found beside it is gone. (A token that is lost finds nothing and calls that well.)
    [[nodiscard]] CK_RV find_mark(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE& found) const {
        CK_OBJECT_CLASS const data = CKO_DATA;
        std::array wanted{detail::pkcs11::attribute(CKA_CLASS, data),
                          detail::pkcs11::attribute(CKA_LABEL, bytes_of(mark_label))};
        return search(handle, wanted, found);
    }
    [[nodiscard]] CK_RV mark(CK_SESSION_HANDLE handle) const {
        CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
        if (auto const code = find_mark(handle, found); code != CKR_OK) return code;
        if (found != CK_INVALID_HANDLE) return CKR_OK;
        CK_OBJECT_CLASS const data = CKO_DATA;
        CK_BBOOL const yes = CK_TRUE;
        std::array wanted{detail::pkcs11::attribute(CKA_CLASS, data),
                          detail::pkcs11::attribute(CKA_TOKEN, yes),
                          detail::pkcs11::attribute(CKA_PRIVATE, yes),
                          detail::pkcs11::attribute(CKA_LABEL, bytes_of(mark_label)),
                          detail::pkcs11::attribute(CKA_VALUE, bytes_of("here"))};
        return p11_->C_CreateObject(handle, wanted.data(), wanted.size(), &found);
    }
    [[nodiscard]] CK_RV why_missing(CK_SESSION_HANDLE handle) const {
        CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
        if (auto const code = find_mark(handle, found); code != CKR_OK) return code;
        return found == CK_INVALID_HANDLE ? detail::pkcs11::nothing_there
                                          : detail::pkcs11::object_missing;
    }
    void forget_all() {
        std::lock_guard const held(pool_);
        objects_.clear();
    }
    void forget(std::span<std::byte const> id) {
        std::lock_guard const held(pool_);
        objects_.erase(to_hex(id));
    }

    pkcs11_options options_;
    secret_bytes pin_;
    ::pid_t owner_ = ::getpid();
    CK_FUNCTION_LIST* p11_ = nullptr;
    CK_MECHANISM_TYPE key_wrap_ = 0;  // as it was at first

    // Work goes on with life_ shared; who changes what follows holds it alone.
    mutable std::shared_mutex life_;
    bool owns_ = false;    // we have initialised the module
    bool usable_ = false;  // initialised, logged in
    CK_SLOT_ID slot_ = 0;
    CK_SESSION_HANDLE keeper_ = CK_INVALID_HANDLE;
    CK_RV refused_ = CKR_OK;  // what the PIN was answered, when it was refused
    std::uint64_t generation_ = 0;
    std::atomic<std::uint64_t> starts_{0};
    std::chrono::steady_clock::time_point next_start_{};

    std::mutex pool_;                   // of what follows
    std::atomic<std::size_t> lent_{0};  // sessions that are not in idle_
    std::vector<CK_SESSION_HANDLE> idle_;
    std::unordered_map<std::string, CK_OBJECT_HANDLE> objects_;  // by id, in hex
};

}  // namespace cryptoperiod::adapters
