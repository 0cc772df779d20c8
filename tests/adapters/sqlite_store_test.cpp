#include <cryptoperiod/adapters/sqlite_store.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <cryptoperiod/core/bytes.hpp>
#include <cryptoperiod/core/crn.hpp>
#include <cryptoperiod/core/id.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "adapters/process.hpp"

using namespace cryptoperiod;
using adapters::sqlite_options;
using adapters::sqlite_store;

// SQLite calls these; here they are counted, so that a store which acknowledges before the disk
// does is found without cutting the power.
namespace {
std::atomic<int> syncs{0};
}
extern "C" int fdatasync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}
extern "C" int fsync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace {

namespace files = std::filesystem;

// A folder of its own for each test case, gone with it.
class folder {
public:
    folder() {
        std::string name = (files::temp_directory_path() / "cryptoperiod-sqlite-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    folder(folder const&) = delete;
    folder& operator=(folder const&) = delete;
    ~folder() {
        std::error_code ignored;
        files::permissions(path_, files::perms::owner_all, ignored);
        files::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string operator/(std::string_view name) const { return path_ / name; }
    [[nodiscard]] files::path const& path() const { return path_; }

private:
    files::path path_;
};

sqlite_store must_open(std::string const& path) {
    auto opened = sqlite_store::open(path);
    BOOST_REQUIRE_MESSAGE(opened, to_string(opened.error()));
    return *std::move(opened);
}

struct in_a_file {
    folder home;
    [[nodiscard]] auto open() const {
        return std::make_unique<sqlite_store>(must_open(home / "store"));
    }
};
using fixtures = std::tuple<in_a_file>;

// What `run` says in another process: the refusal of a store, as text.
std::string said_in_another_process(std::function<std::string()> const& run) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    process other([&] {
        auto const said = run();
        return ::write(ends[1], said.data(), said.size()) == static_cast<::ssize_t>(said.size())
                   ? 0
                   : 1;
    });
    ::close(ends[1]);
    std::string said;
    std::array<char, 256> part{};
    for (::ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;)
        said.append(part.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    BOOST_TEST(other.join() == 0);
    return said;
}

// What one process waits for and another one opens, once.
class gate {
public:
    gate() { BOOST_REQUIRE(::pipe(ends_.data()) == 0); }
    gate(gate const&) = delete;
    gate& operator=(gate const&) = delete;
    ~gate() {
        for (int const end : ends_) ::close(end);
    }
    // Whether somebody waits or will.
    bool open() const { return ::write(ends_[1], "x", 1) == 1; }
    bool wait() const {
        char got = 0;
        return ::read(ends_[0], &got, 1) == 1;
    }

private:
    std::array<int, 2> ends_{};
};

std::string said_by_open(std::string const& path, sqlite_options const& options = {}) {
    auto const opened = sqlite_store::open(path, options);
    return opened ? "opened" : to_string(opened.error());
}

template <class T>
std::string told(result<T> const& answer) {
    return answer ? "done" : to_string(answer.error());
}

bool starts_with(std::string const& said, std::string_view expected) {
    BOOST_TEST_MESSAGE(said);
    return said.starts_with(expected);
}

// The message about a file, whose path is written as *.
std::string of(std::string const& path, std::string said) {
    return said.replace(said.find('*'), 1, path);
}

int number_of(std::vector<std::byte> const& value) {
    std::string_view const text(reinterpret_cast<char const*>(value.data()), value.size());
    int number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

void write_file(std::string const& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}
std::string read_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// As somebody who is not root, whom no permission stops.
bool become_nobody() { return ::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0); }

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite_store_test)

#include "store/contract.ipp"

BOOST_AUTO_TEST_CASE(what_was_written_is_there_when_the_file_is_opened_again) {
    folder const home;
    auto const version =
        must_write(*std::make_unique<sqlite_store>(must_open(home / "store")), "a", absent, "v");
    auto again = must_open(home / "store");
    BOOST_TEST((**again.get("a") == entry{"a", version, bytes("v")}));
    BOOST_TEST(again.compare_and_erase("a", version).has_value());
    BOOST_TEST(must_write(again, "a", absent, "w") > version);
}

BOOST_AUTO_TEST_CASE(only_the_owner_may_read_the_files) {
    folder const home;
    auto store = must_open(home / "store");
    must_write(store, "a", absent, "v");
    int count = 0;
    for (auto const& file : files::directory_iterator(home.path())) {
        ++count;
        BOOST_TEST(
            (file.status().permissions() == (files::perms::owner_read | files::perms::owner_write)),
            file.path());
    }
    BOOST_TEST(count == 3);  // the file, its log, the index of the log
}

BOOST_AUTO_TEST_CASE(a_write_is_acknowledged_after_the_disk_has_it) {
    folder const home;
    auto store = must_open(home / "store");
    std::uint64_t version = absent;
    for (int i = 0; i != 10; ++i) {
        int const before = syncs;
        version = must_write(store, "a", version, "v");
        BOOST_TEST(syncs > before);
    }
    int const before = syncs;
    BOOST_TEST(store.compare_and_erase("a", version).has_value());
    BOOST_TEST(syncs > before);
}

BOOST_AUTO_TEST_CASE(kill_9_in_the_middle_of_1000_writes_loses_nothing_that_was_acknowledged) {
    constexpr int writes = 1000;
    folder const home;
    int acknowledged = 0;  // of the writes 0, 1, 2 ...
    for (int const kill_after : {1, 40, 110, 111, 250, 400, 555, 700, 850, 980, writes}) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        // Writes from where the file ends, and says each number after its acknowledgement.
        process writer([&] {
            auto store = sqlite_store::open(home / "store");
            for (int i = acknowledged; store && i != writes; ++i) {
                auto const key = "k" + std::to_string(i);
                auto const value =
                    std::to_string(i) + std::string(static_cast<std::size_t>(i), 'v');
                auto const there = store->get(key);  // the write that nobody heard of
                if (!there || !(*there || store->compare_and_swap(key, absent, bytes(value))))
                    return 1;
                if (::write(ends[1], &i, sizeof i) != sizeof i) return 2;
            }
            return store ? 0 : 3;
        });
        ::close(ends[1]);
        for (int i = 0; acknowledged < kill_after && ::read(ends[0], &i, sizeof i) == sizeof i;)
            acknowledged = i + 1;
        bool const in_the_middle = kill_after != writes;
        if (in_the_middle) writer.kill();
        BOOST_TEST(writer.join() == (in_the_middle ? -1 : 0));
        for (int i = 0; ::read(ends[0], &i, sizeof i) == sizeof i;) acknowledged = i + 1;
        ::close(ends[0]);

        auto const store = must_open(home / "store");
        std::uint64_t last = absent;
        for (int i = 0; i != acknowledged; ++i) {
            auto const got = store.get("k" + std::to_string(i));
            BOOST_REQUIRE_MESSAGE((got && *got), "write " << i << " is lost");
            BOOST_TEST(number_of((*got)->value) == i);
            BOOST_TEST((*got)->value.size() ==
                       std::to_string(i).size() + static_cast<std::size_t>(i));
            BOOST_TEST((*got)->version > last);
            last = (*got)->version;
        }
        // At most the one write that was under way.
        BOOST_TEST(!store.get("k" + std::to_string(acknowledged + 1))->has_value());
    }
    BOOST_TEST(acknowledged == writes);
}

BOOST_AUTO_TEST_CASE(processes_that_count_together_lose_nothing) {
    constexpr int processes = 4;
    constexpr int increments = 50;
    folder const home;
    {
        std::vector<process> writers;
        // They make the file together, too.
        for (int p = 0; p != processes; ++p)
            writers.emplace_back([&] {
                auto store = sqlite_store::open(home / "store");
                if (!store) return 1;
                for (int done = 0; done != increments;) {
                    auto const got = store->get("count");
                    if (!got) return 2;
                    int const count = *got ? number_of((*got)->value) : 0;
                    auto const written = store->compare_and_swap(
                        "count", *got ? (*got)->version : absent, bytes(std::to_string(count + 1)));
                    if (written)
                        ++done;
                    else if (written.error().code != errc::store_conflict)
                        return 3;
                }
                return 0;
            });
        for (auto& writer : writers) BOOST_TEST(writer.join() == 0);
    }
    auto const store = must_open(home / "store");
    BOOST_TEST(number_of((*store.get("count"))->value) == processes * increments);
}

BOOST_AUTO_TEST_CASE(processes_that_make_the_file_at_once_all_open_it) {
    for (int round = 0; round != 60; ++round) {
        folder const home;
        std::vector<process> makers;
        for (int p = 0; p != 4; ++p)
            makers.emplace_back([&] { return sqlite_store::open(home / "store") ? 0 : 1; });
        for (auto& maker : makers) BOOST_TEST_REQUIRE(maker.join() == 0);
    }
}

BOOST_AUTO_TEST_CASE(processes_see_what_others_acknowledge_and_lose_nothing_when_one_closes) {
    folder const home;
    gate opened, written, closed;
    process other([&] {
        if (!opened.wait()) return 1;
        auto theirs = sqlite_store::open(home / "store");
        if (!theirs || !theirs->get("a").value()) return 2;
        if (!theirs->compare_and_swap("b", absent, bytes("theirs"))) return 3;
        if (!written.open() || !closed.wait()) return 4;
        return theirs->compare_and_swap("c", absent, bytes("theirs")) ? 0 : 5;
    });
    {
        auto store = must_open(home / "store");
        must_write(store, "a", absent, "mine");
        BOOST_REQUIRE((opened.open() && written.wait()));
        BOOST_TEST(keys_of(*store.list("", "", 10)) == (texts{"a", "b"}));
    }
    BOOST_TEST(closed.open());
    BOOST_TEST(other.join() == 0);
    BOOST_TEST(keys_of(*must_open(home / "store").list("", "", 10)) == (texts{"a", "b", "c"}));
}

BOOST_AUTO_TEST_CASE(readers_do_not_wait_for_a_writer_and_writers_do_not_wait_for_ever) {
    folder const home;
    auto store = must_open(home / "store");
    must_write(store, "a", absent, "v");
    auto opened = adapters::detail::sqlite::connection::open(home / "store", {});
    BOOST_REQUIRE(opened.has_value());
    BOOST_REQUIRE(opened->run("BEGIN IMMEDIATE").has_value());
    BOOST_TEST(store.get("a")->has_value());
    auto hasty = sqlite_store::open(home / "store", {.patience = std::chrono::milliseconds(20)});
    BOOST_REQUIRE(hasty.has_value());
    auto const refused = hasty->compare_and_swap("b", absent, bytes("v"));
    BOOST_TEST(told(refused) ==
               of(home / "store",
                  "store_unavailable: the store '*' is locked by another writer; try again "
                  "(database is locked)"));
    BOOST_REQUIRE(opened->run("ROLLBACK").has_value());
    BOOST_TEST(told(hasty->compare_and_swap("b", absent, bytes("v"))) == "done");
}

BOOST_AUTO_TEST_CASE(what_another_writer_did_while_one_waited_is_seen) {
    folder const home;
    auto store = must_open(home / "store");
    auto const old = store.compare_and_swap("a", absent, bytes("v")).value();
    // Again with more time until the write has begun to wait: on a busy machine threads start late.
    for (int pause_ms : {20, 100, 500}) {
        auto other = adapters::detail::sqlite::connection::open(home / "store", {});
        BOOST_REQUIRE(other->run("BEGIN IMMEDIATE").has_value());
        BOOST_REQUIRE(other->run("UPDATE record SET version = version + 1").has_value());
        std::atomic<bool> lost{false};
        std::thread writer(
            [&] { lost = store.compare_and_swap("a", old, bytes("mine")).has_value(); });
        std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
        BOOST_REQUIRE(other->run("COMMIT").has_value());
        writer.join();
        BOOST_TEST_REQUIRE(!lost);
        BOOST_REQUIRE(other->run("UPDATE record SET version = version - 1").has_value());
    }
}

BOOST_AUTO_TEST_CASE(threads_that_queue_wait_their_patience_and_not_the_sum_of_it) {
    constexpr std::chrono::milliseconds patience{300};
    folder const home;
    auto opened = sqlite_store::open(home / "store", {.patience = patience});
    BOOST_REQUIRE(opened.has_value());
    auto other = adapters::detail::sqlite::connection::open(home / "store", {});
    BOOST_REQUIRE(other->run("BEGIN IMMEDIATE").has_value());
    constexpr int writers = 6;
    std::atomic<int> refused{0};
    std::atomic<bool> early{false};
    auto const start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i != writers; ++i)
            threads.emplace_back([&, key = std::to_string(i)] {
                auto const answer = opened->compare_and_swap(key, absent, bytes("v"));
                if (!answer && answer.error().code == errc::store_unavailable) ++refused;
                if (std::chrono::steady_clock::now() - start < patience) early = true;
            });
    }
    BOOST_TEST(refused == writers);
    BOOST_TEST(!early);
    BOOST_TEST((std::chrono::steady_clock::now() - start < 3 * patience));
    BOOST_REQUIRE(other->run("ROLLBACK").has_value());
    BOOST_TEST(told(opened->compare_and_swap("a", absent, bytes("v"))) == "done");
}

