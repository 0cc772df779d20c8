// What every key-management service keeps, as test cases. Included by the test of one service,
// inside a suite whose fixture is a contract_fixture (contract.hpp).

// ---- wrapping -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_wrapped_key_opens_with_its_key_and_its_associated_data_only) {
    auto const a = new_key(), b = new_key();
    auto const w = wrap(a);
    BOOST_TEST(w.version == 1U);
    BOOST_TEST(opens(a, w));
    BOOST_TEST(code(kms.unwrap(owner, a, w.bytes, {})) == "ciphertext_refused");
    BOOST_TEST(code_of_unwrap(b, w) == "ciphertext_refused");
}
BOOST_AUTO_TEST_CASE(no_wrapped_key_that_was_altered_or_cut_opens) {
    auto const id = new_key();
    auto const w = wrap(id);
    for (std::size_t i = 0; i != w.bytes.size(); ++i)
        for (unsigned bit = 0; bit != 8; ++bit) {
            auto altered = w;
            altered.bytes[i] ^= static_cast<std::byte>(1U << bit);
            BOOST_TEST_REQUIRE(code_of_unwrap(id, altered) == "ciphertext_refused");
        }
    for (std::size_t size = 0; size != w.bytes.size(); ++size) {
        auto cut = w;
        cut.bytes.resize(size);
        BOOST_TEST_REQUIRE(code_of_unwrap(id, cut) == "ciphertext_refused");
    }
    auto longer = w;
    longer.bytes.push_back({});
    BOOST_TEST(code_of_unwrap(id, longer) == "ciphertext_refused");
}
BOOST_AUTO_TEST_CASE(the_service_makes_data_keys) {
    auto const id = new_key();
    auto const one = kms.wrap_new(owner, id, aad), two = kms.wrap_new(owner, id, aad);
    BOOST_REQUIRE(one && two);
    BOOST_TEST(one->plaintext.size() == 32U);
    BOOST_TEST(!equal_in_constant_time(one->plaintext, two->plaintext));
    auto const u = kms.unwrap(owner, id, one->wrapped.bytes, aad);
    BOOST_TEST(equal_in_constant_time(u->plaintext, one->plaintext));
}
BOOST_AUTO_TEST_CASE(a_key_to_wrap_has_one_to_four_thousand_bytes) {
    auto const id = new_key();
    BOOST_TEST(code(kms.wrap(owner, id, {}, aad)) == "out_of_range");
    BOOST_TEST(code(kms.wrap(owner, id, std::vector<std::byte>(4001), aad)) == "out_of_range");
    BOOST_TEST(code(kms.wrap(owner, id, std::vector<std::byte>(4000), aad)) == "ok");
}
BOOST_AUTO_TEST_CASE(a_standard_key_does_not_wrap) {
    BOOST_TEST(code(kms.wrap(owner, new_key({.kind = key_kind::standard}), secret, aad)) ==
               "root_key_required");
}
BOOST_AUTO_TEST_CASE(a_key_that_nobody_made_is_not_found) {
    auto const id = key_id::parse("no-such-key").value();
    auto const answer = kms.wrap(owner, id, secret, aad);
    BOOST_REQUIRE(!answer);
    BOOST_TEST(to_string(answer.error()) == "key_not_found: there is no key 'no-such-key'");
}

