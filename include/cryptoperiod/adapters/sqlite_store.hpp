/// @file sqlite_store.hpp
/// A durable store in one file, of SQLite: for the services of one host. Any number of processes
/// and threads may have it open. Not a part of the umbrella: link cryptoperiod::sqlite.
#pragma once

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cryptoperiod/core/result.hpp>
#include <cryptoperiod/core/text.hpp>
#include <cryptoperiod/store/store.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace cryptoperiod::adapters {

/// How a store is opened.
struct sqlite_options {
    /// How long a call waits for other threads and processes before it is store_unavailable.
    std::chrono::milliseconds patience{10'000};
    /// Whether the store is made where there is none. A service that has one says false: then a
    /// volume that is not mounted is store_unavailable, and not a new store without its records.
    bool create = true;
};

namespace detail::sqlite {

/// "cps1": marks a file as a store of ours. Source: sqlite.org, PRAGMA application_id.
inline constexpr std::int64_t application_id = 0x6370'7331;
inline constexpr std::int64_t schema_version = 1;

struct closing {
    void operator()(::sqlite3* database) const noexcept { ::sqlite3_close_v2(database); }
    void operator()(::sqlite3_stmt* statement) const noexcept { ::sqlite3_finalize(statement); }
};
using database = std::unique_ptr<::sqlite3, closing>;
using prepared = std::unique_ptr<::sqlite3_stmt, closing>;

[[nodiscard]] inline error unavailable(std::string_view path, std::string_view words) {
    return {errc::store_unavailable, concat("the store '", path, "' ", words)};
}

/// Why the file cannot be used, by what the system says of it.
[[nodiscard]] inline error unreachable(std::string_view path, int system_code) {
    switch (system_code) {
        case EACCES:
        case EPERM:
            return unavailable(path,
                               "may not be opened; give this user the right to read and write the "
                               "file and its folder");
        case EISDIR:
            return unavailable(path, "is a folder; give the path of a file in it");
        case ENOENT:
        case ENOTDIR:
            return unavailable(path,
                               "is in a folder that is not there; make it or mount its volume");
        case EROFS:
            return unavailable(path, "is on a disk that is read-only; mount it for writing");
        default:
            return unavailable(
                path, concat("cannot be opened (", std::generic_category().message(system_code),
                             "); see to its disk"));
    }
}

/// Why SQLite could not open the file or those beside it.
[[nodiscard]] inline error not_opened(std::string const& path) {
    struct ::stat found {};
    if (::stat(path.c_str(), &found) != 0) return unreachable(path, errno);
    if (S_ISDIR(found.st_mode)) return unreachable(path, EISDIR);
    auto const folder = std::filesystem::path(path).parent_path();
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0 ||
        ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        return unreachable(path, errno);
    return unavailable(path,
                       "cannot be opened; see to its rights and those of the -wal and -shm "
                       "beside it");
}

/// What a code of SQLite means for the caller. Only the name of the code is repeated: the messages
/// of a connection may quote values.
[[nodiscard]] inline error error_of(std::string const& path, int code) {
    auto const told = [&](errc which, std::string_view words) {
        return error{which,
                     concat("the store '", path, "' ", words, " (", ::sqlite3_errstr(code), ")")};
    };
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return told(errc::store_unavailable, "is locked by another writer; try again");
        case SQLITE_FULL:
            return told(errc::store_unavailable, "has no room; free some on its disk");
        case SQLITE_READONLY:
            return told(errc::store_unavailable,
                        "cannot be written; give this user the right to write the file and its "
                        "folder");
        case SQLITE_CANTOPEN:
            return not_opened(path);
        case SQLITE_CORRUPT:
            return told(errc::store_corrupt, "is damaged; restore it from a copy");
        case SQLITE_NOTADB:
            return told(errc::store_corrupt, "is not a file of SQLite; give another path");
        default:
            return told(errc::store_unavailable, "does not answer; see to its disk");
    }
}

/// Until when a call may wait: taken once, before the first thing that it waits for.
class deadline {
public:
    explicit deadline(std::chrono::milliseconds patience) noexcept
        : at_(std::chrono::steady_clock::now() + std::clamp(patience, least, most)) {}

