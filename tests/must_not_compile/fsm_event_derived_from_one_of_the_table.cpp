// must not compile: this event derives from an event of the table
#include <cryptoperiod/fsm/compact.hpp>

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
    using transition_table = cryptoperiod::fsm::rows<cryptoperiod::fsm::row<idle, go, busy>>;
};

auto sent(cryptoperiod::fsm::compact_machine<machine>& m) { return m.process(go_far{}); }
