/// @file traffic.hpp
/// Random traffic on a push service, and a small model which says what each call has to answer.
#pragma once

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traffic_model.hpp"
#include "world.hpp"

namespace service_world {

class traffic : public world {
public:
    explicit traffic(std::uint64_t seed) : random_{seed} {
        BOOST_REQUIRE(stores.add(store_b, keys_b));
        add(access("boss-b", "IBMid-boss-b", "imfpush", "acc-b", role::platform_operator));
        add(access("manager-b", "IBMid-manager-b", "imfpush", "acc-b", role::manager));
        add(access("reader-b", "IBMid-reader-b", "imfpush", "acc-b", role::reader));
        add(access("viewer-b", "IBMid-viewer-b", "imfpush", "acc-b", role::viewer));
        add(access("owner-b", "IBMid-owner-b", "kms", "acc-b", role::manager));
        start();
        for (std::size_t account : {0U, 1U, 0U, 1U}) add_key(account);
    }

    /// One call of somebody.
    void step() {
        ++steps_;
        word_ = 0;
        static constexpr std::array<void (traffic::*)(), 24> acts{&traffic::register_device,
                                                                  &traffic::update_device,
                                                                  &traffic::unregister_device,
                                                                  &traffic::find_device,
                                                                  &traffic::report_dead,
                                                                  &traffic::put_settings,
                                                                  &traffic::read_settings,
                                                                  &traffic::erase_settings,
                                                                  &traffic::create_set,
                                                                  &traffic::change_set,
                                                                  &traffic::erase_set,
                                                                  &traffic::verify_request,
                                                                  &traffic::provision,
                                                                  &traffic::erase_instance,
                                                                  &traffic::upgrade,
                                                                  &traffic::set_verification,
                                                                  &traffic::change_key,
                                                                  &traffic::change_authorization,
                                                                  &traffic::move_clock,
                                                                  &traffic::obey,
                                                                  &traffic::sweep,
                                                                  &traffic::flush,
                                                                  &traffic::start_anew,
                                                                  &traffic::by_other_account};
        static constexpr std::array<std::uint32_t, 24> weights{250, 120, 110, 60, 20, 60, 90, 12,
                                                               8,   30,  8,   60, 12, 6,  4,  20,
                                                               30,  10,  40,  30, 12, 8,  2,  20};
        std::uint32_t all = 0;
        for (auto const w : weights) all += w;
        auto drawn = draw(all);
        std::size_t which = 0;
        while (drawn >= weights[which]) drawn -= weights[which++];
        (this->*acts[which])();
    }

    // ---- the invariants -------------------------------------------------------------------------

    /// Nothing is there that the model does not have, and all that it has is there.
    void check() {
        for (auto const& at : instances_) check_instance(at);
        for (auto const& key : keys_) {
            std::vector<std::string> expected;
            for (auto const& at : instances_)
                if (at.registered && to_string(keys_[at.root].name) == to_string(key.name))
                    expected.push_back(to_string(at.name));
            std::ranges::sort(expected);
            auto const seen = describe(key);
            BOOST_TEST(seen.registrations == expected, boost::test_tools::per_element());
        }
        check_tenants();
        check_secrecy();
    }
    [[nodiscard]] std::size_t live_instances() const { return instances_.size(); }
    [[nodiscard]] std::map<std::string, std::uint64_t> const& counted() const { return counted_; }

private:
    using push_type = world::push_type;

    inline static crn const store_b = named("crn:v1:bluemix:public:kms:us-south:a/acc-b:keys-b::");
    static constexpr std::array<std::string_view, 2> accounts{"acc-a", "acc-b"};
    static constexpr std::int64_t cache_ms = vault::cache_limits{}.age_ms;

    // ---- chance ---------------------------------------------------------------------------------

