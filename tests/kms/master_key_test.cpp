#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace cryptoperiod;
using namespace cryptoperiod::kms;
namespace fs = std::filesystem;

namespace {

std::string const digits = std::string(62, '5') + "61";

struct file_fixture {
    fs::path folder =
        fs::temp_directory_path() / ("cryptoperiod-master-key-" + std::to_string(::getpid()));
    file_fixture() { fs::create_directory(folder); }
    ~file_fixture() { fs::remove_all(folder); }

    fs::path write(std::string const& text, ::mode_t mode = 0600) {
        auto const file = folder / "master.key";
        std::ofstream(file, std::ios::binary) << text;
        ::chmod(file.c_str(), mode);
        return file;
    }
};
std::string answer(result<master_key> const& key) {
    return key ? to_hex(key->expose()) : to_string(key.error());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kms_master_key, file_fixture)

BOOST_AUTO_TEST_CASE(a_file_of_64_hex_digits_is_a_master_key) {
    BOOST_TEST(answer(master_key_from_file(write(digits))) == digits);
    BOOST_TEST(answer(master_key_from_file(write(digits + "\r\n", 0400))) == digits);
}
BOOST_AUTO_TEST_CASE(a_file_that_others_may_read_is_refused) {
    auto const file = write(digits, 0640);
    BOOST_TEST(answer(master_key_from_file(file)) == "unauthorized: the file " + file.string() +
                                                         " can be reached by others; change it: "
                                                         "chmod 600");
}
BOOST_AUTO_TEST_CASE(what_is_no_master_key_is_told_without_repeating_it) {
    for (auto const& text : {std::string(), digits.substr(1), digits + "5", digits + "5\n",
                             std::string(64, 'z'), std::string(1'000'000, '5')}) {
        auto const told = answer(master_key_from_file(write(text)));
        BOOST_TEST(told.starts_with("malformed: the master key in the file "));
        BOOST_TEST(told.find("is not 64 hex digits; restore the one that seals what exists") !=
                   std::string::npos);
        BOOST_TEST(told.find("555") == std::string::npos);
    }
    BOOST_TEST(answer(master_key_from_file(folder)).starts_with("missing: "));
    BOOST_TEST(answer(master_key_from_file(folder / "none")).starts_with("missing: "));
}
BOOST_AUTO_TEST_CASE(a_key_that_anybody_guesses_is_refused) {
    for (char const digit : {'0', '5', 'f'})
        BOOST_TEST(answer(master_key_from_file(write(std::string(64, digit))))
                       .starts_with("key_refused: the master key in the file "));
}
BOOST_AUTO_TEST_CASE(a_file_that_this_user_may_not_read_is_not_taken_for_a_wrong_one,
                     *boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
                         return boost::test_tools::assertion_result(::geteuid() != 0);
                     })) {
    BOOST_TEST(answer(master_key_from_file(write(digits, 0200))).starts_with("unauthorized: "));
}
BOOST_AUTO_TEST_CASE(the_environment_can_hold_it) {
    ::setenv("CRYPTOPERIOD_TEST_KEY", digits.c_str(), 1);
    BOOST_TEST(answer(master_key_from_environment("CRYPTOPERIOD_TEST_KEY")) == digits);
    ::setenv("CRYPTOPERIOD_TEST_KEY", "", 1);
    BOOST_TEST(answer(master_key_from_environment("CRYPTOPERIOD_TEST_KEY")) ==
               "missing: the environment variable CRYPTOPERIOD_TEST_KEY is not set; give it the "
               "master key as 64 hex digits");
    ::setenv("CRYPTOPERIOD_TEST_KEY", "short", 1);
    BOOST_TEST(answer(master_key_from_environment("CRYPTOPERIOD_TEST_KEY"))
                   .starts_with("malformed: the master key in the environment variable "));
    ::unsetenv("CRYPTOPERIOD_TEST_KEY");
}

BOOST_AUTO_TEST_SUITE_END()
