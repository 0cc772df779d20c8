/// @file mixed_load.hpp
/// Threads that do all kinds of calls on the same instances at once, on one service or on several
/// that share a store; and what must be there afterwards.
#pragma once

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "world.hpp"

namespace service_world {

/// Boost.Test is asked after the threads have ended only.
template <class Push>
class mixed_load {
public:
    /// An instance of the plan Lite and one with a root key of its own; tokens of a manager and of
    /// a reader.
    struct place {
        application_id lite, own;
        std::string lite_secret, manager, reader;
    };

    mixed_load(std::vector<Push*> services, place at, int rounds)
        : services_(std::move(services)), at_(std::move(at)), rounds_(rounds) {}

    void run(int threads_of_each, std::function<void()> const& meanwhile = {}) {
        std::vector<std::thread> threads;
        int number = 0;
        for (auto* const push : services_)
            for (int i = 0; i != threads_of_each; ++i)
                threads.emplace_back([this, push, n = number++] { work(*push, n); });
        if (meanwhile) meanwhile();
        for (auto& one : threads) one.join();
        check();
    }

private:
    void work(Push& push, int number) {
        for (int round = 0; round != rounds_; ++round) {
            devices(push, number, round);
            if (round % 4 == number % 4) settings(push, number, round);
            if (round % 8 == number % 4) sets(push);
            if (round % 8 == 5) note("sweep", push.sweep());
            if (round % 8 == 6) note("obey", push.obey_key_events());
            if (round % 8 == 7) note("flush", push.flush_usage());
        }
    }
    void devices(Push& push, int number, int round) {
        shown const by{.client_secret = at_.lite_secret};
        auto const id =
            device::device_id::parse(concat(std::to_string(number), "-", std::to_string(round)))
                .value();
        auto const come =
            push.register_device(at_.lite, {id, "token", device::platform::fcm}, by, "load");
        note("register", come);
        auto const all = push.list_devices(at_.lite, at_.reader, {}, 1000);
        note("list", all);
        if (all && all->size() > 50) ++too_many_;
        if (!come) return;
        {
            std::scoped_lock const lock(mutex_);
            there_.insert(id.str());
        }
        if (round % 3 != 0) return;
        if (auto const left = push.unregister_device(at_.lite, id, by); left) {
            std::scoped_lock const lock(mutex_);
            there_.erase(id.str());
        } else {
            note("unregister", left);
        }
    }
    void settings(Push& push, int number, int round) {
        auto key = concat("AIzaSyA-", std::to_string(number), "-", std::to_string(round));
        auto copy = key;
        auto const put = push.put_settings(
            at_.manager, at_.own,
            settings::fcm_settings{"123456789012",
                                   settings::fcm_legacy_key{secret_bytes::take(copy)}});
        note("put", put);
        if (put) {
            std::scoped_lock const lock(mutex_);
            put_[*put].push_back(std::move(key));
        }
        note("read", push.settings(at_.manager, at_.own, settings::kind::gcm));
    }
    void sets(Push& push) {
        auto const made = push.create_credential_set(at_.manager, at_.own);
        note("create", made);
        if (!made) return;
        auto const on = push.activate_credential_set(at_.manager, at_.own, made->key);
        note("activate", on);
        note("present", push.present(at_.own, made->key, {"1.0", "device"}));
        std::scoped_lock const lock(mutex_);
        made_[made->key] = on ? "active" : "";
    }
    template <class T>
    void note(std::string_view what, result<T> const& r) {
        if (r) return;
        std::scoped_lock const lock(mutex_);
        ++refused_[concat(what, " ", to_string(r.error().code))];
    }

    /// What was acknowledged is there, and nothing else.
    void check() {
        auto& push = *services_.front();
        auto const devices = push.list_devices(at_.lite, at_.reader, {}, 1000);
        BOOST_REQUIRE_MESSAGE(devices, told(devices));
        std::set<std::string> found;
        for (auto const& one : *devices) found.insert(one.id);
        BOOST_TEST(found == there_, boost::test_tools::per_element());
        BOOST_TEST(found.size() <= 50U);
        BOOST_TEST(too_many_ == 0);

        auto const sets = push.list_credential_sets(at_.manager, at_.own);
        BOOST_REQUIRE_MESSAGE(sets, told(sets));
        BOOST_TEST(sets->size() == made_.size());
        for (auto const& one : *sets) {
            BOOST_TEST(made_.contains(one.key));
            if (!made_[one.key].empty()) BOOST_TEST(one.state == made_[one.key]);
        }
        BOOST_REQUIRE(!put_.empty());
        for (auto const& [version, keys] : put_)
            BOOST_TEST(keys.size() == 1U, "two have put version " << version);
        auto const last = push.settings(at_.manager, at_.own, settings::kind::gcm);
        BOOST_REQUIRE_MESSAGE(last, told(last));
        auto const bytes =
            std::get<settings::fcm_legacy_key>(std::get<settings::fcm_settings>(*last).access)
                .api_key.expose();
        BOOST_TEST(std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size()) ==
                   put_.rbegin()->second.front());
        for (auto const& [what, count] : refused_)
            BOOST_TEST((what == "register device_limit" ||
                        what == "create out_of_range" ||  // there are as many as there may be
                        what.ends_with(" store_conflict")),
                       count << " times " << what);
    }

    std::vector<Push*> services_;
    place at_;
    int rounds_;
    std::atomic<int> too_many_{0};
    std::mutex mutex_;
    std::set<std::string> there_;
    std::map<std::uint64_t, std::vector<std::string>> put_;  ///< by version
    std::map<std::string, std::string> made_;                ///< the state of a set
    std::map<std::string, int> refused_;
};

}  // namespace service_world
