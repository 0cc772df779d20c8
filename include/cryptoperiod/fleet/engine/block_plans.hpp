/// @file block_plans.hpp
/// How the opens of a block are counted, worked out once per version and block: a device needs a
/// plan of its own only in the few blocks in which it changes its version or sleeps.
#pragma once

#include <cryptoperiod/fleet/engine/eras.hpp>
#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/model.hpp>
#include <cstdint>
#include <utility>
#include <vector>

namespace cryptoperiod::fleet::engine {

/// A block of opens on the clock.
struct block_span {
    ms_t start = 0, end = 0;
    std::uint32_t first_hour = 0, days = 0;
    std::uint32_t span = 0;  ///< hours, or days when there is a daily profile
    poisson_table const* count = nullptr;
    bool refuses = false;  ///< some version is refused in it
    bool packable = true;  ///< the plans of all versions are
};

class block_plans {
public:
    block_plans(model const& m, era_table const& table)
        : m_(m), stride_(m.hours), refused_(table.rows().rejected(0) * m.hours) {
        auto const& law = m.opens;
        for (std::uint32_t b = 0; b < law.blocks; ++b) {
            std::uint32_t const days = law.days_of(b);
            spans_.push_back({law.start_of(b), law.start_of(b) + ms_t{days} * ms_per_day,
                              b * law.block_days * 24, days, law.level ? days * 24 : days,
                              &law.counts_of(b)});
        }
        for (std::size_t v = 0; v < m.releases.size(); ++v)
            for (std::uint32_t b = 0; b < law.blocks; ++b)
                plan_version(b, table.eras_of_version(v));
    }

    /// The first counter of refusals.
    [[nodiscard]] std::uint32_t refused() const noexcept { return refused_; }
    [[nodiscard]] block_span const& span(std::uint32_t block) const noexcept {
        return spans_[block];
    }
    /// The plans of a device that always has this version, one per block.
    [[nodiscard]] block_plan const* of_version(std::size_t version) const noexcept {
        return &plans_[version * spans_.size()];
    }
    /// The plan of a block that begins with one version's plan and goes on with another's from
    /// `word` on; not packable when two borders do not hold it.
    [[nodiscard]] static block_plan composed(block_plan const& first, block_plan const& then,
                                             std::uint32_t word) noexcept {
        bool const early = first.limit[0]<word, late = then.limit[0]> word;
        bool const another = early && late && then.step[0] != 0;  // a third border
        block_plan plan;
        plan.base = first.base;
        plan.limit[0] = word;
        plan.step[0] =
            then.base + (late ? 0 : then.step[0]) - first.base - (early ? first.step[0] : 0);
        plan.limit[1] = early ? first.limit[0] : late ? then.limit[0] : no_limit;
        plan.step[1] = early ? first.step[0] : late ? then.step[0] : 0;
        plan.refuses = first.refuses || then.refuses;
        // With refusals in two rows the smallest counter would not be the earliest refusal.
        plan.packable = first.packable && then.packable && first.step[1] == 0 &&
                        then.step[1] == 0 && !another && !(first.refuses && then.refuses);
        return plan;
    }
    /// The first and the last era that lie in a block.
    template <class Eras>
    [[nodiscard]] std::pair<std::size_t, std::size_t> eras_within(Eras const& eras,
                                                                  std::uint32_t block) const {
        auto const& span = spans_[block];
        std::size_t e = 0;
        while (e + 1 < eras.size() && eras[e + 1].from <= span.start) ++e;
        std::size_t last = e;
        while (last + 1 < eras.size() && eras[last + 1].from < span.end) ++last;
        return {e, last};
    }
    /// The plan of a block in which the eras e to `last` of a list lie.
    template <class Eras>
    [[nodiscard]] block_plan cut(std::uint32_t block, Eras const& eras, std::size_t e,
                                 std::size_t last) const {
        block_plan plan;
        auto const& span = spans_[block];
        std::uint32_t row = eras[e].row * stride_, refusal = row >= refused_ ? row : 0;
        std::size_t borders = 0;
        plan.base = row + span.first_hour;
        for (std::size_t k = e + 1; k <= last; ++k) {
            auto const limit = m_.opens.first_word_at(eras[k].from - span.start, span.days);
            if (limit >= certain) break;
            std::uint32_t const next = eras[k].row * stride_;
            plan.packable &= borders < 2 && (next < refused_ || refusal == 0 || refusal == next);
            if (!plan.packable) break;
            if (next >= refused_) refusal = next;
            plan.limit[borders] = static_cast<std::uint32_t>(limit);
            plan.step[borders++] = next - row;
            row = next;
        }
        plan.refuses = refusal != 0;
        return plan;
    }

private:
    void plan_version(std::uint32_t block, std::vector<era> const& eras) {
        block_plan plan;
        if (!eras.empty()) {  // else it asks a server: its devices are walked
            auto const [e, last] = eras_within(eras, block);
            plan = cut(block, eras, e, last);
        }
        spans_[block].refuses |= plan.refuses;
        spans_[block].packable &= plan.packable;
        plans_.push_back(plan);
    }

    model const& m_;
    std::uint32_t stride_, refused_;  ///< counters per row; the first counter of refusals
    std::vector<block_span> spans_;
    std::vector<block_plan> plans_;  ///< [version][block]
};

}  // namespace cryptoperiod::fleet::engine