    [[nodiscard]] std::chrono::steady_clock::time_point at() const noexcept { return at_; }
    [[nodiscard]] std::chrono::milliseconds left() const noexcept {
        auto const left = at_ - std::chrono::steady_clock::now();
        return std::max(least, std::chrono::ceil<std::chrono::milliseconds>(left));
    }

private:
    static constexpr std::chrono::milliseconds least{0}, most{INT32_MAX};  // as SQLite counts

    std::chrono::steady_clock::time_point at_;
};

/// One use of a prepared statement: reset when it ends, however that is.
class query {
public:
    query(std::string const& path, prepared const& statement) noexcept
        : path_(&path), statement_(statement.get()) {}
    query(query const&) = delete;
    query& operator=(query const&) = delete;
    ~query() {
        ::sqlite3_reset(statement_);
        ::sqlite3_clear_bindings(statement_);
    }

    // Keys are blobs: their order is that of their bytes. Nothing is copied: what is bound lives as
    // long as the query.
    void bind(int place, std::string_view text) noexcept {
        bind_blob(place, text.data(), text.size());
    }
    void bind(int place, std::span<std::byte const> bytes) noexcept {
        bind_blob(place, bytes.data(), bytes.size());
    }
    void bind(int place, std::int64_t number) noexcept {
        keep(::sqlite3_bind_int64(statement_, place, number));
    }
    /// Whether there is a row (more). Errors: as error_of.
    [[nodiscard]] result<bool> step() {
        if (code_ == SQLITE_OK) code_ = ::sqlite3_step(statement_);
        if (code_ != SQLITE_ROW && code_ != SQLITE_DONE) return error_of(*path_, code_);
        return std::exchange(code_, SQLITE_OK) == SQLITE_ROW;
    }
    [[nodiscard]] std::int64_t number(int column) const noexcept {
        return ::sqlite3_column_int64(statement_, column);
    }
    [[nodiscard]] std::span<std::byte const> bytes(int column) const noexcept {
        auto const* const first = ::sqlite3_column_blob(statement_, column);
        auto const size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column));
        return {static_cast<std::byte const*>(first), first == nullptr ? 0 : size};
    }

private:
    void keep(int code) noexcept {
        if (code_ == SQLITE_OK) code_ = code;
    }
    void bind_blob(int place, void const* data, std::size_t size) noexcept {
        // A null pointer would be bound as NULL, which is not the same as no bytes.
        keep(::sqlite3_bind_blob64(statement_, place, size == 0 ? "" : data, size, SQLITE_STATIC));
    }

    std::string const* path_;
    ::sqlite3_stmt* statement_;
    int code_ = SQLITE_OK;
};

/// A connection; used by one thread at a time.
class connection {
public:
    /// The file must be there: SQLite would make one that everybody may read. Errors: as error_of.
    [[nodiscard]] static result<connection> open(std::string const& path,
                                                 std::chrono::milliseconds patience) {
        ::sqlite3* raw = nullptr;
        constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
        int const code = ::sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
        connection made(database(raw), path);
        if (code != SQLITE_OK) return made.error_of(code);
        made.wait_at_most(patience);
        return made;
    }

