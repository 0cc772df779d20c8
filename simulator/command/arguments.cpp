#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cryptoperiod/core/suggest.hpp>
#include <cstdlib>
#include <list>

#include "fmt/format.h"
#include "input/share.hpp"

namespace cryptoperiod::command {
namespace {

constexpr char const* flag_group = "Flags";
constexpr char const* examples =
    R"(Commands are told what to do by a scenario file; `scenario init` writes one to begin with.

Exit codes: 0 done, promises kept; 1 a promise broken, or no safe date; 2 wrong input or call;
            3 the program or its surroundings failed; 4 inconclusive; 130 interrupted

Example:
  cryptoperiod scenario init rotation.toml
  cryptoperiod plan rotation.toml --max-broken "1 %")";

constexpr std::string_view plan_footer =
    R"(The date keeps the broken devices within the share. The screen judges the scenario's other
promises at that date, too; the exit code and --json speak of the devices alone.

{})";

/// What a flag said, as it was written. Flags are accepted before and after the command: each level
/// has its own words, and the deepest level wins.
struct words {
    bool json = false, quiet = false, version = false;
    std::optional<std::string> seed, threads, engine, isa, colour;
};

/// One level of the command line.
struct level {
    CLI::App* app = nullptr;
    task what = task::simulate;
    bool is_command = false;
    words said;
};

using refusal = std::optional<early_end>;

/// "cryptoperiod scenario init".
std::string path_of(CLI::App const& app) {
    auto const* const parent = app.get_parent();
    return parent == nullptr ? app.get_name()
                             : fmt::format("{} {}", path_of(*parent), app.get_name());
}

early_end wrong_call(std::string error, std::string remedy) {
    return {exit_code::wrong_input, {}, std::move(error), std::move(remedy), {}};
}

class command_line {
public:
    command_line();
    std::variant<arguments, early_end> read(int count, char const* const* given);

private:
    CLI::App* add_command(CLI::App& parent, task what, char const* name, char const* about,
                          char const* example);
    CLI::Option* add_word(CLI::App& app, char const* name, char const* about);
    static CLI::Option* add_value(CLI::App& app, char const* name,
                                  std::optional<std::string>& value, char const* type,
                                  char const* about);
    static void add_flags(level& on);
    level* deepest();
    static std::string help(CLI::App const& on);
    static early_end unknown(CLI::App const& in, bool is_flag, std::string const& word);
    refusal refuse_leftovers(level const& at);
    early_end explain_command() const;
    early_end explain(CLI::ParseError const& e, level const& at);
    refusal read_flags(words const& said);
    refusal read_plan_flags();
    refusal read_format();
    std::variant<arguments, early_end> interpret(int count, char const* const* given);

    CLI::App app_{"When may a credential set be deleted, and what breaks when it is?",
                  "cryptoperiod"};
    std::list<level> levels_;
    arguments out_;
    std::optional<std::string> max_broken_, confidence_, credential_set_, format_, word_;
    CLI::App* help_ = nullptr;
    std::vector<std::string> about_;  ///< the command that `help` is asked about
};

/// The value of a flag as an index in a list of names.
template <std::size_t N>
refusal choose(std::string_view flag, std::string const& word,
               std::array<std::string_view, N> const& names, std::size_t& chosen) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == word) {
            chosen = i;
            return std::nullopt;
        }
    auto const guess = did_you_mean(word, names);
    return wrong_call(fmt::format("{}: there is no '{}'", flag, word),
                      fmt::format("{}{}choose one of: {}", guess, guess.empty() ? "" : " ",
                                  fmt::join(names, ", ")));
}

template <class Number>
refusal read_number(std::string_view source, std::string const& word, std::string_view range,
                    Number highest, Number& number) {
    auto const* const end = word.data() + word.size();
    auto const [stop, failed] = std::from_chars(word.data(), end, number);
    if (failed == std::errc() && stop == end && number <= highest) return std::nullopt;
    return wrong_call(fmt::format("{}: '{}' is not a whole number from {}", source, word, range),
                      source.starts_with("--")
                          ? fmt::format("write it like {} 7", source)
                          : fmt::format("it is set in the environment: {}=7, or unset it", source));
}

/// The last level's flags win.
words merged(std::list<level> const& levels) {
    words all;
    for (auto const& level : levels) {
        auto const& said = level.said;
        all.json |= said.json;
        all.quiet |= said.quiet;
        all.version |= said.version;
        for (auto const member :
             {&words::seed, &words::threads, &words::engine, &words::isa, &words::colour})
            if (said.*member) all.*member = said.*member;
    }
    return all;
}

