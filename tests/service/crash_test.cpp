// Every operation is cut off at every call of every port, and what is left is looked at.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "crash_scene.hpp"

using namespace service_world;

namespace {

using scene = crash_scene;

struct operation {
    std::string_view name;
    void (*prepare)(scene&);
    std::string (*act)(scene&);
    /// What the same call may answer when it is repeated afterwards, besides "ok".
    std::vector<std::string_view> again = {};

    friend std::ostream& operator<<(std::ostream& out, operation const& o) { return out << o.name; }
};

void nothing(scene&) {}
void lite(scene& s) { s.make_lite(); }
void own(scene& s) { s.make_own(); }
void lite_with_settings(scene& s) {
    s.make_lite();
    s.put("lite", "AIzaSyA-the-first-key");
}
void own_with_sets(scene& s) {
    s.make_own();
    s.make_sets("own");
}
void own_with_use(scene& s) {
    own_with_sets(s);
    BOOST_REQUIRE_EQUAL(s.signed_request("own"), "ok");
}
void overlapping(scene& s) {
    s.how.secrets = service::client_secrets::overlapping;
    s.start();
    s.make_lite();
}
void wait(scene& s, std::int64_t seconds) { s.clock.time += std::chrono::seconds(seconds); }
void disable(scene& s) { BOOST_REQUIRE(s.keys_a.disable_key(s.owner(), s.root_id())); }
void enable(scene& s) {
    wait(s, 31);
    BOOST_REQUIRE(s.keys_a.enable_key(s.owner(), s.root_id()));
}
void erase_key(scene& s) { BOOST_REQUIRE(s.keys_a.delete_key(s.owner(), s.root_id(), true)); }
void restore_key(scene& s) {
    wait(s, 31);
    BOOST_REQUIRE(s.keys_a.restore_key(s.owner(), s.root_id()));
}
void obey(scene& s) { BOOST_REQUIRE(s.push->obey_key_events()); }

std::string provision(scene& s, instance::plan plan, crn const* root) {
    service::provision_request request{.plan = plan, .region = "us-south", .id = "fresh"};
    if (root != nullptr) request.root_key = *root;
    return code(s.push->provision(s.badge("boss"), request));
}
std::string erase_instance(scene& s, std::string_view id) {
    return code(s.push->delete_instance(s.badge("boss"), app(id)));
}
std::string looked_after(scene& s) {
    auto const done = s.push->obey_key_events();
    return done ? done->last_failure ? std::string(to_string(done->last_failure->code)) : "ok"
                : code(done);
}
std::string swept(scene& s) {
    auto const done = s.push->sweep();
    return done ? done->last_failure ? std::string(to_string(done->last_failure->code)) : "ok"
                : code(done);
}

std::vector<operation> const operations{
    {"provision with the service's key",
     nothing,
     [](scene& s) { return provision(s, instance::plan::lite, nullptr); },
     {"instance_exists"}},
    {"provision with a root key",
     [](scene& s) {
         s.authorize();
         s.root();
     },
     [](scene& s) { return provision(s, instance::plan::advanced, &s.root()); },
     {"instance_exists"}},
    {"provision without the authorization",
     [](scene& s) { s.root(); },
     [](scene& s) { return provision(s, instance::plan::advanced, &s.root()); },
     {"instance_exists", "unauthorized"}},
    {"provision under a disabled key",
     [](scene& s) {
         s.authorize();
         s.root();
         disable(s);
     },
     [](scene& s) { return provision(s, instance::plan::advanced, &s.root()); },
     {"instance_exists", "registration_needs_active_key"}},
    {"delete an instance",
     lite_with_settings,
     [](scene& s) { return erase_instance(s, "lite"); },
     {"instance_not_found"}},
    {"delete an instance with a root key",
     own_with_use,
     [](scene& s) { return erase_instance(s, "own"); },
     {"instance_not_found"}},
    {"delete an instance whose authorization is gone",
     [](scene& s) {
         own(s);
         s.forbid();
     },
     [](scene& s) { return erase_instance(s, "own"); },
     {"registration_orphaned"}},
    {"delete an instance that is suspended",
     [](scene& s) {
         own(s);
         disable(s);
         obey(s);
     },
     [](scene& s) { return erase_instance(s, "own"); },
     {"registration_orphaned"}},
    {"delete an orphan again",
     [](scene& s) {
         own(s);
         s.forbid();
         BOOST_REQUIRE_EQUAL(erase_instance(s, "own"), "registration_orphaned");
         s.authorize();
     },
     [](scene& s) { return erase_instance(s, "own"); },
     {"instance_not_found"}},
    {"upgrade",
     lite,
     [](scene& s) {
         return code(s.push->upgrade_instance(s.badge("boss"), app("lite"), instance::plan::basic));
     },
     {"inconsistent"}},
    {"register a device that needs a place",
     lite,
     [](scene& s) { return s.enrol("lite", "phone-2"); },
     {"device_exists"}},
    {"register a device",
     own,
     [](scene& s) { return s.enrol("own", "phone-2"); },
     {"device_exists"}},
    {"update a device", lite,
     [](scene& s) {
         device::device_update change;
         change.token = "token-2";
         return code(
             s.push->update_device(app("lite"), s.phone("phone-1"), change, s.by_app("lite")));
     }},
    {"unregister a device that has a place",
     lite,
     [](scene& s) {
         return code(s.push->unregister_device(app("lite"), s.phone("phone-1"), s.by_app("lite")));
     },
     {"device_not_found"}},
    {"unregister a device",
     own,
     [](scene& s) {
         return code(s.push->unregister_device(app("own"), s.phone("phone-1"), s.by_app("own")));
     },
     {"device_not_found"}},
    {"report a dead token", lite,
     [](scene& s) {
         return code(s.push->report_dead_token(app("lite"), s.phone("phone-1"), "token-1"));
     }},
    {"put settings", own, [](scene& s) { return s.put("own", "AIzaSyA-another-key"); }},
    {"put settings under the service's key", lite,
     [](scene& s) { return s.put("lite", "AIzaSyA-another-key"); }},
    {"put the first settings of a browser", own,
     [](scene& s) {
         return code(s.push->put_settings(s.badge("manager"), app("own"),
                                          settings::firefox_web_settings{"https://shop.example"}));
     }},
    {"read settings", own,
     [](scene& s) {
         return code(s.push->settings(s.badge("manager"), app("own"), settings::kind::gcm));
     }},
    {"delete settings",
     own,
     [](scene& s) {
         return code(s.push->delete_settings(s.badge("manager"), app("own"), settings::kind::gcm));
     },
     {"settings_not_found"}},
    {"create a credential set", own_with_sets,
     [](scene& s) { return code(s.push->create_credential_set(s.badge("manager"), app("own"))); }},
    {"activate a credential set",
     [](scene& s) {
         s.make_own();
         s.set = s.push->create_credential_set(s.badge("manager"), app("own"))->key;
     },
     [](scene& s) {
         return code(s.push->activate_credential_set(s.badge("manager"), app("own"), s.set));
     },
     {"event_not_allowed"}},
    {"retire a credential set",
     own_with_sets,
     [](scene& s) {
         return code(s.push->retire_credential_set(s.badge("manager"), app("own"), s.set));
     },
     {"event_not_allowed"}},
    {"mark a credential set as compromised",
     own_with_sets,
     [](scene& s) { return code(s.push->mark_compromised(s.badge("manager"), app("own"), s.set)); },
     {"event_not_allowed"}},
    {"delete a credential set",
     own_with_use,
     [](scene& s) {
         return code(s.push->delete_credential_set(s.badge("manager"), app("own"), s.set, true));
     },
     {"credential_set_not_found"}},
    {"deliver keys", own_with_sets,
     [](scene& s) {
         auto const to = s.push->delivery_key(s.badge("manager"), app("own"));
         if (!to) return code(to);
         return code(s.push->deliver_keys(app("own"), {.app_key = *to}, s.client_secrets["own"]));
     }},
    {"verify a request", own_with_sets, [](scene& s) { return s.signed_request("own"); }},
    {"write the uses", own_with_use, [](scene& s) { return code(s.push->flush_usage()); }},
    {"verifyClientSecret",
     [](scene& s) {
         s.make("old", {.region = "us-south", .app = device::app_kind::created_before});
     },
     [](scene& s) {
         return code(s.push->verify_client_secret(s.badge("manager"), app("old"), false));
     }},
    {"add a clientSecret", overlapping,
     [](scene& s) { return code(s.push->add_client_secret(s.badge("manager"), app("lite"))); }},
    {"delete a clientSecret",
     [](scene& s) {
         overlapping(s);
         BOOST_REQUIRE(s.push->add_client_secret(s.badge("manager"), app("lite")));
     },
     [](scene& s) {
         return code(s.push->delete_client_secret(s.badge("manager"), app("lite"),
                                                  s.client_secrets["lite"]));
     },
     {"credential_set_not_found"}},
    {"delete a clientSecret by its number",
     [](scene& s) {
         overlapping(s);
         BOOST_REQUIRE(s.push->add_client_secret(s.badge("manager"), app("lite")));
     },
     [](scene& s) {
         return code(s.push->delete_client_secret(s.badge("manager"), app("lite"), 2));
     },
     {"credential_set_not_found"}},
    {"rewrap under the service's own key",
     [](scene& s) {
         lite_with_settings(s);
         auto const self = iam::service_id("iam-ServiceId-push", "acc-push", "imfpush").value();
         auto const key = kms::key_id::parse(s.default_key.resource).value();
         BOOST_REQUIRE(s.keys_push.rotate_key(s.token_of(self), key));
     },
     [](scene& s) {
         auto const done = s.push->rewrap_default_keys();
         return done && done->last_failure ? std::string(to_string(done->last_failure->code))
                                           : code(done);
     }},
    {"obey a rotation",
     [](scene& s) {
         own_with_sets(s);
         BOOST_REQUIRE(s.keys_a.rotate_key(s.owner(), s.root_id()));
     },
     looked_after},
    {"obey a disabling",
     [](scene& s) {
         own(s);
         disable(s);
     },
     looked_after},
    {"obey an enabling",
     [](scene& s) {
         own(s);
         disable(s);
         obey(s);
         enable(s);
     },
     looked_after},
    {"obey a deletion by force",
     [](scene& s) {
         own(s);
         erase_key(s);
     },
     looked_after},
    {"obey a deletion by force, and shred",
     [](scene& s) {
         s.how.key_deletion = service::after_key_deletion::shred;
         s.start();
         own(s);
         erase_key(s);
     },
     looked_after},
    {"obey a restoration",
     [](scene& s) {
         own(s);
         erase_key(s);
         obey(s);
         restore_key(s);
     },
     looked_after},
    {"obey a deletion and a restoration at once",
     [](scene& s) {
         own(s);
         erase_key(s);
         restore_key(s);
     },
     looked_after},
    {"sweep a registration that has arrived late",
     [](scene& s) {
         own(s);
         BOOST_REQUIRE_EQUAL(erase_instance(s, "own"), "ok");
         auto const name = named("crn:v1:bluemix:public:imfpush:us-south:a/acc-a:own::");
         auto const late =
             s.iam.crn_token(s.iam.token_from_api_key(s.api_key)->token.expose(), name, s.root());
         BOOST_REQUIRE(s.keys_a.register_service(late->token, s.root_id(), name));
     },
     swept},
    {"sweep a deletion that was cut off",
     [](scene& s) {
         own_with_use(s);
         s.trap.set(9, fall::dies_before);
         BOOST_CHECK_THROW(static_cast<void>(erase_instance(s, "own")), process_death);
         s.trap.disarm();
         s.start();
     },
     swept},
    {"recover from a provisioning that was cut off",
     [](scene& s) {
         s.authorize();
         s.root();
         s.trap.set(11, fall::dies_before);
         BOOST_CHECK_THROW(static_cast<void>(provision(s, instance::plan::advanced, &s.root())),
                           process_death);
         s.trap.disarm();
         s.start();
     },
     [](scene& s) { return code(s.push->recover()); }},
};

/// What a new process does first, or an old one when the ports answer again.
void mend(scene& s, fall how) {
    bool const died = how == fall::dies_before || how == fall::dies_after;
    if (died)
        s.start();
    else
        wait(s, 15 * 60);
    auto const done = died ? s.push->recover() : s.push->sweep();
    BOOST_REQUIRE_MESSAGE(done, told(done));
    BOOST_TEST(done->failed == 0U, done->last_failure.value_or(error{}).detail);
    auto const followed = s.push->obey_key_events();
    BOOST_REQUIRE_MESSAGE(followed, told(followed));
}
/// What is seen without the fall: before the operation, or after it.
std::string seen(operation const& what, bool is_done) {
    scene s;
    what.prepare(s);
    if (is_done) static_cast<void>(what.act(s));
    mend(s, fall::dies_before);
    return s.view();
}

struct reference {
    std::string before, after;
};
/// Whether the fall came before the operation was through.
bool fell(operation const& what, reference const& is, std::uint64_t at, fall how) {
    scene s;
    what.prepare(s);
    s.trap.set(at, how);
    std::string answer = "died";
    try {
        answer = what.act(s);
    } catch (process_death const&) {
    }
    bool const has_sprung = s.trap.has_sprung();
    s.trap.disarm();
    if (!has_sprung) return false;

    mend(s, how);
    s.check_legal();
    s.start();  // what the old process has at hand is not looked at
    auto const view = s.view();
    bool const is_new = view == is.after;
    BOOST_TEST((is_new || view == is.before), "neither the old state nor the new one:\n"
                                                  << view << "old:\n"
                                                  << is.before << "new:\n"
                                                  << is.after);
    BOOST_TEST((answer != "ok" || is_new), "it was acknowledged and did not happen:\n" << view);

    auto const again = what.act(s);
    BOOST_TEST((again == "ok" || std::ranges::find(what.again, again) != what.again.end()),
               "again: " << again);
    wait(s, 16 * 60);
    BOOST_REQUIRE(s.push->sweep());
    s.check_legal();
    s.check_places("lite");
    return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(service_crash)

BOOST_DATA_TEST_CASE(whatever_call_is_the_last_all_is_as_before_or_as_after,
                     boost::unit_test::data::make(operations), what) {
    reference const is{seen(what, false), seen(what, true)};
    std::uint64_t cuts = 0;
    for (auto const how : falls)
        for (std::uint64_t at = 1;; ++at) {
            BOOST_TEST_CONTEXT(to_string(how) << " call " << at) {
                if (!fell(what, is, at, how)) break;
            }
            ++cuts;
        }
    BOOST_TEST_MESSAGE(what.name << ": " << cuts << " cuts");
    BOOST_TEST(cuts > 0U);
}

BOOST_AUTO_TEST_CASE(a_deleted_instance_is_forgotten_also_without_the_authorization) {
    scene s;
    s.make_own();
    BOOST_REQUIRE_EQUAL(erase_instance(s, "own"), "ok");
    s.forbid();
    BOOST_TEST(swept(s) == "ok");
    wait(s, 24 * 3600 - 1);
    BOOST_TEST(s.push->sweep()->forgotten == 0U);
    wait(s, 1);
    BOOST_TEST(s.push->sweep()->forgotten == 1U);
    BOOST_TEST_REQUIRE(s.entries("").size() == 1U);
    BOOST_TEST(s.entries("")[0].key == "push/used/own");
}
BOOST_AUTO_TEST_CASE(a_registration_that_nobody_has_answered_is_taken_back_at_once) {
    std::uint64_t unanswered = 0;
    for (std::uint64_t at = 1;; ++at) BOOST_TEST_CONTEXT("silent after call " << at) {
            scene s;
            s.authorize();
            s.root();
            s.trap.set(at, fall::silent_after);
            auto const said = provision(s, instance::plan::advanced, &s.root());
            bool const has_sprung = s.trap.has_sprung();
            s.trap.disarm();
            if (!has_sprung) break;
            if (said != "kms_unavailable") continue;  // of the store: the sweep sees what is there
            ++unanswered;
            BOOST_TEST(s.registrations(s.root()).empty());
            s.check_legal();
        }
    BOOST_TEST(unanswered == 1U);
}
BOOST_AUTO_TEST_CASE(a_provisioning_that_others_are_at_is_left_to_them_for_a_while) {
    scene s;
    s.authorize();
    s.root();
    s.trap.set(11, fall::dies_before);
    BOOST_CHECK_THROW(static_cast<void>(provision(s, instance::plan::advanced, &s.root())),
                      process_death);
    s.trap.disarm();
    BOOST_TEST(s.push->sweep()->taken_back == 0U);
    wait(s, 15 * 60);
    BOOST_TEST(s.push->sweep()->taken_back == 1U);
}
BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_makes_no_rest_wait_for_it) {
    scene s;
    s.authorize();
    s.root();
    s.make_lite();
    auto const cut_off = [&](std::uint64_t at, auto const& act) {
        s.trap.set(at, fall::dies_before);
        BOOST_CHECK_THROW(static_cast<void>(act()), process_death);
        s.trap.disarm();
    };
    cut_off(11, [&] { return provision(s, instance::plan::advanced, &s.root()); });
    cut_off(5, [&] { return s.enrol("lite", "phone-2"); });
    auto const places = [&] { return s.places("lite").size(); };
    BOOST_TEST(places() == 2U);
    wait(s, -365 * 24 * 3600);
    BOOST_TEST(s.push->sweep()->taken_back == 1U);
    BOOST_TEST(places() == 1U);
    s.check_legal();
}

BOOST_AUTO_TEST_SUITE_END()