std::string forked(std::string const& path) {
    return of(
        path,
        "store_unavailable: the store '*' cannot be used: the process was forked while a store "
        "was open, and has not the locks of its parent; fork before a store is opened, or exec "
        "in the child");
}

BOOST_AUTO_TEST_CASE(a_child_cannot_use_nor_harm_the_store_of_its_parent) {
    folder const home;
    auto store = must_open(home / "store");
    must_write(store, "a", absent, "v");
    auto const said = said_in_another_process([&] {
        auto inherited = std::move(store);  // destroyed here, too
        return told(inherited.get("a")) + "\n" + told(inherited.list("", "", 1)) + "\n" +
               told(inherited.compare_and_swap("b", absent, bytes("v"))) + "\n" +
               told(inherited.compare_and_erase("a", 1)) + "\n" + told(inherited.compact());
    });
    std::string const refusal = forked(home / "store");
    auto const again = "\n" + refusal;
    BOOST_TEST(said == refusal + again + again + again + again);
    must_write(store, "b", absent, "v");
    BOOST_TEST(keys_of(*store.list("", "", 9)) == (texts{"a", "b"}));
}

// SQLite keeps in tables of the process which locks it has: a child has the tables and not the
// locks, and its parent, when it closes, would take the log away from under it.
BOOST_AUTO_TEST_CASE(a_child_is_acknowledged_nothing_that_is_lost_when_its_parent_closes) {
    folder const home;
    gate written, closed;
    auto store = std::make_unique<sqlite_store>(must_open(home / "store"));
    must_write(*store, "parent", absent, "v");
    process child([&] {
        auto own = sqlite_store::open(home / "store");
        auto const refused = own ? std::string() : to_string(own.error());
        if (own) static_cast<void>(own->compare_and_swap("child 1", absent, bytes("v")));
        if (!written.open() || !closed.wait()) return 1;
        if (own) return own->compare_and_swap("child 2", absent, bytes("v")) ? 2 : 3;
        store.reset();  // its own copy, which is none
        return refused == forked(home / "store") && said_by_open(home / "store") == refused &&
                       said_by_open(home / "another") == forked(home / "another")
                   ? 0
                   : 4;
    });
    BOOST_REQUIRE(written.wait());
    store.reset();
    BOOST_REQUIRE(closed.open());
    BOOST_TEST(child.join() == 0);
    BOOST_TEST(keys_of(*must_open(home / "store").list("", "", 9)) == (texts{"parent"}));
}

