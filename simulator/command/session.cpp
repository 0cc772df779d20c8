#include "session.hpp"

#include <fmt/format.h>

#include "input/utf8.hpp"
#include "output/standard_output.hpp"
#include "output/text.hpp"

namespace cryptoperiod::command {

void complain(session const& call, std::string_view error, std::string_view remedy) {
    using output::ink;
    auto text = fmt::format("{} {}\n", output::paint(call.error, ink::bad, "cryptoperiod: error:"),
                            input::printable(error));
    if (!remedy.empty())
        text +=
            fmt::format("  {}\n", output::paint(call.error, ink::good, input::printable(remedy)));
    output::write_error(text);
}

}  // namespace cryptoperiod::command
