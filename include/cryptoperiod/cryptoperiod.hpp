/// @file cryptoperiod.hpp
/// Every public header, in the order of the rooms; adapters are included one by one.
#pragma once

#include <cryptoperiod/version.hpp>

#include <cryptoperiod/core/assert.hpp>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/clock.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/errc.hpp>
#include <cryptoperiod/core/fixed.hpp>
#include <cryptoperiod/core/id.hpp>
#include <cryptoperiod/core/isa.hpp>
#include <cryptoperiod/core/json.hpp>
#include <cryptoperiod/core/lanes.hpp>
#include <cryptoperiod/core/random.hpp>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/secret.hpp>
#include <cryptoperiod/core/suggest.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/core/time.hpp>
#include <cryptoperiod/core/verified_bytes.hpp>

#include <cryptoperiod/fsm/compact.hpp>
#include <cryptoperiod/fsm/diagram.hpp>
#include <cryptoperiod/fsm/machine.hpp>
#include <cryptoperiod/fsm/name.hpp>
#include <cryptoperiod/fsm/refusal.hpp>
#include <cryptoperiod/fsm/row.hpp>
#include <cryptoperiod/fsm/short_list.hpp>
#include <cryptoperiod/fsm/snapshot.hpp>
#include <cryptoperiod/fsm/table.hpp>
#include <cryptoperiod/fsm/verdict.hpp>

#include <cryptoperiod/crypto/aead.hpp>
#include <cryptoperiod/crypto/bytes_view.hpp>
#include <cryptoperiod/crypto/der.hpp>
#include <cryptoperiod/crypto/detail/block_cipher.hpp>
#include <cryptoperiod/crypto/detail/declassify.hpp>
#include <cryptoperiod/crypto/digest.hpp>
#include <cryptoperiod/crypto/entropy.hpp>
#include <cryptoperiod/crypto/envelope.hpp>
#include <cryptoperiod/crypto/envelope_cipher.hpp>
#include <cryptoperiod/crypto/hash.hpp>
#include <cryptoperiod/crypto/hpke.hpp>
#include <cryptoperiod/crypto/kdf.hpp>
#include <cryptoperiod/crypto/key_agreement.hpp>
#include <cryptoperiod/crypto/key_wrap.hpp>
#include <cryptoperiod/crypto/mac.hpp>
#include <cryptoperiod/crypto/md5.hpp>
#include <cryptoperiod/crypto/p256.hpp>
#include <cryptoperiod/crypto/pem.hpp>
#include <cryptoperiod/crypto/pkcs12.hpp>
#include <cryptoperiod/crypto/private_key.hpp>
#include <cryptoperiod/crypto/secret_array.hpp>
#include <cryptoperiod/crypto/secretbox.hpp>
#include <cryptoperiod/crypto/signature.hpp>
#include <cryptoperiod/crypto/verified_plaintext.hpp>
#include <cryptoperiod/crypto/xaes.hpp>

#include <cryptoperiod/store/memory_store.hpp>
#include <cryptoperiod/store/record.hpp>
#include <cryptoperiod/store/sealed_records.hpp>
#include <cryptoperiod/store/store.hpp>

#include <cryptoperiod/iam/action.hpp>
#include <cryptoperiod/iam/api_key.hpp>
#include <cryptoperiod/iam/api_key_life.hpp>
#include <cryptoperiod/iam/authorization.hpp>
#include <cryptoperiod/iam/decision.hpp>
#include <cryptoperiod/iam/identity.hpp>
#include <cryptoperiod/iam/policy.hpp>
#include <cryptoperiod/iam/reference.hpp>
#include <cryptoperiod/iam/role.hpp>
#include <cryptoperiod/iam/token.hpp>

#include <cryptoperiod/kms/access_control.hpp>
#include <cryptoperiod/kms/dependents.hpp>
#include <cryptoperiod/kms/iam_access.hpp>
#include <cryptoperiod/kms/key.hpp>
#include <cryptoperiod/kms/key_books.hpp>
#include <cryptoperiod/kms/key_management.hpp>
#include <cryptoperiod/kms/key_material.hpp>
#include <cryptoperiod/kms/key_service.hpp>
#include <cryptoperiod/kms/local_kms.hpp>
#include <cryptoperiod/kms/master_key.hpp>
#include <cryptoperiod/kms/registration.hpp>
#include <cryptoperiod/kms/rotation_policy.hpp>
#include <cryptoperiod/kms/stored_key.hpp>

