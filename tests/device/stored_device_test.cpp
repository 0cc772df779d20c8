#include <boost/test/unit_test.hpp>
#include <cryptoperiod/device/stored_device.hpp>
#include <string>

#include "samples.hpp"
#include "store/opened.hpp"

using namespace cryptoperiod;
using device::registration_machine;
using device::stored_device;

namespace {

device::device_document document() {
    return {device::device_id::parse("d-1").value(),
            test::web_token(),
            device::platform::web_chrome,
            "jane",
            {{"a", "b"}},
            true};
}
stored_device sample() {
    registration_machine machine;
    BOOST_REQUIRE(machine.send(device::register_device{5}));
    BOOST_REQUIRE(machine.send(device::update_device{7}));
    stored_device kept;
    kept.keep(machine);
    kept.keep(document());
    kept.user_agent = "agent/1";
    return kept;
}
result<stored_device> again(stored_device const& from) {
    auto const bytes = store::encode(from).value();
    return store::decode<stored_device>(test::opened(bytes.expose()));
}
std::string fault(stored_device const& from) {
    auto const read = again(from);
    return read ? "ok" : to_string(read.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_stored_device)

BOOST_AUTO_TEST_CASE(a_device_comes_back_as_it_was_kept) {
    auto const after = again(sample()).value();
    BOOST_TEST((after.document().value() == document()));
    BOOST_TEST((after.times == device::registration_record{5, 7}));
    BOOST_TEST(after.user_agent == "agent/1");
    auto machine = after.machine().value();
    BOOST_TEST(machine.is<device::registered>());
    BOOST_TEST((machine.context() == device::registration_record{5, 7}));
    BOOST_TEST((machine.send(device::register_device{9}).error().code == errc::device_exists));
}
BOOST_AUTO_TEST_CASE(what_no_document_is_comes_back_as_none) {
    auto const with = [](auto&& change) {
        auto kept = sample();
        change(kept);
        return fault(kept);
    };
    std::string const start = "record_corrupt: not a record 'cryptoperiod device': ";
    BOOST_TEST(with([](auto&) {}) == "ok");
    BOOST_TEST(with([](auto& d) { d.times.updated_ms = 4; }) ==
               start + "it was updated before it was created");
    BOOST_TEST(with([](auto& d) { d.user_agent = "a\n"; }) ==
               start + "its user agent is not one that is kept");
    auto const document_of = [](auto&& change) {
        auto kept = sample();
        change(kept);
        auto const read = again(kept).value().document();
        return read ? "ok" : to_string(read.error());
    };
    BOOST_TEST(document_of([](auto&) {}) == "ok");
    BOOST_TEST(document_of([](auto& d) { d.token = "hunter2"; }) ==
               "malformed: this is not JSON (line 1, column 1)");
    BOOST_TEST(document_of([](auto& d) { d.platform_name = "W"; }).starts_with("unknown_name"));
    BOOST_TEST(document_of([](auto& d) { d.platform_name = "G"; }).starts_with("inconsistent"));
    BOOST_TEST(document_of([](auto& d) { d.id.clear(); }).starts_with("missing"));
    auto other = sample();
    other.state = "key";
    BOOST_TEST(!again(other).value().machine());
}

BOOST_AUTO_TEST_SUITE_END()
