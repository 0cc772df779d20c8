// The push service as HTTP: paths, headers and documents as IBM's push service had them; which call
// it is and who may is for the library (service::route, push_service).
#pragma once

#include <cryptoperiod/adapters/sqlite_store.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/service/local_push.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http.hpp"

namespace small_server {

namespace cp = cryptoperiod;
using cp::errc;
using cp::service::call;
using all_of_push = cp::service::local_push<cp::adapters::sqlite_store>;

inline response text_answer(unsigned status, std::string body = {}) {
    response out{static_cast<http::status>(status), 11};
    out.set(http::field::cache_control, "no-store");
    if (!body.empty()) out.set(http::field::content_type, "application/json");
    out.body() = std::move(body);
    return out;
}
// A 401 says nothing; what is the server's own trouble is not told to others.
inline response error_answer(cp::error const& why) {
    auto const& line = cp::info(why.code);
    if (line.http == 401) return text_answer(401);
    cp::json_value body{{"message", line.http < 500 ? why.detail : std::string(line.name)}};
    if (!line.provider_code.empty()) body["code"] = line.provider_code;
    auto text = cp::json_text(body);
    return text_answer(line.http, text ? *std::move(text) : std::string());
}

// "a%2Fb" -> "a/b". Errors: malformed.
inline cp::result<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        auto const byte = cp::from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1)
            return cp::error{errc::malformed, "the address has a % without two hex digits"};
        out += static_cast<char>(byte->front());
        i += 2;
    }
    return out;
}
// A header that must not be there twice: which one counts would be a matter of luck.
inline cp::result<std::string_view> only_header(request const& asked, std::string_view name) {
    auto const found = asked.equal_range(name);
    if (found.first == found.second) return std::string_view();
    if (std::next(found.first) != found.second)
        return cp::error{errc::inconsistent, cp::concat("the header ", name, " is there twice")};
    auto const value = found.first->value();
    return std::string_view(value.data(), value.size());
}

class push_api {
public:
    explicit push_api(all_of_push& all) : all_(all), push_(all.push()) {}

    [[nodiscard]] response operator()(request const& asked) {
        if (asked.count(http::field::user_agent) == 0) return text_answer(403);
        auto answered = answer(asked);
        return answered ? *std::move(answered) : error_answer(answered.error());
    }

private:
    static constexpr std::string_view root = "/imfpush/v1/apps/";

    // A call, with what it takes.
    struct incoming {
        cp::service::endpoint const* to;
        cp::service::application_id app;
        std::string segment;
        cp::service::shown shows;
        std::string_view body, user_agent;
    };

    [[nodiscard]] cp::result<response> answer(request const& asked) {
        std::string_view const target(asked.target().data(), asked.target().size());
        std::string_view const method(asked.method_string().data(), asked.method_string().size());
        if (target == "/identity/token" && method == "POST") return token(asked.body());
        if (!target.starts_with(root))
            return cp::error{errc::path_not_found, "all paths are below /imfpush/v1/apps/"};
        auto const rest = target.substr(root.size());
        auto const end = std::min(rest.find('/'), rest.size());
        CRYPTOPERIOD_TRY(auto const found, cp::service::route(method, rest.substr(end)));
        CRYPTOPERIOD_TRY(auto const app_text, unescaped(rest.substr(0, end)));
        CRYPTOPERIOD_TRY(auto app, cp::service::application_id::parse(app_text));
        CRYPTOPERIOD_TRY(auto segment, unescaped(found.segment));
        CRYPTOPERIOD_TRY(auto const secret, only_header(asked, "clientSecret"));
        CRYPTOPERIOD_TRY(auto token, only_header(asked, "Authorization"));
        if (token.starts_with("Bearer ")) token.remove_prefix(7);
        CRYPTOPERIOD_TRY(auto const agent, only_header(asked, "User-Agent"));
        incoming const in{found.to,        std::move(app), std::move(segment),
                          {secret, token}, asked.body(),   agent};
        // In the list of calls those of devices come first.
        return in.to->which <= call::list_devices ? of_devices(in) : of_settings(in);
    }

    // ---- devices --------------------------------------------------------------------------------

