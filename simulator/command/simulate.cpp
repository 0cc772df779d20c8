#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "commands.hpp"
#include "interruption.hpp"
#include "loading.hpp"
#include "output/json.hpp"
#include "output/progress.hpp"
#include "output/simulate_text.hpp"
#include "output/standard_output.hpp"

namespace cryptoperiod::command {
namespace {

output::run_report make_report(session const& call, input::loaded const& file, fleet::run run) {
    output::run_report report{std::move(run), file.scenario.start, {}, {}, {}};
    for (auto const& verdict : report.run.promises)
        report.causes.push_back(
            verdict.cause.empty()
                ? std::string()
                : fmt::format("{}: {}", file.where.locate(verdict.cause_path), verdict.cause));
    report.reproduce = fmt::format("{}{}", command_text(call, "simulate"),
                                   report.run.seed == 0 ? " --seed 0" : "");
    bool const has_budget =
        std::any_of(file.scenario.promises.begin(), file.scenario.promises.end(),
                    [](auto const& promise) { return promise.metric == "devices.broken.share"; });
    report.next = {
        fmt::format("{}{}", command_text(call, "plan"), has_budget ? "" : " --max-broken \"1 %\""),
        fmt::format("{} --json", command_text(call, "simulate"))};
    return report;
}

}  // namespace

exit_code simulate(session const& call) {
    auto const file = load_or_complain(call, call.asked.files.front());
    if (!file) return exit_code::wrong_input;
    output::progress_line progress(call.error, call.shows_progress());
    auto options = call.asked.run;
    options.progress = progress.watch("simulating", {1});
    options.stop = &interrupted();
    listen_to_interruptions();
    auto const started = std::chrono::steady_clock::now();
    auto run = fleet::simulate(file->scenario, options);
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - started;
    progress.erase();
    if (!run) {
        complain(call, run.error().detail, {});
        return exit_code::wrong_input;
    }
    auto const report = make_report(call, *file, *std::move(run));
    output::write_out(call.asked.json ? output::simulate_json(report)
                                      : output::simulate_text(call.out, report));
    if (call.shows_progress())
        output::write_error(
            fmt::format("{:.2f} s, engine {}\n", took.count(), to_string(report.run.engine)));
    if (!report.run.finished) return exit_code::interrupted;
    return report.run.kept() ? exit_code::done : exit_code::broken;
}

}  // namespace cryptoperiod::command
