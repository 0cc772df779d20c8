/// @file agreement.hpp
/// Every machine of the project runs on two engines; this is the one-line test that both give the
/// same answers:
///
///     BOOST_AUTO_TEST_CASE(both_engines_agree_on_rotation) {
///         CRYPTOPERIOD_AGREES(credentials::rotation);
///     }
///
/// Values may follow, in any order: a value of the machine's context type, or a vector of them, is
/// a context sample; everything else is an event, or a vector of events. Without samples the
/// default-constructed context is the only one, and each event of the table that has no value is
/// default-constructed.
///
///     CRYPTOPERIOD_AGREES(credentials::rotation, finish{.day = 3}, finish{.day = 90}, contexts);
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <boost/mp11/set.hpp>
#include <boost/mp11/utility.hpp>
#include <concepts>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/machine.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cryptoperiod::test {

/// What a comparison found.
struct agreement {
    std::string machine;
    std::size_t triples = 0;  ///< (state, event, context) combinations compared
    std::size_t taken = 0;    ///< of those, with a row taken
    std::size_t refused = 0;  ///< of those, refused by a guard
    std::size_t disagreements = 0;
    std::vector<std::string> differences;  ///< the first few, in words

    [[nodiscard]] bool ok() const noexcept { return triples > 0 && disagreements == 0; }
    [[nodiscard]] std::string text() const {
        auto out = machine + ": " + std::to_string(triples) + " triples, " + std::to_string(taken) +
                   " taken, " + std::to_string(refused) + " refused, " +
                   std::to_string(disagreements) + " disagreements";
        for (auto const& line : differences) out += "\n  " + line;
        return out;
    }
};

namespace detail {

namespace fsm = cryptoperiod::fsm;
namespace mp = boost::mp11;

struct no_more {};  // a sample that is none

template <class T>
struct sample_type {
    using type = T;
};
template <class T>
struct sample_type<std::vector<T>> {
    using type = T;
};
template <class T>
using sample_type_t = typename sample_type<T>::type;

// The samples of type T among the arguments.
template <class T, class Sample>
void add_samples(std::vector<T>& found, Sample const& sample) {
    if constexpr (std::is_same_v<Sample, T>)
        found.push_back(sample);
    else if constexpr (std::is_same_v<Sample, std::vector<T>>)
        found.insert(found.end(), sample.begin(), sample.end());
}
template <class T, class... Sample>
[[nodiscard]] std::vector<T> samples_of([[maybe_unused]] Sample const&... samples) {
    std::vector<T> found;
    (add_samples(found, samples), ...);
    if constexpr (!(std::is_same_v<sample_type_t<Sample>, T> || ...)) {
        static_assert(std::default_initializable<T>,
                      "an event or context without a default constructor needs a sample value");
        found.emplace_back();
    }
    return found;
}

// "" or what differs, when `event` is sent to both engines in `state` with `context`.
template <class Def, class Event>
[[nodiscard]] std::string difference(typename Def::context const& context, fsm::state_t state,
                                     Event const& event, fsm::verdict& answer) {
    constexpr bool comparable = std::equality_comparable<typename Def::context>;
    bool const foretold = fsm::compact_machine<Def>(context, state).accepts(event);
    fsm::compact_machine<Def> small(context, state);
    fsm::machine<Def> large(context, state);
    answer = small.process(event);
    auto const reference = large.process(event);
    auto const both = [](std::string_view what, std::string_view mine, std::string_view other) {
        return std::string(what) + ": compact " + std::string(mine) + ", Boost.MSM " +
               std::string(other);
    };
    if (answer != reference) return both("verdict", to_string(answer), to_string(reference));
    if (small.state_id() != large.state_id())
        return both("next state", small.state_name(), large.state_name());
    if constexpr (comparable)
        if (!(small.context() == large.context())) return "the contexts differ afterwards";
    if (foretold != (answer == fsm::verdict::taken)) return "`accepts` foretold something else";
    if (answer == fsm::verdict::taken) return {};

    if (small.state_id() != state) return "a refused event changed the state";
    auto const mine = small.send(event);
    auto const other = large.send(event);
    if (mine.has_value() || other.has_value()) return "an event refused once is taken";
    if (mine.error() != other.error())
        return both("error", to_string(mine.error()), to_string(other.error()));
    return {};
}

template <class Def, class Event>
void compare_event(agreement& found, std::vector<typename Def::context> const& contexts,
                   std::vector<Event> const& events) {
    using view = fsm::table_view<Def>;
    for (std::size_t s = 0; s < view::state_count; ++s)
        for (std::size_t e = 0; e < events.size(); ++e)
            for (std::size_t c = 0; c < contexts.size(); ++c) {
                auto answer = fsm::verdict::no_row;
                auto const state = static_cast<fsm::state_t>(s);
                auto const differs = difference<Def>(contexts[c], state, events[e], answer);
                ++found.triples;
                found.taken += answer == fsm::verdict::taken;
                found.refused += answer == fsm::verdict::refused;
                if (differs.empty()) continue;
                ++found.disagreements;
                if (found.differences.size() < 3)
                    found.differences.push_back(
                        "state " + std::string(view::state_name(state)) + ", event " +
                        std::string(fsm::label_of<Event>()) + " (sample " + std::to_string(e) +
                        "), context sample " + std::to_string(c) + ": " + differs);
            }
}

}  // namespace detail

/// Compares both engines in every state, with every event of the table and every sample: verdict,
/// next state, context (where it has ==) and, of refusals, the error. Whoever records calls in the
/// context compares the order of calls, too.
template <class Def, class... Sample>
[[nodiscard]] agreement agrees(Sample const&... samples) {
    namespace mp = boost::mp11;
    using context = typename Def::context;
    using values = mp::mp_list<detail::sample_type_t<Sample>...>;
    using all = mp::mp_unique<mp::mp_append<typename detail::fsm::table_view<Def>::events, values>>;
    using events = mp::mp_remove<mp::mp_remove<all, context>, detail::no_more>;
    agreement found;
    found.machine = Def::name;
    auto const contexts = detail::samples_of<context>(samples...);
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, events>>(
        [&]<class Event>(mp::mp_identity<Event>) {
            detail::compare_event<Def>(found, contexts, detail::samples_of<Event>(samples...));
        });
    return found;
}

}  // namespace cryptoperiod::test

/// CRYPTOPERIOD_AGREES(definition, samples...): the agreement test of one machine. The file that
/// uses it includes <boost/test/unit_test.hpp>.
// The added argument keeps the variadic part from being empty, which clang 14 warns about.
#define CRYPTOPERIOD_AGREES(...) \
    CRYPTOPERIOD_AGREES_WITH(__VA_ARGS__, ::cryptoperiod::test::detail::no_more{})
#define CRYPTOPERIOD_AGREES_WITH(definition, ...)                                  \
    do {                                                                           \
        auto const agreed = ::cryptoperiod::test::agrees<definition>(__VA_ARGS__); \
        BOOST_TEST(agreed.ok(), agreed.text());                                    \
        BOOST_TEST_MESSAGE(agreed.text());                                         \
    } while (false)