    /// Statements separated by semicolons; their rows are dropped. Errors: as error_of.
    [[nodiscard]] result<void> run(char const* sql) {
        int const code = ::sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return error_of(code);
        return {};
    }
    /// Errors: as error_of.
    [[nodiscard]] result<prepared> prepare(std::string_view sql) {
        ::sqlite3_stmt* raw = nullptr;
        int const code =
            ::sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                 SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
        if (code != SQLITE_OK) return error_of(code);
        return prepared(raw);
    }
    /// The number that `sql` asks for. Errors: as error_of.
    [[nodiscard]] result<std::int64_t> number(std::string_view sql) {
        CRYPTOPERIOD_TRY(auto const statement, prepare(sql));
        query asked(path_, statement);
        CRYPTOPERIOD_TRY(bool const row, asked.step());
        return row ? asked.number(0) : 0;
    }
    /// Takes what the log holds into the file, and makes the log empty; waits `patience` for those
    /// who read or write. Errors: store_unavailable, also because of them.
    [[nodiscard]] result<void> empty_log(std::chrono::milliseconds patience) {
        wait_at_most(patience);
        int const code = ::sqlite3_wal_checkpoint_v2(database_.get(), "main",
                                                     SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
        if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
            return unavailable(path_,
                               "is read or written by somebody else, who is in the way of what was "
                               "erased; try again");
        if (code != SQLITE_OK) return error_of(code);
        return {};
    }
    /// For the locks of other processes, from now on.
    void wait_at_most(std::chrono::milliseconds patience) noexcept {
        ::sqlite3_busy_timeout(database_.get(), static_cast<int>(patience.count()));
    }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    /// What SQLite has opened: symbolic links of the path are followed.
    [[nodiscard]] std::string file() const {
        return ::sqlite3_db_filename(database_.get(), "main");
    }
    [[nodiscard]] error error_of(int code) const { return sqlite::error_of(path_, code); }
    [[nodiscard]] bool is_read_only() const noexcept {
        return ::sqlite3_db_readonly(database_.get(), "main") == 1;
    }
    /// Leaves the database open for ever: what a child must do with what its parent has opened.
    void abandon() noexcept { static_cast<void>(database_.release()); }

private:
    connection(database opened, std::string path) noexcept
        : database_(std::move(opened)), path_(std::move(path)) {}

    database database_;
    std::string path_;
};

/// A transaction that alone may write, from its start; undone unless committed.
class transaction {
public:
    /// Errors: as error_of.
    [[nodiscard]] static result<transaction> begin(connection& on) {
        if (auto begun = on.run("BEGIN IMMEDIATE"); !begun) return std::move(begun).error();
        return transaction(on);
    }
    transaction(transaction&& other) noexcept : on_(std::exchange(other.on_, nullptr)) {}
    transaction& operator=(transaction&&) = delete;
    ~transaction() {
        if (on_ != nullptr) static_cast<void>(on_->run("ROLLBACK"));
    }
    /// Returns when the disk has been told to keep it (synchronous = FULL). Errors: as error_of.
    [[nodiscard]] result<void> commit() {
        auto committed = on_->run("COMMIT");
        if (committed) on_ = nullptr;
        return committed;
    }

private:
    explicit transaction(connection& on) noexcept : on_(&on) {}

