#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/adapters/pkcs11_kms.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "adapters/process.hpp"
#include "adapters/softhsm.hpp"
#include "kms/contract.hpp"

using namespace kms_contract;
using adapters::pkcs11_kms;
using adapters::pkcs11_token;
using adapters::pkcs11_wrapping;

// A fixture of cases that another file spells has to have a name there, too.
namespace pkcs11_kms_test {

softhsm::home& home() {
    static softhsm::home one;
    return one;
}
boost::test_tools::assertion_result has_softhsm(boost::unit_test::test_unit_id) {
    static bool const there = [] {
        bool const found = softhsm::is_installed();
        if (!found)
            std::fprintf(stderr, "skipped: there is no %s; apt install softhsm2\n",
                         softhsm::module_path().c_str());
        return found;
    }();
    boost::test_tools::assertion_result installed(there);
    installed.message() << "there is no " << softhsm::module_path();
    return installed;
}

template <pkcs11_wrapping Wrapping>
struct in_token {
    template <class Access>
    using service = pkcs11_kms<memory_store, Access, manual_clock>;
    std::unique_ptr<pkcs11_token> token = home().open();

    template <class Access>
    [[nodiscard]] service<Access> make(memory_store& store, master_key key,
                                       manual_clock const& clock) const {
        return {*token, store, std::move(key), clock, {}, Wrapping};
    }
};
using gcm = contract_fixture<in_token<pkcs11_wrapping::gcm>>;
using key_wrap = contract_fixture<in_token<pkcs11_wrapping::key_wrap>>;

}  // namespace pkcs11_kms_test

using pkcs11_kms_test::has_softhsm;
using pkcs11_kms_test::home;

BOOST_FIXTURE_TEST_SUITE(pkcs11_kms_gcm, pkcs11_kms_test::gcm,
                         *boost::unit_test::precondition(has_softhsm))
#include "kms/contract.ipp"
BOOST_AUTO_TEST_CASE(wrapping_twice_gives_two_wrapped_keys) {
    auto const id = new_key();
    BOOST_TEST((wrap(id).bytes != wrap(id).bytes));
}
BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(pkcs11_kms_key_wrap, pkcs11_kms_test::key_wrap,
                         *boost::unit_test::precondition(has_softhsm))
#include "kms/contract.ipp"
BOOST_AUTO_TEST_SUITE_END()

namespace {

/// Another function in the place of one of the module's, for as long as it lives.
template <auto Member>
class replaced {
public:
    using function = std::remove_reference_t<decltype(softhsm::functions().*Member)>;
    explicit replaced(function by) : own(std::exchange(softhsm::functions().*Member, by)) {}
    replaced(replaced const&) = delete;
    replaced& operator=(replaced const&) = delete;
    ~replaced() { softhsm::functions().*Member = own; }
    function const own;
};

std::atomic<int> calls{0};  // of a replaced function

CK_RV always_fails(CK_SESSION_HANDLE, CK_MECHANISM*, CK_OBJECT_HANDLE) { return CKR_GENERAL_ERROR; }

struct fixture : pkcs11_kms_test::gcm {
    pkcs11_token& token = *maker.token;
    key_id id = new_key();
    wrapped_key before = wrap(id);

    [[nodiscard]] std::string code_of_wrap() { return code(kms.wrap(owner, id, secret, aad)); }
    wrapped_key forged() const {
        auto w = before;
        w.bytes.back() ^= std::byte{1};
        return w;
    }
};
/// The folder of the tokens is away for as long as this lives.
class tokens_away {
public:
    tokens_away() { softhsm::files::rename(home().tokens(), away()); }
    tokens_away(tokens_away const&) = delete;
    tokens_away& operator=(tokens_away const&) = delete;
    ~tokens_away() { softhsm::files::rename(away(), home().tokens()); }

private:
    static std::string away() { return home().tokens().string() + ".away"; }
};

/// A session beside those of the token, and what an administrator does with it.
struct administrator {
    CK_FUNCTION_LIST& p11 = softhsm::functions();
    CK_SESSION_HANDLE session = 0;
    administrator() {
        softhsm::must(p11.C_OpenSession(softhsm::home::slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                        nullptr, nullptr, &session),
                      "session");
    }
    administrator(administrator const&) = delete;
    administrator& operator=(administrator const&) = delete;
    ~administrator() { p11.C_CloseSession(session); }

