/// @file usage.hpp
/// Who still uses a credential set: the last use and the number of distinct devices, per set and
/// app version, from live traffic. The memory does not grow with the devices, and what several
/// servers have seen is merged in any order, any number of times. A log is given names, never a
/// secret, and is stored apart from the sets: Cloudflare's outage of 24 January 2023 began with a
/// "last seen" that was written back with an empty secret.
///
/// Devices are counted by HyperLogLog (Flajolet et al. 2007) whose cells hold days instead of bits:
/// cell (register, rank) is the last day on which a device of that register and rank was seen. The
/// sketch of the devices seen since any day can be read from it, and merging is the maximum of each
/// cell: commutative, associative, idempotent. The standard error is 1.04 / sqrt(512) = 4.6 %; it
/// is less for few devices, and zero devices are zero. Estimator: Ertl, "New cardinality estimation
/// algorithms for HyperLogLog sketches" (2017), section 4.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <cmath>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/credentials/rotation.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptoperiod::credentials {

/// A day of the calendar, counted from 1970-01-01; 0 stands for never.
using usage_day = std::uint16_t;

/// The distinct devices of each day, in at most 24 KiB.
class device_sketch {
public:
    static constexpr std::size_t registers = 512;
    static constexpr std::size_t ranks = 24;
    static constexpr std::size_t bytes = registers * ranks * 2;
    /// Of an estimate, relative to it.
    static constexpr double standard_error = 0.046;

    /// A device, by a hash whose bits are even, was seen on `day`.
    void note(std::uint64_t hash, usage_day day) {
        if (days_.empty()) days_.resize(bytes);
        auto const rank = std::min<std::size_t>(
            static_cast<std::size_t>(std::countl_zero(hash << 9U)), ranks - 1);
        raise((hash >> 55U) * ranks + rank, day);
    }

    /// Takes over what the other one has seen.
    void merge(device_sketch const& other) {
        if (other.days_.empty()) return;
        if (days_.empty()) days_.resize(bytes);
        for (std::size_t cell = 0; cell != registers * ranks; ++cell) raise(cell, other.day(cell));
    }

    /// How many devices were seen on `first` or later; exact for none.
    [[nodiscard]] std::uint64_t devices_since(usage_day first) const {
        std::array<std::uint32_t, ranks + 1> registers_of{};  // by the highest rank seen, from 1 on
        for (std::size_t r = 0; r != registers; ++r) ++registers_of[highest_rank(r, first)];
        if (registers_of[0] == registers) return 0;
        auto const share = [&](std::size_t rank) {
            return registers_of[rank] / static_cast<double>(registers);
        };
        double z = upper_end(1 - share(ranks));
        for (std::size_t rank = ranks - 1; rank >= 1; --rank) z = 0.5 * (z + share(rank));
        z += lower_end(share(0));
        constexpr double alpha = 0.721347520444481703680;  // 1 / (2 ln 2)
        return static_cast<std::uint64_t>(std::llround(alpha * registers / z));
    }

    /// What it takes beside itself.
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return days_.capacity(); }

    /// Whether stored bytes are a sketch. Errors: malformed.
    [[nodiscard]] result<void> validate() const {
        if (days_.empty() || days_.size() == bytes) return {};
        return error{errc::malformed, "a sketch of devices has none or 24576 bytes"};
    }

    template <class Archive>
    void serialize(Archive& archive) {
        archive(days_);
    }

    friend bool operator==(device_sketch const&, device_sketch const&) = default;

