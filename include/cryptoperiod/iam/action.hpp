/// @file action.hpp
/// What can be done on the two services, and which roles permit it: one table, and nowhere else.
/// Source: Key Protect, "Managing user access", and its table of key states; Push Notifications,
/// "push_iam". Names follow the Activity Tracker's where it has one.
#pragma once

#include <array>
#include <cryptoperiod/iam/role.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cryptoperiod::iam {

/// Service names of key management and of push, as they stand in CRNs and policies.
inline constexpr std::string_view kms_service = "kms";
inline constexpr std::string_view push_service_name = "imfpush";

enum class action : std::uint8_t {
    kms_key_list,
    kms_key_read_metadata,
    kms_key_read_payload,
    kms_key_wrap,
    kms_key_unwrap,
    kms_key_rewrap,
    kms_registration_list,
    kms_registration_write,  ///< create, update, delete: services only, which key management checks
    kms_event_acknowledge,
    kms_key_create,
    kms_key_import,
    kms_key_rotate,
    kms_key_schedule_deletion,
    kms_key_sync,
    kms_import_token_create,
    kms_key_ring_create,
    kms_alias_write,
    kms_key_disable,
    kms_key_enable,
    kms_key_delete,
    kms_key_restore,
    kms_key_patch,
    kms_policy_write,
    kms_key_ring_delete,
    kms_key_purge,
    kms_authorization_write,
    push_device_read,
    push_device_register,
    push_device_update,
    push_device_unregister,
    push_settings_read,
    push_settings_write,
    push_settings_delete,
    push_verification_write,
    push_message_read,
    push_message_send,
    push_message_report,
    push_message_delete,
    push_tag_read,
    push_tag_write,
    push_tag_delete,
    push_subscription_read,
    push_subscription_write,
    push_subscription_delete,
    push_webhook_read,
    push_webhook_write,
    push_webhook_delete,
    push_instance_read,
    push_instance_bind,
    push_instance_create,
    push_instance_delete,
    push_authorization_write,
};

/// One line of the table.
struct action_info {
    action which;
    std::string_view service;
    std::string_view name;
    role_set permitted_to;
};

namespace detail {

// Each role of a service and those above it.
inline constexpr role_set kms_reading{role::reader, role::reader_plus, role::writer, role::manager};
inline constexpr role_set kms_payload{role::reader_plus, role::writer, role::manager};
inline constexpr role_set push_reading{role::reader, role::writer, role::manager};
inline constexpr role_set writing{role::writer, role::manager};
inline constexpr role_set managing{role::manager};

}  // namespace detail

