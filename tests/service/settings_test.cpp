#include <boost/test/unit_test.hpp>
#include <cryptoperiod/settings/settings_document.hpp>

#include "service/world.hpp"
#include "settings/samples.hpp"

using namespace service_world;
using settings::kind;

namespace {

struct settings_world : world {
    service::provisioned_instance made = (authorize(), provision_own(root_key()));
    std::string const right{text(made.client_secret)};
    std::string const reading = token("reader"), writing = token("writer"),
                      managing = token("manager");

    std::string put(test::settings_sample const& sample) {
        auto const parsed = settings::parse_settings(sample.which, sample.body());
        BOOST_REQUIRE_MESSAGE(parsed, told(parsed));
        return code(push.put_settings(managing, made.app, *parsed));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_settings, settings_world)

BOOST_AUTO_TEST_CASE(every_kind_is_put_read_listed_and_deleted) {
    std::size_t put_so_far = 0;
    for (auto const& sample : test::settings_samples()) {
        BOOST_TEST_CONTEXT(sample.form) {
            BOOST_TEST(put(sample) == "ok");
            auto const read = push.settings(writing, made.app, sample.which);
            BOOST_REQUIRE_MESSAGE(read, told(read));
            BOOST_TEST((settings::kind_of(*read) == sample.which));
            auto const shown = push.describe_settings(reading, made.app, sample.which);
            BOOST_REQUIRE_MESSAGE(shown, told(shown));
            for (auto const& secret : sample.secrets)
                BOOST_TEST(shown->find(secret) == std::string::npos);
            ++put_so_far;
        }
    }
    BOOST_TEST(put_so_far >= settings::kinds.size());
    auto const names = push.list_settings(reading, made.app).value();
    BOOST_TEST(names.size() == settings::kinds.size());
    for (auto const which : settings::kinds) {
        BOOST_TEST(code(push.delete_settings(managing, made.app, which)) == "ok");
        BOOST_TEST(code(push.delete_settings(managing, made.app, which)) == "settings_not_found");
        BOOST_TEST(code(push.settings(writing, made.app, which)) == "settings_not_found");
    }
    BOOST_TEST(push.list_settings(reading, made.app)->empty());
}
BOOST_AUTO_TEST_CASE(readers_read_managers_write_and_apps_get_the_public_form) {
    auto const sample = test::settings_samples().front();
    auto const parsed = settings::parse_settings(sample.which, sample.body()).value();
    for (auto const* who : {"reader", "writer", "viewer", "boss"})
        BOOST_TEST(code(push.put_settings(token(who), made.app, parsed)) == "forbidden");
    BOOST_TEST(code(push.put_settings(right, made.app, parsed)) == "token_malformed");
    BOOST_TEST(code(push.settings("", made.app, sample.which)) == "credential_missing");
    BOOST_TEST(put(sample) == "ok");
    // Who may read what is set may not read its secrets; who sends messages may.
    for (auto const* who : {"viewer", "reader"})
        BOOST_TEST(code(push.settings(token(who), made.app, sample.which)) == "forbidden");
    BOOST_TEST(code(push.describe_settings(reading, made.app, sample.which)) == "ok");
    BOOST_TEST(code(push.settings(writing, made.app, sample.which)) == "ok");
    shown const app{.client_secret = right};
    auto const seen = push.public_settings(made.app, sample.which, app);
    BOOST_REQUIRE_MESSAGE(seen, told(seen));
    BOOST_TEST(seen->find("senderId") != std::string::npos);
    for (auto const& secret : sample.secrets) BOOST_TEST(seen->find(secret) == std::string::npos);
    BOOST_TEST(code(push.public_settings(made.app, sample.which, {})) == "client_secret_required");
    BOOST_TEST(code(push.public_settings(made.app, sample.which, {.token = managing})) ==
               "client_secret_required");
}
BOOST_AUTO_TEST_CASE(the_first_settings_of_a_browser_make_the_web_push_key_that_stays) {
    BOOST_TEST(code(push.web_push_key(reading, made.app)) == "settings_not_found");
    settings::platform_settings const browser =
        settings::firefox_web_settings{"https://shop.example"};
    BOOST_TEST(code(push.put_settings(managing, made.app, browser)) == "ok");
    auto const first = push.web_push_key(reading, made.app).value();
    BOOST_TEST(first.find("webpushServerKey") != std::string::npos);
    BOOST_TEST(code(push.put_settings(managing, made.app, browser)) == "ok");
    BOOST_TEST(push.web_push_key(reading, made.app).value() == first);
    BOOST_TEST(push.list_settings(reading, made.app)->size() == 1U);
    BOOST_TEST(code(push.web_push_key("", made.app)) == "credential_missing");
}
BOOST_AUTO_TEST_CASE(what_one_tenant_has_sealed_no_other_one_opens) {
    auto const sample = test::settings_samples().front();
    BOOST_TEST(put(sample) == "ok");
    auto const other = provision_own(root_key());
    // The sealed record, put into the place of another instance.
    std::string const name(settings::to_string(sample.which));
    auto const kept = records.get("vault/" + to_string(made.name) + " " + name).value();
    auto const place = "vault/" + to_string(other.name) + " " + name;
    BOOST_REQUIRE(records.compare_and_swap(place, store::absent, kept->value));
    BOOST_TEST(code(push.settings(writing, other.app, sample.which)) == "wrong_context");
}
BOOST_AUTO_TEST_CASE(settings_that_are_not_sound_change_nothing) {
    auto const sample = test::settings_samples().front();
    BOOST_TEST(put(sample) == "ok");
    settings::platform_settings const unsound =
        settings::chrome_app_extension_settings{secret_bytes::copy_of("k"), ""};
    BOOST_TEST(code(push.put_settings(managing, made.app, unsound)) != "ok");
    BOOST_TEST(push.list_settings(reading, made.app)->size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
