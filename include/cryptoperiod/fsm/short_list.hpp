/// @file short_list.hpp
/// A list of bounded length that can be built in a constant expression: what lint answers with.
#pragma once

#include <array>
#include <cryptoperiod/core/assert.hpp>
#include <cstddef>

namespace cryptoperiod::fsm {

/// At most `Capacity` values, in the order in which they were added.
template <class T, std::size_t Capacity>
class short_list {
public:
    /// Adds a value at the end. The capacity must suffice.
    constexpr void push_back(T const& value) {
        CRYPTOPERIOD_ASSERT(size_ < Capacity);
        items_[size_++] = value;
    }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] constexpr T const& operator[](std::size_t i) const {
        CRYPTOPERIOD_ASSERT(i < size_);
        return items_[i];
    }
    [[nodiscard]] constexpr T const* begin() const noexcept { return items_.data(); }
    [[nodiscard]] constexpr T const* end() const noexcept { return items_.data() + size_; }
    /// Is the value in the list?
    [[nodiscard]] constexpr bool contains(T const& value) const {
        for (auto const& item : *this)
            if (item == value) return true;
        return false;
    }

private:
    std::array<T, Capacity> items_{};
    std::size_t size_ = 0;
};

}  // namespace cryptoperiod::fsm
