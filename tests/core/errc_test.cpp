#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/errc.hpp>
#include <set>
#include <string_view>
#include <utility>

using namespace cryptoperiod;

namespace {

constexpr unsigned number_limit = 1000;

// How the compiler writes one value of errc: "... [with cryptoperiod::errc Code = ...::missing]".
template <errc Code>
char const* signature() {
    return __PRETTY_FUNCTION__;
}

template <unsigned... Number>
auto all_signatures(std::integer_sequence<unsigned, Number...>) {
    return std::array<char const*, number_limit>{signature<static_cast<errc>(Number)>()...};
}

// The spelling of an enumerator, empty for a number that has none: so that this file need not
// repeat the list, and cannot forget a line of it.
std::string_view spelling(unsigned number) {
    static auto const signatures =
        all_signatures(std::make_integer_sequence<unsigned, number_limit>{});
    std::string_view const text = signatures[number];
    auto const rest = text.substr(text.find("Code = ") + 7);
    auto const value = rest.substr(0, rest.find_first_of(";]"));
    bool const is_number = value.find_first_of("()") != value.npos || value[0] <= '9';
    return is_number ? std::string_view{} : value.substr(value.rfind(':') + 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errc_test)

BOOST_AUTO_TEST_CASE(numbers_are_unique_and_ascend) {
    auto const descent = std::ranges::adjacent_find(
        errc_table, [](errc_info const& a, errc_info const& b) { return a.code >= b.code; });
    BOOST_TEST((descent == errc_table.end()),
               "after " << (descent == errc_table.end() ? "" : descent->name));
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_are_identifiers) {
    std::set<std::string_view> names;
    for (auto const& line : errc_table) {
        BOOST_TEST(names.insert(line.name).second, line.name);
        BOOST_TEST(!line.name.empty());
        BOOST_TEST(
            (line.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos),
            line.name);
    }
}

BOOST_AUTO_TEST_CASE(every_enumerator_has_its_line_and_every_line_its_enumerator) {
    std::size_t enumerators = 0;
    for (unsigned number = 0; number != number_limit; ++number) {
        if (spelling(number).empty()) continue;
        ++enumerators;
        auto const code = static_cast<errc>(number);
        BOOST_TEST((info(code).code == code), spelling(number) << " has no line");
        BOOST_TEST(to_string(code) == spelling(number));
    }
    BOOST_TEST(enumerators == errc_table.size());
}

BOOST_AUTO_TEST_CASE(numbers_have_three_digits) {
    for (auto const& line : errc_table) {
        BOOST_TEST(static_cast<unsigned>(line.code) >= 100U, line.name);
        BOOST_TEST(static_cast<unsigned>(line.code) < number_limit, line.name);
    }
}

BOOST_AUTO_TEST_CASE(numbers_that_reached_other_programs_stay) {
    BOOST_TEST(static_cast<unsigned>(errc::malformed) == 100U);
    BOOST_TEST(static_cast<unsigned>(errc::event_not_allowed) == 300U);
    BOOST_TEST(static_cast<unsigned>(errc::credential_rejected) == 602U);
    BOOST_TEST(static_cast<unsigned>(errc::no_devices) == 700U);
    BOOST_TEST(static_cast<unsigned>(errc::store_conflict) == 800U);
}

BOOST_AUTO_TEST_CASE(every_http_status_is_an_error_status) {
    for (auto const& line : errc_table)
        BOOST_TEST((line.http >= 400 && line.http < 600), line.name << " has " << line.http);
    BOOST_TEST(http_status(errc::credential_rejected) == 401);
    BOOST_TEST(http_status(errc::credential_deleted) == 410);
}

BOOST_AUTO_TEST_CASE(a_rejected_connection_carries_the_providers_reason_code) {
    BOOST_TEST(info(errc::credential_rejected).provider_code == "4001");
}

BOOST_AUTO_TEST_SUITE_END()
