// A push service that can be talked to: IBM's paths and headers on loopback, in front of
// push_service, with all its state in one file.
//
//     server STORE provision APP   an instance; prints its clientSecret and an API key, once
//     server STORE serve PORT      until SIGTERM; port 0: a free one, which is printed
//
// The environment has the master key: CRYPTOPERIOD_MASTER_KEY, 64 hex digits.
#include <charconv>
#include <condition_variable>
#include <cryptoperiod/kms/master_key.hpp>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <thread>

#include "push_api.hpp"

namespace {

using namespace small_server;

int fail(char const* what, cp::error const& why) {
    std::fprintf(stderr, "%s: %s\n", what, to_string(why).c_str());
    return 1;
}

// The owner of the instance may create it, and manages it.
cp::result<void> provision(all_of_push& all, std::string const& app) {
    using cp::iam::role;
    CRYPTOPERIOD_TRY(auto const owner, cp::iam::user("owner", "acme"));
    for (auto const as : {role::platform_operator, role::manager}) {
        auto const added = all.policies().add(cp::iam::access_policy(
            {cp::concat("owner-", to_string(as)), owner.iam_id, "imfpush", owner.account, as}));
        if (!added && added.error().code != errc::policy_exists) return added.error();
    }
    CRYPTOPERIOD_TRY(auto const token, all.token_of(owner));
    CRYPTOPERIOD_TRY(auto made,
                     all.push().provision(token.expose(), {.region = "us-south", .id = app}));
    cp::iam::secret_text const secret(std::move(made.client_secret));
    std::printf("clientSecret=%s\n", std::string(secret.expose()).c_str());
    // Only now: a key of an instance that was refused would live on, and nobody would know it.
    CRYPTOPERIOD_TRY(auto const key, all.iam().keys().create(owner));
    std::printf("apikey=%s\n", std::string(key.text.expose()).c_str());
    return {};
}

// What a push service owes to its keys and to its records, every few seconds.
void look_after(std::stop_token const& stop, all_of_push::push_type& push) {
    std::mutex mutex;
    std::condition_variable_any bell;
    std::unique_lock lock(mutex);
    while (!bell.wait_for(lock, stop, std::chrono::seconds(5), [] { return false; })) {
        if (stop.stop_requested()) return;
        if (auto const done = push.obey_key_events(); !done) fail("key events", done.error());
        if (auto const done = push.sweep(); !done) fail("sweep", done.error());
        if (auto const done = push.flush_usage(); !done) fail("usage", done.error());
        if (auto const done = push.rewrap_default_keys(); !done) fail("own key", done.error());
    }
}

int serve(all_of_push& all, std::uint16_t port) {
    auto& push = all.push();
    if (auto const done = push.recover(); !done) return fail("recover", done.error());
    try {
        server http(port, push_api(all), refusal_unread);
        std::printf("listening on 127.0.0.1:%d\n", static_cast<int>(http.port()));
        std::fflush(stdout);
        std::jthread const keeper([&](std::stop_token const& stop) { look_after(stop, push); });
        http.run(4);
    } catch (boost::system::system_error const& e) {
        std::fprintf(stderr, "server: 127.0.0.1:%d: %s\n", static_cast<int>(port),
                     e.code().message().c_str());
        return 1;
    }
    if (auto const done = push.flush_usage(); !done) return fail("usage", done.error());
    std::printf("stopped\n");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string const command = argc == 4 ? argv[2] : "";
    std::string const argument = argc == 4 ? argv[3] : "";
    std::uint16_t port = 0;
    auto const read = std::from_chars(argument.data(), argument.data() + argument.size(), port);
    bool const has_port = read.ec == std::errc() && read.ptr == argument.data() + argument.size();
    if (command != "provision" && !(command == "serve" && has_port)) {
        std::fprintf(stderr, "usage: server STORE provision APP | server STORE serve PORT\n");
        return 2;
    }
    auto const master = cp::kms::master_key_from_environment();
    if (!master) return fail("master key", master.error());
    auto store = cp::adapters::sqlite_store::open(argv[1]);
    if (!store) return fail("store", store.error());
    cp::system_clock_source const clock;
    auto const all = all_of_push::open(*store, *master, clock);
    if (!all) return fail("push service", all.error());
    if (command == "serve") return serve(**all, port);
    auto const made = provision(**all, argument);
    return made ? 0 : fail("provision", made.error());
}
