/// @file entropy.hpp
/// Where keys and nonces come from. Production code asks for `production_entropy` and takes
/// `os_entropy`; the simulator and the tests use `deterministic_entropy`, which fits only into
/// `predictable_on_purpose`: a name that a reviewer can search for.
#pragma once

#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace cryptoperiod::crypto {

/// Anything that fills bytes, and says whether they can be predicted. `fill` either fills all of
/// them or leaves zeros and an error.
template <class E>
concept entropy = requires(E& source, std::span<std::byte> bytes) {
    { source.fill(bytes) } -> std::same_as<result<void>>;
    typename std::bool_constant<std::remove_reference_t<E>::predictable>;
};

/// Entropy that keys and nonces of production may come from.
template <class E>
concept production_entropy = entropy<E> && !std::remove_reference_t<E>::predictable;

namespace detail {

/// The random bytes of the operating system (getentropy(3)), which waits until it is seeded.
struct os_random {
    [[nodiscard]] static bool read(std::span<std::byte> bytes) noexcept {
        while (!bytes.empty()) {
            auto const part = std::min<std::size_t>(bytes.size(), 256);  // the most one call gives
            if (::getentropy(bytes.data(), part) != 0) return false;
            bytes = bytes.subspan(part);
        }
        return true;
    }
};

/// A generator with fast key erasure (D. J. Bernstein, "Fast-key-erasure random-number
/// generators", 2017): AES-256 in counter mode; the first 32 bytes of each batch are the key of the
/// next one, and what is handed out is wiped here, so that a captured state tells nothing of the
/// past. `Source` seeds it, and is mixed in again after batches_per_seed batches (for clones of
/// virtual machines). A forked child never continues the parent's sequence: the state lies in a
/// page that the kernel clears in children (MADV_WIPEONFORK); where the kernel cannot do that, the
/// process id is looked at in every call. For one thread; not for signal handlers.
template <class Source>
class key_erasing_generator {
public:
    static constexpr std::uint32_t batches_per_seed = 256;  // about 1 MiB

    key_erasing_generator() = default;
    key_erasing_generator(key_erasing_generator const&) = delete;
    key_erasing_generator& operator=(key_erasing_generator const&) = delete;
    ~key_erasing_generator() {
        if (state_ == nullptr) return;
        wipe(std::as_writable_bytes(std::span(state_, 1)));
        ::munmap(state_, sizeof(state));
    }

    /// Fills `bytes`. Errors: entropy_unavailable; `bytes` are zeros then.
    [[nodiscard]] result<void> fill(std::span<std::byte> bytes) {
        for (auto rest = bytes; !rest.empty();) {
            if ((!alive() || state_->left == 0) && !next_batch()) {
                wipe(bytes);
                return error{errc::entropy_unavailable,
                             "the operating system gives no random bytes; nothing was generated"};
            }
            auto const part = std::min<std::size_t>(rest.size(), state_->left);
            auto const ready = std::span(state_->batch).last(state_->left).first(part);
            std::memcpy(rest.data(), ready.data(), part);
            wipe(ready);
            state_->left -= static_cast<std::uint32_t>(part);
            rest = rest.subspan(part);
        }
        return {};
    }

    /// Whether children are told by the kernel, and not by their process id.
    [[nodiscard]] bool kernel_wipes() const noexcept { return kernel_wipes_; }
    /// For tests: as where the kernel cannot wipe, from the first call of fill on.
    void look_at_the_process_id() noexcept {
        kernel_wipes_ = false;
#ifdef MADV_KEEPONFORK
        if (state_ != nullptr) ::madvise(state_, sizeof(state), MADV_KEEPONFORK);
#endif
    }
    /// For tests: all that is remembered between two calls.
    [[nodiscard]] bytes_view remembered() const noexcept {
        return std::as_bytes(std::span(state_, state_ == nullptr ? 0U : 1U));
    }

private:
    static constexpr std::size_t key_bytes = 32;
    struct state {
        std::uint32_t seeded;        // zero in a page that was cleared
        std::uint32_t left;          // of batch, not handed out yet
        std::uint32_t batches_left;  // before the source is asked again
        ::pid_t process;
        std::array<std::byte, 4096 - 16> batch;  // the next key, then bytes to hand out
    };
    static_assert(sizeof(state) == 4096);

    [[nodiscard]] bool alive() const noexcept {
        return state_ != nullptr && state_->seeded != 0 &&
               (kernel_wipes_ || state_->process == ::getpid());
    }

    [[nodiscard]] bool map() {
        void* const page = ::mmap(nullptr, sizeof(state), PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) return false;
        state_ = static_cast<state*>(page);
#ifdef MADV_WIPEONFORK
        kernel_wipes_ = ::madvise(page, sizeof(state), MADV_WIPEONFORK) == 0;
#endif
#ifdef MADV_DONTDUMP
        static_cast<void>(::madvise(page, sizeof(state), MADV_DONTDUMP));
#endif
        return true;
    }