command_line::command_line() {
    levels_.push_back({&app_, task::version, false, {}});
    app_.footer(examples);
    app_.allow_extras();
    app_.require_subcommand(0, 1);
    app_.add_flag("--version", levels_.back().said.version,
                  "Print the version; with --json, those of the libraries, too")
        ->group(flag_group);
    auto* const simulate = add_command(app_, task::simulate, "simulate",
                                       "Live through a scenario and judge its promises",
                                       "cryptoperiod simulate rotation.toml --seed 42");
    add_word(*simulate, "FILE", "A scenario (TOML): a file, no pipe")->required();
    auto* const plan = add_command(
        app_, task::plan, "plan", "Find the earliest date on which a credential set may be deleted",
        "cryptoperiod plan rotation.toml --max-broken \"0.1 %\"");
    plan->footer(fmt::format(plan_footer, plan->get_footer()));
    add_word(*plan, "FILE", "A scenario (TOML): a file, no pipe")->required();
    add_value(*plan, "--max-broken", max_broken_, "SHARE",
              "Share of the devices that may break [the scenario's promise]");
    add_value(*plan, "--confidence", confidence_, "SHARE",
              "One-sided confidence of the answer [95 %]");
    add_value(*plan, "--set", credential_set_, "ID",
              "Credential set to delete [the one that leaked, or is deleted]");
    auto* const scenario = app_.add_subcommand("scenario", "Write and check scenario files");
    scenario->allow_extras()->require_subcommand(0, 1);
    scenario->footer("Example:\n  cryptoperiod scenario validate scenarios/*.toml");
    levels_.push_back({scenario, task::validate, false, {}});
    auto* const init = add_command(*scenario, task::write_template, "init",
                                   "Write a scenario to begin with, every key explained",
                                   "cryptoperiod scenario init rotation.toml");
    add_word(*init, "FILE", "A new file [standard output]");
    auto* const validate = add_command(*scenario, task::validate, "validate",
                                       "Check scenario files; all errors at once",
                                       "cryptoperiod scenario validate scenarios/*.toml");
    validate->add_option("FILE", out_.files, "Scenarios (TOML): files, no pipes")
        ->type_name("")
        ->required();
    auto* const diagram =
        add_command(app_, task::diagram, "diagram", "Draw a state machine of the library",
                    "cryptoperiod diagram rotation --format dot | dot -Tsvg > rotation.svg");
    add_word(*diagram, "MACHINE", "Its name [lists them all]");
    add_value(*diagram, "--format", format_, "NAME", "mermaid, dot or markdown [mermaid]");
    help_ = add_command(app_, task::version, "help", "Tell how a command is called",
                        "cryptoperiod help plan");
    help_->group("")->add_option("COMMAND", about_, "Its name")->type_name("");
    for (auto& level : levels_) add_flags(level);
}

CLI::App* command_line::add_command(CLI::App& parent, task what, char const* name,
                                    char const* about, char const* example) {
    auto* const app = parent.add_subcommand(name, about);
    app->allow_extras();
    app->footer(fmt::format("Example:\n  {}", example));
    levels_.push_back({app, what, true, {}});
    return app;
}

/// The one word behind a command.
CLI::Option* command_line::add_word(CLI::App& app, char const* name, char const* about) {
    return app.add_option(name, word_, about)->type_name("");
}

/// A flag with a value; given twice, the last one counts.
CLI::Option* command_line::add_value(CLI::App& app, char const* name,
                                     std::optional<std::string>& value, char const* type,
                                     char const* about) {
    return app.add_option(name, value, about)
        ->type_name(type)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->group(flag_group);
}

/// What every command takes; the help of a command that runs nothing does not list how to run.
void command_line::add_flags(level& on) {
    auto& app = *on.app;
    auto& said = on.said;
    bool const runs = on.what == task::simulate || on.what == task::plan || !app.get_parent();
    char const* const group = runs ? flag_group : "";
    app.get_formatter()->column_width(24);
    app.add_flag("--json", said.json, "Write JSON")->group(flag_group);
    add_value(app, "--seed", said.seed, "N", "Seed of all chance [0; or CRYPTOPERIOD_SEED]")
        ->group(group);
    add_value(app, "--threads", said.threads, "N",
              "Threads; 0: as many as the machine has; the same result [0]")
        ->group(group);
    add_value(app, "--engine", said.engine, "NAME",
              "auto, queue or devices; the same result [auto]")
        ->group(group);
    add_value(app, "--isa", said.isa, "NAME",
              "portable, avx2 or avx512; the same result [the best]")
        ->group(group);
    app.add_flag("--quiet", said.quiet, "No progress and no timing on standard error")
        ->group(group);
    add_value(app, "--color", said.colour, "WHEN",
              "auto, always or never; NO_COLOR is obeyed [auto]");
    app.set_help_flag("-h,--help", "Print this and exit")->group(flag_group);
}

