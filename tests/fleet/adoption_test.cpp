#include "shapes.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cryptoperiod/fleet/adoption.hpp>
#include <set>
#include <string_view>

namespace test = cryptoperiod::test;
using namespace cryptoperiod;
using namespace cryptoperiod::fleet;

BOOST_AUTO_TEST_SUITE(fleet_adoption)

BOOST_AUTO_TEST_CASE(there_are_nine_presets_each_found_by_its_name) {
    std::set<std::string_view> names;
    for (auto const& preset : adoption_presets) {
        names.insert(preset.name);
        BOOST_TEST(find_adoption_preset(preset.name) == &preset);
    }
    BOOST_TEST(names.size() == 9U);
}

BOOST_AUTO_TEST_CASE(an_unknown_preset_is_not_found) {
    BOOST_TEST((find_adoption_preset("stores") == nullptr));
    BOOST_TEST((find_adoption_preset("") == nullptr));
}

BOOST_AUTO_TEST_CASE(everybody_is_on_the_older_version_until_the_onset) {
    for (auto const& preset : adoption_presets) {
        BOOST_TEST(std::abs(preset.law.share_on_older(milliseconds{0}) - 1) < 1e-12, preset.name);
        BOOST_TEST(std::abs(preset.law.share_on_older(preset.law.onset) - 1) < 1e-12, preset.name);
    }
}

BOOST_AUTO_TEST_CASE(the_share_on_an_older_version_falls_to_the_share_of_never_updaters) {
    for (auto const& preset : adoption_presets) {
        double before = 1;
        for (int day = 1; day < 2000; day += 7) {
            double const now = preset.law.share_on_older(days{day});
            BOOST_TEST(now <= before);
            before = now;
        }
        auto const& law = preset.law;
        double const never = law.w_never / (law.w_prompt + law.w_laggard + law.w_never);
        BOOST_TEST(std::abs(law.share_on_older(days{100'000}) - never) < 1e-12, preset.name);
    }
}

// Source: adoption.md 5.2, column "closed form", in percent after 30, 90, 180 and 365 days.
BOOST_AUTO_TEST_CASE(the_closed_form_gives_the_published_figures) {
    struct figures {
        std::string_view name;
        double after[4];
    };
    for (auto const& row :
         {figures{"store", {26.9, 22.0, 16.4, 9.1}}, figures{"auto", {20.4, 11.5, 9.7, 7.0}},
          figures{"os_point", {65.8, 33.8, 25.4, 16.6}}})
        for (int i = 0; int const day : {30, 90, 180, 365}) {
            double const share = 100 * test::preset(row.name).share_on_older(days{day});
            BOOST_TEST(std::abs(share - row.after[i++]) < 0.1, row.name << " after " << day);
        }
}

// Source: adoption.md 5, table "days until the share on an older version falls below".
BOOST_AUTO_TEST_CASE(the_share_falls_below_ten_percent_on_the_published_day) {
    struct figure {
        std::string_view name;
        int day;
    };
    for (auto const& [name, day] :
         {figure{"auto_fast", 12}, figure{"auto", 164}, figure{"auto_4w", 177},
          figure{"store", 335}, figure{"os_point", 605}, figure{"os_major", 529},
          figure{"enterprise", 468}, figure{"os_desktop", 781}}) {
        BOOST_TEST(test::preset(name).share_on_older(days{day + 1}) < 0.1, name);
        BOOST_TEST(test::preset(name).share_on_older(days{day - 2}) > 0.1, name);
    }
}

BOOST_AUTO_TEST_CASE(a_type_without_weight_needs_no_mean_time) {
    adoption_law law;
    law.tau_prompt = days{2};
    BOOST_TEST(std::abs(law.share_on_older(days{2}) - std::exp(-1.0)) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
