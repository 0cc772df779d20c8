/// @file settings_calls.hpp
/// The platform settings of an app: sealed under its root key, read by decision only.
#pragma once

#include <algorithm>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/service/admission.hpp>
#include <cryptoperiod/service/context.hpp>
#include <cryptoperiod/settings/platform_settings.hpp>
#include <cryptoperiod/settings/shown_settings.hpp>
#include <cryptoperiod/settings/web_push_keys.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::service {

/// Errors of every call: instance_not_found, instance_suspended, those of admit, of the vault
/// (key_disabled, key_destroyed, key_state_refused: it has expired, and seals no longer;
/// kms_unavailable; root_key_unauthorized: the authorization is gone) and of
/// the store.
template <class Context>
class settings_calls {
public:
    /// Seals settings in the place of the last ones; the version is the answer. Browsers need a key
    /// pair of the service: the first web settings make it. Errors: those of settings::encode.
    [[nodiscard]] result<std::uint64_t> put_settings(std::string_view token,
                                                     application_id const& app,
                                                     settings::platform_settings const& what) {
        CRYPTOPERIOD_TRY(auto const at, admitted(app, call::write_settings, {.token = token}));
        CRYPTOPERIOD_TRY(auto const bytes, settings::encode(what));
        auto const kind = settings::kind_of(what);
        if (is_of_browsers(kind)) {
            auto keys = web_push_keys_of(at);
            if (!keys) return std::move(keys).error();
        }
        return seal(at, settings::to_string(kind), bytes.expose());
    }
    /// With the secrets: for who sends messages, and may (Writer). Errors: settings_not_found.
    [[nodiscard]] result<settings::platform_settings> settings(std::string_view token,
                                                               application_id const& app,
                                                               settings::kind kind) {
        CRYPTOPERIOD_TRY(auto const at, detail::load_for(*c_, token, app));
        auto const by = detail::admit(*c_, at, call::send_message, {.token = token}, {},
                                      "imfpush.settings.use");
        if (!by) return by.error();
        return open(at, kind);
    }
    /// Without the secrets, as JSON: for people. Errors: settings_not_found.
    [[nodiscard]] result<std::string> describe_settings(std::string_view token,
                                                        application_id const& app,
                                                        settings::kind kind) {
        CRYPTOPERIOD_TRY(auto const at, admitted(app, call::read_settings, {.token = token}));
        CRYPTOPERIOD_TRY(auto const all, open(at, kind));
        return settings::described(all);
    }
    /// The names of what is there.
    [[nodiscard]] result<std::vector<settings::kind>> list_settings(std::string_view token,
                                                                    application_id const& app) {
        CRYPTOPERIOD_TRY(auto const at, admitted(app, call::list_settings, {.token = token}));
        CRYPTOPERIOD_TRY(auto const names, c_->vault().list(at.name));
        std::vector<settings::kind> found;
        for (auto const& name : names)
            if (auto kind = settings::parse_kind(name)) found.push_back(*kind);
        return found;
    }
    /// Errors: settings_not_found.
    [[nodiscard]] result<void> delete_settings(std::string_view token, application_id const& app,
                                               settings::kind kind) {
        CRYPTOPERIOD_TRY(auto const at, admitted(app, call::delete_settings, {.token = token}));
        CRYPTOPERIOD_TRY(auto const erased, c_->vault().shred(at.name, settings::to_string(kind)));
        if (erased == 0) return none(kind);
        return {};
    }
    /// gcmConfPublic, chromeAppExtConfPublic: what the app itself has to know. Errors:
    /// settings_not_found, those of settings::public_form (a kind that has none).
    [[nodiscard]] result<std::string> public_settings(application_id const& app,
                                                      settings::kind kind, shown const& shows) {
        CRYPTOPERIOD_TRY(auto const at, admitted(app, call::read_public_settings, shows));
        CRYPTOPERIOD_TRY(auto const all, open(at, kind));
        return settings::public_form(all);
    }
    /// webpushServerKey. Errors: settings_not_found (there were never settings of browsers).
    [[nodiscard]] result<std::string> web_push_key(std::string_view token,
                                                   application_id const& app) {
        CRYPTOPERIOD_TRY(auto const at, admitted(app, call::read_web_push_key, {.token = token}));
        CRYPTOPERIOD_TRY(auto const found, open_record(at, web_push_platform));
        if (!found)
            return error{errc::settings_not_found,
                         "the app never had settings of a browser; put chromeWebConf or "
                         "firefoxWebConf"};
        CRYPTOPERIOD_TRY(auto const keys, settings::web_push_keys::decode(found->payload.view()));
        return keys.public_form();
    }

protected:
    explicit settings_calls(Context& c) : c_(&c) {}

private:
    static constexpr std::string_view web_push_platform = "webpushServerKey";

    [[nodiscard]] static bool is_of_browsers(settings::kind kind) noexcept {
        return kind == settings::kind::chrome_web || kind == settings::kind::firefox_web;
    }
    [[nodiscard]] static error none(settings::kind kind) {
        return {errc::settings_not_found,
                concat("the app has no ", settings::to_string(kind), "; put it first")};
    }
    [[nodiscard]] result<loaded_instance> admitted(application_id const& app, call which,
                                                   shown const& shows) {
        auto at = c_->load(app);
        if (!at) {
            if (row_of(which).by_app) return at;
            return detail::not_there(*c_, shows.token, std::move(at).error());
        }
        if (auto by = detail::admit(*c_, *at, which, shows); !by) return std::move(by).error();
        return at;
    }
    [[nodiscard]] result<std::uint64_t> seal(loaded_instance const& at, std::string_view platform,
                                             std::span<std::byte const> bytes,
                                             std::optional<std::uint64_t> replaces = {}) {
        auto const who = c_->token_for(at);
        if (!who) return Context::explained(who.error());
        CRYPTOPERIOD_TRY(auto const root, at.kept.root_key_id());
        auto sealed = c_->vault().seal(**who, root, at.name, platform, bytes, replaces);
        if (!sealed) return Context::explained(std::move(sealed).error());
        return sealed;
    }
    [[nodiscard]] result<settings::platform_settings> open(loaded_instance const& at,
                                                           settings::kind kind) {
        CRYPTOPERIOD_TRY(auto const found, open_record(at, settings::to_string(kind)));
        if (!found) return none(kind);
        return settings::decode(kind, found->payload.view());
    }
    /// None where there is none.
    [[nodiscard]] result<std::optional<vault::opened_record>> open_record(
        loaded_instance const& at, std::string_view platform) {
        auto const who = c_->token_for(at);
        if (!who) return Context::explained(who.error());
        auto found = c_->vault().open(**who, at.name, platform);
        std::optional<vault::opened_record> out;
        if (found)
            out = *std::move(found);
        else if (found.error().code != errc::record_not_found)
            return Context::explained(std::move(found).error());
        return out;
    }
    /// Makes the key pair unless there is one: of two makers the first one's stays.
    [[nodiscard]] result<void> web_push_keys_of(loaded_instance const& at) {
        CRYPTOPERIOD_TRY(auto const names, c_->vault().list(at.name, {}));
        if (std::ranges::find(names, web_push_platform) != names.end()) return {};
        CRYPTOPERIOD_TRY(auto const fresh, settings::web_push_keys::generate(c_->entropy()));
        CRYPTOPERIOD_TRY(auto const bytes, fresh.encode());
        auto const sealed = seal(at, web_push_platform, bytes.expose(), std::uint64_t{0});
        if (!sealed && sealed.error().code != errc::store_conflict) return sealed.error();
        return {};
    }

    Context* c_;
};

}  // namespace cryptoperiod::service
