/// @file isa.hpp
/// The instruction sets that the engines are built for. One binary carries them all and picks at
/// run time; results are the same bits on each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cryptoperiod {

/// Ascending: each can do what the one before can.
enum class isa : std::uint8_t { portable, avx2, avx512 };

inline constexpr std::array<std::string_view, 3> isa_names{"portable", "avx2", "avx512"};

[[nodiscard]] constexpr std::string_view to_string(isa set) noexcept {
    return isa_names[static_cast<std::size_t>(set)];
}

[[nodiscard]] constexpr std::optional<isa> isa_by_name(std::string_view name) noexcept {
    for (std::size_t i = 0; i < isa_names.size(); ++i)
        if (isa_names[i] == name) return static_cast<isa>(i);
    return std::nullopt;
}

/// The best instruction set of the processor we run on.
[[nodiscard]] inline isa best_isa() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return isa::avx512;
    if (__builtin_cpu_supports("avx2")) return isa::avx2;
#endif
    return isa::portable;
}

}  // namespace cryptoperiod
