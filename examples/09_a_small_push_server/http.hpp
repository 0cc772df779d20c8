// HTTP/1.1 on loopback, of Boost.Beast: connections with limits and timeouts, and an end that lets
// every request finish. What is answered is for somebody else (push_api.hpp).
#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace small_server {

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
using net::ip::tcp;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;
using handler = std::function<response(request const&)>;
// What is answered where no request was read: one that is none, or one too many.
using refuser = std::function<response(http::status)>;

inline constexpr std::uint32_t header_bytes_max = 16 * 1024;
inline constexpr std::uint64_t body_bytes_max = 1024 * 1024;
inline constexpr std::chrono::seconds idleness{3};   // until a request begins
inline constexpr std::chrono::seconds patience{10};  // with a client, for each message
inline constexpr std::chrono::seconds farewell{2};   // with what it still sends after a refusal
inline constexpr std::chrono::milliseconds breath{20};
inline constexpr std::size_t connections_max = 256;  // that are served
inline constexpr std::size_t refusals_max = 256;     // that are told so; others wait to be accepted

// What all connections of a server share.
struct shared_state {
    handler answer;
    refuser refuse;
    std::atomic<bool> is_stopping = false;
    std::atomic<std::size_t> served = 0, refused = 0;
};

// One connection: reads, answers, reads again. All its steps run on its own strand.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(tcp::socket socket, shared_state& state)
        : stream_(std::move(socket)),
          state_(state),
          is_served_(state.served < connections_max),
          count_(is_served_ ? state.served : state.refused) {
        ++count_;
    }
    ~connection() { --count_; }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    void start() {
        net::dispatch(stream_.get_executor(), [self = shared_from_this()] {
            if (self->is_served_) return self->read();
            self->refuse(http::status::service_unavailable);
        });
    }
    // Ends it unless a request is on its way: that one is answered first.
    void stop() {
        net::dispatch(stream_.get_executor(), [self = shared_from_this()] {
            if (self->parser_ && !self->parser_->got_some()) self->stream_.close();
        });
    }

private:
    void read() {
        if (state_.is_stopping) return stream_.close();
        parser_.emplace();
        parser_->header_limit(header_bytes_max);
        parser_->body_limit(body_bytes_max);
        stream_.expires_after(buffer_.size() == 0 ? idleness : patience);
        http::async_read_some(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](beast::error_code ec, std::size_t) { self->read_on(ec); });
    }
    void read_on(beast::error_code ec) {
        if (ec || parser_->is_done()) return answer(ec);
        stream_.expires_after(patience);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](beast::error_code e, std::size_t) { self->answer(e); });
    }
    void answer(beast::error_code ec) {
        if (ec) return not_understood(ec);
        auto const asked = parser_->release();
        parser_.reset();
        reply_ = state_.answer(asked);
        reply_.version(asked.version());
        reply_.keep_alive(asked.keep_alive() && !state_.is_stopping);
        write();
    }
    // What is no request is told so, unless the connection is over anyway.
    void not_understood(beast::error_code ec) {
        parser_.reset();
        if (ec == http::error::end_of_stream || ec == http::error::partial_message ||
            ec.category() != make_error_code(http::error::end_of_stream).category())
            return stream_.close();
        auto status = http::status::bad_request;
        if (ec == http::error::body_limit) status = http::status::payload_too_large;
        if (ec == http::error::header_limit) status = http::status::request_header_fields_too_large;
        refuse(status);
    }
    void refuse(http::status status) {
        reply_ = state_.refuse(status);
        reply_.keep_alive(false);
        write();
    }
    void write() {
        reply_.prepare_payload();
        stream_.expires_after(patience);
        http::async_write(stream_, reply_,
                          [self = shared_from_this()](beast::error_code ec, std::size_t) {
                              if (ec) return self->stream_.close();
                              if (self->reply_.keep_alive()) return self->read();
                              self->say_farewell();
                          });
    }
    // Who closes while the client still sends makes it lose the answer.
    void say_farewell() {
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        stream_.expires_after(farewell);
        drop_the_rest();
    }
    void drop_the_rest() {
        buffer_.clear();
        stream_.async_read_some(buffer_.prepare(64 * 1024),
                                [self = shared_from_this()](beast::error_code ec, std::size_t) {
                                    if (ec) return self->stream_.close();
                                    self->drop_the_rest();
                                });
    }

    beast::tcp_stream stream_;
    shared_state& state_;
    bool is_served_;
    std::atomic<std::size_t>& count_;  // of those like it
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;  // while a request is read
    response reply_;
};

// Listens on 127.0.0.1 only: TLS is the work of what stands before it.
class server {
public:
    // Port 0: a free one. Throws what Asio throws, such as when the port is taken.
    server(std::uint16_t port, handler answer, refuser refuse)
        : acceptor_(net::make_strand(io_), {net::ip::make_address_v4("127.0.0.1"), port}),
          rest_(acceptor_.get_executor()),
          signals_(acceptor_.get_executor(), SIGTERM, SIGINT) {
        state_.answer = std::move(answer);
        state_.refuse = std::move(refuse);
    }
    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    // Until SIGTERM or SIGINT; returns when the last request is answered.
    void run(unsigned threads) {
        signals_.async_wait([this](beast::error_code ec, int) {
            if (!ec) stop();
        });
        net::dispatch(acceptor_.get_executor(), [this] { accept(); });
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < threads; ++i) others.emplace_back([this] { io_.run(); });
        io_.run();
    }

private:
    // From here on: on the strand of the acceptor.
    void accept() {
        if (state_.refused >= refusals_max) return accept_later();
        acceptor_.async_accept(
            net::make_strand(io_), [this](beast::error_code ec, tcp::socket socket) {
                if (state_.is_stopping) return;
                if (ec) return accept_later();
                std::erase_if(open_, [](auto const& one) { return one.expired(); });
                auto const fresh = std::make_shared<connection>(std::move(socket), state_);
                open_.push_back(fresh);
                fresh->start();
                accept();
            });
    }
    void accept_later() {
        rest_.expires_after(breath);
        rest_.async_wait([this](beast::error_code ec) {
            if (!ec && !state_.is_stopping) accept();
        });
    }
    void stop() {
        state_.is_stopping = true;
        acceptor_.close();
        rest_.cancel();
        for (auto const& one : open_)
            if (auto const alive = one.lock()) alive->stop();
    }

    shared_state state_;  // outlives the connections, which die with io_
    net::io_context io_;
    tcp::acceptor acceptor_;
    net::steady_timer rest_;
    net::signal_set signals_;
    std::vector<std::weak_ptr<connection>> open_;
};

}  // namespace small_server
