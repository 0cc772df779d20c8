/// @file devices.hpp
/// The engine `devices`: device by device, without a queue. A device is cut into eras (eras.hpp),
/// its opens are drawn sixteen calls at a time and counted; only devices whose opens depend on each
/// other are walked in order (walk.hpp). Same model, same words, same counters as the engine
/// `queue`, bit for bit, on any number of threads and any instruction set; no memory per device.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/engine/block_plans.hpp>
#include <cryptoperiod/fleet/engine/eras.hpp>
#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/engine/walk.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace cryptoperiod::fleet {

/// Sixteen devices at a time: the words that settle their traits, updates and numbers of opens.
class device_group {
public:
    static constexpr std::uint32_t size = 16;

    device_group(model const& m, random_stream stream, engine::kernel const& kernel)
        : m_(m), stream_(stream), kernel_(kernel), clock_(m), calls_(m.releases.size() / 2) {
        release_.resize((calls_ + 1) * 64);
        count_.resize((m.opens.blocks / 4 + 1) * 64);
    }
    void draw(std::uint32_t first) {
        auto const draw = [&](purpose what, std::uint32_t block, std::uint32_t* out) {
            kernel_.draw_devices(keys_, first, static_cast<std::uint32_t>(what), block, out);
        };
        draw(purpose::lifetime, 0, lifetime_.data());
        for (std::uint32_t b = 0; b < calls_; ++b) draw(purpose::release, b, &release_[b * 64]);
        for (std::uint32_t b = 0; b * 4 < m_.opens.blocks; ++b)
            draw(purpose::open_count, b, &count_[b * 64]);
        if (one_update_) kernel_.exponentials(&release_[(rollout_word(1) + 1) * 16], gap_.data());
    }
    [[nodiscard]] device_traits traits(std::uint32_t member) const noexcept {
        return traits_of(m_, {lifetime_[member], lifetime_[16 + member], lifetime_[32 + member],
                              lifetime_[48 + member]});
    }
    /// The rollout (0) and tick (1) words of the releases, for update_clock.
    [[nodiscard]] auto words_of(std::uint32_t member) const noexcept {
        return [this, member](std::size_t release, std::size_t which) {
            return release_word(member, release, which);
        };
    }
    /// The versions that a device has within the horizon, when nothing forces it.
    void settle_updates(std::uint32_t member, device_traits const& traits, install_list& path) {
        path.clear();
        path.push({});
        if (one_update_) {  // no clock needed
            if (traits.type == device_type::never) return;
            ms_t const offer = offer_time(m_, 1, release_word(member, 1, 0));
            if (offer >= m_.horizon) return;
            ms_t const at = awake_after(traits.asleep, offer,
                                        tick_delay(m_.updates, traits.type, gap_[member]));
            if (at < m_.horizon) path.push({at, 1});
            return;
        }
        clock_.start(traits, words_of(member));
        for (ms_t now = clock_.next(); now < m_.horizon; now = clock_.next())
            if (clock_.step()) path.push({now, clock_.installed()});
    }
    /// The rollout (0) or tick (1) word of a release.
    [[nodiscard]] std::uint32_t release_word(std::uint32_t member, std::size_t release,
                                             std::size_t which) const noexcept {
        return release_[release_block(release) * 64 + (rollout_word(release) + which) * 16 +
                        member];
    }
    /// The words that settle how many opens each device has in a block.
    [[nodiscard]] std::uint32_t const* count_words(std::uint32_t block) const noexcept {
        return &count_[block / 4 * 64 + block % 4 * 16];
    }

private:
    model const& m_;
    random_stream stream_;
    philox_keys keys_ = round_keys(stream_.seed);
    engine::kernel const& kernel_;
    update_clock clock_;
    std::size_t calls_;
    bool one_update_ = m_.releases.size() == 2 && !m_.updates.measured;
    alignas(64) std::array<std::uint32_t, 64> lifetime_{};
    std::vector<std::uint32_t> release_, count_;
    std::array<q32, size> gap_{};  ///< when there is one update: the variate of its tick
};

/// One thread's share of a run.
class devices_engine {
public:
    devices_engine(model const& m, random_stream stream, isa set)
        : m_(m),
          stream_(stream),
          kernel_(engine::kernel_for(set)),
          table_(m),
          plans_(m, table_),
          group_(m, stream, kernel_),
          out_(m),
          walk_(m, stream, kernel_, out_),
          histogram_(std::size_t{table_.rows().count()} * m.hours),
          calls_(std::make_unique<engine::group_calls>()),
          calls_before_(std::make_unique<engine::group_calls>()) {
        version_plans_.fill(plans_.of_version(0));
        for (std::size_t h = 0; h < 23; ++h)
            borders_[h] = static_cast<std::uint32_t>(std::min(m.opens.profile[h + 1], certain - 1));
    }