    std::uint32_t draw(std::uint32_t count) {
        auto const block = random_.words(static_cast<std::uint32_t>(steps_), 1, word_ / 4);
        return scale_word(block[word_++ % 4], count);
    }
    bool chance(std::uint32_t of_a_hundred) { return draw(100) < of_a_hundred; }
    expected_instance* any_instance() {
        if (instances_.empty()) return nullptr;
        return &instances_[draw(static_cast<std::uint32_t>(instances_.size()))];
    }
    device::device_id any_device() {
        return device::device_id::parse(concat("device-", std::to_string(draw(90)))).value();
    }
    std::string new_secret(std::string_view kind) {
        return concat(kind, "-S3CRET-", std::to_string(steps_));
    }

    // ---- who calls ------------------------------------------------------------------------------

    std::string const& badge(std::string name, std::size_t account) {
        if (account == 1) name += "-b";
        auto& kept = badges_[name];
        bool const is_old =
            clock.time < kept.second || clock.time - kept.second > std::chrono::minutes(40);
        if (kept.first.empty() || is_old) {
            auto const of =
                token_of(iam::user("IBMid-" + name, std::string(accounts[account])).value());
            kept = {std::string(of.expose()), clock.time};
        }
        return kept.first;
    }
    iam::access_token owner_of(std::size_t account) {
        return iam::access_token::copy_of(badge("owner", account));
    }
    struct shows {
        std::string secret, token;
        bool right = false;
        shown view() const { return {.client_secret = secret, .token = token}; }
    };
    shows any_secret(expected_instance const& at) {
        auto const kind = draw(10);
        if (kind < 7) return {at.secret, {}, true};
        if (kind == 7) return {{}, {}, false};
        if (kind == 8) return {"wrong-" + at.secret.substr(0, 30), {}, false};
        return {instances_.front().secret, {}, instances_.front().secret == at.secret};
    }
    /// Of a call for managers: the token, and what is answered to who may not.
    std::pair<std::string, std::string_view> any_token(std::size_t account) {
        auto const kind = draw(12);
        if (kind == 0) return {badge("reader", account), "forbidden"};
        if (kind == 1) return {badge("manager", 1 - account), "forbidden"};
        if (kind == 2) return {"", "credential_missing"};
        return {badge("manager", account), "ok"};
    }

    // ---- what the model says --------------------------------------------------------------------

    kms::key_id id_of(expected_key const& key) {
        return kms::key_id::parse(key.name.resource).value();
    }
    auto& store_of(std::size_t account) { return account == 0 ? keys_a : keys_b; }
    kms::key_description describe(expected_key const& key) {
        return store_of(key.account).describe(owner_of(key.account), id_of(key)).value();
    }
    bool key_works(expected_instance const& at) {
        return !at.own_key || (authorized_[at.account] && describe(keys_[at.root]).state == 1);
    }
    /// What a call that needs the root key answers when all else is well.
    answers by_key(expected_instance const& at) {
        if (key_works(at)) return {"ok"};
        answers may{"root_key_unauthorized"};
        if (authorized_[at.account]) may = {"key_disabled", "key_destroyed"};
        // CP-SE-113: what is in the cache opens for its age, and not longer.
        if (clock.time - keys_[at.root].idle_since.value() < milliseconds(cache_ms))
            may.push_back("ok");
        return may;
    }
    /// After whatever changes what keys can be used for.
    void note_keys() {
        for (auto& key : keys_) {
            bool const works = authorized_[key.account] && describe(key).state == 1;
            if (works)
                key.idle_since.reset();
            else if (!key.idle_since)
                key.idle_since = clock.time;
        }
    }
    static bool enforced(expected_instance const& at) { return at.is_new || at.verification; }

    void expect(std::string_view what, std::string const& said, answers const& may,
                std::string const& detail) {
        ++counted_[concat(what, " ", said)];
        if (std::ranges::find(may, said) == may.end()) {
            std::string all;
            for (auto const one : may) all += concat(" ", one);
            BOOST_ERROR("step " << steps_ << " " << what << ": " << said << " instead of" << all
                                << "; " << detail);
        }
        texts_ += detail + "\n";
    }
    template <class T>
    bool expect(std::string_view what, result<T> const& r, answers const& may) {
        expect(what, code(r), may, told(r));
        return r.has_value();
    }

