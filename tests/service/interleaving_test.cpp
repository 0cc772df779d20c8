// Two processes on the same ports: before every call of the one, the other does all of its work.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <future>

#include "crash_scene.hpp"

using namespace service_world;

namespace {

using scene = crash_scene;
using act = std::string (*)(scene&);

struct meeting {
    std::string_view name;
    void (*prepare)(scene&);
    act one, other;
    /// What the one may answer besides what it answers when they come one after the other.
    std::vector<std::string_view> refusals = {};

    friend std::ostream& operator<<(std::ostream& out, meeting const& m) { return out << m.name; }
};

void lite(scene& s) { s.make_lite(); }
void own(scene& s) { s.make_own(); }
void own_with_sets(scene& s) {
    s.make_own();
    s.make_sets("own");
}
void full_lite(scene& s) {
    s.make_lite();
    for (int i = 2; i != 50; ++i)
        BOOST_REQUIRE_EQUAL(s.enrol("lite", concat("phone-", std::to_string(i))), "ok");
}

template <int Number>
std::string enrol(scene& s) {
    return s.enrol("lite", concat("phone-", std::to_string(Number)));
}
template <int Number>
std::string leave(scene& s) {
    return code(s.push->unregister_device(
        app("lite"), s.phone(concat("phone-", std::to_string(Number))), s.by_app("lite")));
}
template <int Number>
std::string enrol_and_leave(scene& s) {
    auto const came = enrol<Number>(s);
    return concat(came, ", ", leave<Number>(s));
}
template <char Last>
std::string give_token(scene& s) {
    device::device_update change;
    change.token = std::string("token-") + Last;
    return code(s.push->update_device(app("lite"), s.phone("phone-1"), change, s.by_app("lite")));
}
template <char Last>
std::string put(scene& s) {
    return s.put("own", std::string("AIzaSyA-key-") + Last);
}
std::string create_set(scene& s) {
    return code(s.push->create_credential_set(s.badge("manager"), app("own")));
}
std::string retire_set(scene& s) {
    return code(s.push->retire_credential_set(s.badge("manager"), app("own"), s.set));
}
std::string erase_set(scene& s) {
    return code(s.push->delete_credential_set(s.badge("manager"), app("own"), s.set, true));
}
template <char Last>
std::string erase_instance(scene& s) {
    return code(s.push->delete_instance(s.badge("boss"), app(Last == 'l' ? "lite" : "own")));
}
std::string obey(scene& s) {
    auto const done = s.push->obey_key_events();
    return done ? "ok" : code(done);
}
std::string recover(scene& s) {
    auto const done = s.push->recover();
    return done ? "ok" : code(done);
}
std::string provision(scene& s) {
    return code(s.push->provision(s.badge("boss"), {.plan = instance::plan::advanced,
                                                    .region = "us-south",
                                                    .root_key = s.root(),
                                                    .id = "fresh"}));
}
std::string turn_off(scene& s) {
    return code(s.push->verify_client_secret(s.badge("manager"), app("old"), false));
}
std::string upgrade(scene& s) {
    return code(s.push->upgrade_instance(s.badge("boss"), app("old"), instance::plan::basic));
}

std::vector<meeting> const meetings{
    {"two registrations", lite, enrol<2>, enrol<3>},
    {"two registrations of one device", lite, enrol<2>, enrol<2>},
    {"two registrations for the last place", full_lite, enrol<50>, enrol<51>},
    {"a registration and what leaves a place", full_lite, enrol<50>, leave<7>},
    {"what leaves and what comes back", lite, leave<1>, enrol<1>},
    {"one comes while it comes and leaves", lite, enrol<2>, enrol_and_leave<2>},
    {"one comes and leaves while it comes",
     lite,
     enrol_and_leave<2>,
     enrol<2>,
     {"device_exists, ok", "ok, ok"}},
    {"two that leave", lite, leave<1>, leave<1>},
    {"two updates", lite, give_token<'2'>, give_token<'3'>},
    {"an update and what leaves", lite, give_token<'2'>, leave<1>},
    {"a registration and the end of its instance", lite, enrol<2>, erase_instance<'l'>, {"ok"}},
    {"the end of an instance and a registration", lite, erase_instance<'l'>, enrol<2>},
    {"two settings", own, put<'2'>, put<'3'>},
    {"settings and the end of their instance",
     own,
     put<'2'>,
     erase_instance<'o'>,
     {"ok", "unauthorized"}},
    {"two sets", own_with_sets, create_set, create_set},
    {"two changes of a set", own_with_sets, create_set, retire_set},
    {"a change of a set and its end", own_with_sets, retire_set, erase_set},
    {"two changes of an instance",
     [](scene& s) {
         s.make("old", {.region = "us-south", .app = device::app_kind::created_before});
     },
     turn_off, upgrade},
    {"two provisionings of one name",
     [](scene& s) {
         s.authorize();
         s.root();
     },
     provision, provision},
    {"a provisioning and a recovery",
     [](scene& s) {
         s.authorize();
         s.root();
     },
     provision,
     recover,
     {"instance_not_found", "event_not_allowed", "store_conflict"}},
    {"two that obey",
     [](scene& s) {
         own_with_sets(s);
         BOOST_REQUIRE(s.keys_a.rotate_key(s.owner(), s.root_id()));
         BOOST_REQUIRE(s.keys_a.disable_key(s.owner(), s.root_id()));
         s.clock.time += std::chrono::minutes(1);
         BOOST_REQUIRE(s.keys_a.enable_key(s.owner(), s.root_id()));
     },
     obey, obey},
    {"the end of an instance and obedience",
     [](scene& s) {
         s.make_own();
         BOOST_REQUIRE(s.keys_a.delete_key(s.owner(), s.root_id(), true));
         BOOST_REQUIRE(s.push->obey_key_events());
         s.clock.time += std::chrono::minutes(1);
         BOOST_REQUIRE(s.keys_a.restore_key(s.owner(), s.root_id()));
     },
     erase_instance<'o'>, obey},
    {"obedience and the end of an instance",
     [](scene& s) {
         s.make_own();
         BOOST_REQUIRE(s.keys_a.delete_key(s.owner(), s.root_id(), true));
         BOOST_REQUIRE(s.push->obey_key_events());
         s.clock.time += std::chrono::minutes(1);
         BOOST_REQUIRE(s.keys_a.restore_key(s.owner(), s.root_id()));
     },
     obey, erase_instance<'o'>},
};

struct outcome {
    std::string one, other, view;
    bool operator==(outcome const&) const = default;
};
outcome settled(scene& s, std::string one, std::string other) {
    s.clock.time += std::chrono::minutes(16);
    auto const done = s.push->sweep();
    BOOST_REQUIRE_MESSAGE(done, told(done));
    BOOST_TEST(done->failed == 0U, done->last_failure.value_or(error{}).detail);
    BOOST_REQUIRE(s.push->obey_key_events());
    s.check_legal();
    s.check_places("lite");
    return {std::move(one), std::move(other), s.view()};
}
outcome one_after_the_other(meeting const& m, bool other_first) {
    scene s;
    m.prepare(s);
    std::string first = other_first ? m.other(s) : m.one(s);
    s.start();
    std::string second = other_first ? m.one(s) : m.other(s);
    if (other_first) std::swap(first, second);
    return settled(s, std::move(first), std::move(second));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(service_interleaving)

BOOST_DATA_TEST_CASE(whenever_they_meet_it_is_as_if_they_had_not,
                     boost::unit_test::data::make(meetings), what) {
    auto const first = one_after_the_other(what, false), last = one_after_the_other(what, true);
    for (std::uint64_t at = 1;; ++at) BOOST_TEST_CONTEXT("before call " << at) {
            scene s;
            what.prepare(s);
            auto elsewhere = std::move(s.push);
            s.start();
            std::string of_other;
            s.trap.before(at, [&] {
                std::swap(s.push, elsewhere);
                of_other = what.other(s);
                std::swap(s.push, elsewhere);
            });
            auto of_one = what.one(s);
            bool const has_sprung = s.trap.has_sprung();
            s.trap.disarm();
            if (!has_sprung) break;
            auto const found = settled(s, of_one, of_other);
            bool const is_refusal = std::ranges::find(what.refusals, of_one) != what.refusals.end();
            BOOST_TEST((found == first || found == last || is_refusal),
                       "answers " << of_one << " and " << of_other << "\n"
                                  << found.view << "instead of " << first.one << " and "
                                  << first.other << "\n"
                                  << first.view << "or " << last.one << " and " << last.other
                                  << "\n"
                                  << last.view);
        }
}

/// One registers a device. While it is at it, another one registers the same device, and takes it
/// off again; of that, the last part comes when the first one is through.
bool came_while_another_left(scene& s, std::uint64_t first, std::uint64_t second,
                             std::uint64_t pause) {
    port_trap trap;
    scene::store_type records{s.records, trap};
    scene::kms_port keys{s.stores, trap};
    scene::iam_port people{s.iam, trap};
    scene::push_type other(keys, people, records, s.options(), s.clock);
    auto const by = s.by_app("lite");
    std::promise<void> is_paused, goes_on;
    std::future<result<void>> leaving;
    s.trap.before(first, [&] {
        auto const came = other.register_device(
            app("lite"), {s.phone("phone-2"), "token-2", device::platform::fcm}, by);
        if (!came) return;  // the first one is through;
        s.trap.before(second, [&] {
            trap.before(pause, [&] {
                is_paused.set_value();
                goes_on.get_future().wait();
            });
            leaving = std::async(std::launch::async, [&] {
                auto done = other.unregister_device(app("lite"), s.phone("phone-2"), by);
                if (!trap.has_sprung()) is_paused.set_value();
                return done;
            });
            is_paused.get_future().wait();
        });
    });
    static_cast<void>(enrol<2>(s));
    goes_on.set_value();
    if (leaving.valid()) BOOST_TEST(code(leaving.get()) == "ok");
    s.trap.disarm();
    return trap.has_sprung();
}

BOOST_AUTO_TEST_CASE(a_device_that_comes_while_it_leaves_has_a_place) {
    std::uint64_t meetings_seen = 0;
    for (std::uint64_t first = 1; first != 9; ++first)
        for (std::uint64_t second = first + 1; second != 14; ++second)
            for (std::uint64_t pause = 1;; ++pause)
                BOOST_TEST_CONTEXT("calls " << first << ", " << second << ", " << pause) {
                    scene s;
                    s.make_lite();
                    if (!came_while_another_left(s, first, second, pause)) break;
                    ++meetings_seen;
                    static_cast<void>(settled(s, "", ""));
                }
    BOOST_TEST(meetings_seen > 40U);
}

/// While a provisioning waits, it is taken back, and a second one of the same id, under another
/// root key, gets as far as its call `reached`.
std::string provision_late(scene& s, std::uint64_t at, std::uint64_t reached) {
    port_trap trap;
    scene::store_type records{s.records, trap};
    scene::kms_port keys{s.stores, trap};
    scene::iam_port people{s.iam, trap};
    scene::push_type other(keys, people, records, s.options(), s.clock);
    auto const by = s.badge("boss");
    s.trap.before(at, [&] {
        s.clock.time += std::chrono::minutes(16);
        BOOST_REQUIRE(other.sweep());
        trap.set(reached, fall::dies_before);
        try {
            static_cast<void>(other.provision(by, {.plan = instance::plan::advanced,
                                                   .region = "us-south",
                                                   .root_key = s.root(1),
                                                   .id = "fresh"}));
        } catch (process_death const&) {
        }
    });
    return provision(s);
}
BOOST_AUTO_TEST_CASE(a_maker_that_is_too_late_takes_no_step_of_another_one) {
    std::uint64_t refused = 0;
    for (std::uint64_t at = 1;; ++at) {
        bool has_sprung = true;
        for (std::uint64_t reached = 1; reached != 12 && has_sprung; ++reached)
            BOOST_TEST_CONTEXT("calls " << at << ", " << reached) {
                scene s;
                s.authorize();
                s.root(1);
                auto const said = provision_late(s, at, reached);
                has_sprung = s.trap.has_sprung();
                s.trap.disarm();
                refused += said != "ok";
                for (int i = 0; i != 2; ++i) BOOST_REQUIRE(s.push->recover());
                s.check_legal();
            }
        if (!has_sprung) break;
    }
    BOOST_TEST(refused > 20U);
}

BOOST_AUTO_TEST_CASE(what_a_recovery_has_listed_and_its_maker_has_finished_stays) {
    std::uint64_t listings = 0;
    for (std::uint64_t at = 1;; ++at) BOOST_TEST_CONTEXT("listed before call " << at) {
            scene s;
            store::page listed;
            s.trap.before(at, [&] { listed = s.records.list("push/instance/", "", 10).value(); });
            s.make_own();
            bool const has_sprung = s.trap.has_sprung();
            s.trap.disarm();
            if (!has_sprung) break;
            listings += listed.entries.size();
            auto const before = s.view();
            BOOST_TEST(before.find("own active") != std::string::npos, before);
            s.trapped_records.answer_next_list(std::move(listed));
            auto const done = s.push->recover();
            BOOST_REQUIRE_MESSAGE(done, told(done));
            BOOST_TEST(done->taken_back == 0U);
            BOOST_TEST(done->failed == 0U);
            BOOST_TEST(s.view() == before);
            s.check_legal();
        }
    BOOST_TEST(listings > 10U);
}

BOOST_AUTO_TEST_CASE(a_provisioning_that_a_recovery_has_taken_back_registers_nothing) {
    std::uint64_t refused = 0;
    for (std::uint64_t at = 1;; ++at) BOOST_TEST_CONTEXT("before call " << at) {
            scene s;
            s.authorize();
            s.root();
            auto elsewhere = std::move(s.push);
            s.start();
            s.trap.before(at, [&] { BOOST_TEST(code(elsewhere->recover()) == "ok"); });
            auto const said = provision(s);
            bool const has_sprung = s.trap.has_sprung();
            s.trap.disarm();
            if (!has_sprung) break;
            // Neither a sweep nor anybody else has looked after it.
            BOOST_TEST(s.registrations(s.root()).size() == (said == "ok" ? 1U : 0U), said);
            refused += said == "ok" ? 0 : 1;
        }
    BOOST_TEST(refused > 3U);
}
BOOST_AUTO_TEST_CASE(of_two_makers_of_the_web_push_key_the_first_ones_stays) {
    std::uint64_t meetings_seen = 0;
    for (std::uint64_t at = 1;; ++at) BOOST_TEST_CONTEXT("before call " << at) {
            scene s;
            s.make_own();
            auto elsewhere = std::move(s.push);
            s.start();
            auto const managing = s.badge("manager");
            auto const put_site = [&](scene::push_type& by) {
                return code(by.put_settings(managing, app("own"),
                                            settings::firefox_web_settings{"https://a.example"}));
            };
            std::string given;  // to browsers, by the other one
            s.trap.before(at, [&] {
                BOOST_TEST(put_site(*elsewhere) == "ok");
                given = elsewhere->web_push_key(managing, app("own")).value();
            });
            BOOST_TEST(put_site(*s.push) == "ok");
            bool const has_sprung = s.trap.has_sprung();
            s.trap.disarm();
            if (!has_sprung) break;
            ++meetings_seen;
            BOOST_TEST(s.push->web_push_key(managing, app("own")).value() == given);
        }
    BOOST_TEST(meetings_seen > 5U);
}

BOOST_AUTO_TEST_SUITE_END()
