#include "shares_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/fleet/validation.hpp>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

#include "share.hpp"
#include "utf8.hpp"

namespace cryptoperiod::input {
namespace {

constexpr std::string_view header = "date,version,share";
constexpr std::string_view rows_path = "fleet.adoption.rows";

/// A field without its quotes, and where it stands.
struct field {
    std::string text;
    place at;
};

std::uint32_t code_points(std::string_view text) {
    std::uint32_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) at += decode_utf8(text, at).bytes;
    return count;
}

/// The fields of one line, or the place and reason of a broken quote.
struct split_line {
    std::vector<field> fields;
    std::string broken;
    place at;
};

/// Takes a quoted field from the front of `rest`, the opening quote included; the bytes it had, or
/// nothing when the quote is not closed.
std::optional<std::size_t> take_quoted(std::string_view rest, std::string& into) {
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] != '"') {
            into += rest[i];
        } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
            into += rest[++i];
        } else {
            return i + 1;
        }
    }
    return std::nullopt;
}

split_line split(std::string_view line, std::size_t file, std::uint32_t number) {
    split_line result;
    std::uint32_t column = 1;
    for (std::size_t at = 0;; ++at, ++column) {
        auto const rest = line.substr(at);
        field next{{}, {file, number, column, 1}};
        std::size_t taken = std::min(rest.find(','), rest.size());
        if (rest.starts_with('"')) {
            auto const quoted = take_quoted(rest, next.text);
            bool const closed = quoted && (*quoted == rest.size() || rest[*quoted] == ',');
            if (!closed) {
                result.at = next.at;
                result.broken = quoted ? "text follows the closing quote" : "the quote never ends";
                return result;
            }
            taken = *quoted;
        } else {
            next.text = rest.substr(0, taken);
            if (next.text.find('"') != std::string::npos) {
                result.at = next.at;
                result.broken = "a quote inside a field without quotes";
                return result;
            }
        }
        auto const width = code_points(rest.substr(0, taken));
        next.at.length = std::max<std::uint32_t>(width, 1);
        result.fields.push_back(std::move(next));
        column += width;
        at += taken;
        if (at >= line.size()) return result;
    }
}

/// One measurement that could be read.
struct measurement {
    time_point date;
    std::size_t version;
    double share;
    place at;  ///< of the share
};

class shares_reader {
public:
    shares_reader(std::size_t file, reading& state) : file_(file), state_(state) {}

    std::optional<fleet::measured_shares> read() {
        auto const& source = state_.out.source(file_);
        if (source.line(1) != header) {
            bool const otherwise = source.line(1).find_first_of(";\t") != std::string_view::npos;
            error({file_, 1, 1, place::to_line_end}, errc::malformed,
                  fmt::format("the header is not '{}'", header),
                  otherwise ? "separate columns by commas, and write shares with a point: 93.5"
                            : "the first line names the columns");
            return std::nullopt;
        }
        for (std::size_t n = 2; n <= source.lines(); ++n)
            take_line(source.line(n), static_cast<std::uint32_t>(n));
        if (source.lines() < 2)
            error({file_, 1, 1, place::to_line_end}, errc::missing, "no measurement follows",
                  "add lines such as 2026-01-05,4.1,93.5");
        if (rows_.empty()) return std::nullopt;
        return assemble();
    }

private:
    void error(place at, errc code, std::string message, std::string help) {
        state_.out.add(at, code, std::move(message), std::move(help));
    }

    /// What no longer adds up because of an error that was reported.
    void lost_row(time_point date) { lost_.insert(date); }
    void lost_all_rows() { state_.unread.emplace_back(rows_path); }

    void take_line(std::string_view line, std::uint32_t number) {
        auto const [fields, broken, broken_at] = split(line, file_, number);
        if (!broken.empty()) {
            lost_all_rows();
            return error(broken_at, errc::malformed, broken, "double a quote to keep it");
        }
        if (fields.size() != 3) {
            lost_all_rows();
            return error({file_, number, 1, place::to_line_end}, errc::malformed,
                         fmt::format("{} field{} instead of 3", fields.size(),
                                     fields.size() == 1 ? "" : "s"),
                         fmt::format("a line is {}", header));
        }
        auto const date = parse_time(fields[0].text);
        if (!date) {
            lost_all_rows();
            error(fields[0].at, date.error().code, date.error().detail, {});
        } else {
            rows_.emplace(*date, fields[0].at);
        }
        bool const version_ok = check_version(fields[1]);
        auto const share = check_share(fields[2]);
        if (!date) return;
        if (!version_ok || !share) return lost_row(*date);
        take(*date, fields[1], *share, fields[2].at);
    }