/// The command that was given, or the level at which it is missing.
level* command_line::deepest() {
    level* at = &levels_.front();
    for (auto& candidate : levels_)
        if (candidate.app->parsed()) at = &candidate;
    return at;
}

/// CLI11 leaves blank lines where it hides a flag.
std::string command_line::help(CLI::App const& on) {
    auto text = on.get_formatter()->make_help(&on, path_of(on), CLI::AppFormatMode::Normal);
    for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n", at))
        text.erase(at, 1);
    return text;
}

/// A flag or a command that there is not, and what was perhaps meant.
early_end command_line::unknown(CLI::App const& in, bool is_flag, std::string const& word) {
    std::vector<std::string> known;
    if (is_flag)
        for (auto const* const option : in.get_options())
            for (auto const& name : option->get_lnames())
                known.insert(known.begin(), fmt::format("--{}", name));
    else
        for (auto const* const command : in.get_subcommands({}))
            if (!command->get_group().empty()) known.push_back(command->get_name());
    std::vector<std::string_view> const candidates(known.begin(), known.end());
    auto guess = did_you_mean(word, candidates);
    if (guess.empty())
        guess = is_flag || known.empty() ? fmt::format("see: {} --help", path_of(in))
                                         : fmt::format("choose one of: {}", fmt::join(known, ", "));
    auto const prefix =
        in.get_parent() == nullptr ? std::string() : fmt::format("{}: ", in.get_display_name());
    return wrong_call(
        fmt::format("{}there is no {} '{}'", prefix, is_flag ? "flag" : "command", word),
        std::move(guess));
}

/// Words that nobody asked for: the first of them, and what was perhaps meant.
refusal command_line::refuse_leftovers(level const& at) {
    auto extras = app_.remaining(true);
    std::erase(extras, "--");
    if (extras.empty()) return std::nullopt;
    auto const word = extras.front().substr(0, extras.front().find('='));
    bool const is_flag = word.size() > 1 && word.front() == '-';
    if (!at.is_command || is_flag) return unknown(*at.app, is_flag, word);
    auto const prefix =
        at.app == &app_ ? std::string() : fmt::format("{}: ", at.app->get_display_name());
    return wrong_call(fmt::format("{}'{}' is one word too many", prefix, extras.front()),
                      fmt::format("see: {} --help", path_of(*at.app)));
}

/// `help COMMAND`, the same as `COMMAND --help`.
early_end command_line::explain_command() const {
    CLI::App const* on = &app_;
    for (auto const& word : about_) {
        auto const found = on->get_subcommands(
            [&](CLI::App const* command) { return command->get_name() == word; });
        if (found.empty()) return unknown(*on, false, word);
        on = found.front();
    }
    return {exit_code::done, help(*on), {}, {}, {}};
}

early_end command_line::explain(CLI::ParseError const& e, level const& at) {
    if (auto leftover = refuse_leftovers(at)) return *std::move(leftover);
    std::string const text = e.what();
    auto const see = fmt::format("see: {} --help", path_of(*at.app));
    if (dynamic_cast<CLI::RequiredError const*>(&e) != nullptr)
        return wrong_call(fmt::format("{}: a scenario file is missing", at.app->get_display_name()),
                          "write one with: cryptoperiod scenario init rotation.toml");
    if (dynamic_cast<CLI::ArgumentMismatch const*>(&e) != nullptr)
        return wrong_call(fmt::format("{} needs a value", text.substr(0, text.find(':'))), see);
    return wrong_call(text, see);
}

