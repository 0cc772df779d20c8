// must not compile: transition_table is an alias
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    struct transition_table : cryptoperiod::fsm::rows<cryptoperiod::fsm::row<idle, go, busy>> {};
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