    [[nodiscard]] cp::result<response> of_devices(incoming const& in) {
        if (in.to->which == call::list_devices) return list_devices(in);
        if (in.to->which == call::register_device) {
            CRYPTOPERIOD_TRY(auto const document, cp::device::parse_registration(in.body));
            return shown(in, push_.register_device(in.app, document, in.shows, in.user_agent));
        }
        CRYPTOPERIOD_TRY(auto const id, cp::device::device_id::parse(in.segment));
        if (in.to->which == call::find_device)
            return shown(in, push_.find_device(in.app, id, in.shows));
        if (in.to->which == call::unregister_device)
            return done(in, push_.unregister_device(in.app, id, in.shows));
        CRYPTOPERIOD_TRY(auto const update, cp::device::parse_update(in.body));
        return shown(in, push_.update_device(in.app, id, update, in.shows));
    }
    [[nodiscard]] cp::result<response> list_devices(incoming const& in) {
        CRYPTOPERIOD_TRY(auto const found, push_.list_devices(in.app, in.shows.token));
        std::string body;
        for (auto const& device : found) {
            CRYPTOPERIOD_TRY(auto const one, to_json(device));
            body += cp::concat(body.empty() ? "" : ",", one);
        }
        return text_answer(in.to->success, cp::concat("{\"devices\":[", body, "]}"));
    }
    [[nodiscard]] static cp::result<response> shown(
        incoming const& in, cp::result<cp::device::stored_device> const& answered) {
        if (!answered) return answered.error();
        return shown(in, to_json(*answered));
    }
    [[nodiscard]] static cp::result<response> shown(incoming const& in,
                                                    cp::result<std::string> answered) {
        if (!answered) return std::move(answered).error();
        return text_answer(in.to->success, *std::move(answered));
    }
    [[nodiscard]] static cp::result<response> done(incoming const& in,
                                                   cp::result<void> const& answered) {
        if (!answered) return answered.error();
        return text_answer(in.to->success);
    }

    // ---- settings -------------------------------------------------------------------------------

    [[nodiscard]] cp::result<response> of_settings(incoming const& in) {
        auto const by = in.shows.token;
        if (in.to->which == call::read_web_push_key)
            return shown(in, push_.web_push_key(by, in.app));
        if (in.to->which == call::write_verification) return write_verification(in);
        if (in.to->which == call::list_settings) return list_settings(in);
        if (in.to->which == call::read_public_settings) {
            bool const is_fcm = in.to->path == "/settings/gcmConfPublic";
            auto const kind =
                is_fcm ? cp::settings::kind::gcm : cp::settings::kind::chrome_app_extension;
            return shown(in, push_.public_settings(in.app, kind, in.shows));
        }
        if (in.to->which > call::delete_settings) return elsewhere(in);
        CRYPTOPERIOD_TRY(auto const kind, cp::settings::parse_kind(in.segment));
        if (in.to->which == call::read_settings)
            return shown(in, push_.describe_settings(by, in.app, kind));
        if (in.to->which == call::delete_settings)
            return done(in, push_.delete_settings(by, in.app, kind));
        CRYPTOPERIOD_TRY(auto const document, cp::settings::parse_settings(kind, in.body));
        CRYPTOPERIOD_TRY(auto const version, push_.put_settings(by, in.app, document));
        static_cast<void>(version);
        return text_answer(in.to->success, cp::settings::described(document));
    }
    [[nodiscard]] cp::result<response> list_settings(incoming const& in) {
        CRYPTOPERIOD_TRY(auto const kinds, push_.list_settings(in.shows.token, in.app));
        auto names = cp::json_value::array();
        for (auto const kind : kinds) names.push_back(to_string(kind));
        return shown(in, cp::json_text({{"settings", std::move(names)}}));
    }
    [[nodiscard]] cp::result<response> write_verification(incoming const& in) {
        CRYPTOPERIOD_TRY(auto const value, cp::parse_json(in.body));
        CRYPTOPERIOD_TRY(auto const member,
                         cp::json_place(value, "body").member("verifyClientSecret"));
        CRYPTOPERIOD_TRY(auto const on, member.boolean());
        return done(in, push_.verify_client_secret(in.shows.token, in.app, on));
    }
    // Messages, tags, subscriptions, webhooks: who may is known here, the work is not.
    [[nodiscard]] cp::result<response> elsewhere(incoming const& in) {
        if (auto may = push_.admit(in.app, in.to->which, in.shows); !may)
            return std::move(may).error();
        return text_answer(501, R"({"message":"this server has no messages"})");
    }

    // ---- tokens ---------------------------------------------------------------------------------

    // grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=..., as IBM Cloud IAM takes it.
    [[nodiscard]] cp::result<response> token(std::string_view form) {
        static constexpr std::string_view grant =
            "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=";
        if (!form.starts_with(grant))
            return cp::error{errc::malformed, cp::concat("the body is not '", grant, "...'")};
        CRYPTOPERIOD_TRY(auto const api_key, unescaped(form.substr(grant.size())));
        CRYPTOPERIOD_TRY(auto const issued, all_.iam().token_from_api_key(api_key));
        CRYPTOPERIOD_TRY(auto body,
                         cp::json_text({{"access_token", issued.token.expose()},
                                        {"token_type", issued.type},
                                        {"expires_in", issued.expires_s - issued.issued_s}}));
        return text_answer(200, std::move(body));
    }

    all_of_push& all_;
    all_of_push::push_type& push_;
};

}  // namespace small_server
