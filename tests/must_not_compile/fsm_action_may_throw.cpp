// must not compile: an action is an empty struct with
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};
struct count {
    static constexpr void run(go const&, context& c) { ++c.n; }
};

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    using transition_table = cryptoperiod::fsm::rows<cryptoperiod::fsm::row<idle, go, busy, count>>;
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