BOOST_AUTO_TEST_CASE(a_process_that_was_forked_when_every_store_was_closed_opens_its_own) {
    folder const home;
    must_write(*std::make_unique<sqlite_store>(must_open(home / "store")), "a", absent, "v");
    BOOST_TEST(said_in_another_process([&] { return said_by_open(home / "store"); }) == "opened");
    // A child of such a child, too, and none of one that has a store open.
    auto const said = said_in_another_process([&] {
        auto const before = said_in_another_process([&] { return said_by_open(home / "store"); });
        auto const own = sqlite_store::open(home / "store");
        return before + "\n" +
               said_in_another_process([&] { return said_by_open(home / "store"); });
    });
    BOOST_TEST(said == "opened\n" + forked(home / "store"));
}

// ---- what is erased -----------------------------------------------------------------------------

// Whether any file of the folder has these bytes.
bool is_on_the_disk(folder const& home, std::string_view text) {
    return std::ranges::any_of(files::directory_iterator(home.path()), [&](auto const& file) {
        return read_file(file.path()).find(text) != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(what_is_erased_or_was_replaced_before_is_in_no_file_any_more) {
    folder const home;
    auto store = must_open(home / "store");
    auto const long_value = std::string(50'000, 'v') + "in its own pages";
    auto const replaced = must_write(store, "b", absent, "replaced by another");
    auto const kept = must_write(store, "b", replaced, "kept");
    for (std::string const value : {"a wrapped key", long_value.c_str()}) {
        auto const version = must_write(store, "a", absent, value);
        BOOST_TEST(is_on_the_disk(home, value.substr(value.size() - 10)));
        BOOST_TEST(told(store.compare_and_erase("a", version)) == "done");
        BOOST_TEST(!is_on_the_disk(home, value.substr(value.size() - 10)));
    }
    BOOST_TEST(!is_on_the_disk(home, "replaced by another"));
    BOOST_TEST((**store.get("b") == entry{"b", kept, bytes("kept")}));
}

// SQLite zeroes what is deleted where it lies, but not the copies that it leaves in other pages
// when it moves records: about one in 300.
BOOST_AUTO_TEST_CASE(copies_that_were_left_where_records_moved_are_gone_when_it_is_compacted) {
    folder const home;
    auto store = must_open(home / "store");
    constexpr std::uint64_t seed = 1;
    BOOST_TEST_INFO_SCOPE("seed " << seed);
    std::mt19937_64 random(seed);
    auto const marked = [](std::size_t i) { return "<record " + std::to_string(i) + ">"; };
    std::vector<std::pair<std::string, std::uint64_t>> records;  // keys and versions
    for (std::size_t i = 0; i != 1000; ++i) {
        auto const key = std::to_string(random());
        auto const value = marked(i) + std::string(random() % 300, 'v');
        records.emplace_back(key, must_write(store, key, absent, value));
    }
    auto const is_erased = [](std::size_t i) { return i % 4 != 0; };
    for (std::size_t i = 0; i != records.size(); ++i)
        if (is_erased(i))
            BOOST_TEST_REQUIRE(told(store.compare_and_erase(records[i].first, records[i].second)) ==
                               "done");
    auto const left = [&] {
        auto const file = read_file(home / "store");
        int count = 0;
        for (std::size_t i = 0; i != records.size(); ++i)
            if (is_erased(i) && file.find(marked(i)) != std::string::npos) ++count;
        return count;
    };
    BOOST_WARN(left() > 0);  // of another SQLite, perhaps: then this proves nothing
    BOOST_TEST(told(store.compact()) == "done");
    BOOST_TEST(left() == 0);
    for (std::size_t i = 0; i != records.size(); ++i)
        BOOST_TEST_REQUIRE(store.get(records[i].first)->has_value() == !is_erased(i));
    must_write(store, "a", absent, "v");
}

BOOST_AUTO_TEST_CASE(an_erasure_that_a_reader_is_in_the_way_of_is_ended_later) {
    std::string const value = "a wrapped key";
    for (std::string const by : {"compact", "the next erasure", "closing"}) {
        folder const home;
        auto store = std::make_unique<sqlite_store>(must_open(home / "store"));
        auto const version = must_write(*store, "a", absent, value);
        auto const next = must_write(*store, "b", absent, "v");
        auto hasty =
            sqlite_store::open(home / "store", {.patience = std::chrono::milliseconds(20)});
        BOOST_REQUIRE(hasty.has_value());
        {
            auto reader = adapters::detail::sqlite::connection::open(home / "store", {});
            BOOST_REQUIRE(reader->run("BEGIN; SELECT * FROM record").has_value());
            BOOST_TEST(told(store->compare_and_erase("a", version)) == "done");
            BOOST_TEST(!store->get("a")->has_value());
            BOOST_TEST(is_on_the_disk(home, value));
            BOOST_TEST(told(hasty->compact()) ==
                       of(home / "store",
                          "store_unavailable: the store '*' is read or written by somebody else, "
                          "who is in the way of what was erased; try again"));
        }
        if (by == "compact") BOOST_TEST(told(store->compact()) == "done");
        if (by == "the next erasure")
            BOOST_TEST(told(store->compare_and_erase("b", next)) == "done");
        if (by == "closing") hasty = error{}, store.reset();
        BOOST_TEST(!is_on_the_disk(home, value), by);
    }
}

BOOST_AUTO_TEST_CASE(a_path_that_names_no_file_is_refused) {
    folder const home;
    BOOST_TEST(said_by_open("") == "missing: no file is named; give the path of one");
    BOOST_TEST(said_by_open(":memory:") == "missing: no file is named; give the path of one");
    BOOST_TEST(said_by_open(std::string("a\0b", 3)) ==
               "malformed: the path 'a' of the store goes on after a NUL at offset 1; remove it");
    BOOST_TEST(said_by_open(home.path().string()) ==
               of(home.path().string(),
                  "store_unavailable: the store '*' is a folder; give the path of a file in it"));
    write_file(home / "file", "");
    for (auto const* const path : {"none/store", "file/store"})
        BOOST_TEST(said_by_open(home / path) ==
                   of(home / path,
                      "store_unavailable: the store '*' is in a folder that is not there; make it "
                      "or mount its volume"));
    BOOST_TEST(said_by_open(home / std::string(300, 'n')) ==
               of(home / std::string(300, 'n'),
                  "store_unavailable: the store '*' cannot be opened (File name too long); see to "
                  "its disk"));
}

BOOST_AUTO_TEST_CASE(a_path_is_a_path_whatever_it_looks_like_and_wherever_the_process_goes) {
    folder const home;
    auto const said = said_in_another_process([&] {
        ::sqlite3_config(SQLITE_CONFIG_URI, 1);
        if (::chdir(home.path().c_str()) != 0) return std::string("no folder");
        auto store = sqlite_store::open("file:a?mode=memory");
        if (!store) return to_string(store.error());
        if (::chdir("/") != 0) return std::string("no root");
        return told(store->compare_and_swap("a", absent, {}));
    });
    BOOST_TEST(said == "done");
    BOOST_TEST(must_open(home / "file:a?mode=memory").get("a")->has_value());
}

BOOST_AUTO_TEST_CASE(a_store_that_must_exist_is_not_made) {
    folder const home;
    sqlite_options const existing{.create = false};
    BOOST_TEST(
        said_by_open(home / "store", existing) ==
        of(home / "store",
           "store_unavailable: the store '*' is not there; mount its volume, or have it made "
           "(sqlite_options::create)"));
    BOOST_TEST(files::is_empty(home.path()));
    write_file(home / "store", "");
    BOOST_TEST(
        said_by_open(home / "store", existing) ==
        of(home / "store",
           "store_unavailable: the store '*' is an empty file; mount its volume, restore it, "
           "or have it made (sqlite_options::create)"));
    BOOST_TEST(files::file_size(home / "store") == 0U);
    BOOST_TEST(said_by_open(home / "store") == "opened");
    BOOST_TEST(said_by_open(home / "store", existing) == "opened");
}

BOOST_AUTO_TEST_CASE(a_link_to_nothing_is_refused_and_one_to_a_store_is_followed) {
    folder const home;
    files::create_symlink(home / "target", home / "link");
    for (bool const create : {false, true})
        BOOST_TEST(said_by_open(home / "link", {.create = create}) ==
                   of(home / "link",
                      "store_unavailable: the store '*' is a symbolic link to a file that is not "
                      "there; mount the volume of that file, or give its path"));
    BOOST_TEST(!files::exists(home / "target"));
    auto store = must_open(home / "target");
    auto linked = must_open(home / "link");
    must_write(linked, "a", absent, "v");
    BOOST_TEST(store.get("a")->has_value());
}

// ---- copies of a store that is in use -----------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_copy_of_a_store_in_use_is_its_file_with_its_log_or_its_file_when_compacted) {
    folder const home;
    auto store = must_open(home / "store");
    texts const both{"a", "b"};
    auto const keys_of_copy = [&](std::string const& name) {
        return keys_of(*must_open(home / name).list("", "", 9));
    };
    must_write(store, "a", absent, "v");
    BOOST_TEST(told(store.compact()) == "done");
    must_write(store, "b", absent, "v");
    files::copy_file(home / "store", home / "alone");
    files::copy_file(home / "store", home / "pair");
    files::copy_file(home / "store-wal", home / "pair-wal");
    {
        auto other = adapters::detail::sqlite::connection::open(home / "store", {});
        BOOST_TEST(told(other->run(("VACUUM INTO '" + (home / "vacuumed") + "'").c_str())) ==
                   "done");
    }
    BOOST_TEST(told(store.compact()) == "done");
    files::copy_file(home / "store", home / "compacted");
    BOOST_TEST(keys_of_copy("alone") == texts{"a"});
    BOOST_TEST(keys_of_copy("pair") == both);
    BOOST_TEST(keys_of_copy("vacuumed") == both);
    BOOST_TEST(keys_of_copy("compacted") == both);
}

BOOST_AUTO_TEST_CASE(a_damaged_log_loses_what_was_written_since_the_last_checkpoint_and_no_more) {
    folder const home;
    auto store = must_open(home / "store");
    must_write(store, "a", absent, "v");
    BOOST_TEST(told(store.compact()) == "done");
    must_write(store, "b", absent, "v");
    files::copy_file(home / "store", home / "copy");
    auto log = read_file(home / "store-wal");
    BOOST_REQUIRE(log.size() > 200);
    log[100] = static_cast<char>(log[100] ^ 1);  // of the first frame: header 32, its own 24
    write_file(home / "copy-wal", log);
    auto const copy = must_open(home / "copy");
    BOOST_TEST(keys_of(*copy.list("", "", 9)) == texts{"a"});
}

// ---- a file that goes away while it is open -----------------------------------------------------

// How every call of a store answers.
texts answers(sqlite_store& store) {
    auto const read = store.get("a");
    auto const list = store.list("", "", 9);
    auto const written =
        store.compare_and_swap("a", read && *read ? (*read)->version : absent, bytes("w"));
    auto const erased = store.compare_and_erase("a", written ? *written : 1);
    return {told(read), told(list), told(written), told(erased), told(store.compact())};
}
std::string replaced(std::string const& path) {
    return of(path,
              "store_unavailable: the file '*' was removed or replaced while it was open; put it "
              "back or open the store anew");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_renamed_is_noticed_until_it_is_back) {
    for (std::string const end : {"", "-wal"}) {
        folder const home;
        auto const path = home / "store";
        auto store = must_open(path);
        auto const version = must_write(store, "a", absent, "v");
        files::rename(path + end, home / "elsewhere");
        BOOST_TEST(answers(store) == texts(5, replaced(path + end)));
        files::rename(home / "elsewhere", path + end);
        BOOST_TEST((**store.get("a") == entry{"a", version, bytes("v")}));
        BOOST_TEST(answers(store) == texts(5, "done"));
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_was_deleted_or_replaced_is_noticed) {
    for (bool const by_another : {false, true}) {
        folder const home;
        auto store = must_open(home / "store");
        must_write(store, "a", absent, "v");
        for (auto const* const end : {"", "-wal", "-shm"}) files::remove(home / "store" + end);
        if (by_another) write_file(home / "store", "restored");
        BOOST_TEST(answers(store) == texts(5, replaced(home / "store")));
    }
}

// The file goes while the transaction is open, after all that is looked at before it.
BOOST_AUTO_TEST_CASE(a_file_that_goes_while_a_writer_waits_is_noticed_before_the_acknowledgement) {
    folder const home;
    auto store = must_open(home / "store");
    auto other = adapters::detail::sqlite::connection::open(home / "store", {});
    BOOST_REQUIRE(other->run("BEGIN IMMEDIATE").has_value());
    std::string said;
    {
        std::jthread const writer(
            [&] { said = told(store.compare_and_swap("a", absent, bytes("v"))); });
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        files::rename(home / "store", home / "elsewhere");
        BOOST_REQUIRE(other->run("ROLLBACK").has_value());
    }
    BOOST_TEST(said == replaced(home / "store"));
    files::rename(home / "elsewhere", home / "store");
    BOOST_TEST(!store.get("a")->has_value());
}

BOOST_AUTO_TEST_CASE(a_file_of_something_else_is_refused_and_left_as_it_is) {
    folder const home;
    std::string const text(5000, 't');
    write_file(home / "text", text);
    BOOST_TEST(starts_with(said_by_open(home / "text"),
                           of(home / "text",
                              "store_corrupt: the store '*' is not a file of SQLite; give another "
                              "path")));
    BOOST_TEST((read_file(home / "text") == text));

    {
        write_file(home / "other", "");
        auto other = adapters::detail::sqlite::connection::open(home / "other", {});
        BOOST_REQUIRE(other->run("CREATE TABLE theirs(x)").has_value());
    }
    auto const before = read_file(home / "other");
    BOOST_TEST(said_by_open(home / "other") ==
               of(home / "other",
                  "store_corrupt: the file '*' is the database of another program; give another "
                  "path"));
    BOOST_TEST((read_file(home / "other") == before));
}

BOOST_AUTO_TEST_CASE(a_store_of_another_version_is_refused) {
    folder const home;
    static_cast<void>(must_open(home / "store"));
    {
        auto on = adapters::detail::sqlite::connection::open(home / "store", {});
        BOOST_REQUIRE(on->run("PRAGMA user_version = 2").has_value());
    }
    BOOST_TEST(
        said_by_open(home / "store") ==
        of(home / "store", "unknown_version: the store '*' is of version 2, this build reads 1"));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_an_error_or_right_never_a_crash) {
    folder const home;
    constexpr int records = 60;
    {
        auto store = must_open(home / "store");
        for (int i = 0; i != records; ++i)
            must_write(store, "k" + std::to_string(i), absent, std::string(400, 'v'));
    }
    auto const sound = read_file(home / "store");
    constexpr std::uint64_t seed = 20'260'106;
    BOOST_TEST_INFO_SCOPE("seed " << seed);
    std::mt19937_64 random(seed);
    int corrupt = 0;
    for (int round = 0; round != 60; ++round) {
        auto damaged = sound;
        auto const page = random() % (damaged.size() / 4096);
        for (int i = 0; i != 400; ++i)
            damaged[page * 4096 + random() % 4096] = static_cast<char>(random());
        if (round % 6 == 0) damaged.resize(page * 4096 + 1 + random() % 4095);
        write_file(home / "copy", damaged);
        auto const opened = sqlite_store::open(home / "copy");
        auto const refused = [&](error const& e) {
            BOOST_TEST((e.code == errc::store_corrupt || e.code == errc::unknown_version ||
                        e.code == errc::store_unavailable),
                       to_string(e));
            corrupt += e.code == errc::store_corrupt ? 1 : 0;
        };
        if (!opened) {
            refused(opened.error());
        } else {
            if (auto const got = opened->list("", "", 1000); !got) refused(got.error());
            if (auto const got = opened->get("k7"); !got) refused(got.error());
        }
        for (auto const* const end : {"", "-wal", "-shm"}) files::remove(home / "copy" + end);
    }
    BOOST_TEST(corrupt > 20);
}

BOOST_AUTO_TEST_CASE(what_may_not_be_written_is_refused_when_it_is_opened) {
    folder const home;
    {
        auto store = must_open(home / "store");
        must_write(store, "a", absent, "v");
    }
    files::permissions(home / "store", files::perms::owner_read | files::perms::others_read);
    files::permissions(home.path(), files::perms::owner_all | files::perms::others_read |
                                        files::perms::others_exec);
    auto const as_nobody = [&](std::string const& path) {
        return said_in_another_process(
            [&] { return become_nobody() ? said_by_open(path) : "could not become nobody"; });
    };
    BOOST_TEST(starts_with(as_nobody(home / "store"),
                           of(home / "store",
                              "store_unavailable: the store '*' cannot be written; give this user "
                              "the right to write the file and its folder")));
    files::permissions(home.path(), files::perms::owner_read | files::perms::owner_exec |
                                        files::perms::others_read | files::perms::others_exec);
    auto const may_not = [&](std::string const& path) {
        return of(path,
                  "store_unavailable: the store '*' may not be opened; give this user the right to "
                  "read and write the file and its folder");
    };
    BOOST_TEST(as_nobody(home / "new") == may_not(home / "new"));
    files::permissions(home / "store", files::perms::none);
    BOOST_TEST(as_nobody(home / "store") == may_not(home / "store"));
    files::permissions(home.path(), files::perms::none);
    BOOST_TEST(as_nobody(home / "store") == may_not(home / "store"));
}

// Writes until there is a refusal; says it, then whether the store still has all that it
// acknowledged, after it was opened again.
std::string said_by_filling(std::string const& path) {
    auto store = sqlite_store::open(path);
    if (!store) return to_string(store.error());
    std::string const value(20'000, 'v');
    int written = 0;
    std::string said;
    for (; said.empty() && written != 1000; ++written)
        if (auto const answer =
                store->compare_and_swap(std::to_string(written), absent, bytes(value));
            !answer)
            said = to_string(answer.error());
    --written;
    auto const all_there = [&](sqlite_store const& in) {
        for (int i = 0; i != written; ++i) {
            auto const got = in.get(std::to_string(i));
            if (!got || !*got) return false;
        }
        return written > 0;
    };
    if (!all_there(*store)) return "lost: " + said;
    auto const again = sqlite_store::open(path);
    if (again && !all_there(*again)) return "lost after opening again: " + said;
    return said;
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_grow_refuses_and_keeps_what_it_has) {
    folder const home;
    auto const said = said_in_another_process([&] {
        ::rlimit const small{400'000, 400'000};
        std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &small);
        return said_by_filling(home / "store");
    });
    BOOST_TEST(starts_with(said, "store_unavailable: "));
}

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_and_keeps_what_it_has) {
    folder const home;
    auto const said = said_in_another_process([&] {
        // A disk of its own, where the system lets us have one.
        if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            return std::string("no disk");
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
        if (::mount("tmpfs", home.path().c_str(), "tmpfs", 0, "size=512k") != 0)
            return std::string("no disk");
        return said_by_filling(home / "store");
    });
    if (said == "no disk") {
        BOOST_TEST_MESSAGE("skipped: this system gives no disk of one's own");
        return;
    }
    BOOST_TEST(
        said ==
        of(home / "store",
           "store_unavailable: the store '*' has no room; free some on its disk (database or "
           "disk is full)"));
}

BOOST_AUTO_TEST_SUITE_END()