    connection* on_;
};

/// What tells whose database a file is.
struct file_marks {
    std::int64_t id = 0, version = 0, tables = 0;
};
[[nodiscard]] inline result<file_marks> read_marks(connection& on) {
    file_marks marks;
    CRYPTOPERIOD_TRY(marks.id, on.number("PRAGMA application_id"));
    CRYPTOPERIOD_TRY(marks.version, on.number("PRAGMA user_version"));
    CRYPTOPERIOD_TRY(marks.tables, on.number("SELECT count(*) FROM sqlite_schema"));
    return marks;
}

/// Whether the file is new; if not, it is a store that this build reads. The marks are read in one
/// transaction, for another process may be making the store. Errors: store_corrupt,
/// unknown_version, and as error_of.
[[nodiscard]] inline result<bool> is_new(connection& on) {
    if (auto begun = on.run("SAVEPOINT look"); !begun) return std::move(begun).error();
    auto const marks = read_marks(on);
    if (auto ended = on.run("RELEASE look"); !ended) return std::move(ended).error();
    if (!marks) return marks.error();
    if (marks->id == 0 && marks->version == 0 && marks->tables == 0) return true;
    if (marks->id != application_id)
        return error{errc::store_corrupt,
                     concat("the file '", on.path(),
                            "' is the database of another program; give another path")};
    if (marks->version != schema_version)
        return error{
            errc::unknown_version,
            concat("the store '", on.path(), "' is of version ", std::to_string(marks->version),
                   ", this build reads ", std::to_string(schema_version))};
    return false;
}

/// Takes the journal to WAL. Several processes may want that at the same moment; then SQLite says
/// that it is busy without having waited.
[[nodiscard]] inline result<void> use_wal(connection& on, deadline const& end) {
    for (;;) {
        auto changed = on.run("PRAGMA journal_mode = WAL");
        if (changed || changed.error().code != errc::store_unavailable ||
            end.left() == std::chrono::milliseconds::zero())
            return changed;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

/// Which file a path names, whatever it is called meanwhile. Source: POSIX, sys/stat.h.
class file_identity {
public:
    /// Errors: store_unavailable.
    [[nodiscard]] static result<file_identity> of(std::string path) {
        struct ::stat found {};
        if (::stat(path.c_str(), &found) != 0) return unreachable(path, errno);
        if (S_ISDIR(found.st_mode)) return unreachable(path, EISDIR);
        return file_identity(std::move(path), found);
    }
    /// That the path still names it: what is written into a file without a name is lost when it is
    /// closed. Errors: store_unavailable.
    [[nodiscard]] result<void> check() const {
        struct ::stat found {};
        if (::stat(path_.c_str(), &found) == 0 && found.st_dev == device_ &&
            found.st_ino == number_)
            return {};
        return error{errc::store_unavailable,
                     concat("the file '", path_,
                            "' was removed or replaced while it was open; put it back or open the "
                            "store anew")};
    }

private:
    file_identity(std::string path, struct ::stat const& found) noexcept
        : path_(std::move(path)), device_(found.st_dev), number_(found.st_ino) {}

    std::string path_;
    ::dev_t device_;
    ::ino_t number_;
};

/// Sees to the file: makes it for its owner only when it may be made, before SQLite makes one that
/// everybody may read; its journal gets the same rights. (mknod opens nothing: to close a file
/// drops the locks that SQLite has.) Errors: store_unavailable.
[[nodiscard]] inline result<file_identity> find_file(std::string const& path, bool create) {
    if (create && ::mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0 && errno != EEXIST)
        return unreachable(path, errno);
    struct ::stat found {};
    if (::stat(path.c_str(), &found) == 0 || errno != ENOENT) return file_identity::of(path);
    if (::lstat(path.c_str(), &found) == 0)
        return unavailable(path,
                           "is a symbolic link to a file that is not there; mount the volume of "
                           "that file, or give its path");
    return unavailable(path,
                       "is not there; mount its volume, or have it made (sqlite_options::create)");
}

/// What SQLite is given: as the process may go to another folder, and as SQLite takes "file:x" and
/// ":memory:" for something else, a path from the root. Errors: missing, malformed,
/// store_unavailable.
[[nodiscard]] inline result<std::string> absolute(std::string const& path) {
    if (path.empty() || path == ":memory:")
        return error{errc::missing, "no file is named; give the path of one"};
    if (auto const at = path.find('\0'); at != std::string::npos)
        return error{errc::malformed, concat("the path '", std::string_view(path).substr(0, at),
                                             "' of the store goes on after a NUL at offset ",
                                             std::to_string(at), "; remove it")};
    std::error_code failed;
    auto const from_root = std::filesystem::absolute(path, failed);
    if (failed) return unreachable(path, failed.value());
    return from_root.string();
}

/// For every connection: commits reach the disk, what is erased is overwritten, nothing of it is in
/// files elsewhere, no function runs because a damaged schema says so.
inline constexpr char const* settings =
    "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";

inline constexpr char const* schema =
    "CREATE TABLE record(key BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL,"
    " value BLOB NOT NULL) STRICT;"
    "CREATE TABLE last_version(version INTEGER NOT NULL) STRICT;"
    "INSERT INTO last_version VALUES(0);"
    "PRAGMA application_id = 0x63707331; PRAGMA user_version = 1;";

/// A connection to a store, which is made when the file is new. Errors: as sqlite_store::open.
[[nodiscard]] inline result<connection> connect(std::string const& path, bool create,
                                                deadline const& end) {
    CRYPTOPERIOD_TRY(auto on, connection::open(path, end.left()));
    if (on.is_read_only()) return on.error_of(SQLITE_READONLY);
    CRYPTOPERIOD_TRY(bool const fresh, is_new(on));  // nothing of another program is changed
    if (fresh && !create)
        return unavailable(path,
                           "is an empty file; mount its volume, restore it, or have it made "
                           "(sqlite_options::create)");
    if (auto done = use_wal(on, end); !done) return std::move(done).error();
    if (auto done = on.run(settings); !done) return std::move(done).error();
    if (!fresh) return on;
    CRYPTOPERIOD_TRY(auto alone, transaction::begin(on));
    CRYPTOPERIOD_TRY(bool const still_fresh, is_new(on));  // another process may have been faster
    if (still_fresh)
        if (auto done = on.run(schema); !done) return std::move(done).error();
    if (auto done = alone.commit(); !done) return std::move(done).error();
    return on;
}

/// A store that is open in this process, counted. SQLite keeps in tables of the process which locks
/// it has on which file; fork copies the tables and not the locks. So nothing of SQLite is used in
/// a child that was forked while a store was open, also no new connection: it would believe in the
/// parent's locks, and the last of the parent's to close would delete the log that the child
/// writes. Source: sqlite.org, "How To Corrupt An SQLite Database File", section 2.6.
class open_store {
public:
    /// Errors: store_unavailable.
    [[nodiscard]] static result<open_store> count(std::string_view path) {
        auto const self = static_cast<std::uint64_t>(::getpid()) << 32;
        auto seen = counted_.load();
        std::uint64_t next = 0;
        do {
            bool const forked = (seen & ~how_many) != self && (seen & how_many) != 0;
            if (forked) return of_parent(path);
            next = (self | (seen & how_many)) + 1;
        } while (!counted_.compare_exchange_weak(seen, next));
        return open_store();
    }
    open_store(open_store&& other) noexcept : owner_(std::exchange(other.owner_, 0)) {}
    open_store& operator=(open_store&&) = delete;
    ~open_store() {
        if (owner_ == ::getpid()) --counted_;
    }
    /// Whether the process has forked since.
    [[nodiscard]] bool is_of_parent() const noexcept { return owner_ != ::getpid(); }
    [[nodiscard]] static error of_parent(std::string_view path) {
        return unavailable(path,
                           "cannot be used: the process was forked while a store was open, and has "
                           "not the locks of its parent; fork before a store is opened, or exec in "
                           "the child");
    }

private:
    open_store() noexcept = default;

    static constexpr std::uint64_t how_many = 0xffff'ffff;
    inline static std::atomic<std::uint64_t> counted_{0};  // of which process << 32 | how many

    ::pid_t owner_ = ::getpid();
};

/// What std::timed_mutex is; the thread sanitizer of g++ 12 does not see who locks that one
/// (pthread_mutex_clocklock).
class turns {
public:
    [[nodiscard]] bool try_lock_until(std::chrono::steady_clock::time_point end) {
        std::unique_lock held(mutex_);
        return given_back_.wait_until(held, end, [&] { return !taken_; }) && (taken_ = true);
    }
    void unlock() {
        {
            std::lock_guard const held(mutex_);
            taken_ = false;
        }
        given_back_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable given_back_;
    bool taken_ = false;
};

/// A connection that threads take turns with.
struct shared_connection {
    turns mutex;
    connection on;
};

/// Two connections, so that readers do not wait for a writer's disk, and their statements.
class connections {
public:
    connections(open_store c, std::chrono::milliseconds p, connection w, connection r)
        : counted(std::move(c)),
          patience(p),
          writing{{}, std::move(w)},
          reading{{}, std::move(r)} {}
    connections(connections const&) = delete;
    connections& operator=(connections const&) = delete;
    ~connections() {
        if (!counted.is_of_parent()) return;
        // To close would undo what the parent does, or take the log away from under it.
        for (auto* const statement : {&get, &list, &find, &next_version, &write, &erase})
            static_cast<void>(statement->release());
        writing.on.abandon();
        reading.on.abandon();
    }

    /// `file`: what the path named before the connections were made. Errors: as error_of.
    [[nodiscard]] result<void> prepare(file_identity const& file) {
        auto& r = reading.on;
        auto& w = writing.on;
        CRYPTOPERIOD_TRY(get, r.prepare("SELECT key, version, value FROM record WHERE key = ?1"));
        CRYPTOPERIOD_TRY(list, r.prepare("SELECT key, version, value FROM record"
                                         " WHERE key >= ?1 AND key <> ?2 ORDER BY key"));
        CRYPTOPERIOD_TRY(find, w.prepare("SELECT version FROM record WHERE key = ?1"));
        CRYPTOPERIOD_TRY(next_version, w.prepare("UPDATE last_version SET version = version + 1"
                                                 " RETURNING version"));
        CRYPTOPERIOD_TRY(write, w.prepare("INSERT INTO record VALUES(?1, ?2, ?3) ON CONFLICT(key)"
                                          " DO UPDATE SET version = ?2, value = ?3"));
        CRYPTOPERIOD_TRY(erase, w.prepare("DELETE FROM record WHERE key = ?1"));
        CRYPTOPERIOD_TRY(auto const log, file_identity::of(w.file() + "-wal"));
        files = {file, log};
        return check_files();
    }
    /// That what is acknowledged is in files that the next opening finds. Errors:
    /// store_unavailable.
    [[nodiscard]] result<void> check_files() const {
        for (auto const& file : files)
            if (auto same = file.check(); !same) return same;
        return {};
    }
    /// A turn with a connection, which waits for other processes what is left until `end`. Errors:
    /// store_unavailable.
    [[nodiscard]] result<std::unique_lock<turns>> turn(shared_connection& with,
                                                       deadline const& end) {
        if (counted.is_of_parent()) return open_store::of_parent(path());
        if (!with.mutex.try_lock_until(end.at())) return with.on.error_of(SQLITE_BUSY);
        std::unique_lock lock(with.mutex, std::adopt_lock);
        if (auto same = check_files(); !same) return std::move(same).error();
        with.on.wait_at_most(end.left());
        return lock;
    }
    [[nodiscard]] std::string const& path() const noexcept { return writing.on.path(); }
    [[nodiscard]] query use(prepared const& statement) const noexcept {
        return {path(), statement};
    }

    open_store counted;  // destroyed last
    std::chrono::milliseconds patience;
    shared_connection writing;
    shared_connection reading;
    prepared get, list, find, next_version, write, erase;  // destroyed before the connections
    std::vector<file_identity> files;                      // the file and its log
};

}  // namespace detail::sqlite

/// Keeps the contract of `store::store`, durably: a write is acknowledged when it is on the disk,
/// in a write-ahead log that every later opening reads. Readers never wait for writers; writers
/// wait for each other, threads and processes together up to sqlite_options::patience a call. The
/// file belongs on a local file system, with the -wal and -shm beside it. A store that was moved
/// from may only be assigned to or destroyed.
///
/// The file is known by its path and by what it is: where it or its -wal is deleted, renamed or
/// replaced while it is open, every call is store_unavailable and no write is acknowledged, until
/// they are back or the store is opened anew. (What is written over in place is not noticed.)
///
/// To copy a store: when no process has it open, the file is all of it. While it is in use, a copy
/// of the file alone lacks what is in the -wal; copy it right after compact() with no writer in
/// between, or the file and its -wal together from one snapshot of the disk, or let SQLite do it
/// (`VACUUM INTO` or the .backup of its shell, which may be used beside this). A copy of a file and
/// a -wal of different moments is damaged. Where a -wal is damaged or lost, what was written since
/// the last checkpoint (about 1,000 pages, or the last erasure) is lost, without an error: SQLite
/// reads the log up to the first frame whose checksum is wrong.
///
/// An erasure overwrites the record in the file and empties the log, where also the values are that
/// were replaced before; then it returns. Who reads the store in that moment, or another process
/// that does the same, can be in the way; the erasure is acknowledged nevertheless, and the next
/// one, `compact()` or the end of the last process that has the store open does the rest. Copies
/// that SQLite leaves within the file where it moves records (about one in 300) go with
/// `compact()`. What a disk keeps of blocks that a file has given back is its own affair: encrypt
/// it.
///
/// A process that was forked while its parent had a store open uses none, neither the parent's nor
/// one that it opens itself: that is store_unavailable. Fork before the first store is opened or
/// after the last one is closed, or exec in the child. (Where a process uses SQLite beside this
/// class, the same holds for that, and nobody checks it.)
class sqlite_store {
public:
    static constexpr bool durable = true;

    /// The store in the file `path`, which is made (for its owner only) when it is not there and
    /// sqlite_options::create says so. Errors: missing (no path), malformed (a NUL in it),
    /// store_unavailable (cannot be opened, not there, read-only, locked, full, forked while a
    /// store was open), store_corrupt (damaged, or the file of something else), unknown_version.
    [[nodiscard]] static result<sqlite_store> open(std::string const& path,
                                                   sqlite_options const& options = {}) {
        detail::sqlite::deadline const end(options.patience);
        CRYPTOPERIOD_TRY(auto const from_root, detail::sqlite::absolute(path));
        CRYPTOPERIOD_TRY(auto counted, detail::sqlite::open_store::count(from_root));
        CRYPTOPERIOD_TRY(auto const file, detail::sqlite::find_file(from_root, options.create));
        CRYPTOPERIOD_TRY(auto writing, detail::sqlite::connect(from_root, options.create, end));
        CRYPTOPERIOD_TRY(auto reading, detail::sqlite::connect(from_root, options.create, end));
        auto made = std::make_unique<detail::sqlite::connections>(
            std::move(counted), options.patience, std::move(writing), std::move(reading));
        if (auto done = made->prepare(file); !done) return std::move(done).error();
        return sqlite_store(std::move(made));
    }

    /// Source: the concept store::store, here and below.
    [[nodiscard]] result<std::optional<store::entry>> get(std::string_view key) const {
        if (auto sound = store::detail::check_key(key); !sound) return std::move(sound).error();
        CRYPTOPERIOD_TRY(auto const turn, open_->turn(open_->reading, deadline()));
        auto asked = open_->use(open_->get);
        asked.bind(1, key);
        CRYPTOPERIOD_TRY(bool const row, asked.step());
        if (!row) return std::optional<store::entry>{};
        CRYPTOPERIOD_TRY(auto found, entry_of(asked));
        return std::optional(std::move(found));
    }

    [[nodiscard]] result<store::page> list(std::string_view prefix, std::string_view after,
                                           std::size_t limit) const {
        if (auto sound = store::detail::check_list(prefix, after, limit); !sound)
            return std::move(sound).error();
        store::detail::page_builder builder(limit);
        CRYPTOPERIOD_TRY(auto const turn, open_->turn(open_->reading, deadline()));
        auto asked = open_->use(open_->list);
        asked.bind(1, after < prefix ? prefix : after);
        asked.bind(2, after);
        for (;;) {
            CRYPTOPERIOD_TRY(bool const row, asked.step());
            if (!row) break;
            CRYPTOPERIOD_TRY(auto found, entry_of(asked));
            if (!found.key.starts_with(prefix) || !builder.has_room()) break;
            builder.add(std::move(found));
        }
        return std::move(builder).take();
    }

    [[nodiscard]] result<std::uint64_t> compare_and_swap(std::string_view key,
                                                         std::uint64_t expected,
                                                         std::span<std::byte const> value) {
        if (auto sound = store::detail::check_write(key, value); !sound)
            return std::move(sound).error();
        CRYPTOPERIOD_TRY(auto const turn, open_->turn(open_->writing, deadline()));
        CRYPTOPERIOD_TRY(auto alone, detail::sqlite::transaction::begin(open_->writing.on));
        if (auto same = demand(key, expected); !same) return std::move(same).error();
        CRYPTOPERIOD_TRY(auto const version, next_version());
        {
            auto write = open_->use(open_->write);
            write.bind(1, key);
            write.bind(2, version);
            write.bind(3, value);
            if (auto written = write.step(); !written) return std::move(written).error();
        }
        if (auto done = commit(alone); !done) return std::move(done).error();
        return static_cast<std::uint64_t>(version);
    }

    [[nodiscard]] result<void> compare_and_erase(std::string_view key, std::uint64_t expected) {
        if (auto sound = store::detail::check_key(key); !sound) return sound;
        if (expected == store::absent) return store::detail::nothing_to_erase();
        auto const end = deadline();
        CRYPTOPERIOD_TRY(auto const turn, open_->turn(open_->writing, end));
        CRYPTOPERIOD_TRY(auto alone, detail::sqlite::transaction::begin(open_->writing.on));
        if (auto same = demand(key, expected); !same) return same;
        {
            auto erase = open_->use(open_->erase);
            erase.bind(1, key);
            if (auto erased = erase.step(); !erased) return std::move(erased).error();
        }
        if (auto done = commit(alone); !done) return done;
        // It is erased, whatever comes of this. Readers that have begun already end soon.
        constexpr std::chrono::milliseconds moment{100};
        static_cast<void>(open_->writing.on.empty_log(std::min(moment, end.left())));
        return {};
    }

    /// Writes the file anew, with what is there and nothing else, and empties the log: no byte of
    /// what was erased or replaced before is in the files then. Takes as long as reading and
    /// writing all of it, and as much memory; writers wait. Errors: store_unavailable (somebody
    /// reads or writes all the time; full), store_corrupt.
    [[nodiscard]] result<void> compact() {
        CRYPTOPERIOD_TRY(auto const turn, open_->turn(open_->writing, deadline()));
        if (auto done = open_->writing.on.run("VACUUM"); !done) return done;
        if (auto done = open_->writing.on.empty_log(deadline().left()); !done) return done;
        return open_->check_files();
    }

private:
    explicit sqlite_store(std::unique_ptr<detail::sqlite::connections> open) noexcept
        : open_(std::move(open)) {}

    /// Of a call that begins now.
    [[nodiscard]] detail::sqlite::deadline deadline() const noexcept {
        return detail::sqlite::deadline(open_->patience);
    }
    /// Errors: store_unavailable, also where the files are not those of the path any more.
    [[nodiscard]] result<void> commit(detail::sqlite::transaction& alone) const {
        if (auto same = open_->check_files(); !same) return same;
        return alone.commit();
    }
    /// Errors: store_corrupt, for what this class does not write.
    [[nodiscard]] result<store::entry> entry_of(detail::sqlite::query const& row) const {
        auto const key = row.bytes(0);
        auto const value = row.bytes(2);
        store::entry e{{reinterpret_cast<char const*>(key.data()), key.size()},
                       static_cast<std::uint64_t>(row.number(1)),
                       {value.begin(), value.end()}};
        if (e.version == store::absent || !store::detail::check_write(e.key, value))
            return open_->writing.on.error_of(SQLITE_CORRUPT);
        return e;
    }

    /// Within a transaction. Errors: store_conflict unless the record has the version.
    [[nodiscard]] result<void> demand(std::string_view key, std::uint64_t expected) {
        auto asked = open_->use(open_->find);
        asked.bind(1, key);
        CRYPTOPERIOD_TRY(bool const row, asked.step());
        auto const found = row ? static_cast<std::uint64_t>(asked.number(0)) : store::absent;
        if (found != expected) return store::detail::conflict(expected, found);
        return {};
    }

    /// Within a transaction. Errors: store_corrupt when the counter is gone.
    [[nodiscard]] result<std::int64_t> next_version() {
        auto asked = open_->use(open_->next_version);
        CRYPTOPERIOD_TRY(bool const row, asked.step());
        if (!row || asked.number(0) <= 0) return open_->writing.on.error_of(SQLITE_CORRUPT);
        return asked.number(0);
    }

    std::unique_ptr<detail::sqlite::connections> open_;
};

static_assert(store::durable_store<sqlite_store>);

}  // namespace cryptoperiod::adapters
