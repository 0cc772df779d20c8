// must not compile: two states have the same name
#include <cryptoperiod/fsm/table.hpp>

struct context {
    int n = 0;
};
struct idle {};
struct busy {};
struct go {};
namespace other {
struct idle {};
}  // namespace other

struct machine {
    static constexpr std::string_view name = "machine";
    using context = ::context;
    using initial_state = idle;
    using transition_table = cryptoperiod::fsm::rows<cryptoperiod::fsm::row<idle, go, other::idle>>;
};

auto const rows_of_it = cryptoperiod::fsm::table_view<machine>::row_count;
