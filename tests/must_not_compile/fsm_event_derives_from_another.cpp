// must not compile: an event of the table derives from another one
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};
struct go_far : go {};

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    using transition_table = cryptoperiod::fsm::rows<cryptoperiod::fsm::row<idle, go, busy>,
                                                     cryptoperiod::fsm::row<busy, go_far, idle>>;
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
