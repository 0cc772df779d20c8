// A program whose records outlive it: sqlite/main FILE
#include <cryptoperiod/adapters/sqlite_store.hpp>
#include <cryptoperiod/core/bytes.hpp>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    auto store = cryptoperiod::adapters::sqlite_store::open(argv[1]);
    if (!store) return 3;
    auto const version = store->compare_and_swap("key", cryptoperiod::store::absent,
                                                 cryptoperiod::bytes_of("value"));
    return version && store->get("key").value() ? 0 : 1;
}