    std::vector<CK_OBJECT_HANDLE> versions_of(key_id const& id) const {
        auto label = id.str();
        CK_ATTRIBUTE wanted{CKA_LABEL, label.data(), label.size()};
        std::array<CK_OBJECT_HANDLE, 8> found{};
        CK_ULONG count = 0;
        softhsm::must(p11.C_FindObjectsInit(session, &wanted, 1), "search");
        softhsm::must(p11.C_FindObjects(session, found.data(), found.size(), &count), "find");
        softhsm::must(p11.C_FindObjectsFinal(session), "end");
        return {found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count)};
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pkcs11_kms_keys, fixture, *boost::unit_test::precondition(has_softhsm))

BOOST_AUTO_TEST_CASE(each_version_is_an_object_of_the_token_that_gives_nothing_away) {
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    administrator const admin;
    auto const objects = admin.versions_of(id);
    BOOST_REQUIRE(objects.size() == 2U);
    for (auto const object : objects) {
        std::array<std::byte, 64> room{};
        CK_ATTRIBUTE value{CKA_VALUE, room.data(), room.size()};
        BOOST_TEST(admin.p11.C_GetAttributeValue(admin.session, object, &value, 1) ==
                   CKR_ATTRIBUTE_SENSITIVE);
        CK_MECHANISM mechanism{CKM_AES_KEY_WRAP_PAD, nullptr, 0};
        CK_ULONG size = room.size();
        BOOST_TEST(admin.p11.C_WrapKey(admin.session, &mechanism, object, object,
                                       reinterpret_cast<CK_BYTE*>(room.data()),
                                       &size) == CKR_KEY_UNEXTRACTABLE);
    }
}
BOOST_AUTO_TEST_CASE(a_purged_key_leaves_nothing_in_the_token) {
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_REQUIRE(kms.delete_key(owner, id));
    clock.advance(milliseconds{4 * ms_per_hour});
    BOOST_REQUIRE(kms.purge_key(owner, id));
    BOOST_TEST(administrator().versions_of(id).empty());
}
BOOST_AUTO_TEST_CASE(a_key_wrapped_by_one_mechanism_opens_under_the_other_and_changes_to_it) {
    pkcs11_kms<memory_store, in_process, manual_clock> other(token, store, master(), clock, {},
                                                             pkcs11_wrapping::key_wrap);
    auto const changed = other.rewrap(owner, id, before.bytes, aad);
    BOOST_REQUIRE(changed);
    BOOST_TEST((changed->wrapped.bytes[8] == std::byte{2}));
    BOOST_TEST(opens(id, changed->wrapped));
    auto const back = kms.rewrap(owner, id, changed->wrapped.bytes, aad);
    BOOST_REQUIRE(back);
    BOOST_TEST((back->wrapped.bytes[8] == std::byte{1}));
}
BOOST_AUTO_TEST_CASE(a_key_that_is_rewrapped_by_key_wrap_never_leaves_the_token) {
    pkcs11_kms<memory_store, in_process, manual_clock> other(token, store, master(), clock, {},
                                                             pkcs11_wrapping::key_wrap);
    auto const old = other.wrap(owner, id, secret, aad).value();
    BOOST_REQUIRE(other.rotate_key(owner, id));
    calls = 0;
    auto const refuse_reading = [](CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE*,
                                   CK_ULONG) -> CK_RV {
        ++calls;
        return CKR_ATTRIBUTE_SENSITIVE;
    };
    result<rewrapped_key> done = error{};
    {
        replaced<&CK_FUNCTION_LIST::C_GetAttributeValue> const watched(refuse_reading);
        done = other.rewrap(owner, id, old.bytes, aad);
    }
    BOOST_REQUIRE(done);
    BOOST_TEST(calls == 0);
    BOOST_TEST(done->wrapped.version == 2U);
    BOOST_TEST(opens(id, done->wrapped));
}

BOOST_AUTO_TEST_CASE(books_that_name_objects_are_not_taken_for_books_with_material) {
    local_kms<memory_store, in_process, crypto::os_entropy, manual_clock> local(store, master(),
                                                                                clock);
    BOOST_TEST(code(local.wrap(owner, id, secret, aad)) == "store_corrupt");
    BOOST_TEST(code(local.create_key(owner)) == "store_corrupt");
    memory_store elsewhere;
    local_kms<memory_store, in_process, crypto::os_entropy, manual_clock> other(elsewhere, master(),
                                                                                clock);
    auto const lies_there = other.create_key(owner).value();
    auto const place = "kms/key/" + lies_there.str();
    BOOST_REQUIRE(
        store.compare_and_swap(place, store::absent, elsewhere.get(place).value()->value));
    BOOST_TEST(code(kms.wrap(owner, lies_there, secret, aad)) == "store_corrupt");
}

// ---- the PIN ------------------------------------------------------------------------------------

namespace {
std::string said_by_open(std::string const& module, std::string const& label,
                         std::string_view pin = "1234") {
    auto const opened = pkcs11_token::open({module, label}, secret_bytes::copy_of(pin));
    return opened ? "opened" : to_string(opened.error());
}
bool starts_with(std::string const& said, std::string_view expected) {
    BOOST_TEST_MESSAGE(said);
    return said.starts_with(expected);
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_module_that_does_not_load_says_why) {
    maker.token.reset();
    std::string const remedy =
        "; give the path of a module, such as /usr/lib/softhsm/libsofthsm2.so";
    BOOST_TEST(said_by_open("", "x") == "missing: the PKCS#11 module is not named" + remedy);
    auto const absent = said_by_open("/no/such/module.so", "x");
    BOOST_TEST(starts_with(absent,
                           "missing: the PKCS#11 module '/no/such/module.so' is not there "
                           "(/no/such/module.so: cannot open shared object file: "));
    BOOST_TEST(absent.ends_with(remedy));
    BOOST_TEST(
        said_by_open("libm.so.6", "x") ==
        "missing: the library 'libm.so.6' is no PKCS#11 module: it has no C_GetFunctionList" +
            remedy);
    auto const path = (home().tokens().parent_path() / "module.so").string();
    std::ofstream(path) << std::string(5000, 't');
    BOOST_TEST(starts_with(said_by_open(path, "x"), "missing: the PKCS#11 module '" + path +
                                                        "' does not load (" + path + ": "));
    // The module with another name where it names a library that it needs.
    std::ifstream file(softhsm::module_path(), std::ios::binary);
    std::string module{std::istreambuf_iterator<char>(file), {}};
    auto const at = module.find("libstdc++.so");
    BOOST_REQUIRE(at != std::string::npos);
    std::ofstream(path, std::ios::binary) << module.replace(at, 9, "libabsent");
    BOOST_TEST(starts_with(
        said_by_open(path, "x"),
        "missing: the PKCS#11 module '" + path + "' needs what does not load (libabsent.so.6: "));
    std::filesystem::remove(path);
}
BOOST_AUTO_TEST_CASE(what_cannot_be_opened_is_named) {
    maker.token.reset();
    auto const there = "its module '" + softhsm::module_path() +
                       "' has 'test token'; give the label of one, or plug it in";
    BOOST_TEST(said_by_open(softhsm::module_path(), "no token") ==
               "kms_unavailable: the token 'no token' is not there; " + there);
    BOOST_TEST(said_by_open(softhsm::module_path(), "") == "missing: no token is named; " + there);
    BOOST_TEST(said_by_open(softhsm::module_path(), softhsm::home::label, "") ==
               "missing: the PIN for the token 'test token' is empty; give it");
    {
        replaced<&CK_FUNCTION_LIST::C_Login> const bad(
            [](CK_SESSION_HANDLE, CK_USER_TYPE, CK_UTF8CHAR*, CK_ULONG) -> CK_RV {
                return CKR_ARGUMENTS_BAD;
            });
        BOOST_TEST(
            said_by_open(softhsm::module_path(), softhsm::home::label) ==
            "kms_unavailable: the token 'test token' answers CKR_ARGUMENTS_BAD to the login; "
            "try again, or see to its state");
    }
    auto const wrong = home().open("987654");
    BOOST_REQUIRE(!wrong);
    BOOST_TEST(code(wrong) == "unauthorized");
    BOOST_TEST(wrong.error().detail.find("'test token' refuses the PIN") != std::string::npos);
    BOOST_TEST(wrong.error().detail.find("987654") == std::string::npos);
}
BOOST_AUTO_TEST_CASE(labels_of_other_tokens_are_named_or_counted) {
    maker.token.reset();
    static CK_ULONG tokens = 0;
    replaced<&CK_FUNCTION_LIST::C_GetSlotList> const slots(
        [](CK_BBOOL, CK_SLOT_ID* first, CK_ULONG* count) -> CK_RV {
            for (CK_ULONG i = 0; first != nullptr && i != tokens; ++i) first[i] = i;
            *count = tokens;
            return CKR_OK;
        });
    replaced<&CK_FUNCTION_LIST::C_GetTokenInfo> const info(
        [](CK_SLOT_ID slot, CK_TOKEN_INFO* told) -> CK_RV {
            std::ranges::fill(told->label, ' ');
            told->label[0] = slot == 1 ? '\n' : 't';
            told->flags = slot == 2 ? 0 : CKF_TOKEN_INITIALIZED;
            return CKR_OK;
        });
    auto const module = softhsm::module_path();
    auto const said = [&](CK_ULONG of_tokens) {
        tokens = of_tokens;
        return said_by_open(module, "x");
    };
    auto const expected = [&](std::string_view there) {
        return concat("kms_unavailable: the token 'x' is not there; its module '", module, "' has ",
                      there, "; give the label of one, or plug it in");
    };
    BOOST_TEST(said(0) == concat("kms_unavailable: the token 'x' is not there; its module '",
                                 module,
                                 "' has no token that is initialised; plug it in or see to the "
                                 "settings of the module"));
    BOOST_TEST(said(1) == expected("'t'"));
    BOOST_TEST(said(3) == expected("'t', '0a'"));
    BOOST_TEST(said(10) == expected("9 tokens of other labels"));
}
BOOST_AUTO_TEST_CASE(a_pin_that_was_changed_is_not_tried_a_second_time) {
    std::string pin = home().pin, other = "another-pin";
    {
        administrator const admin;
        softhsm::must(admin.p11.C_SetPIN(admin.session, softhsm::utf8(pin), pin.size(),
                                         softhsm::utf8(other), other.size()),
                      "new PIN");
        softhsm::must(admin.p11.C_Logout(admin.session), "logout");
    }
    calls = 0;
    static CK_C_Login own = nullptr;
    own = softhsm::functions().C_Login;
    {
        replaced<&CK_FUNCTION_LIST::C_Login> const counted(
            [](CK_SESSION_HANDLE s, CK_USER_TYPE u, CK_UTF8CHAR* p, CK_ULONG n) -> CK_RV {
                ++calls;
                return own(s, u, p, n);
            });
        for (int i = 0; i < 5; ++i) BOOST_TEST(code_of_wrap() == "unauthorized");
    }
    BOOST_TEST(calls == 1);
    maker.token.reset();
    {
        auto const opened = home().open(other).value();
        administrator const admin;
        softhsm::must(admin.p11.C_SetPIN(admin.session, softhsm::utf8(other), other.size(),
                                         softhsm::utf8(pin), pin.size()),
                      "old PIN");
    }
}

// ---- a token that is lost -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_token_that_is_lost_is_unavailable_and_comes_back_by_itself) {
    {
        tokens_away const lost;
        BOOST_TEST(code_of_wrap() == "kms_unavailable");
        BOOST_TEST(code_of_unwrap(id, before) == "kms_unavailable");
        BOOST_TEST(code(kms.create_key(owner)) == "kms_unavailable");
        BOOST_TEST(code(kms.describe(owner, id)) == "ok");
    }
    BOOST_TEST(code_of_wrap() == "ok");
    BOOST_TEST(opens(id, before));
}
BOOST_AUTO_TEST_CASE(a_forgery_is_told_from_a_failure_of_the_token) {
    BOOST_TEST(code_of_unwrap(id, forged()) == "ciphertext_refused");
    {
        replaced<&CK_FUNCTION_LIST::C_DecryptInit> const broken(always_fails);
        BOOST_TEST(code_of_unwrap(id, before) == "kms_unavailable");
        BOOST_TEST(code_of_unwrap(id, forged()) == "ciphertext_refused");
    }
    BOOST_TEST(opens(id, before));
    auto const starts = token.starts();
    for (int i = 0; i < 10; ++i) static_cast<void>(code_of_unwrap(id, forged()));
    BOOST_TEST(token.starts() == starts);  // whoever forges does not disturb the others
}
BOOST_AUTO_TEST_CASE(logins_sessions_and_modules_that_others_end_are_begun_again) {
    auto& p11 = softhsm::functions();
    auto const starts = token.starts();
    softhsm::must(p11.C_Logout(administrator().session), "logout");
    BOOST_TEST(opens(id, before));
    softhsm::must(p11.C_CloseAllSessions(softhsm::home::slot()), "close");
    BOOST_TEST(opens(id, before));
    BOOST_TEST(token.starts() == starts);
    softhsm::must(p11.C_Finalize(nullptr), "finalise");
    BOOST_TEST(opens(id, before));
    BOOST_TEST(token.starts() == starts + 1);
}
BOOST_AUTO_TEST_CASE(a_version_that_somebody_has_destroyed_is_not_found_and_the_token_goes_on) {
    auto const other = new_key();
    auto const w = wrap(other);
    {
        administrator const admin;
        for (auto const object : admin.versions_of(id))
            softhsm::must(admin.p11.C_DestroyObject(admin.session, object), "destroy");
    }
    auto const starts = token.starts();
    BOOST_TEST(code_of_unwrap(id, before) == "key_not_found");
    BOOST_TEST(code_of_unwrap(id, before) == "key_not_found");
    BOOST_TEST(opens(other, w));
    BOOST_TEST(token.starts() == starts);
}
BOOST_AUTO_TEST_CASE(a_lost_token_is_looked_for_once_a_rest) {
    maker.token.reset();
    auto patient = home().open(home().pin, std::chrono::hours{1}).value();
    pkcs11_kms<memory_store, in_process, manual_clock> slow(*patient, store, master(), clock);
    tokens_away const lost;
    auto const starts = patient->starts();
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(code(slow.wrap(owner, id, secret, aad)) == "kms_unavailable");
    BOOST_TEST(patient->starts() == starts + 1);
}

// ---- what one key or the token refuses ----------------------------------------------------------

namespace {
CK_RV answer = CKR_OK;  // of what is replaced, `answers` times
int answers = 0;
int logins = 0, searches = 0;
CK_C_EncryptInit own_encrypt_init = nullptr;
CK_C_Login own_login = nullptr;
CK_C_FindObjectsInit own_find = nullptr;

/// The token answers `with` to the next `times` beginnings of an encryption; logins and searches
/// are counted.
struct refusing {
    refusing(CK_RV with, int times) {
        answer = with;
        answers = times;
        logins = searches = 0;
        own_encrypt_init = init.own, own_login = login.own, own_find = find.own;
    }
    replaced<&CK_FUNCTION_LIST::C_EncryptInit> init{
        [](CK_SESSION_HANDLE s, CK_MECHANISM* m, CK_OBJECT_HANDLE k) -> CK_RV {
            return answers-- > 0 ? answer : own_encrypt_init(s, m, k);
        }};
    replaced<&CK_FUNCTION_LIST::C_Login> login{
        [](CK_SESSION_HANDLE s, CK_USER_TYPE u, CK_UTF8CHAR* p, CK_ULONG n) -> CK_RV {
            ++logins;
            return own_login(s, u, p, n);
        }};
    replaced<&CK_FUNCTION_LIST::C_FindObjectsInit> find{
        [](CK_SESSION_HANDLE s, CK_ATTRIBUTE* a, CK_ULONG n) -> CK_RV {
            ++searches;
            return own_find(s, a, n);
        }};
};
}  // namespace

BOOST_AUTO_TEST_CASE(a_key_that_the_token_refuses_disturbs_nobody_else) {
    auto const starts = token.starts();
    for (auto const given :
         {CKR_ARGUMENTS_BAD, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_INVALID,
          CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT,
          CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE,
          CKR_WRAPPING_KEY_TYPE_INCONSISTENT, CKR_MECHANISM_INVALID, CKR_DEVICE_MEMORY}) {
        refusing const one(given, 9);
        auto const name = adapters::detail::pkcs11::name_of(given);
        auto const refused = kms.wrap(owner, id, secret, aad);
        BOOST_REQUIRE(!refused);
        BOOST_TEST_CONTEXT(to_string(refused.error())) {
            BOOST_TEST(code(refused) == "kms_unavailable");
            BOOST_TEST(name.starts_with("CKR_"));
            BOOST_TEST(refused.error().detail.find("(" + name + "); see ") != std::string::npos);
            BOOST_TEST(logins == 0);
            BOOST_TEST(token.starts() == starts);
        }
    }
    BOOST_TEST(code_of_wrap() == "ok");
}
// A token that was lost may have given the handle of the key to another object.
BOOST_AUTO_TEST_CASE(a_key_that_is_refused_is_looked_for_once_more) {
    refusing const one(CKR_KEY_FUNCTION_NOT_PERMITTED, 1);
    BOOST_TEST(code_of_wrap() == "ok");
    BOOST_TEST(searches == 1);
    BOOST_TEST(logins == 0);
}

BOOST_AUTO_TEST_CASE(material_that_is_no_aes_key_wraps_nothing_and_says_why) {
    auto const starts = token.starts();
    for (auto const wrapping : {pkcs11_wrapping::gcm, pkcs11_wrapping::key_wrap}) {
        adapters::pkcs11_material keys(token, wrapping);
        std::vector<secret_bytes> notes;
        notes.push_back(keys.take(id, 1, material(16)).value());
        auto const w = keys.wrap(id, notes, secret, aad);
        BOOST_REQUIRE(w);
        notes.push_back(keys.take(id, 2, material(5)).value());
        auto const refused = keys.wrap(id, notes, secret, aad);
        BOOST_REQUIRE(!refused);
        BOOST_TEST(to_string(refused.error()) ==
                   "malformed: a version of the key in the token 'test token' is no AES key and "
                   "wraps nothing; rotate the key to material of 16, 24 or 32 bytes");
        BOOST_TEST(code(keys.rewrap(id, notes, w->bytes, aad)) == "malformed");
        BOOST_TEST(code(keys.unwrap(id, notes, w->bytes, aad)) == "ok");
        for (auto const& note : notes) BOOST_TEST(code(keys.destroy(id, note)) == "ok");
    }
    BOOST_TEST(token.starts() == starts);
}

// ---- a fork -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_child_does_not_use_nor_end_what_its_parent_does_in_the_token) {
    static constexpr auto count = [](auto...) -> CK_RV { return ++calls, CKR_OK; };
    auto const starts = token.starts();
    process child([&] {
        calls = 0;
        replaced<&CK_FUNCTION_LIST::C_EncryptInit> const use(count);
        replaced<&CK_FUNCTION_LIST::C_CloseSession> const close(count);
        replaced<&CK_FUNCTION_LIST::C_CloseAllSessions> const close_all(count);
        replaced<&CK_FUNCTION_LIST::C_Logout> const logout(count);
        replaced<&CK_FUNCTION_LIST::C_Finalize> const finalize(count);
        auto const refused = kms.wrap(owner, id, secret, aad);
        if (refused ||
            to_string(refused.error()) !=
                "kms_unavailable: the token 'test token' was opened before the process forked, and "
                "is its parent's; fork before it is opened, or exec in the child")
            return 1;
        if (code_of_unwrap(id, before) != "kms_unavailable") return 2;
        if (token.starts() != starts) return 3;
        maker.token.reset();
        return calls == 0 ? 0 : 4;
    });
    BOOST_TEST(child.join() == 0);
    BOOST_TEST(opens(id, before));
    BOOST_TEST(token.starts() == starts);
}

