/// @file traffic_model.hpp
/// What a push service should have, after random traffic.
#pragma once

#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/instance/instance.hpp>
#include <cryptoperiod/instance/plan.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace service_world {

using namespace cryptoperiod;
using instance::application_id;

/// Any of the codes that a call may answer with; "ok" for success.
using answers = std::vector<std::string_view>;

/// What should be there.
struct expected_set {
    std::string state = "staged";
    std::string secret;
};
struct expected_instance {
    application_id app;
    crn name;
    std::size_t account = 0;
    instance::plan plan = instance::plan::lite;
    std::size_t root = 0;  ///< index of its key
    bool own_key = false, is_new = true, verification = true;
    bool suspended = false, registered = false, orphaned = false;
    std::string secret{};
    std::map<std::string, std::pair<std::string, std::string>> devices{};  ///< token, user
    std::map<std::string, std::string> settings{};                         ///< FCM: its key
    std::map<std::string, expected_set> sets{};
};
struct expected_key {
    crn name;
    std::size_t account = 0;
    /// Since when it cannot be used, if so; since the clock was set, if that was later.
    std::optional<time_point> idle_since{};
};

}  // namespace service_world