// clang-format off
inline constexpr std::array action_table{
    action_info{action::kms_key_list,              kms_service,       "kms.secrets.list",              detail::kms_reading},
    action_info{action::kms_key_read_metadata,     kms_service,       "kms.secrets.readmetadata",      detail::kms_reading},
    action_info{action::kms_key_read_payload,      kms_service,       "kms.secrets.read",              detail::kms_payload},
    action_info{action::kms_key_wrap,              kms_service,       "kms.secrets.wrap",              detail::kms_reading},
    action_info{action::kms_key_unwrap,            kms_service,       "kms.secrets.unwrap",            detail::kms_reading},
    action_info{action::kms_key_rewrap,            kms_service,       "kms.secrets.rewrap",            detail::kms_reading},
    action_info{action::kms_registration_list,     kms_service,       "kms.registrations.list",        detail::kms_reading},
    action_info{action::kms_registration_write,    kms_service,       "kms.registrations.write",       detail::kms_reading},
    action_info{action::kms_event_acknowledge,     kms_service,       "kms.secrets-event.ack",         detail::kms_reading},
    action_info{action::kms_key_create,            kms_service,       "kms.secrets.create",            detail::writing},
    action_info{action::kms_key_import,            kms_service,       "kms.secrets.import",            detail::writing},
    action_info{action::kms_key_rotate,            kms_service,       "kms.secrets.rotate",            detail::writing},
    action_info{action::kms_key_schedule_deletion, kms_service,       "kms.secrets.setkeyfordeletion", detail::writing},
    action_info{action::kms_key_sync,              kms_service,       "kms.secrets.sync",              detail::writing},
    action_info{action::kms_import_token_create,   kms_service,       "kms.importtoken.create",        detail::writing},
    action_info{action::kms_key_ring_create,       kms_service,       "kms.keyrings.create",           detail::writing},
    action_info{action::kms_alias_write,           kms_service,       "kms.aliases.write",             detail::writing},
    action_info{action::kms_key_disable,           kms_service,       "kms.secrets.disable",           detail::managing},
    action_info{action::kms_key_enable,            kms_service,       "kms.secrets.enable",            detail::managing},
    action_info{action::kms_key_delete,            kms_service,       "kms.secrets.delete",            detail::managing},
    action_info{action::kms_key_restore,           kms_service,       "kms.secrets.restore",           detail::managing},
    action_info{action::kms_key_patch,             kms_service,       "kms.secrets.patch",             detail::managing},
    action_info{action::kms_policy_write,          kms_service,       "kms.policies.write",            detail::managing},
    action_info{action::kms_key_ring_delete,       kms_service,       "kms.keyrings.delete",           detail::managing},
    action_info{action::kms_key_purge,             kms_service,       "kms.secrets.purge",             {role::key_purge}},
    action_info{action::kms_authorization_write,   kms_service,       "kms.authorizations.write",      {role::administrator}},
    action_info{action::push_device_read,          push_service_name, "imfpush.devices.read",          detail::push_reading},
    action_info{action::push_device_register,      push_service_name, "imfpush.devices.register",      detail::writing},
    action_info{action::push_device_update,        push_service_name, "imfpush.devices.update",        detail::writing},
    action_info{action::push_device_unregister,    push_service_name, "imfpush.devices.unregister",    detail::managing},
    action_info{action::push_settings_read,        push_service_name, "imfpush.settings.read",         detail::push_reading},
    action_info{action::push_settings_write,       push_service_name, "imfpush.settings.write",        detail::managing},
    action_info{action::push_settings_delete,      push_service_name, "imfpush.settings.delete",       detail::managing},
    action_info{action::push_verification_write,   push_service_name, "imfpush.verification.write",    detail::managing},
    action_info{action::push_message_read,         push_service_name, "imfpush.messages.read",         detail::push_reading},
    action_info{action::push_message_send,         push_service_name, "imfpush.messages.send",         detail::writing},
    action_info{action::push_message_report,       push_service_name, "imfpush.messages.report",       detail::writing},
    action_info{action::push_message_delete,       push_service_name, "imfpush.messages.delete",       detail::managing},
    action_info{action::push_tag_read,             push_service_name, "imfpush.tags.read",             detail::push_reading},
    action_info{action::push_tag_write,            push_service_name, "imfpush.tags.write",            detail::writing},
    action_info{action::push_tag_delete,           push_service_name, "imfpush.tags.delete",           detail::managing},
    action_info{action::push_subscription_read,    push_service_name, "imfpush.subscriptions.read",    detail::push_reading},
    action_info{action::push_subscription_write,   push_service_name, "imfpush.subscriptions.write",   detail::writing},
    action_info{action::push_subscription_delete,  push_service_name, "imfpush.subscriptions.delete",  detail::managing},
    // Assumption: webhooks as tags; the documents name their calls and no roles.
    action_info{action::push_webhook_read,         push_service_name, "imfpush.webhooks.read",         detail::push_reading},
    action_info{action::push_webhook_write,        push_service_name, "imfpush.webhooks.write",        detail::writing},
    action_info{action::push_webhook_delete,       push_service_name, "imfpush.webhooks.delete",       detail::managing},
    // Unusual, and documented: the Operator creates and deletes instances, the Editor binds them.
    action_info{action::push_instance_read,        push_service_name, "imfpush.instance.read",         {role::viewer, role::editor, role::platform_operator, role::administrator}},
    action_info{action::push_instance_bind,        push_service_name, "imfpush.instance.bind",         {role::editor, role::administrator}},
    action_info{action::push_instance_create,      push_service_name, "imfpush.instance.create",       {role::platform_operator, role::administrator}},
    action_info{action::push_instance_delete,      push_service_name, "imfpush.instance.delete",       {role::platform_operator, role::administrator}},
    action_info{action::push_authorization_write,  push_service_name, "imfpush.authorizations.write",  {role::administrator}},
};
// clang-format on

static_assert([] {
    for (std::size_t i = 0; i != action_table.size(); ++i)
        if (action_table[i].which != static_cast<action>(i)) return false;
    return action_table.back().which == action::push_authorization_write;
}());

/// The line of an action.
[[nodiscard]] constexpr action_info const& info(action which) noexcept {
    return action_table[static_cast<std::size_t>(which)];
}
[[nodiscard]] constexpr std::string_view to_string(action which) noexcept {
    return info(which).name;
}

/// Whether the role permits the action, where a policy gives it.
[[nodiscard]] constexpr bool permits(role given, action wanted) noexcept {
    return info(wanted).permitted_to.contains(given);
}

/// Whether a service has the role. Only of our two it is known, and only of roles within instances.
[[nodiscard]] constexpr bool has_role(std::string_view service, role given) noexcept {
    bool const ours = service == kms_service || service == push_service_name;
    if (!ours || info(given).kind != "serviceRole") return true;
    for (auto const& line : action_table)
        if (line.service == service && line.permitted_to.contains(given)) return true;
    return false;
}

}  // namespace cryptoperiod::iam
