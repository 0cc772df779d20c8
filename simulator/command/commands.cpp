#include "commands.hpp"

namespace cryptoperiod::command {

exit_code run(session const& call) {
    switch (call.asked.what) {
        case task::simulate:
            return simulate(call);
        case task::plan:
            return plan(call);
        case task::write_template:
            return write_template(call);
        case task::validate:
            return validate(call);
        case task::diagram:
            return diagram(call);
        case task::version:
            break;
    }
    return version(call);
}

}  // namespace cryptoperiod::command
