// must not compile: a guard.s reason is
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};
struct may_go {
    static constexpr bool run(go const&, context const&) { return true; }
    static std::string reason(context const&) { return {}; }
};

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    using transition_table = cryptoperiod::fsm::rows<
        cryptoperiod::fsm::row<idle, go, busy, cryptoperiod::fsm::nothing, may_go>>;
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
