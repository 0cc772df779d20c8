/// @file source_text.hpp
/// A file of text that a person wrote: read whole, checked, addressed by line.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cryptoperiod::input {

/// Largest file that is read, in bytes.
inline constexpr std::uintmax_t file_bytes_max = std::uintmax_t{16} << 20U;

/// A place in one of the files that were read. Lines and columns count from 1; columns are code
/// points.
struct place {
    std::size_t file = 0;    ///< index of the file, in the order of reading
    std::uint32_t line = 0;  ///< 0: the file as a whole
    std::uint32_t column = 0;
    std::uint32_t length = 1;  ///< in code points; `to_line_end`: the rest of the line

    static constexpr std::uint32_t to_line_end = 0xffffffff;
};

/// A text and the name under which it is shown.
class source_text {
public:
    source_text(std::string name, std::string text);

    [[nodiscard]] std::string const& name() const noexcept { return name_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] std::size_t lines() const noexcept { return starts_.size(); }
    /// The line, counted from 1, without its line end; empty beyond the last.
    [[nodiscard]] std::string_view line(std::size_t number) const noexcept;

private:
    std::string name_, text_;
    std::vector<std::size_t> starts_;
};

/// Why a file could not be used; `line` is 0 when the reason is not a place in it.
struct refusal {
    errc code{};
    std::string message, help;
    std::uint32_t line = 0, column = 0;
};

/// Reads a UTF-8 text; a byte order mark is dropped. Refused: what does not exist or cannot be
/// opened, a directory, a pipe or a device, more than file_bytes_max (a file is not read to find
/// that out), an empty file, NUL bytes, bytes that are not UTF-8.
[[nodiscard]] std::variant<source_text, refusal> read_source(std::filesystem::path const& path);

}  // namespace cryptoperiod::input
