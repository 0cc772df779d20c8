#include <fmt/format.h>

#include <cryptoperiod/core/suggest.hpp>

#include "commands.hpp"
#include "interruption.hpp"
#include "loading.hpp"
#include "output/json.hpp"
#include "output/plan_text.hpp"
#include "output/progress.hpp"
#include "output/standard_output.hpp"
#include "output/text.hpp"
#include "plan_report.hpp"

namespace cryptoperiod::command {
namespace {

constexpr std::string_view promised_metric = "devices.broken.share";

/// The target of --max-broken, else of the scenario's promise; a complaint when there is none.
std::optional<fleet::retirement_target> find_target(session const& call,
                                                    input::loaded const& file) {
    auto const& asked = call.asked;
    if (asked.max_broken) return fleet::retirement_target{*asked.max_broken, asked.confidence};
    auto const& promises = file.scenario.promises;
    for (std::size_t i = 0; i < promises.size(); ++i) {
        auto const& promise = promises[i];
        if (promise.metric != promised_metric) continue;
        if (promise.op != fleet::comparison::less && promise.op != fleet::comparison::at_most)
            continue;
        if (promise.limit > 0 && promise.limit < 1)
            return fleet::retirement_target{promise.limit, asked.confidence};
        bool const is_none = !(promise.limit > 0);
        complain(call,
                 fmt::format("{}: the promise '{}' is no budget for a plan",
                             file.where.locate(fmt::format("promises[{}]", i)),
                             output::limit_text(promise)),
                 is_none ? "no simulation can show that not one device breaks: give the largest "
                           "share that you could bear, such as --max-broken \"0.01 %\""
                         : "give one between 0 and 100 %, here or with --max-broken \"0.1 %\"");
        return std::nullopt;
    }
    complain(call, "how many devices may break is not said",
             fmt::format("add --max-broken \"0.1 %\", or to [promises] in the scenario: \"{}\" = "
                         "\"< 0.1 %\"",
                         promised_metric));
    return std::nullopt;
}

void complain_of_set(session const& call, input::loaded const& file) {
    std::vector<std::string_view> ids;
    for (auto const& set : file.scenario.credential_sets) ids.emplace_back(set.id);
    auto const guess = did_you_mean(call.asked.credential_set, ids);
    complain(
        call,
        fmt::format("--set: the scenario has no credential set '{}'", call.asked.credential_set),
        fmt::format("{}{}choose one of: {}", guess, guess.empty() ? "" : " ",
                    fmt::join(ids, ", ")));
}

/// What to type next: check the scenario as it stands, plan with the least larger loss that helps.
std::vector<std::string> next_commands(session const& call, fleet::remedies const& remedies) {
    double budget = 0;
    for (auto const& one : remedies.found)
        if (auto const* const loss = std::get_if<fleet::larger_loss>(&one.change))
            if (!(budget > 0) || loss->share < budget) budget = loss->share;
    auto again = command_text(call, "plan");
    if (!call.asked.credential_set.empty())
        again += fmt::format(" --set {}", output::shell_word(call.asked.credential_set));
    if (budget > 0)
        again += fmt::format(" --max-broken \"{}\"", output::percent(budget));
    else
        again += " --json";
    return {command_text(call, "simulate"), std::move(again)};
}

/// Lives through the plan for the promises that are not about its budget.
void judge_other_promises(fleet::scenario const& s, fleet::retirement const& plan,
                          fleet::run_options const& options, output::plan_advice& into) {
    auto changed = fleet::with_deletion(s, plan.credential_set, plan.date);
    std::erase_if(changed.promises,
                  [](auto const& promise) { return promise.metric == promised_metric; });
    if (plan.kind != fleet::answer_kind::date || changed.promises.empty()) return;
    auto const lived = fleet::simulate(changed, options);
    if (!lived)
        into.unjudged = lived.error().detail;
    else if (lived->finished)
        into.promises = lived->promises;
}

/// Tells the answer at once, and what would help when that is known, too.
exit_code tell(session const& call, input::loaded const& file, fleet::retirement plan,
               output::progress_line& progress, fleet::run_options options) {
    auto const report = make_plan_report(file.scenario, std::move(plan));
    output::write_out(output::answer_text(call.out, report));
    if (!report.plan.finished) return exit_code::interrupted;
    output::plan_advice advice;
    options.progress = progress.watch("the other promises", {1});
    judge_other_promises(file.scenario, report.plan, options, advice);
    options.progress = progress.watch("what would help", {1, 1});
    advice.remedies = fleet::find_remedies(file.scenario, report.plan, options);
    advice.next = next_commands(call, advice.remedies);
    progress.erase();
    output::write_out(output::advice_text(call.out, report, advice));
    return interrupted() ? exit_code::interrupted : exit_code::done;
}

}  // namespace

exit_code plan(session const& call) {
    auto const file = load_or_complain(call, call.asked.files.front());
    if (!file) return exit_code::wrong_input;
    auto const target = find_target(call, *file);
    if (!target) return exit_code::wrong_input;
    auto const& set = call.asked.credential_set;
    if (!set.empty() && !fleet::index_of_set(file->scenario, set)) {
        complain_of_set(call, *file);
        return exit_code::wrong_input;
    }
    output::progress_line progress(call.error, call.shows_progress());
    auto options = call.asked.run;
    options.progress = progress.watch("planning", {1, 5});
    options.stop = &interrupted();
    listen_to_interruptions();
    auto plan = fleet::plan_retirement(file->scenario, set, *target, options);
    progress.erase();
    if (!plan) {
        complain(call, plan.error().detail, {});
        return exit_code::wrong_input;
    }
    auto const kind = plan->kind;
    bool const finished = plan->finished;
    auto code = exit_code::done;
    if (call.asked.json)
        output::write_out(output::plan_json(*plan));
    else
        code = tell(call, *file, *std::move(plan), progress, options);
    if (!finished || code == exit_code::interrupted) return exit_code::interrupted;
    return kind == fleet::answer_kind::date    ? exit_code::done
           : kind == fleet::answer_kind::never ? exit_code::broken
                                               : exit_code::inconclusive;
}

}  // namespace cryptoperiod::command