refusal command_line::read_flags(words const& said) {
    out_.json = said.json;
    out_.quiet = said.quiet;
    std::string seed_from = "--seed";
    auto seed = said.seed;
    if (!seed)
        if (char const* const from_environment = std::getenv("CRYPTOPERIOD_SEED"); from_environment)
            seed = from_environment, seed_from = "CRYPTOPERIOD_SEED";
    if (seed)
        if (auto no = read_number(seed_from, *seed, "0 to 18446744073709551615", ~std::uint64_t{0},
                                  out_.run.seed))
            return no;
    if (said.threads)
        if (auto no = read_number("--threads", *said.threads, "0 to 256", 256U, out_.run.threads))
            return no;
    std::size_t chosen = 0;
    if (said.engine) {
        if (auto no = choose("--engine", *said.engine, fleet::engine_names, chosen)) return no;
        out_.run.engine = static_cast<fleet::engine_kind>(chosen);
    }
    if (said.isa) {
        if (auto no = choose("--isa", *said.isa, isa_names, chosen)) return no;
        out_.run.instruction_set = static_cast<isa>(chosen);
    }
    if (said.colour) {
        if (auto no = choose("--color", *said.colour, output::colour_names, chosen)) return no;
        out_.colour = static_cast<output::colour_choice>(chosen);
    }
    return std::nullopt;
}

refusal command_line::read_plan_flags() {
    auto const share = [](std::string_view flag, std::string const& word,
                          std::string_view example) -> std::variant<double, early_end> {
        auto const read = input::parse_share(word);
        if (!read)
            return wrong_call(fmt::format("{}: {}", flag, read.error().detail),
                              fmt::format("write it like {} \"{}\"", flag, example));
        if (*read > 0 && *read < 1) return *read;
        return wrong_call(fmt::format("{}: '{}' is not between 0 and 100 %", flag, word),
                          fmt::format("write it like {} \"{}\"", flag, example));
    };
    if (max_broken_) {
        if (auto const none = input::parse_share(*max_broken_); none && !(*none > 0))
            return wrong_call("--max-broken: no simulation can show that not one device breaks",
                              "give the largest share that you could bear, such as --max-broken "
                              "\"0.01 %\"");
        auto read = share("--max-broken", *max_broken_, "0.1 %");
        if (read.index() == 1) return std::get<1>(std::move(read));
        out_.max_broken = std::get<0>(read);
    }
    if (credential_set_ && credential_set_->empty())
        return wrong_call("--set: the id is empty",
                          "name a credential set of the scenario, or leave --set out");
    if (confidence_) {
        auto read = share("--confidence", *confidence_, "95 %");
        if (read.index() == 1) return std::get<1>(std::move(read));
        out_.confidence = std::get<0>(read);
    }
    return std::nullopt;
}

refusal command_line::read_format() {
    if (!format_) return std::nullopt;
    return choose("--format", *format_, diagram_formats, out_.diagram_format);
}

std::variant<arguments, early_end> command_line::interpret(int count, char const* const* given) {
    try {
        app_.parse(count, given);
    } catch (CLI::CallForHelp const&) {
        return early_end{exit_code::done, help(*deepest()->app), {}, {}, {}};
    } catch (CLI::ParseError const& e) {
        return explain(e, *deepest());
    }
    auto const& at = *deepest();
    auto const said = merged(levels_);
    if (auto no = refuse_leftovers(at)) return *std::move(no);
    if (auto no = read_flags(said)) return *std::move(no);
    if (help_->parsed()) return explain_command();
    out_.what = said.version ? task::version : at.what;
    if (said.version) return out_;
    if (!at.is_command) {
        bool const top = at.app->get_parent() == nullptr;
        return wrong_call(
            "a command is missing",
            top ? "choose one of: simulate, plan, scenario, diagram; see: cryptoperiod --help"
                : "choose one of: scenario init, scenario validate");
    }
    for (auto const reader : {&command_line::read_plan_flags, &command_line::read_format})
        if (auto no = (this->*reader)()) return *std::move(no);
    if (word_ && at.what == task::diagram)
        out_.machine = *word_;
    else if (word_)
        out_.files = {*word_};
    out_.credential_set = credential_set_.value_or("");
    return out_;
}

std::variant<arguments, early_end> command_line::read(int count, char const* const* given) {
    auto answer = interpret(count, given);
    auto* const end = std::get_if<early_end>(&answer);
    auto const word = merged(levels_).colour;
    std::size_t chosen = 0;
    if (end != nullptr && word && !choose("--color", *word, output::colour_names, chosen))
        end->colour = static_cast<output::colour_choice>(chosen);
    return answer;
}

}  // namespace

std::variant<arguments, early_end> read_arguments(int count, char const* const* words) {
    return command_line().read(count, words);
}

}  // namespace cryptoperiod::command
