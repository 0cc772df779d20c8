// The service's own key is rotated: what it protects follows.
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/crypto/envelope.hpp>

#include "service/world.hpp"

using namespace service_world;

namespace {

struct default_key_world : world {
    std::string const managing = token("manager");
    settings::platform_settings const site = settings::firefox_web_settings{"https://shop.example"};
    kms::key_id const own_id = kms::key_id::parse(default_key.resource).value();

    service::provisioned_instance with_site(service::provisioned_instance made) {
        auto const put = push.put_settings(managing, made.app, site);
        BOOST_REQUIRE_MESSAGE(put, told(put));
        return made;
    }
    iam::access_token keeper() {
        return token_of(iam::service_id("iam-ServiceId-push", "acc-push", "imfpush").value());
    }
    void rotate() {
        auto const done = keys_push.rotate_key(keeper(), own_id);
        BOOST_REQUIRE_MESSAGE(done, told(done));
    }
    /// How many records of the instance are under which version of its root key.
    std::map<std::uint32_t, int> versions(crn const& name) {
        std::map<std::uint32_t, int> out;
        auto const page = records.list("vault/" + to_string(name) + " ", "", 100).value();
        for (auto const& entry : page.entries)
            ++out[crypto::parse_envelope(entry.value)->wrapped.root.version];
        return out;
    }
    service::default_keys_rewrapped rewrap() {
        auto const done = push.rewrap_default_keys();
        BOOST_REQUIRE_MESSAGE(done, told(done));
        return *done;
    }
};
using counts = std::map<std::uint32_t, int>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_default_key, default_key_world)

BOOST_AUTO_TEST_CASE(after_a_rotation_all_that_it_protects_is_under_the_new_version) {
    authorize();
    auto const a = with_site(provision()), b = with_site(provision());
    auto const root = root_key();
    auto const theirs = with_site(provision_own(root));
    BOOST_REQUIRE(keys_a.rotate_key(owner(), kms::key_id::parse(root.resource).value()));
    auto const before = rewrap();
    BOOST_TEST(before.keys == 1U);
    BOOST_TEST(before.rewrapped == 0U);
    BOOST_TEST(before.current == 4U);  // each has settings and the key pair of Web Push
    rotate();
    BOOST_TEST((versions(a.name) == counts{{1, 2}}));
    auto const done = rewrap();
    BOOST_TEST(done.rewrapped == 4U);
    BOOST_TEST(done.is_complete());
    BOOST_TEST((versions(a.name) == counts{{2, 2}}));
    BOOST_TEST((versions(b.name) == counts{{2, 2}}));
    // What is under a key of the customer's waits for its event.
    BOOST_TEST((versions(theirs.name) == counts{{1, 2}}));
    BOOST_TEST(rewrap().rewrapped == 0U);
    for (auto const& made : {a.app, b.app, theirs.app})
        BOOST_TEST(code(push.settings(managing, made, settings::kind::firefox_web)) == "ok");
}
BOOST_AUTO_TEST_CASE(what_another_service_seals_with_a_key_of_before_is_found_by_the_next_call) {
    auto const a = with_site(provision());
    auto other = make();
    BOOST_REQUIRE(other.put_settings(managing, a.app, site));
    rotate();
    BOOST_TEST(rewrap().rewrapped == 2U);
    BOOST_REQUIRE(other.put_settings(managing, a.app, site));
    BOOST_TEST((versions(a.name) == counts{{1, 1}, {2, 1}}));
    BOOST_TEST(rewrap().rewrapped == 1U);
    BOOST_TEST((versions(a.name) == counts{{2, 2}}));
}
BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_asked_is_told_and_nothing_is_lost) {
    auto const a = with_site(provision());
    rotate();
    BOOST_REQUIRE(keys_push.disable_key(keeper(), own_id));
    auto const refused = rewrap();
    BOOST_TEST(!refused.is_complete());
    BOOST_TEST(std::string(to_string(refused.last_failure->code)) == "key_disabled");
    clock.time += std::chrono::seconds(31);
    BOOST_REQUIRE(keys_push.enable_key(keeper(), own_id));
    BOOST_TEST(rewrap().rewrapped == 2U);
    BOOST_TEST((versions(a.name) == counts{{2, 2}}));
}
BOOST_AUTO_TEST_CASE(instances_under_the_key_of_earlier_options_are_rewrapped_under_theirs) {
    auto const a = with_site(provision());
    auto next = options();
    auto const id = keys_push.create_key(keeper()).value();
    next.default_key = key_crn(own_keys, id);
    auto later = make(std::move(next));
    auto const b = later.provision(token("boss"), {.region = "us-south"}).value();
    BOOST_REQUIRE(later.put_settings(managing, b.app, site));
    rotate();
    auto const done = later.rewrap_default_keys().value();
    BOOST_TEST(done.keys == 2U);
    BOOST_TEST(done.rewrapped == 2U);
    BOOST_TEST((versions(a.name) == counts{{2, 2}}));
    BOOST_TEST((versions(b.name) == counts{{1, 2}}));
}

BOOST_AUTO_TEST_SUITE_END()
