#include <cryptoperiod/version.hpp>

#include <fmt/format.h>

#include "commands.hpp"
#include "output/json.hpp"
#include "output/standard_output.hpp"

namespace cryptoperiod::command {

exit_code version(session const& call) {
    output::write_out(call.asked.json
                          ? output::versions_json()
                          : fmt::format("cryptoperiod {}.{}.{}\n", CRYPTOPERIOD_VERSION_MAJOR,
                                        CRYPTOPERIOD_VERSION_MINOR, CRYPTOPERIOD_VERSION_PATCH));
    return exit_code::done;
}

}  // namespace cryptoperiod::command
