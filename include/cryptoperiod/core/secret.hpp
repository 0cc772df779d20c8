/// @file secret.hpp
/// Bytes that must not outlive their use: `secret_bytes` wipes what it owned, cannot be printed or
/// copied by accident, and is compared without telling where the difference is.
/// Out of reach, and not promised: copies in registers, swapped pages, core dumps.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptoperiod {

/// Overwrites with zeros, also where the optimiser can prove that nobody reads them again.
inline void wipe(std::span<std::byte> bytes) noexcept {
    if (bytes.empty()) return;
#if defined(__GNUC__)
    std::memset(bytes.data(), 0, bytes.size());
    // The statement may read any memory through this pointer, so the stores are not dead.
    __asm__ __volatile__("" : : "r"(bytes.data()) : "memory");
#else
    for (auto volatile& byte : bytes) byte = std::byte{0};
#endif
}

/// Overwrites the text with zeros, up to its capacity, and leaves it empty.
template <class Allocator>
void wipe(std::basic_string<char, std::char_traits<char>, Allocator>& text) noexcept {
    text.resize(text.capacity());  // never allocates, and makes the tail ours to write
    wipe(std::as_writable_bytes(std::span(text)));
    text.clear();
}

/// Overwrites the bytes with zeros, up to their capacity, and leaves the vector empty.
template <class Allocator>
void wipe(std::vector<std::byte, Allocator>& bytes) noexcept {
    bytes.resize(bytes.capacity());  // never allocates, and makes the tail ours to write
    wipe(std::span(bytes));
    bytes.clear();
}

/// Whether two byte strings are equal. The time depends on their lengths only, which are public:
/// every byte is read (through volatile, so that no early exit can be put in) before the answer.
[[nodiscard]] inline bool equal_in_constant_time(std::span<std::byte const> a,
                                                 std::span<std::byte const> b) noexcept {
    if (a.size() != b.size()) return false;
    std::byte const volatile* const left = a.data();
    std::byte const volatile* const right = b.data();
    std::byte difference{0};
    for (std::size_t i = 0; i != a.size(); ++i) difference |= left[i] ^ right[i];
    return difference == std::byte{0};
}

/// Owns secret bytes. They are wiped before their memory is given back: at destruction, when
/// another secret is assigned, on resize and on clear. Moving hands the very bytes over and leaves
/// the source empty. Copying is spelled clone(). There is no operator<<, no operator==, no
/// conversion: the bytes are reached through expose() and nothing else, so that reviewers can
/// search for it.
class secret_bytes {
public:
    /// No bytes. Memory comes from `resource` (pass one that locks its pages, if you have one),
    /// which must outlive every secret that has it.
    explicit secret_bytes(
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) noexcept
        : resource_(resource) {}

    /// A copy of `bytes`; the source stays as it is.
    [[nodiscard]] static secret_bytes copy_of(
        std::span<std::byte const> bytes,
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) {
        secret_bytes secret(resource);
        secret.allocate(bytes.size());
        secret.copy_in(bytes);
        return secret;
    }

    /// A copy of the bytes of `text`; the source stays as it is.
    [[nodiscard]] static secret_bytes copy_of(
        std::string_view text,
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) {
        return copy_of(std::as_bytes(std::span(text.data(), text.size())), resource);
    }

    /// Takes the bytes over: a copy of `source`, which is wiped.
    [[nodiscard]] static secret_bytes take(
        std::span<std::byte> source,
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) {
        secret_bytes secret = copy_of(source, resource);
        wipe(source);
        return secret;
    }

    /// The same; the text is left empty as well.
    template <class Allocator>
    [[nodiscard]] static secret_bytes take(
        std::basic_string<char, std::char_traits<char>, Allocator>& source,
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) {
        secret_bytes secret = copy_of(std::string_view(source), resource);
        wipe(source);
        return secret;
    }

    /// The same; the vector is left empty as well.
    template <class Allocator>
    [[nodiscard]] static secret_bytes take(
        std::vector<std::byte, Allocator>& source,
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) {
        secret_bytes secret = copy_of(std::span<std::byte const>(source), resource);
        wipe(source);
        return secret;
    }

    /// `size` bytes written by `fill(std::span<std::byte>)`: how a generator or a key derivation
    /// makes a secret without a second copy. They are zeros before the call.
    template <class Fill>
    requires std::is_invocable_v<Fill, std::span<std::byte>>
    [[nodiscard]] static secret_bytes make(
        std::size_t size, Fill&& fill,
        std::pmr::memory_resource* resource = std::pmr::get_default_resource()) {
        secret_bytes secret(resource);
        secret.allocate(size);
        static_cast<void>(std::forward<Fill>(fill)(std::span(secret.data_, secret.size_)));
        return secret;
    }

    secret_bytes(secret_bytes const&) = delete;
    secret_bytes& operator=(secret_bytes const&) = delete;

    secret_bytes(secret_bytes&& other) noexcept
        : resource_(other.resource_),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}

    /// Wipes what is held, then takes over the bytes and the memory resource of `other`.
    secret_bytes& operator=(secret_bytes&& other) noexcept {
        if (this == &other) return *this;
        clear();
        resource_ = other.resource_;
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }

    ~secret_bytes() { clear(); }

    /// How many bytes; never a secret.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The bytes in the clear. Valid until the secret is assigned to, resized, moved or destroyed.
    [[nodiscard]] std::span<std::byte const> expose() const& noexcept { return {data_, size_}; }
    void expose() const&& = delete;  // the view would outlive the bytes

    /// A second, independent copy, from the same memory resource.
    [[nodiscard]] secret_bytes clone() const { return copy_of(expose(), resource_); }

    /// Changes the size: keeps the first bytes, adds zeros. The memory that is left is wiped.
    void resize(std::size_t size) {
        if (size == size_) return;
        secret_bytes other(resource_);
        other.allocate(size);
        other.copy_in(expose().first(size < size_ ? size : size_));
        *this = std::move(other);
    }

    /// Wipes the bytes and gives their memory back.
    void clear() noexcept {
        if (data_ == nullptr) return;
        wipe(std::span(data_, size_));
        resource_->deallocate(std::exchange(data_, nullptr), std::exchange(size_, 0), 1);
    }

private:
    // Called once, on an empty secret.
    void allocate(std::size_t size) {
        if (size == 0) return;
        data_ = static_cast<std::byte*>(resource_->allocate(size, 1));
        size_ = size;
        std::memset(data_, 0, size);
    }

    void copy_in(std::span<std::byte const> bytes) noexcept {
        if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
    }

    std::pmr::memory_resource* resource_;
    std::byte* data_ = nullptr;  // INVARIANT: null exactly when size_ is zero
    std::size_t size_ = 0;
};

/// Secrets are compared by equal_in_constant_time; == would not say which way it compares.
bool operator==(secret_bytes const&, secret_bytes const&) = delete;

/// Whether two secrets are equal; see above.
[[nodiscard]] inline bool equal_in_constant_time(secret_bytes const& a,
                                                 secret_bytes const& b) noexcept {
    return equal_in_constant_time(a.expose(), b.expose());
}

/// Whether a secret equals what somebody presented; see above.
[[nodiscard]] inline bool equal_in_constant_time(secret_bytes const& a,
                                                 std::span<std::byte const> b) noexcept {
    return equal_in_constant_time(a.expose(), b);
}

}  // namespace cryptoperiod
