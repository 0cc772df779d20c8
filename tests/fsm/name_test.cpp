#include <boost/test/unit_test.hpp>
#include <cryptoperiod/fsm/name.hpp>
#include <string_view>

namespace fsm = cryptoperiod::fsm;

namespace {
struct plain {};
struct outer {
    struct inner {};
};
template <int N, class T = plain>
struct numbered {
    struct member {};
};
struct erase {
    static constexpr std::string_view label = "delete";
};
}  // namespace

BOOST_AUTO_TEST_SUITE(fsm_name)

BOOST_AUTO_TEST_CASE(a_name_is_the_last_component_of_the_type) {
    static_assert(fsm::type_name<plain> == "plain");
    static_assert(fsm::type_name<outer::inner> == "inner");
    static_assert(fsm::type_name<int> == "int");
    BOOST_TEST(fsm::type_name<plain> == "plain");
}

BOOST_AUTO_TEST_CASE(template_arguments_do_not_confuse_the_search_for_the_last_component) {
    static_assert(fsm::type_name<numbered<7>::member> == "member");
    static_assert(fsm::type_name<numbered<7, int>>.starts_with("numbered<7"));
    static_assert(fsm::detail::last_component("a::b<c::d>") == "b<c::d>");
    static_assert(fsm::detail::last_component("a::b<c::d>::e<f::g<h>>") == "e<f::g<h>>");
    BOOST_TEST(fsm::type_name<numbered<7>::member> == "member");
}

BOOST_AUTO_TEST_CASE(a_label_goes_before_the_name_of_the_type) {
    static_assert(fsm::label_of<erase>() == "delete");
    static_assert(fsm::label_of<plain>() == "plain");
    BOOST_TEST(fsm::label_of<erase>() == "delete");
}

BOOST_AUTO_TEST_SUITE_END()