    bool check_version(field const& version) {
        if (version.text.empty()) {
            error(version.at, errc::missing, "the version is empty", "name it as its [[release]]");
            return false;
        }
        if (version.text.size() <= id_bytes_max &&
            cryptoperiod::detail::find_control_character(version.text) == std::string::npos)
            return true;
        error(version.at, errc::malformed,
              "the version is too long, or contains a control character",
              "name it as its [[release]]");
        return false;
    }

    std::optional<double> check_share(field const& share) {
        auto const number = parse_number(share.text);
        if (!number) {
            error(share.at, errc::malformed, fmt::format("share '{}' is not a number", share.text),
                  "write it like 0.935, 93.5 or 93.5 %");
            return std::nullopt;
        }
        has_signs_ |= number->is_percentage;
        if (number->value >= 0) return number->is_percentage ? number->value * 100 : number->value;
        error(share.at, errc::out_of_range, fmt::format("share {} is negative", share.text),
              "the smallest share is 0");
        return std::nullopt;
    }

    void take(time_point date, field const& version, double share, place at) {
        auto const [entry, is_new] = versions_.emplace(version.text, names_.size());
        if (is_new) {
            names_.push_back(version.text);
            state_.where.add(fmt::format("fleet.adoption.versions[{}]", entry->second), version.at);
        }
        auto const [first, once] = seen_.emplace(std::pair(date, entry->second), at.line);
        if (!once) {
            lost_row(date);
            return error(version.at, errc::inconsistent,
                         fmt::format("'{}' is measured twice on {}", version.text, to_date(date)),
                         fmt::format("the first time is line {}", first->second));
        }
        measured_.push_back({date, entry->second, share, at});
    }

    /// Percentages, when a share has the sign, or most dates add up to nearer 100 than 1.
    [[nodiscard]] bool are_percentages() const {
        if (has_signs_) return true;
        std::map<time_point, double> sums;
        for (auto const& m : measured_) sums[m.date] += m.share;
        auto const large = std::count_if(sums.begin(), sums.end(),
                                         [](auto const& sum) { return sum.second > 10; });
        return static_cast<std::size_t>(large) * 2 > sums.size();
    }

    std::optional<fleet::measured_shares> assemble() {
        fleet::measured_shares shares;
        shares.versions = names_;
        if (rows_.size() > fleet::limits::measured_cells / (names_.size() + 1)) {
            error({file_, 1, 1, place::to_line_end}, errc::out_of_range,
                  fmt::format("{} dates and {} versions are too many", thousands(rows_.size()),
                              thousands(names_.size())),
                  "fold rare versions, or measure by the week");
            return std::nullopt;
        }
        std::map<time_point, std::size_t> index;
        for (auto const& [date, at] : rows_) {
            auto const path = fmt::format("{}[{}]", rows_path, index.size());
            state_.where.add(path, at);
            index.emplace(date, index.size());
            shares.rows.push_back({date, std::vector<double>(names_.size())});
        }
        bool const percentages = are_percentages();
        for (auto const& m : measured_) {
            double const share = percentages ? m.share / 100 : m.share;
            shares.rows[index[m.date]].shares[m.version] = share;
            if (share <= 1) continue;
            lost_row(m.date);
            error(m.at, errc::out_of_range,
                  fmt::format("share {} is more than {}", m.share, percentages ? "100 %" : "1"),
                  percentages ? "the shares of this file are percentages"
                              : "the shares of this file are fractions of 1");
        }
        for (auto const date : lost_)
            state_.unread.push_back(fmt::format("{}[{}]", rows_path, index[date]));
        for (auto& row : shares.rows) scale(row.shares);
        return shares;
    }

    static void scale(std::vector<double>& shares) {
        double const sum = std::accumulate(shares.begin(), shares.end(), 0.0);
        if (!(std::abs(sum - 1) <= fleet::limits::measured_tolerance)) return;
        for (double& share : shares) share /= sum;
    }

    std::size_t file_;
    reading& state_;
    bool has_signs_ = false;
    std::map<time_point, place> rows_;  ///< every date, with its first line
    std::set<time_point> lost_;
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::size_t> versions_;
    std::map<std::pair<time_point, std::size_t>, std::uint32_t> seen_;
    std::vector<measurement> measured_;
};

}  // namespace

std::optional<fleet::measured_shares> read_shares(std::filesystem::path const& path, place asked,
                                                  reading& state) {
    auto read = read_source(path);
    if (auto const* refused = std::get_if<refusal>(&read)) {
        if (refused->line == 0) {
            state.out.add(asked, refused->code,
                          fmt::format("{}: {}", path.string(), refused->message), refused->help);
        } else {
            auto const file = state.add_file({path.string(), {}});
            state.out.add({file, refused->line, refused->column, 1}, refused->code,
                          refused->message, refused->help);
        }
        return std::nullopt;
    }
    auto const file = state.add_file(std::get<source_text>(std::move(read)));
    auto shares = shares_reader(file, state).read();
    if (shares) shares->source = path.string();
    return shares;
}

}  // namespace cryptoperiod::input