// ---- memory -------------------------------------------------------------------------------------

// ---- threads ------------------------------------------------------------------------------------

namespace {
std::mutex watched;
std::map<CK_SESSION_HANDLE, std::thread::id> busy;
std::set<CK_SESSION_HANDLE> seen;
std::atomic<int> shared{0};
CK_C_EncryptInit own_init = nullptr;
CK_C_Encrypt own_encrypt = nullptr;

CK_RV begin(CK_SESSION_HANDLE s, CK_MECHANISM* m, CK_OBJECT_HANDLE k) {
    {
        std::lock_guard const held(watched);
        seen.insert(s);
        if (!busy.emplace(s, std::this_thread::get_id()).second) ++shared;
    }
    std::this_thread::yield();
    return own_init(s, m, k);
}
CK_RV end(CK_SESSION_HANDLE s, CK_BYTE* in, CK_ULONG n, CK_BYTE* out, CK_ULONG* m) {
    auto const done = own_encrypt(s, in, n, out, m);
    std::lock_guard const held(watched);
    if (busy.erase(s) != 1) ++shared;
    return done;
}
}  // namespace

BOOST_AUTO_TEST_CASE(no_two_threads_use_one_session_at_a_time) {
    constexpr int threads_max = 4, rounds = 100;
    own_init = softhsm::functions().C_EncryptInit;
    own_encrypt = softhsm::functions().C_Encrypt;
    replaced<&CK_FUNCTION_LIST::C_EncryptInit> const first(begin);
    replaced<&CK_FUNCTION_LIST::C_Encrypt> const second(end);
    std::atomic<int> well{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_max; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) {
                auto const w = kms.wrap(owner, id, secret, aad);
                well += w && opens(id, *w) ? 1 : 0;
            }
        });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(well == threads_max * rounds);
    BOOST_TEST(shared == 0);
    BOOST_TEST(seen.size() <= threads_max);
}

namespace {
CK_C_DecryptInit own_decrypt_init = nullptr;
/// Every 20th call fails, never two of one thread in a row.
CK_RV fails_now_and_then(CK_SESSION_HANDLE s, CK_MECHANISM* m, CK_OBJECT_HANDLE k) {
    thread_local bool failed = false;
    failed = !failed && ++calls % 20 == 0;
    return failed ? CKR_DEVICE_ERROR : own_decrypt_init(s, m, k);
}
}  // namespace

BOOST_AUTO_TEST_CASE(threads_go_on_while_the_token_fails_now_and_then) {
    constexpr int threads_max = 4, rounds = 100;
    own_decrypt_init = softhsm::functions().C_DecryptInit;
    replaced<&CK_FUNCTION_LIST::C_DecryptInit> const moody(fails_now_and_then);
    std::atomic<int> well{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_max; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) well += opens(id, before) ? 1 : 0;
        });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(well == threads_max * rounds);
}

BOOST_AUTO_TEST_SUITE_END()