private:
    [[nodiscard]] usage_day day(std::size_t cell) const noexcept {
        return static_cast<usage_day>(std::to_integer<unsigned>(days_[2 * cell]) |
                                      std::to_integer<unsigned>(days_[2 * cell + 1]) << 8U);
    }
    void raise(std::size_t cell, usage_day to) noexcept {
        if (day(cell) >= to) return;
        days_[2 * cell] = static_cast<std::byte>(to & 0xffU);
        days_[2 * cell + 1] = static_cast<std::byte>(to >> 8U);
    }
    [[nodiscard]] std::size_t highest_rank(std::size_t of_register, usage_day first) const {
        if (days_.empty()) return 0;
        std::size_t rank = ranks;
        while (rank != 0 && (day(of_register * ranks + rank - 1) == 0 ||
                             day(of_register * ranks + rank - 1) < first))
            --rank;
        return rank;
    }
    // Ertl's sigma and tau: what registers without a rank, and with the last one, stand for.
    [[nodiscard]] static double lower_end(double x) {
        double y = 1, z = x, last = -1;
        while (z != last) {
            x *= x;
            last = z;
            z += x * y;
            y += y;
        }
        return z;
    }
    [[nodiscard]] static double upper_end(double x) {
        if (x <= 0 || x >= 1) return 0;
        double y = 1, z = 1 - x, last = -1;
        while (z != last) {
            x = std::sqrt(x);
            last = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        return z / 3;
    }

    std::vector<std::byte> days_;  // little-endian, by register and rank; empty: nobody
};

/// The uses of one set by one app version.
struct version_usage {
    std::int64_t last_use_ms = never_ms;
    device_sketch devices;

    void merge(version_usage const& other) {
        last_use_ms = std::max(last_use_ms, other.last_use_ms);
        devices.merge(other.devices);
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(last_use_ms, devices);
    }
    friend bool operator==(version_usage const&, version_usage const&) = default;
};

/// The uses of one set: a record of store/record.hpp, below 820 KiB. Of the versions those with the
/// lowest hashes are kept apart and all others counted together: which these are does not depend on
/// the order of events or merges, so no flood of invented versions costs memory or loses a device.
class set_usage {
public:
    static constexpr std::string_view schema = "cryptoperiod usage";
    static constexpr std::uint32_t schema_version = 1;
    static constexpr std::size_t versions_max = 32;
    using version_id = std::pair<std::uint64_t, std::string>;
    static constexpr std::size_t node_bytes = 256;  ///< of a map, with what it holds itself

    void note(version_id version, std::uint64_t device, std::int64_t now_ms, usage_day day) {
        auto& usage = is_kept_apart(version) ? versions_[std::move(version)] : others_;
        usage.last_use_ms = std::max(usage.last_use_ms, now_ms);
        usage.devices.note(device, day);
        keep_the_lowest();
    }
    void merge(set_usage const& other) {
        others_.merge(other.others_);
        for (auto const& [version, usage] : other.versions_) versions_[version].merge(usage);
        keep_the_lowest();
    }

    /// By the hash of the version and its name.
    [[nodiscard]] std::map<version_id, version_usage> const& versions() const noexcept {
        return versions_;
    }
    /// Of the versions that are not kept apart.
    [[nodiscard]] version_usage const& others() const noexcept { return others_; }
    /// Of all versions; a device that has changed its version is one device.
    [[nodiscard]] version_usage total() const {
        auto all = others_;
        for (auto const& [version, usage] : versions_) all.merge(usage);
        return all;
    }

    /// What it takes, about.
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        auto all = node_bytes + others_.devices.memory_bytes();
        for (auto const& [version, usage] : versions_)
            all += node_bytes + version.second.capacity() + usage.devices.memory_bytes();
        return all;
    }
    /// By how much one use lets it grow, at most: a version comes, and makes another one join the
    /// others.
    static constexpr std::size_t growth_bytes_max = 2 * (node_bytes + 256 + device_sketch::bytes);

    [[nodiscard]] result<void> validate() const {
        if (versions_.size() > versions_max)
            return error{errc::malformed, "more than 32 versions are kept apart"};
        if (auto good = others_.devices.validate(); !good) return good;
        for (auto const& [version, usage] : versions_)
            if (auto good = usage.devices.validate(); !good) return good;
        return {};
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(versions_, others_);
    }
    friend bool operator==(set_usage const&, set_usage const&) = default;

