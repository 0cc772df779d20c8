// must not compile: a state is an empty struct
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};
struct counting {
    int n = 0;
};

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    using transition_table = cryptoperiod::fsm::rows<cryptoperiod::fsm::row<idle, go, counting>>;
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
