#include "simulate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "input/utf8.hpp"
#include "plan_text.hpp"
#include "sparkline.hpp"
#include "table.hpp"
#include "text.hpp"

namespace cryptoperiod::output {
namespace {

bool is_share(std::string_view metric) { return metric.ends_with(".share"); }

std::string value_text(std::string_view metric, double value, int digits = 4) {
    return is_share(metric) ? percent(value, digits) : number(value, digits);
}

/// The value with as many digits as it takes to tell it from the limit.
std::string got(fleet::promise_verdict const& verdict) {
    auto const& p = verdict.asked;
    constexpr int digits_max = 12;
    for (int digits = 4; digits < digits_max; ++digits) {
        auto text = value_text(p.metric, verdict.value, digits);
        bool const same = !(verdict.value < p.limit) && !(verdict.value > p.limit);
        if (same || text != value_text(p.metric, p.limit, digits)) return text;
    }
    return value_text(p.metric, verdict.value, digits_max);
}

std::string summary(screen const& on, fleet::run const& run) {
    auto const broken = static_cast<std::size_t>(std::count_if(
        run.promises.begin(), run.promises.end(), [](auto const& p) { return !p.held; }));
    std::string verdict =
        run.promises.empty() ? "the scenario makes no promises"
        : broken > 0
            ? fmt::format("{} of {} broken", broken, counted(run.promises.size(), "promise"))
        : run.promises.size() == 1 ? "the promise is kept"
                                   : fmt::format("all {} promises kept", run.promises.size());
    return laid_out(on,
                    {{verdict, broken > 0 ? ink::bad : ink::good},
                     {fmt::format("seed {}", run.seed)},
                     {counted(run.devices, "device")},
                     {fmt::format("digest {:016x}", run.digest)}},
                    on.signs().separator, "");
}

/// One a line, for programs that look for places in a log; folded on a terminal.
std::string causes_text(screen const& on, run_report const& report) {
    std::string text;
    std::set<std::string_view> told;
    for (auto const& cause : report.causes)
        if (!cause.empty() && told.insert(cause).second)
            text += on.terminal ? wrapped(cause, on.columns, "") : cause + '\n';
    return text;
}

std::string deletions_text(screen const& on, fleet::run const& run) {
    std::string text;
    for (auto const& deletion : run.deletions) {
        auto const id = input::printable(deletion.credential_set);
        auto const what = fmt::format("delete {} on {}", id, to_date(deletion.at));
        auto const stranded = counted(deletion.stranded, "device");
        text += wrapped(
            deletion.refusal
                ? fmt::format("The rotation procedure refuses to {}: {}. Forced, as here, it "
                              "strands {}.",
                              what, input::printable(deletion.refusal->detail), stranded)
                : fmt::format("The rotation procedure agrees to {}.", what),
            on.columns, "  ");
    }
    return text;
}

std::string series_line(screen const& on, run_report const& report, std::string_view name,
                        std::vector<std::uint64_t> const& series) {
    auto const highest = std::max_element(series.begin(), series.end());
    if (series.empty() || *highest == 0) return fmt::format("  {}  none\n", name);
    auto const at =
        report.start + std::chrono::hours{static_cast<std::int64_t>(highest - series.begin())};
    auto const peak = fmt::format("peak {} an hour, {}", thousands(*highest), to_the_minute(at));
    constexpr std::size_t before = 12;
    constexpr std::size_t peak_columns = 42;
    constexpr std::size_t least = 8;
    bool const folds = on.columns < before + peak_columns + least;
    auto const width = on.columns - before - (folds ? 0 : peak_columns);
    auto const drawn = left(sparkline(on, series, width), std::min(series.size(), width));
    return folds ? fmt::format("  {}  {}\n{}", name, drawn,
                               wrapped(peak, on.columns, std::string(before, ' ')))
                 : fmt::format("  {}  {}  {}\n", name, drawn, peak);
}

std::string metrics_text(screen const& on, fleet::run const& run) {
    using side = table::side;
    table lines({side::left, side::right, side::left});
    for (auto const& metric : run.metrics) {
        auto const* const info = fleet::find_metric(metric.name);
        lines.add({std::string(metric.name), value_text(metric.name, metric.value),
                   is_share(metric.name) ? std::string() : std::string(info->unit)});
    }
    lines.leave_out({2});
    return lines.to_text(on);
}

}  // namespace

std::string limit_text(fleet::promise const& promise) {
    if (!promise.text.empty()) return promise.text;
    constexpr std::array<std::string_view, 5> signs{"<", "<=", ">", ">=", "=="};
    return fmt::format("{} {}", signs[static_cast<std::size_t>(promise.op)],
                       value_text(promise.metric, promise.limit));
}

std::string promises_text(screen const& on, std::vector<fleet::promise_verdict> const& promises) {
    using side = table::side;
    table lines({side::left, side::left, side::left, side::left, side::left});
    for (auto const& verdict : promises) {
        auto const first = verdict.first_violation
                               ? fmt::format("first at {}", to_the_minute(*verdict.first_violation))
                               : std::string();
        lines.add(
            {std::string(verdict.held ? on.signs().kept : on.signs().broken),
             input::printable(verdict.asked.metric), input::printable(limit_text(verdict.asked)),
             fmt::format("got {}", got(verdict)), first},
            verdict.held ? ink::good : ink::bad);
    }
    return lines.to_text(on);
}

std::string simulate_text(screen const& on, run_report const& report) {
    auto const& run = report.run;
    std::string text;
    if (!run.finished)
        text += fmt::format("{}\n", paint(on, ink::bad,
                                          "Interrupted. Partial: only what was finished is "
                                          "counted, all numbers are too low."));
    text += promises_text(on, run.promises);
    text += summary(on, run);
    auto const why = causes_text(on, report) + deletions_text(on, run);
    if (!why.empty()) text += fmt::format("\n{}", why);
    text += '\n';
    text += series_line(on, report, "attempts", run.attempts);
    text += series_line(on, report, "failures", run.failures);
    text += '\n';
    text += metrics_text(on, run);
    return text + fmt::format("\nreproduce: {}\n", input::printable(report.reproduce)) +
           next_text(report.next);
}

}  // namespace cryptoperiod::output