// ---- rotation -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(after_a_rotation_old_wrapped_keys_open_and_come_back_under_the_new_version) {
    auto const id = new_key();
    auto const old = wrap(id);
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    auto const u = kms.unwrap(owner, id, old.bytes, aad);
    BOOST_REQUIRE(u);
    BOOST_TEST(u->version == 1U);
    BOOST_REQUIRE(u->rewrapped.has_value());
    BOOST_TEST(u->rewrapped->version == 2U);
    BOOST_TEST(opens(id, *u->rewrapped));
    auto const fresh = kms.unwrap(owner, id, wrap(id).bytes, aad);
    BOOST_TEST(!fresh->rewrapped.has_value());
}
BOOST_AUTO_TEST_CASE(rewrap_gives_the_new_version_and_no_key) {
    auto const id = new_key();
    auto const old = wrap(id);
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    auto const r = kms.rewrap(owner, id, old.bytes, aad);
    BOOST_REQUIRE(r);
    BOOST_TEST(r->old_version == 1U);
    BOOST_TEST(r->wrapped.version == 2U);
    BOOST_TEST(opens(id, r->wrapped));
    BOOST_TEST(code(kms.rewrap(owner, id, old.bytes, {})) == "ciphertext_refused");
}
BOOST_AUTO_TEST_CASE(a_key_is_rotated_by_hand_once_an_hour) {
    auto const id = new_key();
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_TEST(code(kms.rotate_key(owner, id)) == "rotation_not_permitted");
    clock.advance(milliseconds{ms_per_hour});
    BOOST_TEST(code(kms.rotate_key(owner, id)) == "ok");
}
BOOST_AUTO_TEST_CASE(the_same_material_imported_anew_opens_what_it_has_wrapped) {
    auto const first = kms.import_key(owner, material(24)).value();
    auto const w = wrap(first);
    auto const again = kms.import_key(owner, material(24)).value();
    BOOST_TEST(opens(again, w));
    BOOST_TEST(code_of_unwrap(kms.import_key(owner, material(24, 4)).value(), w) ==
               "ciphertext_refused");
}
BOOST_AUTO_TEST_CASE(imported_keys_have_three_lengths_and_are_rotated_with_material) {
    for (std::size_t const size : {16U, 24U, 32U})
        BOOST_TEST(code(kms.import_key(owner, material(size))) == "ok");
    for (std::size_t const size : {0U, 15U, 33U})
        BOOST_TEST(code(kms.import_key(owner, material(size))) == "malformed");
    auto const id = kms.import_key(owner, material(32)).value();
    BOOST_TEST(code(kms.rotate_key(owner, id)) == "key_material_required");
    auto const next = material(32, 9);
    for (std::size_t const size : {0U, 1U, 5U, 15U, 33U}) {
        auto const wrong = material(size);
        BOOST_TEST(code(kms.rotate_key(owner, id, &wrong)) == "malformed");
    }
    BOOST_TEST(kms.describe(owner, id)->record.versions == 1U);
    BOOST_TEST(code(kms.rotate_key(owner, id, &next)) == "ok");
    auto const shorter = material(16, 8);
    clock.advance(milliseconds{ms_per_hour});
    BOOST_REQUIRE(kms.rotate_key(owner, id, &shorter));
    BOOST_TEST(kms.describe(owner, id)->record.bits == 128U);
    BOOST_TEST(code(kms.import_key(owner, material(32), {.rotation_months = 1})) ==
               "key_material_required");
}