    /// Devices [first, last); `first` is a multiple of sixteen.
    void run(std::uint32_t first, std::uint32_t last) {
        for (std::uint64_t d = first; d < last; d += device_group::size)
            run_group(static_cast<std::uint32_t>(d),
                      static_cast<std::uint32_t>(std::min<std::uint64_t>(16, last - d)));
        flush();
        out_.devices += last - first;
    }
    [[nodiscard]] counters const& counted() const noexcept { return out_; }

private:
    static constexpr std::uint32_t unbroken = 0xFFFF'FFFFU;

    void run_group(std::uint32_t first, std::uint32_t members) {
        group_.draw(first);
        first_refusal_.fill(unbroken);
        until_.fill(0);
        next_own_.fill(m_.opens.blocks);
        // In passes: the draws of one device do not wait for the branches of another.
        for (std::uint32_t i = 0; i < members; ++i) {
            traits_[i] = group_.traits(i);
            group_.settle_updates(i, traits_[i], paths_[i]);
        }
        for (std::uint32_t i = 0; i < members; ++i) begin(first, i);
        for (std::uint32_t b = 0; b < m_.opens.blocks; ++b) count_block(first, members, b);
        for (std::uint32_t const hour : first_refusal_)
            if (hour != unbroken) ++out_.broken[hour];
    }
    /// Counts the installs of a device and sets the course of its opens; walks it from where they
    /// depend on each other.
    void begin(std::uint32_t first, std::uint32_t member) {
        ms_t const entangled = table_.entangled_from(paths_[member]);
        set_course(member);
        if (entangled == forever) {
            until_[member] = m_.opens.blocks;
            out_.install(beginning, 0, 0);
            count_installs(paths_[member]);
            return;
        }
        until_[member] = m_.opens.block_of(entangled);
        auto const found =
            walk_.run(first + member, traits_[member], group_.words_of(member), until_[member]);
        if (found.broken_at != forever)
            first_refusal_[member] = static_cast<std::uint32_t>(found.broken_at / ms_per_hour);
    }
    void count_installs(install_list const& path) {
        for (std::size_t i = 1; i < path.size(); ++i) {
            out_.install(path[i].at, path[i].release, path[i - 1].release);
            if (path[i].at >= 0) ++out_.installs;
        }
    }

    // ---- opens ------------------------------------------------------------------------------
    // Block by block for sixteen devices: most follow the plan of their version, and only those
    // that change it in a block, or sleep, get a plan of their own.