private:
    [[nodiscard]] bool is_kept_apart(version_id const& version) const {
        if (version.second.empty()) return false;
        return versions_.size() < versions_max || versions_.contains(version) ||
               version < std::prev(versions_.end())->first;
    }
    void keep_the_lowest() {
        while (versions_.size() > versions_max) {
            auto const highest = std::prev(versions_.end());
            others_.merge(highest->second);
            versions_.erase(highest);
        }
    }

    std::map<version_id, version_usage> versions_;
    version_usage others_;
};

/// One accepted connection or request. All of it is text that may be printed: what takes a `use`
/// cannot be given a secret.
struct use {
    std::string_view credential_set;  ///< its public key
    std::string_view version;         ///< as the app says; anything
    std::string_view device;  ///< its id, or what stands for it; without one all are one device
    time_point at{};          ///< by the clock of the server
};

/// What a log knows of a set.
struct usage_summary {
    struct by_version {
        std::string version;  ///< empty: those that are not kept apart
        std::int64_t last_use_ms = never_ms;
        std::uint64_t devices = 0;
    };
    std::int64_t last_use_ms = never_ms;
    std::uint64_t devices = 0;         ///< distinct, since the day that was asked for
    std::vector<by_version> versions;  ///< by name
};

/// The uses of the sets of an app, at one server or merged. Belongs to one thread.
class usage_log {
public:
    static constexpr std::size_t sets_max = 64;
    static constexpr std::size_t name_bytes_max = 128;
    using salt = std::array<std::byte, 16>;

    /// `of_app` is random and the same at all servers whose logs are merged; nobody outside knows
    /// it, or could choose ids of devices that look like a million.
    explicit usage_log(salt const& of_app) : salt_(of_app) {}

    /// Notes a use; a version that is too long or not printable counts with the others. A clock
    /// that is ahead makes a set look used until its date, which delays a deletion and strands
    /// nobody. Errors: malformed (the name of the set), out_of_range (sets_max, a moment before
    /// 1970-01-02 or after 2149-06-06).
    [[nodiscard]] result<void> note(use const& seen) {
        CRYPTOPERIOD_TRY(auto const day, day_of(seen.at));
        if (!is_name(seen.credential_set))
            return error{errc::malformed,
                         "the name of a credential set has 1 to 128 printable ASCII characters"};
        CRYPTOPERIOD_TRY(auto* const set, usage_of(seen.credential_set));
        set_usage::version_id version;
        if (is_name(seen.version))
            version = {hash("version", seen.version), std::string(seen.version)};
        set->note(std::move(version), hash("device", seen.device),
                  seen.at.time_since_epoch().count(), day);
        return {};
    }

    /// Takes over what another log has seen, also what it has taken over itself. Errors:
    /// inconsistent (another salt), out_of_range (sets_max); then nothing has changed.
    [[nodiscard]] result<void> merge(usage_log const& other) {
        if (salt_ != other.salt_)
            return error{errc::inconsistent,
                         "the logs have different salts, so one device would be two; give all "
                         "servers of an app one salt"};
        auto count = sets_.size();
        for (auto const& [name, usage] : other.sets_) count += sets_.contains(name) ? 0 : 1;
        if (count > sets_max) return too_many();
        for (auto const& [name, usage] : other.sets_) sets_[name].merge(usage);
        return {};
    }
    /// The same for one set that was stored. Errors: malformed, out_of_range.
    [[nodiscard]] result<void> merge(std::string_view credential_set, set_usage const& stored) {
        if (auto good = stored.validate(); !good) return good;
        if (!is_name(credential_set))
            return error{errc::malformed, "the name of a credential set is not printable"};
        CRYPTOPERIOD_TRY(auto* const set, usage_of(credential_set));
        set->merge(stored);
        return {};
    }

    /// Forgets a set, once it is deleted. A log that has not forgotten it brings it back.
    void forget(std::string_view credential_set) {
        if (auto const at = sets_.find(credential_set); at != sets_.end()) sets_.erase(at);
    }

    /// The sets that were used, for a store.
    [[nodiscard]] std::map<std::string, set_usage, std::less<>> const& sets() const noexcept {
        return sets_;
    }

