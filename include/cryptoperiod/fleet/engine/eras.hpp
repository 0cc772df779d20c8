/// @file eras.hpp
/// The life of one device cut into eras: spans of time in which every open of the app ends alike.
/// An era is a row of the histogram that the engine counts into, so no open needs a decision of its
/// own.
#pragma once

#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/fleet/model.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <cstdint>
#include <vector>

namespace cryptoperiod::fleet {

/// Rows: 0 for opens that do not happen (the device sleeps), then one per set for connections let
/// in, then one per set for connections refused.
struct row_layout {
    std::uint32_t sets = 0;

    static constexpr std::uint32_t asleep = 0;
    [[nodiscard]] constexpr std::uint32_t accepted(std::size_t set) const noexcept {
        return 1 + static_cast<std::uint32_t>(set);
    }
    [[nodiscard]] constexpr std::uint32_t rejected(std::size_t set) const noexcept {
        return 1 + sets + static_cast<std::uint32_t>(set);
    }
    [[nodiscard]] constexpr std::uint32_t count() const noexcept { return 1 + 2 * sets; }
};

/// From `from` on, opens are counted in `row`.
struct era {
    ms_t from = beginning;
    std::uint32_t row = row_layout::asleep;
};

/// A list with room made once: the inner loops of an engine fill and clear it for every device.
template <class T>
class scratch_list {
public:
    explicit scratch_list(std::size_t room) : items_(room) {}

    void clear() noexcept { count_ = 0; }
    void push(T const& item) noexcept {
        CRYPTOPERIOD_ASSERT(count_ < items_.size());
        items_[count_++] = item;
    }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] T const& operator[](std::size_t i) const noexcept { return items_[i]; }
    [[nodiscard]] T const& back() const noexcept { return items_[count_ - 1]; }

private:
    std::vector<T> items_;
    std::size_t count_ = 0;
};

/// The versions that a device has had, ascending, from `beginning` on.
using install_list = scratch_list<install>;
using era_list = scratch_list<era>;

/// What the versions of a model mean for opens, worked out once.
class era_table {
public:
    explicit era_table(model const& m) : m_(m), rows_{static_cast<std::uint32_t>(m.sets())} {
        for (auto const& release : m.releases) {
            versions_.push_back(eras_of(release));
            eras_max_ += versions_.back().eras.size() + 3;
            may_entangle_ |= versions_.back().asks_server || versions_.back().retries;
        }
        may_entangle_ |= !m.drops.empty() || !m.forces.empty();
    }
    [[nodiscard]] row_layout rows() const noexcept { return rows_; }
    /// The eras of a device that always has this version; none when the version asks a server.
    [[nodiscard]] std::vector<era> const& eras_of_version(std::size_t version) const noexcept {
        return versions_[version].eras;
    }
    /// Lists with room for any device.
    [[nodiscard]] install_list make_path() const { return install_list(versions_.size() + 1); }
    [[nodiscard]] era_list make_eras() const { return era_list(eras_max_ + 3); }

    /// From when on opens of a device with these installs depend on each other, so that eras do not
    /// describe them; `forever` when they never do.
    [[nodiscard]] ms_t entangled_from(install_list const& path) const {
        ms_t first = forever;
        if (!may_entangle_) return first;
        for (auto const& f : m_.forces)
            if (version_at(path, f.at) < f.minimum) first = std::min(first, f.at);
        for (std::size_t i = 0; i < path.size(); ++i) {
            ms_t const until = i + 1 < path.size() ? path[i + 1].at : m_.horizon;
            if (until > 0)
                first = std::min(first, entangled_from(path[i].release, path[i].at, until));
        }
        return first < m_.horizon ? std::max<ms_t>(0, first) : forever;
    }
    /// The eras of a device with these installs and this break, ascending, the first at
    /// `beginning`.
    void cut(install_list const& path, span_ms asleep, era_list& out) const {
        out.clear();
        for (std::size_t i = 0; i < path.size(); ++i) {
            ms_t const until = i + 1 < path.size() ? path[i + 1].at : forever;
            if (until <= 0) continue;
            auto const& eras = versions_[path[i].release].eras;
            for (std::size_t k = 0; k < eras.size() && eras[k].from < until; ++k) {
                ms_t const end = k + 1 < eras.size() ? eras[k + 1].from : forever;
                if (end <= path[i].at) continue;
                cut_break(out, std::max(eras[k].from, path[i].at), std::min(end, until),
                          eras[k].row, asleep);
            }
        }
    }

private:
    struct version_eras {
        std::vector<era> eras;
        bool asks_server = false, retries = false;
    };
    static void append(era_list& out, ms_t from, std::uint32_t row) noexcept {
        if (out.empty())
            out.push({beginning, row});
        else if (out.back().row != row)
            out.push({from, row});
    }
    /// Appends [from, end) in `row`, but for what lies in the break.
    static void cut_break(era_list& out, ms_t from, ms_t end, std::uint32_t row,
                          span_ms asleep) noexcept {
        if (from < asleep.from) append(out, from, row);
        if (from < asleep.to && end > asleep.from)
            append(out, std::max(from, asleep.from), row_layout::asleep);
        if (end > asleep.to) append(out, std::max(from, asleep.to), row);
    }
    static std::uint16_t version_at(install_list const& path, ms_t t) {
        std::uint16_t version = 0;
        for (std::size_t i = 0; i < path.size(); ++i)
            if (path[i].at <= t) version = path[i].release;
        return version;
    }
    [[nodiscard]] ms_t entangled_from(std::size_t release, ms_t from, ms_t until) const {
        auto const& version = versions_[release];
        if (version.asks_server) return from;
        ms_t first = forever;
        if (!version.retries && m_.drops.empty()) return first;
        for (std::size_t k = 0; k < version.eras.size(); ++k) {
            auto const& e = version.eras[k];
            ms_t const end =
                std::min(until, k + 1 < version.eras.size() ? version.eras[k + 1].from : forever);
            ms_t const start = std::max({from, e.from, ms_t{0}});
            if (start >= end) continue;
            if (version.retries && e.row > rows_.sets) first = std::min(first, start);
            for (auto const& d : m_.drops)
                if (rows_.accepted(d.set) == e.row && start < d.at && end > d.at - m_.session)
                    first = std::min(first, d.at - m_.session);
        }
        return first;
    }
    /// Which row a version falls into over time, whoever has it.
    [[nodiscard]] version_eras eras_of(model_release const& release) const {
        version_eras out;
        out.asks_server = release.served;
        out.retries = !m_.retries(release.on_reject).empty();
        if (release.served) return out;
        for (auto const& change : m_.accepted[release.set])
            out.eras.push_back({change.at, change.accepted ? rows_.accepted(release.set)
                                                           : rows_.rejected(release.set)});
        return out;
    }

    model const& m_;
    row_layout rows_;
    std::vector<version_eras> versions_;
    std::size_t eras_max_ = 0;
    bool may_entangle_ = false;
};

}  // namespace cryptoperiod::fleet