    void set_course(std::uint32_t member) {
        auto const& path = paths_[member];
        std::size_t step = 0;
        while (step + 1 < path.size() && path[step + 1].at <= 0) ++step;
        step_[member] = step;
        version_plans_[member] = plans_.of_version(path[step].release);
        next_own_[member] = next_own(member, 0);
    }
    /// The next block, from `block` on, in which a device installs or sleeps.
    [[nodiscard]] std::uint32_t next_own(std::uint32_t member, std::uint32_t block) const {
        auto const& path = paths_[member];
        auto const asleep = traits_[member].asleep;
        std::uint32_t next = m_.opens.blocks;
        if (step_[member] + 1 < path.size()) next = m_.opens.block_of(path[step_[member] + 1].at);
        if (asleep.from < m_.horizon && block < next && asleep.to > plans_.span(block).start)
            next = std::min(next, std::max(block, m_.opens.block_of(asleep.from)));
        return next;
    }
    void count_block(std::uint32_t first, std::uint32_t members, std::uint32_t block) {
        auto const& span = plans_.span(block);
        std::uint32_t const* const words = group_.count_words(block);
        packing_.first_device = first;
        packing_.members = members;
        packing_.block = block;
        packing_.span = span.span;
        std::uint32_t own = 0;
        for (std::uint32_t i = 0; i < device_group::size; ++i) {
            packing_.opens[i] = block < until_[i] ? (*span.count)(words[i]) : 0;
            plan_[i] = version_plans_[i] + block;
            own |= std::uint32_t{next_own_[i] == block} << i;
        }
        bool packable = span.packable;
        for (; own != 0; own &= own - 1)
            packable &= plan_own(static_cast<std::uint32_t>(std::countr_zero(own)), block);
        for (std::uint32_t i = 0; i < members; ++i) packing_.set(i, *plan_[i]);
        for (std::uint32_t i = 0; i < members && !packable; ++i)
            if (!plan_[i]->packable && packing_.opens[i] > 0) count_piecewise(first + i, i, block);
        for (std::uint32_t from = 0; from < members;) {
            auto& calls = *calls_;
            std::uint32_t const begin = from;
            from = kernel_.pack_group(calls, packing_, from);
            std::uint32_t* const bins = histogram_.data();
            if (m_.opens.level)
                kernel_.count_group(calls, packing_, keys_, *calls_before_, bins);
            else
                kernel_.count_group_profiled(calls, packing_, keys_, *calls_before_, borders_,
                                             bins);
            if (span.refuses) find_refusals(span.first_hour, begin, from);
            if (calls.size > 0) std::swap(calls_, calls_before_);
        }
    }
    /// The plan of a block in which the device installs a version or sleeps; whether it is
    /// packable.
    bool plan_own(std::uint32_t member, std::uint32_t block) {
        auto const& path = paths_[member];
        auto const& span = plans_.span(block);
        auto const asleep = traits_[member].asleep;
        auto& step = step_[member];
        std::size_t const before = step;
        while (step + 1 < path.size() && path[step + 1].at < span.end) ++step;
        version_plans_[member] = plans_.of_version(path[step].release);
        next_own_[member] = next_own(member, block + 1);
        if (packing_.opens[member] == 0) return true;
        auto& plan = own_[member];
        plan_[member] = &plan;
        bool const sleeps = asleep.from < span.end && asleep.to > span.start;
        if (!sleeps && step == before + 1) {
            auto const word = m_.opens.first_word_at(path[step].at - span.start, span.days);
            plan = plans_.composed(plans_.of_version(path[before].release)[block],
                                   version_plans_[member][block],
                                   static_cast<std::uint32_t>(std::min(word, certain - 1)));
            if (word < certain && plan.packable) return true;
        }
        table_.cut(path, asleep, eras_);
        auto const [e, last] = plans_.eras_within(eras_, block);
        if (last == e && eras_[e].row == row_layout::asleep) packing_.opens[member] = 0;
        plan = plans_.cut(block, eras_, e, last);
        return plan.packable;
    }
    /// The first refusals of members whose calls were just drawn. A walked member may have one that
    /// came later already.
    void find_refusals(std::uint32_t first_hour, std::uint32_t from, std::uint32_t until) {
        std::uint32_t const refused = plans_.refused();
        for (std::uint32_t i = from; i < until; ++i) {
            if (!plan_[i]->refuses || first_refusal_[i] <= first_hour || packing_.opens[i] == 0)
                continue;
            std::uint32_t const least = kernel_.smallest_counter(
                *calls_, calls_->at[i], (packing_.opens[i] + 3) / 4, refused);
            if (least < unbroken - refused)
                first_refusal_[i] = std::min(first_refusal_[i], least % m_.hours);
        }
    }
    /// Counts a block that cannot be packed, open by open, and takes its opens out of the packing.
    void count_piecewise(std::uint32_t device, std::uint32_t member, std::uint32_t block) {
        packing_.opens[member] = 0;
        table_.cut(paths_[member], traits_[member].asleep, eras_);
        auto [e, last] = plans_.eras_within(eras_, block);
        opens_.clear();
        draw_opens(m_, stream_, device, {}, block, opens_);
        for (auto const& o : opens_) {
            while (e < last && eras_[e + 1].from <= o.at) ++e;
            auto const hour = static_cast<std::uint32_t>(o.at / ms_per_hour);
            ++histogram_[eras_[e].row * m_.hours + hour];
            if (eras_[e].row > table_.rows().sets)
                first_refusal_[member] = std::min(first_refusal_[member], hour);
        }
    }
    void flush() {
        kernel_.count_rest(*calls_before_, histogram_.data());
        auto const rows = table_.rows();
        for (std::size_t s = 0; s < m_.sets(); ++s)
            for (std::size_t h = 0; h < m_.hours; ++h) {
                out_.accepted[s * m_.hours + h] += histogram_[rows.accepted(s) * m_.hours + h];
                out_.rejected[s * m_.hours + h] += histogram_[rows.rejected(s) * m_.hours + h];
            }
        std::fill(histogram_.begin(), histogram_.end(), 0U);
    }

    template <class T>
    using per_member = std::array<T, device_group::size>;

    model const& m_;
    random_stream stream_;
    philox_keys keys_ = round_keys(stream_.seed);
    engine::kernel const& kernel_;
    era_table table_;
    engine::block_plans plans_;
    device_group group_;
    counters out_;
    device_walk walk_;
    std::vector<std::uint32_t> histogram_;
    std::unique_ptr<engine::group_calls> calls_, calls_before_;  ///< being drawn, being counted
    engine::block_group packing_;
    per_member<engine::block_plan const*> plan_{};  ///< of the block
    per_member<std::uint32_t> first_refusal_{};
    per_member<std::uint32_t> until_{};     ///< the opens of blocks before it are packed
    per_member<std::uint32_t> next_own_{};  ///< the next block with a plan of its own
    per_member<std::size_t> step_{};        ///< in the path: the version at the next block
    per_member<engine::block_plan const*> version_plans_{};
    per_member<engine::block_plan> own_{};
    per_member<device_traits> traits_{};
    std::vector<install_list> paths_{device_group::size, table_.make_path()};
    std::uint32_t borders_[23]{};
    era_list eras_ = table_.make_eras();
    std::vector<open> opens_;
};

}  // namespace cryptoperiod::fleet
