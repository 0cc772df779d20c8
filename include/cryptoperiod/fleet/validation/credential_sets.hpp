/// @file credential_sets.hpp
/// The rules of credential sets: the order of the dates of a life.
#pragma once

#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cryptoperiod::fleet::detail::validation {

/// One date of a set with the word for it.
struct dated {
    std::string_view key, is;
    std::optional<time_point> date;
};

inline void check_order(std::size_t index, std::string_view id, dated const& first,
                        dated const& second, std::string_view help, findings& found) {
    if (!first.date || !second.date || *first.date <= *second.date) return;
    // The caret stands at the second date, the one that has to wait for the first.
    found.add(errc::inconsistent, at("credential_set", index, second.key),
              in_quotes(id) + " " + std::string(second.is) + " on " + say(*second.date) +
                  ", before it " + std::string(first.is) + " on " + say(*first.date),
              std::string(help), {at("credential_set", index, first.key)});
}

inline void check_not_after_deletion(credential_set_plan const& set, std::size_t index,
                                     dated const& event, findings& found) {
    if (!event.date || !set.deleted || *event.date <= *set.deleted) return;
    found.add(errc::credential_deleted, at("credential_set", index, event.key),
              in_quotes(set.id) + " " + std::string(event.is) + " on " + say(*event.date) +
                  ", after its deletion on " + say(*set.deleted),
              "deleted is for ever: remove the date, or delete later",
              {at("credential_set", index, "deleted")});
}

inline void check_set_dates(credential_set_plan const& set, std::size_t index, findings& found) {
    dated const created{"created", "is created", set.created};
    dated const activated{"activated", "is activated", set.activated};
    dated const served{"served", "is served", set.served};
    dated const retired{"retired", "is retired", set.retired};
    dated const deleted{"deleted", "is deleted", set.deleted};
    dated const compromised{"compromised", "is compromised", set.compromised};
    for (auto const& one : {created, activated, served, retired, deleted, compromised})
        if (one.date) check_date(found, at("credential_set", index, one.key), *one.date);

    dated const* before = nullptr;  // the latest step of the life that has a date
    for (auto const* step : {&created, &activated, &retired}) {
        if (!step->date) continue;
        if (before != nullptr)
            check_order(index, set.id, *before, *step,
                        "the order is created, activated, retired, deleted", found);
        before = step;
    }
    check_order(index, set.id, created, deleted, "a set is created before it is deleted", found);
    for (auto const* event : {&activated, &retired, &served, &compromised})
        check_not_after_deletion(set, index, *event, found);
    check_order(index, set.id, created, compromised, "a set leaks after it was made", found);
    check_order(index, set.id, set.activated ? activated : created, served,
                "serve a set that is accepted already", found);
}

inline void check_credential_sets(scenario const& s, findings& found) {
    if (are_too_many(found, "credential_set", s.credential_sets.size(), limits::credential_sets,
                     "credential sets"))
        return;
    first_places seen;
    for (std::size_t i = 0; i != s.credential_sets.size(); ++i) {
        auto const& set = s.credential_sets[i];
        check_label(found, at("credential_set", i, "id"), "the id", set.id);
        if (auto const first = seen.earlier(set.id, i))
            found.add(errc::inconsistent, at("credential_set", i, "id"),
                      "credential set " + in_quotes(set.id) + " is listed twice",
                      "put all its dates into one [[credential_set]]",
                      {at("credential_set", *first, "id")});
        check_set_dates(set, i, found);
    }
}

}  // namespace cryptoperiod::fleet::detail::validation
