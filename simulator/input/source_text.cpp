#include "source_text.hpp"

#include <cerrno>
#include <cryptoperiod/core/text.hpp>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "utf8.hpp"

namespace cryptoperiod::input {
namespace {

refusal too_large(std::string const& size) {
    return {errc::out_of_range, "the file has " + size + " bytes",
            "at most " + thousands(file_bytes_max) + " are read"};
}

std::optional<refusal> refused_unopened(std::filesystem::path const& path) {
    std::error_code failed;
    auto const status = std::filesystem::status(path, failed);
    if (status.type() == std::filesystem::file_type::not_found)
        return refusal{errc::missing, "there is no such file", "check the path"};
    if (failed)
        return refusal{errc::missing, "cannot open the file: " + failed.message(),
                       "check the path and its permissions"};
    if (std::filesystem::is_directory(status))
        return refusal{errc::malformed, "this is a directory", "name a file in it"};
    if (!std::filesystem::is_regular_file(status))  // opening it might wait for ever
        return refusal{errc::malformed,
                       std::filesystem::is_fifo(status) ? "this is a pipe, not a file"
                                                        : "this is not a regular file",
                       "write what it gives to a file and name that"};
    auto const size = std::filesystem::file_size(path, failed);
    if (!failed && size > file_bytes_max) return too_large(thousands(size));
    return std::nullopt;
}

/// The first byte that does not belong into a text, with its place.
std::optional<refusal> refused_content(std::string_view text) {
    std::uint32_t line = 1, column = 1;
    for (std::size_t at = 0; at < text.size();) {
        auto const c = decode_utf8(text, at);
        if (c.bytes == 0 || c.value == 0) {
            auto const byte = static_cast<unsigned char>(text[at]);
            return refusal{errc::malformed,
                           "not a text file: byte " + escaped(byte) + " at offset " +
                               std::to_string(at) + (byte == 0 ? "" : " is not UTF-8"),
                           "save the file as UTF-8 text", line, column};
        }
        at += c.bytes;
        ++column;
        if (c.value != '\n') continue;
        ++line;
        column = 1;
    }
    return std::nullopt;
}

}  // namespace

source_text::source_text(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.erase(0, 3);
    for (std::size_t at = 0; at < text_.size();) {
        starts_.push_back(at);
        auto const end = text_.find('\n', at);
        at = end == std::string::npos ? text_.size() : end + 1;
    }
}

std::string_view source_text::line(std::size_t number) const noexcept {
    if (number == 0 || number > starts_.size()) return {};
    std::string_view const all = text_;
    auto const start = starts_[number - 1];
    auto line = all.substr(start, all.find('\n', start) - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::variant<source_text, refusal> read_source(std::filesystem::path const& path) {
    if (auto refused = refused_unopened(path)) return *std::move(refused);
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return refusal{errc::missing,
                       "cannot open the file: " + std::generic_category().message(errno),
                       "check its permissions"};
    std::string text;
    for (std::string block(std::size_t{1} << 16U, '\0'); file && text.size() <= file_bytes_max;) {
        file.read(block.data(), static_cast<std::streamsize>(block.size()));
        text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad())
        return refusal{errc::missing, "the file cannot be read to its end", "check the disk"};
    if (text.size() > file_bytes_max) return too_large("more than " + thousands(file_bytes_max));
    if (text.empty()) return refusal{errc::missing, "the file is empty", "check that it was saved"};
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        return refusal{errc::malformed, "the file is UTF-16", "save it as UTF-8"};
    if (auto refused = refused_content(text)) return *std::move(refused);
    return source_text(path.string(), std::move(text));
}

}  // namespace cryptoperiod::input