// ---- the life of a key --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_disabled_key_does_nothing_and_an_enabled_one_everything_again) {
    auto const id = new_key();
    auto const w = wrap(id);
    BOOST_REQUIRE(kms.disable_key(owner, id));
    BOOST_TEST(code(kms.wrap(owner, id, secret, aad)) == "key_disabled");
    BOOST_TEST(code_of_unwrap(id, w) == "key_disabled");
    BOOST_TEST(code(kms.rewrap(owner, id, w.bytes, aad)) == "key_disabled");
    BOOST_TEST(code(kms.enable_key(owner, id)) == "too_early");
    clock.advance(milliseconds{30'000});
    BOOST_REQUIRE(kms.enable_key(owner, id));
    BOOST_TEST(opens(id, w));
}
BOOST_AUTO_TEST_CASE(a_deleted_key_comes_back_with_its_versions_and_a_purged_one_never) {
    auto const id = new_key();
    auto const w = wrap(id);
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_REQUIRE(kms.delete_key(owner, id));
    BOOST_TEST(code_of_unwrap(id, w) == "key_destroyed");
    clock.advance(milliseconds{60'000});
    BOOST_REQUIRE(kms.restore_key(owner, id));
    BOOST_TEST(opens(id, w));
    BOOST_REQUIRE(kms.delete_key(owner, id));
    BOOST_TEST(code(kms.purge_key(owner, id)) == "too_early");
    clock.advance(milliseconds{4 * ms_per_hour});
    BOOST_REQUIRE(kms.purge_key(owner, id));
    BOOST_TEST(code_of_unwrap(id, w) == "key_not_found");
    BOOST_TEST(store.list("", "", 10)->entries.empty());
}
BOOST_AUTO_TEST_CASE(two_people_delete_a_key_that_asks_for_it) {
    auto const id = new_key({.dual_authorization = true});
    BOOST_TEST(code(kms.delete_key(owner, id)) == "authorizations_not_met");
    BOOST_REQUIRE(kms.authorize_key_deletion(owner, id));
    BOOST_TEST(code(kms.delete_key(owner, id)) == "authorizations_not_met");
    BOOST_TEST(code(kms.delete_key(other_person, id)) == "ok");
}
BOOST_AUTO_TEST_CASE(an_expired_key_unwraps_and_does_not_wrap) {
    auto const id = new_key({.expires_ms = (clock.now() + days{1}).time_since_epoch().count()});
    auto const w = wrap(id);
    clock.advance(days{1});
    auto const done = kms.tend();
    BOOST_REQUIRE(done);
    BOOST_TEST(done->expired == 1U);
    BOOST_TEST(code(kms.wrap(owner, id, secret, aad)) == "key_state_refused");
    BOOST_TEST(opens(id, w));
    BOOST_TEST(kms.describe(owner, id)->state == 3);
    BOOST_TEST(code(kms.create_key(owner, {.expires_ms = 1})) == "out_of_range");
}
BOOST_AUTO_TEST_CASE(a_key_does_not_wrap_after_its_date_whoever_has_noticed) {
    auto const id = new_key({.expires_ms = (clock.now() + days{1}).time_since_epoch().count()});
    BOOST_REQUIRE(kms.disable_key(owner, id));
    clock.advance(days{2});
    BOOST_REQUIRE(kms.enable_key(owner, id));
    BOOST_TEST(code(kms.wrap(owner, id, secret, aad)) == "key_state_refused");
}
BOOST_AUTO_TEST_CASE(one_damaged_key_keeps_nobody_from_being_tended) {
    std::vector<key_id> const ids{new_key(), new_key(), new_key()};
    for (auto const& id : ids) {
        BOOST_REQUIRE(kms.register_service(push, id, instance()));
        BOOST_REQUIRE(kms.rotate_key(owner, id));
    }
    // The damaged one is the first that is tended.
    auto const first = std::ranges::min(ids, {}, [](key_id const& id) { return id.str(); });
    auto const kept = store.get("kms/key/" + first.str()).value();
    auto altered = kept->value;
    altered.back() ^= std::byte{1};
    BOOST_REQUIRE(store.compare_and_swap(kept->key, kept->version, altered));
    clock.advance(milliseconds{acknowledgement_ms + 1});
    auto const done = kms.tend();
    BOOST_REQUIRE(done);
    BOOST_TEST(done->failed == 1U);
    BOOST_REQUIRE(done->last_failure.has_value());
    BOOST_TEST((done->last_failure->code == errc::store_corrupt));
    BOOST_TEST(done->late.size() == 2U);
    for (auto const& id : ids) {
        auto const events = kms.events_for(push, id, instance());
        BOOST_TEST((events ? events->size() == 1U : id == first));
    }
}
BOOST_AUTO_TEST_CASE(tending_what_needs_nothing_writes_nothing) {
    auto const id = new_key({.rotation_months = 12});
    auto const before = store.get("kms/key/" + id.str()).value()->version;
    BOOST_REQUIRE(kms.tend());
    BOOST_TEST(store.get("kms/key/" + id.str()).value()->version == before);
}

// ---- registrations and lifecycle events ---------------------------------------------------------

BOOST_AUTO_TEST_CASE(only_services_register_and_a_registered_key_is_protected) {
    auto const id = new_key();
    BOOST_TEST(code(kms.register_service(owner, id, instance())) == "registration_service_only");
    BOOST_REQUIRE(kms.register_service(push, id, instance()));
    BOOST_REQUIRE(kms.register_service(push, id, instance()));  // a repeated call is the same
    BOOST_TEST(
        kms.describe(owner, id)->registrations == std::vector<std::string>{to_string(instance())},
        boost::test_tools::per_element());
    BOOST_TEST(code(kms.delete_key(owner, id)) == "protected_resource");
    BOOST_TEST(code(kms.unregister_service(owner, id, instance())) == "registration_service_only");
    BOOST_REQUIRE(kms.unregister_service(push, id, instance()));
    BOOST_TEST(code(kms.unregister_service(push, id, instance())) == "registration_not_found");
    BOOST_TEST(code(kms.delete_key(owner, id)) == "ok");
}
BOOST_AUTO_TEST_CASE(force_deletes_a_registered_key_but_not_one_that_is_held) {
    auto const id = new_key(), held = new_key();
    BOOST_REQUIRE(kms.register_service(push, id, instance()));
    BOOST_REQUIRE(kms.register_service(push, held, instance(), true));
    BOOST_TEST(code(kms.delete_key(owner, id, true)) == "ok");
    BOOST_TEST(code(kms.delete_key(owner, held, true)) == "deletion_prevented");
    BOOST_TEST(code(kms.delete_key(push, id, true)) != "ok");
    BOOST_REQUIRE(kms.register_service(push, held, instance(), false));  // what is said last
    BOOST_TEST(kms.describe(owner, held)->record.preventing == 0U);
    BOOST_REQUIRE(kms.register_service(push, held, instance(), true));
    BOOST_TEST(kms.describe(owner, held)->record.registrations == 1U);
    BOOST_TEST(code(kms.delete_key(owner, held, true)) == "deletion_prevented");
}
BOOST_AUTO_TEST_CASE(standard_and_disabled_keys_are_not_registered) {
    auto const standard = new_key({.kind = key_kind::standard}), disabled = new_key();
    BOOST_TEST(code(kms.register_service(push, standard, instance())) ==
               "registration_needs_root_key");
    BOOST_REQUIRE(kms.disable_key(owner, disabled));
    BOOST_TEST(code(kms.register_service(push, disabled, instance())) ==
               "registration_needs_active_key");
}
BOOST_AUTO_TEST_CASE(registered_services_are_told_and_acknowledge) {
    auto const id = new_key();
    BOOST_REQUIRE(kms.register_service(push, id, instance("a")));
    BOOST_REQUIRE(kms.register_service(push, id, instance("b")));
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_REQUIRE(kms.disable_key(owner, id));
    auto const events = kms.events_for(push, id, instance("a")).value();
    BOOST_REQUIRE(events.size() == 2U);
    BOOST_TEST((events[0].what == key_event::rotate));
    BOOST_TEST(events[0].old_version == 1U);
    BOOST_TEST(events[0].new_version == 2U);
    BOOST_TEST((events[1].what == key_event::disable));
    BOOST_REQUIRE(kms.acknowledge(push, events[0]));
    BOOST_REQUIRE(kms.acknowledge(push, events[0]));  // again: the same
    BOOST_TEST(kms.events_for(push, id, instance("a"))->size() == 1U);
    BOOST_TEST(kms.events_for(push, id, instance("b"))->size() == 2U);
    auto foreign = events[1];
    foreign.resource_crn = to_string(instance("b"));
    BOOST_TEST(code(kms.acknowledge(push, foreign)) == "unauthorized");
    BOOST_TEST(code(kms.acknowledge(owner, events[1])) == "unauthorized");
    auto never = events[1];
    never.number = 1000;
    BOOST_TEST(code(kms.acknowledge(push, never)) == "registration_not_found");
}
BOOST_AUTO_TEST_CASE(a_silent_service_owes_one_answer_of_each_kind_and_blocks_nobody) {
    auto const id = new_key();
    for (int i = 0; i < 300; ++i)
        BOOST_REQUIRE(kms.register_service(push, id, instance("silent-" + std::to_string(i))));
    for (int i = 0; i < 12; ++i) {
        clock.advance(milliseconds{ms_per_hour});
        BOOST_REQUIRE(kms.rotate_key(owner, id));
    }
    auto const events = kms.events_for(push, id, instance("silent-7")).value();
    BOOST_REQUIRE(events.size() == 1U);
    BOOST_TEST(events[0].old_version == 1U);
    BOOST_TEST(events[0].new_version == 13U);
    BOOST_TEST(events[0].notified_ms ==
               (clock.now() - milliseconds{11 * ms_per_hour}).time_since_epoch().count());
    BOOST_REQUIRE(kms.disable_key(owner, id));
    BOOST_REQUIRE(kms.delete_key(owner, id, true));
}
BOOST_AUTO_TEST_CASE(registrations_end_where_the_books_could_not_disable_the_key_any_more) {
    auto const id = new_key();
    result<void> last;
    int registered = 0;
    std::string const tail(900, 'x');
    while ((last = kms.register_service(push, id, instance(tail + std::to_string(registered)))))
        ++registered;
    BOOST_TEST(code(last) == "limit_reached");
    BOOST_TEST(registered > 100);
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_REQUIRE(kms.disable_key(owner, id));
    clock.advance(milliseconds{30'000});
    BOOST_REQUIRE(kms.enable_key(owner, id));
    BOOST_REQUIRE(kms.delete_key(owner, id, true));
    clock.advance(milliseconds{30'000});
    BOOST_REQUIRE(kms.restore_key(owner, id));
}
BOOST_AUTO_TEST_CASE(what_services_owe_from_before_a_deletion_blocks_nobody_after_a_restoration) {
    auto const id = new_key();
    std::string const tail(900, 'x');
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; kms.register_service(
                 push, id, instance(tail + std::to_string(round) + "-" + std::to_string(i)));
             ++i) {
        }
        clock.advance(milliseconds{ms_per_hour});
        BOOST_REQUIRE(kms.rotate_key(owner, id));
        BOOST_REQUIRE(kms.disable_key(owner, id));
        clock.advance(milliseconds{30'000});
        BOOST_REQUIRE(kms.enable_key(owner, id));
        BOOST_REQUIRE(kms.delete_key(owner, id, true));
        clock.advance(milliseconds{30'000});
        BOOST_REQUIRE(kms.restore_key(owner, id));
    }
}
BOOST_AUTO_TEST_CASE(a_conflict_is_named_until_it_is_over) {
    auto const id = new_key();
    BOOST_REQUIRE(kms.register_service(push, id, instance()));
    BOOST_REQUIRE(kms.disable_key(owner, id));
    auto const event = kms.events_for(push, id, instance())->front();
    BOOST_TEST(event.reason == 0);
    BOOST_REQUIRE(kms.report_conflict(push, event));
    BOOST_REQUIRE(kms.report_conflict(push, event));  // again: the same
    BOOST_TEST(code(kms.report_conflict(owner, event)) == "unauthorized");
    auto const done = kms.tend();
    BOOST_REQUIRE(done->late.size() == 1U);
    BOOST_TEST(done->late[0].reason == 409);
    BOOST_REQUIRE(kms.acknowledge(push, event));
    BOOST_TEST(kms.tend()->late.empty());
}
BOOST_AUTO_TEST_CASE(who_has_not_answered_is_told_again_once_an_hour) {
    auto const id = new_key();
    BOOST_REQUIRE(kms.register_service(push, id, instance()));
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    BOOST_TEST(code(kms.sync(owner, id)) == "too_early");
    clock.advance(milliseconds{acknowledgement_ms + 1});
    BOOST_TEST(kms.tend()->late.size() == 1U);
    BOOST_REQUIRE(kms.sync(owner, id));
    BOOST_TEST(kms.tend()->late.empty());
    BOOST_TEST(kms.events_for(push, id, instance())->size() == 1U);
}
BOOST_AUTO_TEST_CASE(to_tell_services_again_is_a_right_of_its_own) {
    auto guarded = maker.make<others_sync_only>(store, master(), clock);
    std::string const boss = "operator", on_call = "on call";
    auto const id = guarded.create_key(boss).value();
    BOOST_TEST(code(guarded.rotate_key(on_call, id)) == "unauthorized");
    BOOST_TEST(code(guarded.sync(on_call, id)) == "ok");
    auto strict = maker.make<readers_only>(store, master(), clock);
    BOOST_TEST(code(strict.sync(on_call, id)) == "unauthorized");
}
BOOST_AUTO_TEST_CASE(a_service_speaks_for_its_own_instance_only) {
    auto guarded = maker.make<of_one_instance>(store, master(), clock);
    std::string const a = "a", b = "b", boss = "operator";
    auto const id = guarded.create_key(boss).value();
    BOOST_REQUIRE(guarded.register_service(a, id, instance("a"), true));
    BOOST_TEST(code(guarded.register_service(b, id, instance("a"))) == "unauthorized");
    BOOST_TEST(code(guarded.unregister_service(b, id, instance("a"))) == "unauthorized");
    BOOST_REQUIRE(guarded.rotate_key(boss, id));
    BOOST_TEST(code(guarded.events_for(b, id, instance("a"))) == "unauthorized");
    auto const event = guarded.events_for(a, id, instance("a"))->front();
    BOOST_TEST(code(guarded.acknowledge(b, event)) == "unauthorized");
    BOOST_TEST(code(guarded.report_conflict(b, event)) == "unauthorized");
    BOOST_REQUIRE(guarded.acknowledge(a, event));
}
BOOST_AUTO_TEST_CASE(a_late_service_is_named_until_it_acknowledges) {
    auto const id = new_key();
    BOOST_REQUIRE(kms.register_service(push, id, instance()));
    BOOST_REQUIRE(kms.rotate_key(owner, id));
    clock.advance(milliseconds{acknowledgement_ms});
    BOOST_TEST(kms.tend()->late.empty());
    clock.advance(milliseconds{1});
    auto const done = kms.tend();
    BOOST_REQUIRE(done->late.size() == 1U);
    BOOST_TEST(done->late[0].resource_crn == to_string(instance()));
    BOOST_TEST(done->late[0].reason == 408);
    BOOST_TEST(kms.tend()->late.size() == 1U);
    BOOST_TEST(code(kms.acknowledge(push, done->late[0])) == "ok");
    BOOST_TEST(kms.events_for(push, id, instance())->empty());
    BOOST_TEST(kms.tend()->late.empty());
}
BOOST_AUTO_TEST_CASE(keys_are_rotated_by_policy_and_purged_after_ninety_days) {
    auto const id = new_key({.rotation_months = 1});
    auto const gone = new_key();
    auto const w = wrap(id);
    BOOST_REQUIRE(kms.delete_key(owner, gone));
    clock.advance(days{29});
    BOOST_TEST(kms.tend()->rotated == 0U);
    clock.advance(days{1});
    BOOST_TEST(kms.tend()->rotated == 1U);
    BOOST_TEST(kms.tend()->rotated == 0U);
    BOOST_TEST(opens(id, w));
    clock.advance(days{60});
    auto const done = kms.tend();
    BOOST_TEST(done->purged == 1U);
    BOOST_TEST(code(kms.describe(owner, gone)) == "key_not_found");
    BOOST_TEST(code(kms.create_key(owner, {.rotation_months = 13})) == "out_of_range");
}

// ---- the state ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_store_never_sees_material) {
    auto const id = kms.import_key(owner, material(32, 0xa7)).value();
    auto const value = store.get("kms/key/" + id.str()).value()->value;
    std::vector<std::byte> const run(8, std::byte{0xa7});
    BOOST_TEST((std::search(value.begin(), value.end(), run.begin(), run.end()) == value.end()));
}
BOOST_AUTO_TEST_CASE(another_master_key_and_an_altered_state_are_told) {
    auto const id = new_key();
    auto stranger = again(master(8));
    auto const answer = stranger.wrap(owner, id, secret, aad);
    BOOST_REQUIRE(!answer);
    BOOST_TEST(to_string(answer.error()) ==
               "store_corrupt: the record 'cryptoperiod kms key' at 'kms/key/" + id.str() +
                   "' does not open: another key has sealed it, or it was altered; give the right "
                   "key");
    auto const kept = store.get("kms/key/" + id.str()).value();
    for (std::size_t i = 0; i < kept->value.size(); i += 7) {
        auto altered = kept->value;
        altered[i] ^= std::byte{1};
        auto const now_at = store.get(kept->key).value()->version;
        BOOST_REQUIRE(store.compare_and_swap(kept->key, now_at, altered));
        BOOST_TEST_REQUIRE(code(kms.describe(owner, id)) == "store_corrupt");
    }
}
BOOST_AUTO_TEST_CASE(a_wrong_master_key_makes_no_key_beside_those_of_the_right_one) {
    static_cast<void>(new_key());
    auto stranger = again(master(8));
    BOOST_TEST(code(stranger.create_key(owner)) == "store_corrupt");
    BOOST_TEST(code(stranger.import_key(owner, material(32))) == "store_corrupt");
    BOOST_TEST(kms.list_keys(owner)->size() == 1U);
}
BOOST_AUTO_TEST_CASE(the_books_move_to_another_master_key_and_an_interruption_does_no_harm) {
    auto const a = new_key(), b = new_key();
    auto const w = wrap(a);
    auto half = again(master(7));
    BOOST_TEST(half.change_master(master(9)).value() == 2U);
    BOOST_TEST(code(kms.describe(owner, a)) == "store_corrupt");  // the last one is of no use
    auto one_left = store.get("kms/key/" + b.str()).value();
    BOOST_TEST(opens_with(half, a, w));
    BOOST_TEST(half.change_master(master(9)).value() == 2U);  // again: the same
    BOOST_TEST(store.get("kms/key/" + b.str()).value()->version == one_left->version);
    auto successor = again(master(9));
    BOOST_TEST(opens_with(successor, a, w));
}
BOOST_AUTO_TEST_CASE(keys_are_listed_in_their_order_and_page_by_page) {
    std::set<std::string> made;
    for (int i = 0; i < 5; ++i) made.insert(new_key().str());
    std::vector<std::string> listed;
    for (std::string after;;) {
        auto const page = kms.list_keys(owner, after, 2).value();
        for (auto const& id : page) listed.push_back(id.str());
        if (page.size() < 2) break;
        after = listed.back();
    }
    BOOST_TEST(listed == std::vector<std::string>(made.begin(), made.end()),
               boost::test_tools::per_element());
    auto guarded = maker.make<readers_only>(store, master(), clock);
    BOOST_TEST(guarded.list_keys("guest")->empty());
}
BOOST_AUTO_TEST_CASE(only_an_instance_registers) {
    auto const id = new_key();
    auto inside = instance();
    inside.resource_type = "key";
    inside.resource = "k";
    auto odd = instance("a\nb");
    for (auto const& c : {crn{}, inside, odd})
        BOOST_TEST(code(kms.register_service(push, id, c)) == "malformed");
    BOOST_TEST(kms.describe(owner, id)->registrations.empty());
}
BOOST_AUTO_TEST_CASE(the_state_of_one_key_does_not_serve_another) {
    auto const a = new_key(), b = new_key();
    auto const of_a = store.get("kms/key/" + a.str()).value();
    auto const of_b = store.get("kms/key/" + b.str()).value();
    BOOST_REQUIRE(store.compare_and_swap(of_a->key, of_a->version, of_b->value));
    BOOST_TEST(code(kms.describe(owner, a)) == "store_corrupt");
}
BOOST_AUTO_TEST_CASE(services_that_register_at_once_are_all_registered) {
    auto const id = new_key();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            auto mine = again();
            for (int i = 0; i < 25; ++i) {
                auto const name = std::to_string(t) + "-" + std::to_string(i);
                while (!mine.register_service(push, id, instance(name))) {
                }
            }
        });
    for (auto& thread : threads) thread.join();
    auto const found = kms.describe(owner, id);
    BOOST_TEST(found->registrations.size() == 100U);
    BOOST_TEST(found->record.registrations == 100U);
}

BOOST_AUTO_TEST_CASE(every_call_asks_the_access_control) {
    auto guarded = maker.make<readers_only>(store, master(), clock);
    std::string const boss = "operator", guest = "guest";
    auto const id = guarded.create_key(boss).value();
    auto const w = guarded.wrap(guest, id, secret, aad).value();
    BOOST_TEST(code(guarded.create_key(guest)) == "unauthorized");
    BOOST_TEST(code(guarded.import_key(guest, material(32))) == "unauthorized");
    BOOST_TEST(code(guarded.wrap_new("nobody", id, aad)) == "ok");  // wraps, like `guest`
    BOOST_TEST(code(guarded.sync(guest, id)) == "unauthorized");
    lifecycle_event event;
    event.number = 1;
    event.key = id.str();
    BOOST_TEST(code(guarded.acknowledge(guest, event)) == "unauthorized");
    BOOST_TEST(code(guarded.report_conflict(guest, event)) == "unauthorized");
    BOOST_TEST(code(guarded.unwrap(guest, id, w.bytes, aad)) == "unauthorized");
    BOOST_TEST(code(guarded.rewrap(guest, id, w.bytes, aad)) == "unauthorized");
    BOOST_TEST(code(guarded.describe(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.rotate_key(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.disable_key(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.enable_key(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.authorize_key_deletion(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.cancel_key_deletion(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.delete_key(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.restore_key(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.purge_key(guest, id)) == "unauthorized");
    BOOST_TEST(code(guarded.register_service(guest, id, instance())) == "unauthorized");
    BOOST_TEST(code(guarded.unregister_service(guest, id, instance())) == "unauthorized");
}
