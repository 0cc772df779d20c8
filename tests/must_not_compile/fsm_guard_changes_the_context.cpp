// must not compile: a guard is an empty struct with
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};
struct counts {
    static constexpr bool run(go const&, context& c) { return ++c.n > 0; }
};

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    using transition_table = cryptoperiod::fsm::rows<
        cryptoperiod::fsm::row<idle, go, busy, cryptoperiod::fsm::nothing, counts>>;
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
