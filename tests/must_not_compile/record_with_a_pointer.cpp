// must not compile: cereal could not find any output serialization functions
#include <cryptoperiod/store/record.hpp>
#include <memory>

struct list {
    static constexpr std::string_view schema = "list";
    static constexpr std::uint32_t schema_version = 1;
    std::unique_ptr<list> next;
    void serialize(auto& archive) { archive(next); }
};

auto write(list const& l) { return cryptoperiod::store::encode(l); }
