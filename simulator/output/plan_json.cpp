#include <fmt/format.h>

#include <cstdlib>

#include "json.hpp"
#include "json_text.hpp"

namespace cryptoperiod::output {
namespace {

/// What is left of a number after nine significant digits: more are noise of the mathematics
/// library.
double rounded(double value) { return std::strtod(fmt::format("{:.9g}", value).c_str(), nullptr); }

}  // namespace

std::string plan_json(fleet::retirement const& plan) {
    bool const dated = plan.kind == fleet::answer_kind::date;
    json out{{"format_version", json_format_version},
             {"scenario", plan.scenario},
             {"seed", plan.seed},
             {"devices", plan.devices},
             {"credential_set", plan.credential_set},
             {"target", {{"share", plan.target.share}, {"confidence", plan.target.confidence}}},
             {"answer",
              {{"kind", to_string(plan.kind)},
               {"date", dated ? json(to_date(plan.date)) : json()},
               {"day", dated ? json(plan.day) : json()}}}};
    auto curve = json::array();
    for (auto const& row : plan.curve)
        curve.push_back({{"date", to_date(row.date)},
                         {"day", row.day},
                         {"broken_devices", row.broken_devices},
                         {"broken_share", row.broken_share},
                         {"upper_bound", rounded(row.upper_bound)},
                         {"failed_connections", row.failed_connections}});
    out["curve"] = std::move(curve);
    if (!plan.finished) out["partial"] = true;
    return to_line(out);
}

}  // namespace cryptoperiod::output
