/// @file push_instance.hpp
/// An instance of the push service, for the tests of several rooms.
#pragma once

#include <cryptoperiod/core/crn.hpp>
#include <string>
#include <utility>

namespace cryptoperiod::test {

inline crn push_instance(std::string name = "instance-1") {
    crn c;
    c.service_name = "imfpush";
    c.location = "us-south";
    c.scope = "a/acc";
    c.service_instance = std::move(name);
    return c;
}

}  // namespace cryptoperiod::test
