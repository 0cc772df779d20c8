// must not compile: no matching (member )?function for call to .*seal
#include <cryptoperiod/crypto/hpke.hpp>

namespace hpke = cryptoperiod::crypto::hpke;

bool seals(hpke::sender<hpke::export_only>& sender) { return sender.seal({}, {}).has_value(); }
