#include <boost/test/unit_test.hpp>
#include <cryptoperiod/iam/action.hpp>
#include <set>
#include <string>
#include <vector>

using namespace cryptoperiod;
using namespace cryptoperiod::iam;

namespace {

using enum action;

// Key Protect, "Managing user access": what each role may do that the one before it may not.
std::vector<action> const by_reader{
    kms_key_list,   kms_key_read_metadata, kms_key_wrap,           kms_key_unwrap,
    kms_key_rewrap, kms_registration_list, kms_registration_write, kms_event_acknowledge};
std::vector<action> const by_reader_plus{kms_key_read_payload};
std::vector<action> const by_writer{
    kms_key_create, kms_key_import,          kms_key_rotate,      kms_key_schedule_deletion,
    kms_key_sync,   kms_import_token_create, kms_key_ring_create, kms_alias_write};
std::vector<action> const by_manager{kms_key_disable,    kms_key_enable, kms_key_delete,
                                     kms_key_restore,    kms_key_patch,  kms_policy_write,
                                     kms_key_ring_delete};

std::set<action> permitted(role given, std::string_view service) {
    std::set<action> all;
    for (auto const& line : action_table)
        if (line.service == service && permits(given, line.which)) all.insert(line.which);
    return all;
}
std::set<action> together(std::vector<std::vector<action>> const& lists) {
    std::set<action> all;
    for (auto const& list : lists) all.insert(list.begin(), list.end());
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(iam_action)

BOOST_AUTO_TEST_CASE(each_role_of_key_protect_permits_what_its_documents_list) {
    BOOST_TEST((permitted(role::reader, "kms") == together({by_reader})));
    BOOST_TEST((permitted(role::reader_plus, "kms") == together({by_reader, by_reader_plus})));
    BOOST_TEST(
        (permitted(role::writer, "kms") == together({by_reader, by_reader_plus, by_writer})));
    BOOST_TEST((permitted(role::manager, "kms") ==
                together({by_reader, by_reader_plus, by_writer, by_manager})));
    BOOST_TEST((permitted(role::key_purge, "kms") == std::set{kms_key_purge}));
}
BOOST_AUTO_TEST_CASE(reader_suffices_for_byok_and_cannot_rotate_disable_or_delete) {
    for (auto const what : {kms_key_wrap, kms_key_unwrap, kms_key_rewrap, kms_registration_write})
        BOOST_TEST(permits(role::reader, what));
    for (auto const what : {kms_key_rotate, kms_key_disable, kms_key_delete, kms_key_purge})
        BOOST_TEST(!permits(role::reader, what));
}
BOOST_AUTO_TEST_CASE(each_role_of_push_permits_what_its_endpoints_ask) {
    std::vector<action> const reading{push_device_read, push_settings_read,     push_message_read,
                                      push_tag_read,    push_subscription_read, push_webhook_read};
    std::vector<action> const writing{
        push_device_register, push_device_update,      push_message_send, push_message_report,
        push_tag_write,       push_subscription_write, push_webhook_write};
    std::vector<action> const managing{push_device_unregister,   push_settings_write,
                                       push_settings_delete,     push_verification_write,
                                       push_message_delete,      push_tag_delete,
                                       push_subscription_delete, push_webhook_delete};
    BOOST_TEST((permitted(role::reader, "imfpush") == together({reading})));
    BOOST_TEST((permitted(role::writer, "imfpush") == together({reading, writing})));
    BOOST_TEST((permitted(role::manager, "imfpush") == together({reading, writing, managing})));
    BOOST_TEST((permitted(role::reader_plus, "imfpush") == std::set<action>()));
    BOOST_TEST((permitted(role::key_purge, "imfpush") == std::set<action>()));
}
BOOST_AUTO_TEST_CASE(the_operator_creates_and_deletes_instances_and_the_editor_binds_them) {
    BOOST_TEST(permits(role::platform_operator, push_instance_create));
    BOOST_TEST(permits(role::platform_operator, push_instance_delete));
    BOOST_TEST(!permits(role::platform_operator, push_instance_bind));
    BOOST_TEST(permits(role::editor, push_instance_bind));
    BOOST_TEST(!permits(role::editor, push_instance_create));
    BOOST_TEST(!permits(role::manager, push_instance_delete));
    BOOST_TEST(permits(role::viewer, push_instance_read));
    BOOST_TEST(!permits(role::viewer, push_device_read));
}
BOOST_AUTO_TEST_CASE(names_of_actions_are_unique_and_start_with_their_service) {
    std::set<std::string_view> names;
    for (auto const& line : action_table) {
        BOOST_TEST(line.name.starts_with(std::string(line.service) + "."), line.name);
        BOOST_TEST(names.insert(line.name).second, line.name);
    }
}
BOOST_AUTO_TEST_CASE(roles_are_read_as_they_are_written) {
    BOOST_TEST(role_crn(role::reader) == "crn:v1:bluemix:public:iam::::serviceRole:Reader");
    BOOST_TEST(role_crn(role::authorization_delegator) ==
               "crn:v1:bluemix:public:iam::::role:AuthorizationDelegator");
    for (auto const& line : role_table)
        BOOST_TEST((parse_role_crn(role_crn(line.which)).value() == line.which));
    for (auto const* text : {"", "Reader", "crn:v1:bluemix:public:iam::::serviceRole:reader",
                             "crn:v1:bluemix:public:iam::::role:Reader",
                             "crn:v1:bluemix:public:iam::::serviceRole:Reader:"})
        BOOST_TEST((parse_role_crn(text).error().code == errc::unknown_name), text);
}
BOOST_AUTO_TEST_CASE(a_role_that_permits_nothing_on_a_service_is_not_one_of_it) {
    BOOST_TEST(has_role("kms", role::reader_plus));
    BOOST_TEST(!has_role("imfpush", role::reader_plus));
    BOOST_TEST(!has_role("imfpush", role::key_purge));
    BOOST_TEST(has_role("cloudantnosqldb", role::key_purge));
    BOOST_TEST(has_role("kms", role::viewer));
}

BOOST_AUTO_TEST_SUITE_END()
