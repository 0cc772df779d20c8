#include <fmt/format.h>

#include "json.hpp"
#include "json_text.hpp"

namespace cryptoperiod::output {
namespace {

/// A metric that counts is an integer, a share or a time is not.
json metric_json(fleet::metric_value const& metric) {
    auto const unit = fleet::find_metric(metric.name)->unit;
    if (unit == "share" || unit == "days") return metric.value;
    return static_cast<std::uint64_t>(metric.value);
}

json promises_json(run_report const& report) {
    auto list = json::array();
    for (std::size_t i = 0; i < report.run.promises.size(); ++i) {
        auto const& verdict = report.run.promises[i];
        list.push_back({{"metric", verdict.asked.metric},
                        {"limit", limit_text(verdict.asked)},
                        {"value", metric_json({verdict.asked.metric, verdict.value})},
                        {"held", verdict.held},
                        {"first_violation",
                         verdict.first_violation ? json(to_iso(*verdict.first_violation)) : json()},
                        {"cause", report.causes[i].empty() ? json() : json(report.causes[i])}});
    }
    return list;
}

}  // namespace

std::string simulate_json(run_report const& report) {
    auto const& run = report.run;
    json out{{"format_version", json_format_version},
             {"scenario", run.scenario},
             {"seed", run.seed},
             {"devices", run.devices},
             {"engine", to_string(run.engine)},
             {"digest", fmt::format("{:016x}", run.digest)},
             {"metrics", json::object()},
             {"promises", promises_json(report)}};
    for (auto const& metric : run.metrics)
        out["metrics"][std::string(metric.name)] = metric_json(metric);
    auto hours = json::array();
    for (std::size_t hour = 0; hour < run.attempts.size(); ++hour) hours.push_back(hour);
    out["series"] = {
        {"hour", std::move(hours)}, {"attempts", run.attempts}, {"failures", run.failures}};
    auto versions = json::array();
    for (auto const& version : run.versions)
        versions.push_back({{"version", version.version}, {"share_by_day", version.share_by_day}});
    out["versions"] = std::move(versions);
    if (!run.finished) out["partial"] = true;
    return to_line(out);
}

}  // namespace cryptoperiod::output
