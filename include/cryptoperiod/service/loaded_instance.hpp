/// @file loaded_instance.hpp
/// An instance as a call of the service has it in hand.
#pragma once

#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/instance/instance.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstdint>

namespace cryptoperiod::service {

using instance::application_id;
using instance::provisioning_machine;
using instance::stored_instance;

/// An instance as it was read.
struct loaded_instance {
    application_id app;
    stored_instance kept;
    std::uint64_t version = store::absent;
    crn name;
    provisioning_machine machine;
};

}  // namespace cryptoperiod::service
