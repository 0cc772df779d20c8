/// @file bytes_view.hpp
/// How bytes are passed in this room: lengths that matter are part of the type, so that a key, a
/// nonce or a tag of another length does not compile. Bytes whose length is known at run time only
/// come through `exactly`.
#pragma once

#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace cryptoperiod::crypto {

/// Bytes to read, of any length.
using bytes_view = std::span<std::byte const>;

/// Bytes in several parts that stand for their concatenation.
using parts_view = std::initializer_list<bytes_view>;

/// `bytes` as exactly `Size` of them. Errors: malformed (another length; `name`, both lengths and
/// no byte are named).
template <std::size_t Size>
[[nodiscard]] result<std::span<std::byte const, Size>> exactly(bytes_view bytes,
                                                               std::string_view name) {
    if (bytes.size() != Size)
        return error{errc::malformed, concat(name, " has ", std::to_string(bytes.size()),
                                             " bytes instead of ", std::to_string(Size))};
    return bytes.template first<Size>();
}

}  // namespace cryptoperiod::crypto