    /// What it takes, about.
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        auto all = set_usage::node_bytes;
        for (auto const& [name, usage] : sets_) all += name.capacity() + usage.memory_bytes();
        return all;
    }

    /// What is known of a set; devices are those seen on the day of `since` or later. Of a set that
    /// was never used: zeros.
    [[nodiscard]] usage_summary summary(std::string_view credential_set, time_point since) const {
        usage_summary summary;
        auto const at = sets_.find(credential_set);
        if (at == sets_.end()) return summary;
        auto const first = clamped_day(since);
        auto const total = at->second.total();
        summary.last_use_ms = total.last_use_ms;
        summary.devices = total.devices.devices_since(first);
        auto const add = [&](std::string_view version, version_usage const& usage) {
            if (usage.last_use_ms != never_ms)
                summary.versions.push_back(
                    {std::string(version), usage.last_use_ms, usage.devices.devices_since(first)});
        };
        add("", at->second.others());
        for (auto const& [version, usage] : at->second.versions()) add(version.second, usage);
        std::ranges::sort(summary.versions, {}, &usage_summary::by_version::version);
        return summary;
    }

private:
    [[nodiscard]] static bool is_name(std::string_view text) noexcept {
        return !text.empty() && text.size() <= name_bytes_max &&
               std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    }
    [[nodiscard]] static error too_many() {
        return {errc::out_of_range, "a log has at most 64 credential sets; forget deleted ones"};
    }
    [[nodiscard]] static usage_day clamped_day(time_point t) noexcept {
        auto const day = std::chrono::floor<days>(t.time_since_epoch()).count();
        constexpr auto last = std::numeric_limits<usage_day>::max();
        return day < 1 ? usage_day{1} : day > last ? last : static_cast<usage_day>(day);
    }
    [[nodiscard]] static result<usage_day> day_of(time_point t) {
        auto const day = clamped_day(t);
        if (std::chrono::floor<days>(t.time_since_epoch()).count() != day)
            return error{errc::out_of_range,
                         "a use lies before 1970-01-02 or after 2149-06-06; set the clock"};
        return day;
    }
    [[nodiscard]] result<set_usage*> usage_of(std::string_view name) {
        if (auto const at = sets_.find(name); at != sets_.end()) return &at->second;
        if (sets_.size() == sets_max) return too_many();
        return &sets_[std::string(name)];
    }
    /// The two halves of the name-based UUID (RFC 9562 section 5.5) of a text in the space of the
    /// salt, each with the other's varying bits over its fixed ones.
    [[nodiscard]] std::uint64_t hash(std::string_view kind, std::string_view text) const {
        boost::uuids::uuid space{};
        std::transform(salt_.begin(), salt_.end(), space.begin(),
                       [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
        auto const id = boost::uuids::name_generator_sha1(space)(concat(kind, ":", text));
        std::uint64_t high = 0, low = 0;
        for (std::ptrdiff_t i = 0; i != 8; ++i) {
            high = high << 8U | *(id.begin() + i);
            low = low << 8U | *(id.begin() + 8 + i);
        }
        return high ^ std::rotl(low, 29);
    }

    salt salt_;
    std::map<std::string, set_usage, std::less<>> sets_;
};

/// What a log tells the table of a set: the devices of the last `window`, and the last use. After
/// it, deleting the set is refused with that number unless it is forced.
[[nodiscard]] inline observe_devices observation(usage_log const& log,
                                                 std::string_view credential_set, time_point now,
                                                 milliseconds window = resting_time) {
    auto const seen = log.summary(credential_set, now - window);
    return {seen.devices, seen.last_use_ms};
}
/// The same for the procedure that replaces the set.
[[nodiscard]] inline observe_use observed_use(usage_log const& log, std::string_view credential_set,
                                              time_point now, milliseconds window = resting_time) {
    auto const seen = log.summary(credential_set, now - window);
    return {seen.last_use_ms, seen.devices};
}

}  // namespace cryptoperiod::credentials