    // The key becomes: what it was, and 32 bytes of the source, added.
    [[nodiscard]] bool seed() {
        if (state_ == nullptr && !map()) return false;
        if (!alive()) wipe(std::as_writable_bytes(std::span(state_, 1)));
        secret_array<key_bytes> fresh;
        if (!Source::read(fresh.writable())) return false;
        for (std::size_t i = 0; i != key_bytes; ++i) state_->batch[i] ^= fresh.expose()[i];
        state_->seeded = 1;
        state_->batches_left = batches_per_seed;
        state_->process = ::getpid();
        return true;
    }

    [[nodiscard]] bool next_batch() {
        if ((!alive() || state_->batches_left == 0) && !seed()) return false;
        auto const batch = std::span(state_->batch);
        cipher_.set_key(batch.template first<key_bytes>());
        wipe(batch);
        for (std::size_t i = 0; i != batch.size(); i += aes_block_bytes)
            std::memcpy(&batch[i], &i, sizeof i);
        cipher_.process_all(batch);
        cipher_.set_key(std::array<std::byte, key_bytes>{});  // forgets: it could repeat the batch
        state_->left = static_cast<std::uint32_t>(batch.size() - key_bytes);
        --state_->batches_left;
        return true;
    }

    state* state_ = nullptr;  // INVARIANT: a page of our own, or null
    bool kernel_wipes_ = false;
    aes_encryption cipher_;
};

}  // namespace detail

/// Random bytes for keys and nonces: one generator for each thread, seeded by the operating system,
/// never continued by a forked child. Objects are handles without state of their own: copy them,
/// make them where they are needed. Not for signal handlers.
class os_entropy {
public:
    static constexpr bool predictable = false;

    /// Fills `bytes`. Errors: entropy_unavailable; `bytes` are zeros then.
    [[nodiscard]] result<void> fill(std::span<std::byte> bytes) const {
        thread_local detail::key_erasing_generator<detail::os_random> generator;
        return generator.fill(bytes);
    }
};

/// The same bytes for the same seed and stream, on every machine: for tests and the simulator.
/// Philox4x32-10 (core/random.hpp), words written low byte first.
class deterministic_entropy {
public:
    static constexpr bool predictable = true;

    /// Streams of one seed are independent of each other.
    explicit deterministic_entropy(std::uint64_t seed, std::uint64_t stream = 0) noexcept
        : seed_(seed), stream_(stream) {}

    /// Fills `bytes`; never fails. Two calls give what one call for both lengths gives.
    result<void> fill(std::span<std::byte> bytes) noexcept {
        for (auto& byte : bytes) byte = next();
        return {};
    }

private:
    [[nodiscard]] std::byte next() noexcept {
        auto const within = static_cast<std::uint32_t>(position_ % 16);
        if (within == 0) {
            std::uint64_t const block = position_ / 16;
            words_ = philox(
                {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32U),
                 static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32U)},
                seed_);
        }
        ++position_;
        return static_cast<std::byte>(words_[within / 4] >> (8 * (within % 4)) & 0xffU);
    }

    std::uint64_t seed_;
    std::uint64_t stream_;
    std::uint64_t position_ = 0;
    philox_block words_{};
};

/// Lets predictable entropy through where production asks for its own. Refers to `source`, which
/// must outlive it. Whoever writes this name outside of tests and simulations makes guessable keys.
template <entropy E>
class predictable_on_purpose {
public:
    static constexpr bool predictable = false;

    explicit predictable_on_purpose(E& source) noexcept : source_(&source) {}
    [[nodiscard]] result<void> fill(std::span<std::byte> bytes) const {
        return source_->fill(bytes);
    }

private:
    E* source_;
};

static_assert(production_entropy<os_entropy>);
static_assert(entropy<deterministic_entropy> && !production_entropy<deterministic_entropy>);

/// A new secret: a key, a seed. Errors: those of the entropy.
template <std::size_t Size, production_entropy Entropy>
[[nodiscard]] result<secret_array<Size>> random_secret(Entropy&& source) {
    secret_array<Size> secret;
    if (auto filled = source.fill(secret.writable()); !filled) return std::move(filled).error();
    return secret;
}

/// New public bytes: a nonce, an id. Errors: those of the entropy.
template <std::size_t Size, production_entropy Entropy>
[[nodiscard]] result<std::array<std::byte, Size>> random_bytes(Entropy&& source) {
    std::array<std::byte, Size> bytes{};
    if (auto filled = source.fill(bytes); !filled) return std::move(filled).error();
    return bytes;
}

}  // namespace cryptoperiod::crypto
