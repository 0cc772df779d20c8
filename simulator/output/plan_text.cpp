#include "plan_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "input/utf8.hpp"
#include "plot.hpp"
#include "simulate_text.hpp"
#include "table.hpp"
#include "text.hpp"

namespace cryptoperiod::output {
namespace {

using fleet::answer_kind;

std::string header(screen const& on, plan_report const& r) {
    auto const& plan = r.plan;
    return laid_out(on,
                    {{input::printable(plan.scenario), ink::strong},
                     {counted(plan.devices, "device")},
                     {counted(r.versions, "version")},
                     {fmt::format("seed {}", plan.seed)},
                     {fmt::format("budget {} of the devices", percent(plan.target.share))}},
                    on.signs().separator, "") +
           '\n';
}

std::int64_t days_between(time_point from, time_point to) {
    return std::chrono::ceil<days>(to - from).count();
}

std::string planned_line(screen const& on, plan_report const& r, std::size_t columns) {
    auto const label = left("The scenario deletes it on:", columns);
    if (!r.planned)
        return laid_out(on, {{label}, {"no date; it keeps the set", ink::faint}}, " ", "  ");
    auto const late = days_between(r.plan.date, *r.planned);
    auto const early = days_between(*r.planned, r.plan.date);
    auto const count = [](std::int64_t n) { return counted(static_cast<std::uint64_t>(n), "day"); };
    piece verdict{"(on that day)", ink::good};
    if (early > 0) verdict = {fmt::format("({} too early)", count(early)), ink::bad};
    if (late > 0) verdict = {fmt::format("({} later than needed)", count(late)), ink::good};
    return laid_out(on, {{label}, {to_date(*r.planned)}, verdict}, " ", "  ");
}

std::string date_answer(screen const& on, plan_report const& r) {
    auto const label =
        fmt::format("Earliest safe date to delete {}:", input::printable(r.plan.credential_set));
    return laid_out(on,
                    {{label},
                     {to_date(r.plan.date), ink::good},
                     {fmt::format("(day {}, {} confidence)", r.plan.day,
                                  percent(r.plan.target.confidence))}},
                    " ", "  ") +
           planned_line(on, r, columns_of(label));
}

/// What the scenario's own date does, where there is no better one to compare it with.
std::string planned_damage(plan_report const& r) {
    for (auto const& row : r.rows)
        if (row.is_planned)
            return fmt::format(" The scenario deletes it on {}, which breaks {} ({}).",
                               to_date(*r.planned), counted(row.what.broken_devices, "device"),
                               percent_in_table(row.what.broken_share));
    return {};
}

std::string never_answer(screen const& on, plan_report const& r) {
    auto const id = input::printable(r.plan.credential_set);
    auto const why = fmt::format(
        "{} of the devices never update and go on presenting it: more than the budget of {}, "
        "however long you wait.",
        percent(r.plan.stuck_share), percent(r.plan.target.share));
    return fmt::format("  {}\n",
                       paint(on, ink::bad, fmt::format("No date is safe to delete {}.", id))) +
           wrapped(why + planned_damage(r), on.columns, "  ");
}

std::string censored_answer(screen const& on, plan_report const& r) {
    auto const& plan = r.plan;
    auto const& target = plan.target;
    auto const id = input::printable(plan.credential_set);
    auto const obstacle = fleet::obstacle_of(plan);
    std::string what = "the horizon is too short";
    std::string why = fmt::format(
        "When it ends on {}, more devices still hold {} than the budget of {} allows; {} of all "
        "devices never update. Give the scenario a longer horizon than \"{}d\".",
        to_date(plan.curve.back().date), id, percent(target.share), percent(plan.stuck_share),
        plan.curve.size());
    if (obstacle == fleet::obstacle::few_devices) {
        what = fmt::format("{} too few", counted(plan.devices, "device is"));
        if (plan.devices != 1)
            what = fmt::format("{} devices are too few", thousands(plan.devices));
        why = fmt::format(
            "Even if none of them broke, no more than {} could be promised with {} confidence; the "
            "budget is {}. It takes at least {} devices: raise fleet.devices.",
            percent(fleet::upper_bound(0, plan.devices, target.confidence)),
            percent(target.confidence), percent(target.share),
            thousands(fleet::devices_needed(target)));
    } else if (obstacle == fleet::obstacle::close_call) {
        what = "too close to call";
        why = fmt::format(
            "{} of the devices never update. That is within the budget of {}, but from {} no more "
            "than {} can be promised with {} confidence: raise fleet.devices, or the budget.",
            percent(plan.stuck_share), percent(target.share), counted(plan.devices, "device"),
            percent(plan.stuck_bound), percent(target.confidence));
    }
    return fmt::format("  {}\n", paint(on, ink::bad,
                                       fmt::format("No answer when to delete {}: {}.", id, what))) +
           wrapped(why + planned_damage(r), on.columns, "  ");
}

std::string interrupted_answer(screen const& on) {
    return fmt::format("  {}\n", paint(on, ink::bad, "Interrupted: no answer.")) +
           wrapped(
               "Partial: the numbers below count only the devices that were finished; all of "
               "them are too low.",
               on.columns, "  ");
}

std::string rows_text(screen const& on, plan_report const& r) {
    using side = table::side;
    table lines({side::left, side::right, side::right, side::right, side::right, side::left});
    lines.add({"", "devices", "", "failed", "days with"}, ink::strong);
    lines.add({"delete on", "broken", "share", "connections",
               r.sets > 2 ? "2+ live sets" : "2 live sets"},
              ink::strong);
    for (auto const& row : r.rows) {
        std::string mark;
        if (row.is_planned) mark = "<- your scenario";
        if (row.is_answer)
            mark = row.is_planned ? "<- your scenario, within budget" : "<- within budget";
        ink const colour = row.is_answer ? ink::good : row.is_planned ? ink::bad : ink::plain;
        bool const fine = !r.plan.finished || (row.is_planned && r.plan.kind == answer_kind::date &&
                                               row.what.day >= r.plan.day);
        lines.add({to_date(row.what.date), thousands(row.what.broken_devices),
                   percent_in_table(row.what.broken_share), thousands(row.what.failed_connections),
                   thousands(static_cast<std::uint64_t>(row.shared_days)), mark},
                  fine && !row.is_answer ? ink::plain : colour);
    }
    lines.leave_out({4, 3, 2});  // a mark says more
    auto const end = to_date(r.plan.curve.back().date + days{1});
    return lines.to_text(on) +
           laid_out(on, {{"counted to the end of the horizon,", ink::faint}, {end, ink::faint}},
                    " ", "  ");
}

std::string picture(screen const& on, plan_report const& r) {
    curve_plot plot{r.plan.curve.front().date, {}, r.plan.target.share, {}};
    for (auto const& row : r.plan.curve) plot.shares.push_back(row.broken_share);
    for (auto const& row : r.rows) {
        if (row.is_planned)
            plot.marks.push_back(
                {row.what.day, fmt::format("{} your scenario", to_date(*r.planned))});
        if (row.is_answer)
            plot.marks.push_back({row.what.day, fmt::format("{} safe", to_date(row.what.date))});
    }
    auto const title =
        fmt::format("devices that a deletion of {} breaks, by its date (logarithmic)",
                    input::printable(r.plan.credential_set));
    auto const drawn = draw(on, plot);
    if (drawn.empty()) return {};
    return fmt::format("\n{}{}", paint(on, ink::faint, wrapped(title, on.columns, "  ")), drawn);
}

/// How much sooner the date of a change is.
std::string sooner_text(plan_report const& r, fleet::remedy const& one) {
    auto const sooner = days_between(one.date, r.plan.date);
    return fmt::format("{} sooner", counted(static_cast<std::uint64_t>(sooner), "day"));
}

/// The promises that the plan was not made for.
std::string promises_text(screen const& on, plan_report const& r, plan_advice const& advice) {
    if (!advice.unjudged.empty())
        return "\n" + wrapped(fmt::format("The other promises cannot be judged at that date: {}.",
                                          input::printable(advice.unjudged)),
                              on.columns, "  ");
    if (advice.promises.empty()) return {};
    auto const id = input::printable(r.plan.credential_set);
    auto const date = to_date(r.plan.date);
    auto const title = fmt::format("The other promises, with {} deleted on {}", id, date);
    auto text = fmt::format("\n{}{}", paint(on, ink::strong, wrapped(title, on.columns, "")),
                            promises_text(on, advice.promises));
    if (std::any_of(advice.promises.begin(), advice.promises.end(),
                    [](auto const& verdict) { return !verdict.held; }))
        text += wrapped(fmt::format("To see what breaks, write deleted = {} for {} into the "
                                    "scenario and simulate it.",
                                    date, id),
                        on.columns, "  ");
    return text;
}

std::string change_text(fleet::larger_loss const& loss) {
    return loss.factor > 0
               ? fmt::format("accept {}x the loss, {}", loss.factor, percent(loss.share))
               : fmt::format("accept a loss of {}", percent(loss.share));
}
std::string change_text(fleet::forcing const& force) {
    return fmt::format("force {} from {}", input::printable(force.update.minimum),
                       to_date(force.update.date));
}
std::string change_text(fleet::serving const&) { return "serve the key"; }

std::string price_text(fleet::larger_loss const&) { return {}; }
std::string price_text(fleet::forcing const& force) {
    return fmt::format("{} comply", percent(force.update.comply));
}
std::string price_text(fleet::serving const&) { return "needs a key server"; }

std::string remedies_text(screen const& on, plan_report const& r, plan_advice const& advice) {
    auto const& [found, devices] = advice.remedies;
    if (found.empty()) return {};
    using side = table::side;
    table lines({side::left, side::left, side::left, side::left});
    for (auto const& one : found) {
        auto what = std::visit([](auto const& change) { return change_text(change); }, one.change);
        auto price = std::visit([](auto const& change) { return price_text(change); }, one.change);
        auto date = fmt::format("{} {}", on.signs().arrow, to_date(one.date));
        if (r.plan.kind == answer_kind::date)
            lines.add({std::move(what), std::move(date), sooner_text(r, one), std::move(price)});
        else
            lines.add({std::move(what), std::move(date), std::move(price)});
    }
    std::vector<piece> title{{"What would help most", ink::strong}};
    if (devices < r.plan.devices) {
        title.push_back({"(changes of the app:", ink::faint});
        title.push_back({fmt::format("tried on {})", counted(devices, "device")), ink::faint});
    }
    return fmt::format("\n{}{}", laid_out(on, title, " ", ""), lines.to_text(on));
}

}  // namespace

std::string answer_text(screen const& on, plan_report const& report) {
    auto text = header(on, report);
    if (!report.plan.finished)
        text += interrupted_answer(on);
    else if (report.plan.kind == answer_kind::date)
        text += date_answer(on, report);
    else if (report.plan.kind == answer_kind::never)
        text += never_answer(on, report);
    else
        text += censored_answer(on, report);
    text += '\n';
    text += rows_text(on, report);
    if (report.plan.finished) text += picture(on, report);
    return text;
}

std::string advice_text(screen const& on, plan_report const& report, plan_advice const& advice) {
    return fmt::format("{}{}\n{}", promises_text(on, report, advice),
                       remedies_text(on, report, advice), next_text(advice.next));
}

std::string next_text(std::vector<std::string> const& commands) {
    std::string text;
    for (std::size_t i = 0; i < commands.size(); ++i)
        text += fmt::format("{}{}\n", i == 0 ? "Next: " : "      ", input::printable(commands[i]));
    return text;
}

}  // namespace cryptoperiod::output
