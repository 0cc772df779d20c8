#include "diagnostics.hpp"

#include <algorithm>
#include <cryptoperiod/core/text.hpp>
#include <string_view>
#include <tuple>
#include <utility>

#include "utf8.hpp"

namespace cryptoperiod::input {
namespace {

constexpr std::size_t margin_columns = 12;  // of a line number, and of the dots of a long line
constexpr std::size_t tab_columns = 4;

/// The escape sequences of a terminal, or nothing; and how wide it is.
struct palette {
    std::string_view bold, red, green, plain;
    std::size_t columns = 0;
};

/// The part of a line that is shown, and where the caret goes under it.
struct excerpt {
    std::string text;
    std::size_t columns = 0, caret = 0, caret_end = 0;
};

void append(excerpt& shown, code_point c, std::string_view bytes) {
    if (c.value == '\t') {
        std::size_t const width = tab_columns - shown.columns % tab_columns;
        shown.text.append(width, ' ');
        shown.columns += width;
    } else if (is_unprintable(c.value)) {
        auto const text = escaped(c.value);
        shown.text += text;
        shown.columns += text.size();
    } else {
        shown.text += bytes;
        shown.columns += columns_of(c.value);
    }
}

/// A long line is cut so that the place stays in sight.
excerpt excerpt_of(std::string_view line, place const& where, std::size_t excerpt_columns) {
    std::size_t const column = where.column == 0 ? 0 : where.column - 1;
    std::size_t const end = column + where.length;
    std::size_t const before = std::min<std::size_t>(40, excerpt_columns / 2);
    std::size_t const first = column + std::min<std::size_t>(where.length, before) < excerpt_columns
                                  ? 0
                                  : column - std::min(column, before);
    excerpt shown;
    if (first > 0) shown = {"...", 3, 0, 0};
    bool caret_placed = false, end_placed = false;
    std::size_t index = 0;
    for (std::size_t at = 0; at < line.size(); ++index) {
        auto c = decode_utf8(line, at);
        if (c.bytes == 0) c = {0xfffd, 1};
        if (index == column) shown.caret = shown.columns, caret_placed = true;
        if (index == end) shown.caret_end = shown.columns, end_placed = true;
        if (index >= first && shown.columns >= excerpt_columns) {
            shown.text += "...";
            break;
        }
        if (index >= first) append(shown, c, line.substr(at, c.bytes));
        at += c.bytes;
    }
    if (!caret_placed) shown.caret = shown.columns;
    if (!end_placed) shown.caret_end = shown.columns;
    shown.caret_end = std::max(shown.caret_end, shown.caret + 1);
    return shown;
}

void append_source(std::string& out, diagnostic const& d, source_text const& source,
                   palette const& paint) {
    auto const number = std::to_string(d.where.line);
    auto const shown =
        excerpt_of(source.line(d.where.line), d.where, paint.columns - margin_columns);
    std::string const margin = "  " + std::string(number.size(), ' ') + " | ";
    auto const help = printable(d.help);
    out += "  " + number + " | " + shown.text + '\n' + margin + std::string(shown.caret, ' ') +
           std::string(paint.red) + std::string(shown.caret_end - shown.caret, '^') +
           std::string(paint.plain);
    bool const fits = margin.size() + shown.caret_end + 1 + help.size() <= paint.columns;
    if (!help.empty())
        out += (fits ? " " : "\n" + margin) + std::string(paint.green) + help +
               std::string(paint.plain);
    out += '\n';
}

void append_diagnostic(std::string& out, diagnostic const& d, source_text const& source,
                       palette const& paint) {
    out += std::string(paint.bold) + printable(source.name()) + ':';
    if (d.where.line != 0)
        out += std::to_string(d.where.line) + ':' + std::to_string(d.where.column) + ':';
    out += std::string(paint.plain) + ' ' + std::string(paint.red) +
           "error:" + std::string(paint.plain) + ' ' + printable(d.message) + '\n';
    if (d.where.line != 0 && d.where.line <= source.lines())
        append_source(out, d, source, paint);
    else if (!d.help.empty())
        out +=
            "  " + std::string(paint.green) + printable(d.help) + std::string(paint.plain) + '\n';
}

}  // namespace

std::size_t diagnostics::add_source(source_text text) {
    sources_.push_back(std::move(text));
    return sources_.size() - 1;
}

void diagnostics::add(place where, errc code, std::string message, std::string help) {
    ++count_;
    if (found_.size() < kept_max)
        found_.push_back({where, code, std::move(message), std::move(help)});
}

std::vector<diagnostic> diagnostics::sorted() const {
    auto in_order = found_;
    std::stable_sort(in_order.begin(), in_order.end(), [](auto const& a, auto const& b) {
        return std::tie(a.where.file, a.where.line, a.where.column) <
               std::tie(b.where.file, b.where.line, b.where.column);
    });
    return in_order;
}

std::string diagnostics::to_text(bool colour, std::size_t columns) const {
    palette const paint = colour ? palette{"\x1b[1m", "\x1b[1;31m", "\x1b[32m", "\x1b[0m", columns}
                                 : palette{{}, {}, {}, {}, columns};
    std::string out;
    auto const all = sorted();
    for (std::size_t i = 0; i != std::min(all.size(), shown_max); ++i)
        append_diagnostic(out, all[i], sources_[all[i].where.file], paint);
    if (count_ > shown_max) out += "... and " + thousands(count_ - shown_max) + " more\n";
    if (count_ != 0) out += thousands(count_) + (count_ == 1 ? " error\n" : " errors\n");
    return out;
}

}  // namespace cryptoperiod::input
