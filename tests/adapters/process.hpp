/// @file process.hpp
/// Another process, for tests of what a fork leaves.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <utility>

/// Within it there is no Boost.Test: its exit code is the answer, 0 is well.
class process {
public:
    explicit process(std::function<int()> const& run) : id_(::fork()) {
        if (id_ != 0) return;
        ::rlimit const no_core_file{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core_file);
        ::_exit(run());
    }
    process(process&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
    process& operator=(process&&) = delete;
    ~process() {
        if (id_ > 0) kill(), static_cast<void>(join());
    }
    void kill() const { ::kill(id_, SIGKILL); }
    /// Its exit code; -1 when a signal has ended it.
    int join() {
        int status = 0;
        ::waitpid(std::exchange(id_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    ::pid_t id_;
};