    // ---- devices --------------------------------------------------------------------------------

    void register_device() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const id = any_device();
        auto const by = any_secret(*at);
        bool const names_user = chance(30);
        device::device_document document{id, new_secret("push"), device::platform::fcm};
        if (names_user) document.user = "somebody";
        auto const done = push.register_device(at->app, document, by.view());
        answers may{"ok"};
        if (!by.right && (enforced(*at) || names_user))
            may = {"client_secret_required"};
        else if (at->orphaned)
            may = {"instance_not_found"};
        else if (at->suspended)
            may = {"instance_suspended"};
        else if (at->devices.contains(id.str()))
            may = {"device_exists"};
        else if (at->plan == instance::plan::lite && at->devices.size() >= 50)
            may = {"device_limit"};
        if (expect("register", done, may)) at->devices[id.str()] = {document.token, document.user};
    }
    void update_device() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const id = any_device();
        auto const by = any_secret(*at);
        device::device_update change;
        if (chance(70)) change.token = new_secret("push");
        if (chance(30) || !change.token) change.user = "somebody-else";
        auto const there = at->devices.find(id.str());
        bool const binds = change.user || (there != at->devices.end() &&
                                           there->second.second != device::anonymous);
        answers may{"ok"};
        if (!by.right && (enforced(*at) || binds))
            may = {"client_secret_required"};
        else if (at->orphaned)
            may = {"instance_not_found"};
        else if (at->suspended)
            may = {"instance_suspended"};
        else if (there == at->devices.end())
            may = {"device_not_found"};
        if (!expect("update", push.update_device(at->app, id, change, by.view()), may)) return;
        if (there == at->devices.end()) return;
        if (change.token) there->second.first = *change.token;
        if (change.user) there->second.second = *change.user;
    }
    /// Of a call on one device that needs the clientSecret where it is enforced.
    answers on_device(expected_instance const& at, shows const& by, device::device_id const& id) {
        if (!by.right && enforced(at)) return {"client_secret_required"};
        if (at.orphaned) return {"instance_not_found"};
        if (at.suspended) return {"instance_suspended"};
        return {at.devices.contains(id.str()) ? "ok" : "device_not_found"};
    }
    void unregister_device() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const id = any_device();
        auto const by = any_secret(*at);
        if (expect("unregister", push.unregister_device(at->app, id, by.view()),
                   on_device(*at, by, id)))
            at->devices.erase(id.str());
    }
    void find_device() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const id = any_device();
        auto const by = any_secret(*at);
        auto const found = push.find_device(at->app, id, by.view());
        if (expect("find", found, on_device(*at, by, id)))
            BOOST_TEST(found->token == at->devices[id.str()].first);
    }
    void report_dead() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const id = any_device();
        auto const there = at->devices.find(id.str());
        bool const is_known = there != at->devices.end() && chance(50);
        auto const token = is_known ? there->second.first : new_secret("push");
        answers may{"ok"};
        if (at->orphaned)
            may = {"instance_not_found"};
        else if (at->suspended)
            may = {"instance_suspended"};
        if (expect("report", push.report_dead_token(at->app, id, token), may) && is_known)
            at->devices.erase(there);
    }

    // ---- settings -------------------------------------------------------------------------------

    /// What a manager's call answers that needs nothing but the instance and the right.
    answers by_manager(expected_instance const& at, std::string_view right, answers then) {
        if (right != "ok") return {right};
        if (at.orphaned) return {"instance_not_found"};
        if (at.suspended) return {"instance_suspended"};
        return then;
    }
    void put_settings() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const [token, right] = any_token(at->account);
        auto const key = new_secret("AIzaSyA");
        auto copy = key;
        auto const done = push.put_settings(
            token, at->app,
            settings::fcm_settings{"123456789012",
                                   settings::fcm_legacy_key{secret_bytes::take(copy)}});
        if (expect("put", done, by_manager(*at, right, by_key(*at)))) at->settings["gcm"] = key;
    }
    void read_settings() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const token = badge("manager", at->account);
        auto const found = push.settings(token, at->app, settings::kind::gcm);
        auto then = by_key(*at);
        if (at->settings.empty()) {
            std::erase(then, "ok");
            then = {"settings_not_found", "root_key_unauthorized"};
        }
        if (expect("read", found, by_manager(*at, "ok", then))) check_settings(*at, *found);
    }
    void check_settings(expected_instance const& at, settings::platform_settings const& found) {
        auto const& fcm = std::get<settings::fcm_settings>(found);
        BOOST_TEST(text(std::get<settings::fcm_legacy_key>(fcm.access).api_key) ==
                   at.settings.at("gcm"));
    }
    void erase_settings() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const [token, right] = any_token(at->account);
        auto const done = push.delete_settings(token, at->app, settings::kind::gcm);
        if (expect("erase settings", done,
                   by_manager(*at, right, {at->settings.empty() ? "settings_not_found" : "ok"})))
            at->settings.clear();
    }

    // ---- credential sets ------------------------------------------------------------------------

    void create_set() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const [token, right] = any_token(at->account);
        auto may = by_key(*at);
        if (at->sets.size() >= 8) return;
        auto const made = push.create_credential_set(token, at->app);
        if (expect("create set", made, by_manager(*at, right, may)))
            at->sets[made->key] = {"staged", std::string(text(made->secret))};
    }
    std::pair<std::string const, expected_set>* any_set(expected_instance& at) {
        if (at.sets.empty()) return nullptr;
        auto place = at.sets.begin();
        std::advance(place, draw(static_cast<std::uint32_t>(at.sets.size())));
        return &*place;
    }
    void change_set() {
        auto* const at = any_instance();
        auto* const set = at == nullptr ? nullptr : any_set(*at);
        if (set == nullptr) return;
        auto const [token, right] = any_token(at->account);
        auto& state = set->second.state;
        auto const kind = draw(3);
        auto may = by_key(*at);
        bool const fits = kind == 0 ? state != "active" : kind == 1 ? state == "active" : true;
        if (!fits) std::ranges::replace(may, std::string_view("ok"), "event_not_allowed");
        if (kind == 0) {
            if (expect("activate", push.activate_credential_set(token, at->app, set->first),
                       by_manager(*at, right, may)))
                state = "active";
        } else if (kind == 1) {
            if (expect("retire", push.retire_credential_set(token, at->app, set->first),
                       by_manager(*at, right, may)))
                state = "retiring";
        } else {
            expect("compromise", push.mark_compromised(token, at->app, set->first),
                   by_manager(*at, right, may));
        }
    }
    void erase_set() {
        auto* const at = any_instance();
        auto* const set = at == nullptr ? nullptr : any_set(*at);
        if (set == nullptr) return;
        auto const [token, right] = any_token(at->account);
        bool const force = chance(60);
        auto may = by_key(*at);
        if (!force) may.push_back("credential_in_use");
        if (expect("erase set", push.delete_credential_set(token, at->app, set->first, force),
                   by_manager(*at, right, may)))
            at->sets.erase(set->first);
    }
    void verify_request() {
        auto* const at = any_instance();
        auto* const set = at == nullptr ? nullptr : any_set(*at);
        if (set == nullptr) return;
        bool const is_right = chance(80);
        credentials::key_ring ring;
        auto copy = is_right ? set->second.secret : new_secret("forged");
        BOOST_REQUIRE(ring.add(set->first, secret_bytes::take(copy)));
        BOOST_REQUIRE(ring.send(set->first, credentials::activate{}));
        auto const query =
            credentials::sign_request(**ring.newest(), "GET", "/a", {}, "", clock.now());
        auto may = by_key(*at);
        if (set->second.state == "staged")
            std::ranges::replace(may, std::string_view("ok"), "credential_rejected");
        else if (!is_right)
            std::ranges::replace(may, std::string_view("ok"), "signature_mismatch");
        if (at->orphaned) may = {"instance_not_found"};
        if (at->suspended) may = {"instance_suspended"};
        expect("verify", push.verify_request(at->app, {"GET", "/a", *query, ""}, {"1", "device"}),
               may);
    }

    // ---- instances ------------------------------------------------------------------------------

    void provision() {
        if (instances_.size() >= 8) return;
        expected_instance at{application_id::parse("none").value(), {}};
        at.account = draw(2);
        at.own_key = chance(60);
        at.plan = chance(40) ? instance::plan::lite : instance::plan::advanced;
        if (at.own_key && chance(80)) at.plan = instance::plan::advanced;
        at.is_new = chance(50);
        service::provision_request request{.plan = at.plan, .region = "us-south"};
        request.app =
            at.is_new ? device::app_kind::created_enforced : device::app_kind::created_before;
        at.verification = at.is_new;
        answers may{"ok"};
        if (at.own_key) {
            auto const own = keys_of(at.account);
            at.root = own[draw(static_cast<std::uint32_t>(own.size()))];
            request.root_key = keys_[at.root].name;
            if (at.plan != instance::plan::advanced)
                may = {"plan_without_own_key"};
            else if (!authorized_[at.account])
                may = {"unauthorized"};
            else if (describe(keys_[at.root]).state != 1)
                may = {"registration_needs_active_key"};
        }
        auto made = push.provision(badge("boss", at.account), request);
        if (!expect("provision", made, may)) return;
        at.app = made->app;
        at.name = made->name;
        at.secret = text(made->client_secret);
        at.registered = at.own_key;
        instances_.push_back(std::move(at));
    }
    void erase_instance() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        if (chance(30)) {
            expect("erase by manager", push.delete_instance(badge("manager", at->account), at->app),
                   {"forbidden"});
            return;
        }
        expect("erase", push.delete_instance(badge("boss", at->account), at->app),
               {can_be_taken_back(*at) ? "ok" : "registration_orphaned"});
        end(*at);
    }
    bool can_be_taken_back(expected_instance const& at) {
        if (!at.own_key) return true;
        if (!authorized_[at.account]) return false;
        return !at.registered || describe(keys_[at.root]).state == 1;
    }
    /// It is gone, or an orphan by now.
    void end(expected_instance& at) {
        if (can_be_taken_back(at)) {
            instances_.erase(instances_.begin() + (&at - instances_.data()));
            return;
        }
        at.orphaned = true;
        at.suspended = false;
        at.devices.clear();
        at.settings.clear();
        at.sets.clear();
    }
    void upgrade() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const to = instance::plan::basic;
        auto const done = push.upgrade_instance(badge("boss", at->account), at->app, to);
        if (expect("upgrade", done, by_manager(*at, "ok", {at->plan < to ? "ok" : "inconsistent"})))
            at->plan = to;
    }
    void set_verification() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        auto const [token, right] = any_token(at->account);
        bool const on = chance(50);
        answers then{at->is_new && !on ? "client_secret_enforced" : "ok"};
        if (expect("verification", push.verify_client_secret(token, at->app, on),
                   by_manager(*at, right, then)))
            at->verification = on;
    }

    // ---- key management and IAM -----------------------------------------------------------------

    void add_key(std::size_t account) {
        auto const id = store_of(account).create_key(owner_of(account)).value();
        keys_.push_back({key_crn(account == 0 ? customer_keys : store_b, id), account});
        note_keys();
    }
    std::vector<std::size_t> keys_of(std::size_t account) const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i != keys_.size(); ++i)
            if (keys_[i].account == account) out.push_back(i);
        return out;
    }
    void change_key() {
        auto const number = draw(static_cast<std::uint32_t>(keys_.size()));
        auto const key = keys_[number];
        auto& books = store_of(key.account);
        auto const by = owner_of(key.account);
        auto const id = id_of(key);
        auto const before = describe(key);
        auto const kind = draw(12);
        if (kind < 3) {
            static_cast<void>(books.rotate_key(by, id));
        } else if (kind < 5) {
            static_cast<void>(books.disable_key(by, id));
        } else if (kind < 8) {
            static_cast<void>(books.enable_key(by, id));
        } else if (kind == 8) {
            auto const gone = books.delete_key(by, id);
            if (before.state != 5)
                expect("delete key", gone,
                       {before.registrations.empty() ? "ok" : "protected_resource"});
        } else if (kind == 9) {
            if (!books.delete_key(by, id, true)) return;
            for (auto& at : instances_)
                if (at.own_key && at.root == number) at.registered = false;
        } else {
            static_cast<void>(books.restore_key(by, id));
            if (describe(key).state == 5 && keys_.size() < 40 && chance(20)) add_key(key.account);
        }
        note_keys();
    }
    void change_authorization() {
        auto const account = draw(2);
        auto const id = concat("push-uses-", accounts[account]);
        if (authorized_[account] && chance(40)) {
            BOOST_REQUIRE(policies.remove(accounts[account], id));
            authorized_[account] = false;
        } else if (!authorized_[account]) {
            add(authorization(id, std::string(accounts[account])));
            authorized_[account] = true;
        }
        note_keys();
    }
    void move_clock() {
        auto const kind = draw(200);
        auto const seconds = std::chrono::seconds(draw(900));
        if (kind > 1) {
            clock.time += kind < 10 ? 20 * seconds : seconds;
            return;
        }
        bool const back = kind == 1 && clock.time > civil(2026, 1, 1);
        clock.time += days{back ? -365 : 365};
        for (auto& key : keys_)  // a cache goes by this clock
            if (key.idle_since) key.idle_since = clock.time;
    }

    // ---- the service ----------------------------------------------------------------------------

    void obey() {
        BOOST_REQUIRE(push.obey_key_events());
        for (auto& at : instances_) {
            if (!at.own_key || at.orphaned) continue;
            bool const works = key_works(at);
            if (works && !at.registered) at.registered = true;
            at.suspended = !works;
        }
    }
    void sweep() {
        auto const done = push.sweep();
        BOOST_REQUIRE(done);
        BOOST_TEST(done->failed == 0U, told(done) << done->last_failure.value_or(error{}).detail);
        std::size_t orphans = 0;
        for (std::size_t i = instances_.size(); i-- != 0;) {
            if (!instances_[i].orphaned) continue;
            if (can_be_taken_back(instances_[i]))
                end(instances_[i]);
            else
                ++orphans;
        }
        BOOST_TEST(done->orphans.size() == orphans);
    }
    void flush() { expect("flush", push.flush_usage(), {"ok"}); }
    void start_anew() {
        BOOST_REQUIRE(push.flush_usage());
        start();
        auto const done = push.recover();
        BOOST_REQUIRE(done);
        for (std::size_t i = instances_.size(); i-- != 0;)
            if (instances_[i].orphaned && can_be_taken_back(instances_[i])) end(instances_[i]);
    }
    void start() {
        push.~push_type();
        new (&push) push_type(make());
    }
    /// CP-SE-117, by the front door.
    void by_other_account() {
        auto* const at = any_instance();
        if (at == nullptr) return;
        expect("other account",
               push.settings(badge("manager", 1 - at->account), at->app, settings::kind::gcm),
               by_manager(*at, "forbidden", {"forbidden"}));
    }

    // ---- what is looked at now and then ---------------------------------------------------------

    void check_instance(expected_instance const& at) {
        BOOST_TEST_CONTEXT("step " << steps_ << " " << at.app.str()) {
            auto const seen = push.describe_instance(badge("viewer", at.account), at.app);
            BOOST_REQUIRE_MESSAGE(seen, told(seen));
            BOOST_TEST(seen->state == (at.orphaned    ? "deleting"
                                       : at.suspended ? "suspended"
                                                      : "active"));
            BOOST_TEST(seen->is_orphaned == at.orphaned);
            BOOST_TEST((!at.is_new || seen->security.verification));
            if (at.orphaned || at.suspended) return;
            auto const devices = push.list_devices(at.app, badge("reader", at.account), {}, 1000);
            BOOST_REQUIRE_MESSAGE(devices, told(devices));
            std::map<std::string, std::pair<std::string, std::string>> there;
            for (auto const& one : *devices) there[one.id] = {one.token, one.user};
            BOOST_TEST((there == at.devices));
            if (!key_works(at)) return;
            auto const sets = push.list_credential_sets(badge("manager", at.account), at.app);
            BOOST_REQUIRE_MESSAGE(sets, told(sets));
            std::map<std::string, std::string> states, expected;
            for (auto const& one : *sets) states[one.key] = one.state;
            for (auto const& [key, set] : at.sets) expected[key] = set.state;
            BOOST_TEST((states == expected));
            if (at.settings.empty()) return;
            auto const found =
                push.settings(badge("manager", at.account), at.app, settings::kind::gcm);
            BOOST_REQUIRE_MESSAGE(found, told(found));
            check_settings(at, *found);
        }
    }
    /// CP-SE-117: neither key management nor the vault opens for one tenant what another has.
    void check_tenants() {
        for (auto const& at : instances_)
            for (auto const& other : instances_) {
                if (!at.own_key || at.account == other.account || at.orphaned || other.orphaned ||
                    at.settings.empty() || !other.own_key)
                    continue;
                auto const operators = iam.token_from_api_key(api_key);
                auto const who =
                    iam.crn_token(operators->token.expose(), other.name, keys_[other.root].name);
                if (!who) continue;
                auto const place = concat("vault/", to_string(at.name), " ",
                                          settings::to_string(settings::kind::gcm));
                auto const entry = records.get(place).value().value();
                auto const envelope = crypto::parse_envelope(entry.value).value();
                auto const root = kms::key_id::parse(envelope.wrapped.root.id).value();
                auto const aad =
                    crypto::wrap_aad(crypto::record_context::make(at.name, "gcmConf", 1).value(),
                                     root.str(), envelope.key_id);
                BOOST_TEST(code(stores.unwrap(who->token, root, envelope.wrapped.bytes, aad)) ==
                           "unauthorized");
                return;
            }
    }
    /// CP-SE-125: neither the log nor what is said of errors has a secret or a token.
    void check_secrecy() {
        for (auto const& entry : log) texts_ += to_string(entry) + "\n";
        log.clear();
        auto const absent = [&](std::string_view secret_text) {
            BOOST_TEST((secret_text.empty() || texts_.find(secret_text) == texts_.npos),
                       "step " << steps_ << ": a secret is told");
        };
        absent("S3CRET");
        absent("eyJ");  // a token of IAM
        absent(api_key);
        for (auto const& at : instances_) {
            absent(at.secret);
            for (auto const& [key, set] : at.sets) absent(set.secret);
        }
        texts_.clear();
    }

    memory_store books_b;
    kms_of<jumping_clock> keys_b{books_b, kms::master_key{}, clock,
                                 access_of<jumping_clock>(iam.verifier(), policies, store_b)};
    random_stream random_;
    std::uint64_t steps_ = 0;
    std::uint32_t word_ = 0;
    std::array<bool, 2> authorized_{};
    std::vector<expected_instance> instances_;
    std::vector<expected_key> keys_;
    std::map<std::string, std::pair<std::string, time_point>> badges_;
    std::map<std::string, std::uint64_t> counted_;
    std::string texts_;
};

}  // namespace service_world
