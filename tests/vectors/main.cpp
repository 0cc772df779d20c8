// run_vectors DIR: every *.json below the folder against include/cryptoperiod/crypto. One line a
// file, below it what failed; the last line is `N passed, N failed`. Exit code: 0, 1 something
// failed, 2 wrong call.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "reading.hpp"

namespace fs = std::filesystem;

namespace vectors {

std::string in_quotes(std::string_view text) {
    std::string safe = "'";
    for (char const c : text.substr(0, 60)) safe += c >= ' ' && c < 0x7f ? c : '?';
    return safe += text.size() > 60 ? "...'" : "'";
}

namespace {

constexpr std::uintmax_t file_bytes_max = std::uintmax_t{256} << 20U;
constexpr std::size_t complaints_shown = 20;

std::string printable(std::string_view text) {
    std::string safe(text);
    for (char& c : safe)
        if ((c < ' ' && c != '\t') || c == 0x7f) c = '?';
    return safe;
}

std::string contents(fs::path const& file) {
    std::error_code failed;
    auto const status = fs::status(file, failed);
    if (failed) throw misunderstood("cannot be read: " + failed.message());
    if (!fs::is_regular_file(status)) throw misunderstood("is not a regular file");
    if (fs::file_size(file, failed) > file_bytes_max) throw misunderstood("is larger than 256 MiB");
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
    if (!in.is_open() || in.bad()) throw misunderstood("cannot be read");
    return std::move(text).str();
}

// Where the reading of `text` ended, for a person.
std::string place_of(std::string_view text, std::size_t bytes_read) {
    auto const before = text.substr(0, bytes_read == 0 ? 0 : bytes_read - 1);
    auto const line_start = before.rfind('\n') + 1;  // 0 in the first line
    return "line " + std::to_string(std::ranges::count(before, '\n') + 1) + ", column " +
           std::to_string(before.size() - line_start + 1);
}

// What the JSON library says is wrong, without its marks, its own place and what the file holds.
std::string plain_reason(std::string_view what) {
    auto const after = [&](std::string_view mark) {
        auto const at = what.find(mark);
        if (at != what.npos) what.remove_prefix(at + mark.size());
    };
    after("] ");
    after(" - ");
    for (std::string_view const mark : {"; last read: ", " parsing '"})
        what = what.substr(0, what.find(mark));
    return std::string(what);
}

// Of a name that comes twice in one object, JSON readers keep one or the other.
json parsed(std::string const& text) {
    std::vector<std::set<std::string>> open;
    std::string twice;
    auto const watch = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) open.emplace_back();
        if (event == json::parse_event_t::object_end) open.pop_back();
        if (event == json::parse_event_t::key &&
            !open.back().insert(value.get<std::string>()).second)
            twice = value.get<std::string>();
        return true;
    };
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        throw misunderstood("is empty; JSON is expected");
    // A stream knows how far it was read, whichever error it is.
    std::istringstream in(text);
    try {
        auto root = json::parse(in, watch);
        if (!twice.empty()) throw misunderstood("the field " + in_quotes(twice) + " comes twice");
        return root;
    } catch (json::exception const& e) {
        in.clear();
        throw misunderstood("is not JSON: " + place_of(text, static_cast<std::size_t>(in.tellg())) +
                            ": " + plain_reason(e.what()));
    }
}

void run_format(json const& root, tally& counts) {
    if (root.is_array()) return run_hpke(root, counts);
    if (root.is_object() && root.contains("testGroups")) return run_wycheproof(root, counts);
    if (root.is_object() && root.contains("vectors") && root["vectors"].is_array()) {
        auto const& all = root["vectors"];
        if (all.empty()) throw misunderstood("holds no tests");
        if (all[0].is_object() && all[0].contains("string_to_sign"))
            return run_pusher(root, counts);
        if (all[0].is_object() && all[0].contains("derivedKey")) return run_xaes(root, counts);
    }
    throw misunderstood("has none of the known formats: Wycheproof, HPKE, XAES, Pusher");
}

tally run_file(fs::path const& file) {
    tally counts;
    try {
        run_format(parsed(contents(file)), counts);
        if (counts.passed + counts.failed == 0) throw misunderstood("holds no tests");
    } catch (misunderstood const& e) {
        counts.fail("the file", e.what());
    }
    return counts;
}

// Every *.json below `folder`, and what could not be looked at.
struct findings {
    std::vector<fs::path> files;
    std::vector<std::string> complaints;
};
findings files_below(fs::path const& folder) {
    findings found;
    std::error_code failed;
    fs::recursive_directory_iterator at(folder, fs::directory_options::follow_directory_symlink,
                                        failed);
    while (!failed && at != fs::recursive_directory_iterator()) {
        std::error_code ignored;
        if (at->path().extension() == ".json" && !at->is_directory(ignored))
            found.files.push_back(at->path());
        at.increment(failed);
    }
    if (failed) found.complaints.push_back("a folder cannot be read: " + failed.message());
    std::ranges::sort(found.files);
    if (found.files.empty() && !failed) found.complaints.emplace_back("no *.json is in it");
    return found;
}

void print(std::string const& name, tally const& counts) {
    std::string remark;
    if (counts.out_of_profile != 0)
        remark = " (" + std::to_string(counts.out_of_profile) + " out of profile: refused)";
    std::printf("%s%s: %zu passed, %zu failed\n", printable(name).c_str(), remark.c_str(),
                counts.passed, counts.failed);
    for (std::size_t i = 0; i != std::min(counts.complaints.size(), complaints_shown); ++i)
        std::printf("    %s: %s\n", printable(name).c_str(),
                    printable(counts.complaints[i]).c_str());
    if (counts.complaints.size() > complaints_shown)
        std::printf("    and %zu more\n", counts.complaints.size() - complaints_shown);
}

int run_folder(fs::path const& folder) {
    tally all;
    auto const found = files_below(folder);
    for (auto const& file : found.files) {
        tally const counts = run_file(file);
        print(file.lexically_relative(folder).string(), counts);
        all.passed += counts.passed;
        all.failed += counts.failed;
    }
    for (auto const& complaint : found.complaints) {
        tally counts;
        counts.fail("the folder", complaint);
        print(folder.string(), counts);
        ++all.failed;
    }
    std::printf("%zu passed, %zu failed\n", all.passed, all.failed);
    return all.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace vectors

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: run_vectors DIR, the folder that holds the *.json\n");
        return 2;
    }
    std::error_code failed;
    if (!fs::is_directory(argv[1], failed)) {
        std::fprintf(stderr,
                     "run_vectors: %s is not a folder%s%s; give the one that holds the *.json\n",
                     vectors::in_quotes(argv[1]).c_str(), failed ? ": " : "",
                     failed ? failed.message().c_str() : "");
        return 2;
    }
    return vectors::run_folder(argv[1]);
}