#include <cryptoperiod/vault/data_key_cache.hpp>
#include <cryptoperiod/vault/vault.hpp>

#include <cryptoperiod/settings/kind.hpp>
#include <cryptoperiod/settings/member.hpp>
#include <cryptoperiod/settings/platform_settings.hpp>
#include <cryptoperiod/settings/settings_document.hpp>
#include <cryptoperiod/settings/shown_settings.hpp>
#include <cryptoperiod/settings/web_push_keys.hpp>

#include <cryptoperiod/instance/plan.hpp>
#include <cryptoperiod/instance/provisioning.hpp>

#include <cryptoperiod/credentials/channel_signature.hpp>
#include <cryptoperiod/credentials/client_secret_rotation.hpp>
#include <cryptoperiod/credentials/credential_set.hpp>
#include <cryptoperiod/credentials/delivery.hpp>
#include <cryptoperiod/credentials/encrypted_channel.hpp>
#include <cryptoperiod/credentials/key_ring.hpp>
#include <cryptoperiod/credentials/request_signature.hpp>
#include <cryptoperiod/credentials/rotation.hpp>
#include <cryptoperiod/credentials/sealed_delivery.hpp>
#include <cryptoperiod/credentials/usage.hpp>

#include <cryptoperiod/device/client_secret.hpp>
#include <cryptoperiod/device/document.hpp>
#include <cryptoperiod/device/registration.hpp>
#include <cryptoperiod/device/stored_device.hpp>
#include <cryptoperiod/device/web_token.hpp>

#include <cryptoperiod/fleet/adoption.hpp>
#include <cryptoperiod/fleet/counters.hpp>
#include <cryptoperiod/fleet/engine/block_plans.hpp>
#include <cryptoperiod/fleet/engine/bucket_queue.hpp>
#include <cryptoperiod/fleet/engine/devices.hpp>
#include <cryptoperiod/fleet/engine/eras.hpp>
#include <cryptoperiod/fleet/engine/kernel.hpp>
#include <cryptoperiod/fleet/engine/last_use.hpp>
#include <cryptoperiod/fleet/engine/open_stream.hpp>
#include <cryptoperiod/fleet/engine/queue.hpp>
#include <cryptoperiod/fleet/engine/shards.hpp>
#include <cryptoperiod/fleet/engine/walk.hpp>
#include <cryptoperiod/fleet/invariant.hpp>
#include <cryptoperiod/fleet/metrics.hpp>
#include <cryptoperiod/fleet/model.hpp>
#include <cryptoperiod/fleet/poisson.hpp>
#include <cryptoperiod/fleet/population.hpp>
#include <cryptoperiod/fleet/remedies.hpp>
#include <cryptoperiod/fleet/retirement.hpp>
#include <cryptoperiod/fleet/retirement_advice.hpp>
#include <cryptoperiod/fleet/run_options.hpp>
#include <cryptoperiod/fleet/scenario.hpp>
#include <cryptoperiod/fleet/simulate.hpp>
#include <cryptoperiod/fleet/timeline.hpp>
#include <cryptoperiod/fleet/validation.hpp>
#include <cryptoperiod/fleet/validation/adoption.hpp>
#include <cryptoperiod/fleet/validation/connections.hpp>
#include <cryptoperiod/fleet/validation/credential_sets.hpp>
#include <cryptoperiod/fleet/validation/findings.hpp>
#include <cryptoperiod/fleet/validation/fleet.hpp>
#include <cryptoperiod/fleet/validation/forced_updates.hpp>
#include <cryptoperiod/fleet/validation/limits.hpp>
#include <cryptoperiod/fleet/validation/promises.hpp>
#include <cryptoperiod/fleet/validation/releases.hpp>
