/// @file softhsm.hpp
/// A token of SoftHSM2 in a folder of its own, for tests and benchmarks.
#pragma once

#include <stdlib.h>  // setenv
#include <unistd.h>

#include <cryptoperiod/adapters/pkcs11_token.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace softhsm {

namespace files = std::filesystem;

inline std::string module_path() {
    char const* const given = std::getenv("SOFTHSM2_MODULE");
    return given != nullptr ? given : "/usr/lib/softhsm/libsofthsm2.so";
}
inline bool is_installed() { return files::exists(module_path()); }

/// The module's own functions, for what only an administrator or a fault does.
inline CK_FUNCTION_LIST& functions() {
    static CK_FUNCTION_LIST* const list = [] {
        void* const library = ::dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) throw std::runtime_error("no SoftHSM");
        auto const get =
            reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
        CK_FUNCTION_LIST* found = nullptr;
        if (get == nullptr || get(&found) != CKR_OK) throw std::runtime_error("no functions");
        return found;
    }();
    return *list;
}
inline void must(CK_RV code, char const* what) {
    if (code != CKR_OK)
        throw std::runtime_error(std::string(what) + ": " +
                                 cryptoperiod::adapters::detail::pkcs11::name_of(code));
}
inline CK_UTF8CHAR* utf8(std::string& text) { return reinterpret_cast<CK_UTF8CHAR*>(text.data()); }

/// One a process: the module reads its configuration from the environment.
class home {
public:
    static constexpr char const* label = "test token";
    std::string pin = "1234", so_pin = "officer-5678";

    home() {
        std::string name = (files::temp_directory_path() / "cryptoperiod-hsm-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
        files::create_directory(tokens());
        std::ofstream(path_ / "softhsm2.conf")
            << "directories.tokendir = " << tokens().string()
            << "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
        ::setenv("SOFTHSM2_CONF", (path_ / "softhsm2.conf").c_str(), 1);
        make_token();
    }
    home(home const&) = delete;
    home& operator=(home const&) = delete;
    ~home() {
        std::error_code ignored;
        files::remove_all(path_, ignored);
    }
    [[nodiscard]] files::path tokens() const { return path_ / "tokens"; }

    [[nodiscard]] auto open(std::string_view with_pin, std::chrono::milliseconds rest = {}) const {
        return cryptoperiod::adapters::pkcs11_token::open(
            {module_path(), label, rest}, cryptoperiod::secret_bytes::copy_of(with_pin));
    }
    [[nodiscard]] auto open() const { return open(pin).value(); }

    /// A slot with a token that was initialised, or (of none) the one that waits for it.
    [[nodiscard]] static CK_SLOT_ID slot() {
        std::array<CK_SLOT_ID, 8> slots{};
        CK_ULONG count = slots.size();
        must(functions().C_GetSlotList(CK_TRUE, slots.data(), &count), "slots");
        for (CK_ULONG i = 0; i < count; ++i) {
            CK_TOKEN_INFO info{};
            if (functions().C_GetTokenInfo(slots[i], &info) == CKR_OK &&
                (info.flags & CKF_TOKEN_INITIALIZED) != 0)
                return slots[i];
        }
        return slots[0];
    }

private:
    void make_token() {
        auto& p11 = functions();
        CK_C_INITIALIZE_ARGS arguments{};
        arguments.flags = CKF_OS_LOCKING_OK;
        must(p11.C_Initialize(&arguments), "initialise");
        std::string padded(label);
        padded.resize(32, ' ');
        must(p11.C_InitToken(slot(), utf8(so_pin), so_pin.size(), utf8(padded)), "token");
        CK_SESSION_HANDLE s = 0;
        must(p11.C_OpenSession(slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &s),
             "session");
        must(p11.C_Login(s, CKU_SO, utf8(so_pin), so_pin.size()), "officer");
        must(p11.C_InitPIN(s, utf8(pin), pin.size()), "PIN");
        must(p11.C_Finalize(nullptr), "finalise");
    }

    files::path path_;
};

}  // namespace softhsm
