// The push service as HTTP: paths, headers and documents as IBM's push service had them; which call
// it is and who may is for the library (service::route, push_service).
#pragma once

#include <array>
#include <cryptoperiod/adapters/sqlite_store.hpp>
#include <cryptoperiod/service/local_push.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "answers.hpp"

namespace small_server {

using cp::service::call;
using all_of_push = cp::service::local_push<cp::adapters::sqlite_store>;

// Bounds of GET /devices. Assumption: the documents have none.
inline constexpr std::int64_t page_devices_max = 1000, offset_max = 10'000;

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
        if (asked.count(http::field::user_agent) == 0)
            return refusal(403, to_string(errc::forbidden), "the header User-Agent is missing");
        auto answered = answer(asked);
        return answered ? *std::move(answered) : refusal(answered.error());
    }

private:
    static constexpr std::string_view root = "/imfpush/v1/apps/";

    // A call, with what it takes.
    struct incoming {
        cp::service::endpoint const* to;
        cp::service::application_id app;
        std::string segment;
        cp::service::shown shows;
        std::string_view query, body, user_agent;
    };

    [[nodiscard]] cp::result<response> answer(request const& asked) {
        std::string_view const target(asked.target().data(), asked.target().size());
        std::string_view const method(asked.method_string().data(), asked.method_string().size());
        if (target == "/identity/token") {
            if (method == "POST") return token(asked.body());
            return not_with_method("POST");
        }
        if (!target.starts_with(root))
            return cp::error{errc::path_not_found, "all paths are below /imfpush/v1/apps/"};
        auto const rest = target.substr(root.size());
        auto const end = std::min(rest.find('/'), rest.size());
        auto const routed = cp::service::route(method, rest.substr(end));
        if (!routed && routed.error().code == errc::method_not_allowed)
            return not_with_method(methods_of(rest.substr(end)));
        CRYPTOPERIOD_TRY(auto const found, routed);
        CRYPTOPERIOD_TRY(auto const app_text, unescaped(rest.substr(0, end)));
        CRYPTOPERIOD_TRY(auto app, cp::service::application_id::parse(app_text));
        CRYPTOPERIOD_TRY(auto segment, unescaped(found.segment));
        CRYPTOPERIOD_TRY(auto const secret, only_header(asked, "clientSecret"));
        CRYPTOPERIOD_TRY(auto token, only_header(asked, "Authorization"));
        if (asked.count(http::field::authorization) != 0) {
            CRYPTOPERIOD_TRY(token, cp::iam::bearer_token(token));
        }
        CRYPTOPERIOD_TRY(auto const agent, only_header(asked, "User-Agent"));
        auto const query = rest.substr(std::min(rest.find('?'), rest.size() - 1) + 1);
        incoming const in{found.to,     std::move(app), std::move(segment), {secret, token}, query,
                          asked.body(), agent};
        if (in.to->which == call::list_devices) return list_devices(in);
        // What is done elsewhere knows its own parameters.
        if (in.to->which < call::send_message) {
            CRYPTOPERIOD_TRY(auto const parameters, parameters_of(query));
            if (auto const unknown = unknown_among(parameters, {}))
                return refusal(400, "FPWSE0007E", *unknown);
        }
        // In the list of calls those of devices come first.
        return in.to->which <= call::list_devices ? of_devices(in) : of_settings(in);
    }

    [[nodiscard]] static response not_with_method(std::string_view allowed) {
        auto out = refusal(405, to_string(errc::method_not_allowed),
                           cp::concat("the path is there, and only with ", allowed));
        out.set(http::field::allow, allowed);
        return out;
    }
    [[nodiscard]] static std::string methods_of(std::string_view target) {
        std::string all;
        for (std::string_view const one : {"GET", "POST", "PUT", "DELETE"})
            if (cp::service::route(one, target)) all += cp::concat(all.empty() ? "" : ", ", one);
        return all;
    }

    // ---- devices --------------------------------------------------------------------------------

    [[nodiscard]] cp::result<response> of_devices(incoming const& in) {
        if (in.to->which == call::register_device) {
            auto const document = cp::device::parse_registration(in.body);
            if (!document) return refusal_of_body(document.error(), in.body);
            return shown(in, push_.register_device(in.app, *document, in.shows, in.user_agent));
        }
        CRYPTOPERIOD_TRY(auto const id, cp::device::device_id::parse(in.segment));
        if (in.to->which == call::find_device)
            return shown(in, push_.find_device(in.app, id, in.shows));
        if (in.to->which == call::unregister_device)
            return done(in, push_.unregister_device(in.app, id, in.shows));
        auto const update = cp::device::parse_update(in.body);
        if (!update) return refusal_of_body(update.error(), in.body);
        return shown(in, push_.update_device(in.app, id, *update, in.shows));
    }
    [[nodiscard]] cp::result<response> list_devices(incoming const& in) {
        CRYPTOPERIOD_TRY(auto const parameters, parameters_of(in.query));
        static constexpr std::array<std::string_view, 2> known{"offset", "size"};
        if (auto const unknown = unknown_among(parameters, known))
            return refusal(400, "FPWSE0007E", *unknown);
        auto const offset = number_of(value_of(parameters, "offset").value_or("0"));
        auto const size = number_of(value_of(parameters, "size").value_or("100"));
        if (offset && *offset < 0) return refusal(400, "FPWSE1079E", "offset is below 0");
        if (size && *size <= 0) return refusal(400, "FPWSE1080E", "size is not above 0");
        if (!offset || *offset > offset_max || !size || *size > page_devices_max)
            return cp::error{errc::out_of_range,
                             "offset is a number up to 10,000 and size is one up to 1,000"};
        CRYPTOPERIOD_TRY(auto const found, devices_from(in, static_cast<std::size_t>(*offset),
                                                        static_cast<std::size_t>(*size)));
        std::string body;
        for (auto const& device : found) {
            CRYPTOPERIOD_TRY(auto const one, to_json(device));
            body += cp::concat(body.empty() ? "" : ",", one);
        }
        return text_answer(in.to->success, cp::concat("{\"devices\":[", body, "]}"));
    }
    // The library counts from a device on, the query from the first one.
    [[nodiscard]] cp::result<std::vector<cp::device::stored_device>> devices_from(
        incoming const& in, std::size_t offset, std::size_t size) {
        static constexpr std::size_t most = page_devices_max;
        std::string after;
        while (offset > 0) {
            auto const skip = std::min(offset, most);
            CRYPTOPERIOD_TRY(auto const page,
                             push_.list_devices(in.app, in.shows.token, after, skip));
            if (page.size() < skip) return std::vector<cp::device::stored_device>();
            after = page.back().id;
            offset -= skip;
        }
        return push_.list_devices(in.app, in.shows.token, after, size);
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
        auto const document = cp::settings::parse_settings(kind, in.body);
        if (!document) return refusal_of_body(document.error(), in.body);
        CRYPTOPERIOD_TRY(auto const version, push_.put_settings(by, in.app, *document));
        static_cast<void>(version);
        return text_answer(in.to->success, cp::settings::described(*document));
    }
    [[nodiscard]] cp::result<response> list_settings(incoming const& in) {
        CRYPTOPERIOD_TRY(auto const kinds, push_.list_settings(in.shows.token, in.app));
        auto names = cp::json_value::array();
        for (auto const kind : kinds) names.push_back(to_string(kind));
        return shown(in, cp::json_text({{"settings", std::move(names)}}));
    }
    [[nodiscard]] cp::result<response> write_verification(incoming const& in) {
        auto const on = wanted_verification(in.body);
        if (!on) return refusal_of_body(on.error(), in.body);
        return done(in, push_.verify_client_secret(in.shows.token, in.app, *on));
    }
    [[nodiscard]] static cp::result<bool> wanted_verification(std::string_view body) {
        static constexpr std::array<std::string_view, 1> members{"verifyClientSecret"};
        CRYPTOPERIOD_TRY(auto const value, cp::parse_json(body));
        cp::json_place const place(value, "body");
        if (auto sound = place.has_only(members); !sound) return std::move(sound).error();
        CRYPTOPERIOD_TRY(auto const member, place.member(members.front()));
        return member.boolean();
    }
    // Messages, tags, subscriptions, webhooks: who may is known here, the work is not.
    [[nodiscard]] cp::result<response> elsewhere(incoming const& in) {
        if (auto may = push_.admit(in.app, in.to->which, in.shows); !may)
            return std::move(may).error();
        return refusal(501, "not_implemented", "this server has no messages");
    }

    // ---- tokens ---------------------------------------------------------------------------------

    // A form of grant_type and apikey, as IBM Cloud IAM takes it.
    [[nodiscard]] cp::result<response> token(std::string_view form) {
        CRYPTOPERIOD_TRY(auto const fields, parameters_of(form));
        static constexpr std::array<std::string_view, 2> known{"grant_type", "apikey"};
        if (auto const unknown = unknown_among(fields, known))
            return cp::error{errc::unknown_name, *unknown};
        auto const api_key = value_of(fields, "apikey");
        if (value_of(fields, "grant_type") != cp::iam::api_key_grant || !api_key)
            return cp::error{errc::missing,
                             cp::concat("the form lacks an apikey, or its grant_type is not ",
                                        cp::iam::api_key_grant)};
        CRYPTOPERIOD_TRY(auto const issued, all_.iam().token_from_api_key(*api_key));
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
