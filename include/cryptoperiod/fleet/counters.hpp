/// @file counters.hpp
/// What a run counts: integers only, so that shards add up to the same bits in any order.
#pragma once

#include <cryptoperiod/fleet/model.hpp>
#include <cstdint>
#include <vector>

namespace cryptoperiod::fleet {

/// Counters of one run or of one shard of it.
struct counters {
    explicit counters(model const& m)
        : hours(m.hours),
          days(m.days),
          accepted(m.sets() * m.hours),
          rejected(m.sets() * m.hours),
          broken(m.hours),
          blocked(m.hours),
          update_required(m.hours),
          fetches(m.hours),
          change(m.releases.size() * (m.days + 1)) {}

    std::uint32_t hours, days;
    std::uint64_t devices = 0;
    std::vector<std::uint64_t> accepted;  ///< connection attempts let in, [set][hour]
    std::vector<std::uint64_t> rejected;  ///< connection attempts refused, [set][hour]
    std::vector<std::uint64_t> broken;    ///< devices, by hour of their first lost open
    std::vector<std::uint64_t> blocked;   ///< devices, by hour of their first update_required
    std::vector<std::uint64_t> update_required;  ///< opens refused by a forced update, by hour
    std::vector<std::uint64_t> fetches;          ///< questions to the app's server, by hour
    std::vector<std::int64_t> change;   ///< devices that came to (left) a version, [release][day]
    std::uint64_t installs = 0;         ///< of updates, within the horizon
    std::uint64_t forced_installs = 0;  ///< of them, by a forced update

    [[nodiscard]] std::size_t at(std::size_t set, ms_t t) const noexcept {
        return set * hours + static_cast<std::size_t>(t / ms_per_hour);
    }
    /// Records that a device has `release` from `t` on, after `before` (none at the beginning). Day
    /// d of `change` is the midnight that begins day d.
    void install(ms_t t, std::size_t release, std::size_t before) noexcept {
        ms_t const day = t <= 0 ? 0 : (t + ms_per_day - 1) / ms_per_day;
        if (day > static_cast<ms_t>(days)) return;
        ++change[release * (days + 1U) + static_cast<std::size_t>(day)];
        if (before != release) --change[before * (days + 1U) + static_cast<std::size_t>(day)];
    }
    void add(counters const& other) noexcept {
        each(*this, other, [](auto& mine, auto const& theirs) {
            for (std::size_t i = 0; i < mine.size(); ++i) mine[i] += theirs[i];
        });
        devices += other.devices;
        installs += other.installs;
        forced_installs += other.forced_installs;
    }
    /// FNV-1a over all counters, 64 bits a step. Equal counters, equal digest.
    [[nodiscard]] std::uint64_t digest() const noexcept {
        std::uint64_t hash = 0xCBF29CE484222325U;
        auto const mix = [&](std::uint64_t word) { hash = (hash ^ word) * 0x100000001B3U; };
        each(*this, *this, [&](auto const& mine, auto const&) {
            mix(mine.size());
            for (auto const x : mine) mix(static_cast<std::uint64_t>(x));
        });
        mix(devices);
        mix(installs);
        mix(forced_installs);
        return hash;
    }
    friend bool operator==(counters const&, counters const&) = default;

private:
    template <class Mine, class Visit>
    static void each(Mine& mine, counters const& theirs, Visit const& visit) {
        visit(mine.accepted, theirs.accepted);
        visit(mine.rejected, theirs.rejected);
        visit(mine.broken, theirs.broken);
        visit(mine.blocked, theirs.blocked);
        visit(mine.update_required, theirs.update_required);
        visit(mine.fetches, theirs.fetches);
        visit(mine.change, theirs.change);
    }
};

}  // namespace cryptoperiod::fleet
