#include "core/rehearse/http_server.h"

#include "core/os/late_library.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include <exception>

namespace atb::rehearse {
namespace {

constexpr std::size_t kMostBody = 100U << 10;  // as the real directory
constexpr unsigned kIdleSeconds = 60;

// The functions of libmicrohttpd, which only a drill loads.
struct Mhd {
  static Result<Mhd> find();

  decltype(&MHD_start_daemon) start_daemon = nullptr;
  decltype(&MHD_stop_daemon) stop_daemon = nullptr;
  decltype(&MHD_get_daemon_info) get_daemon_info = nullptr;
  decltype(&MHD_create_response_from_buffer) create_response_from_buffer = nullptr;
  decltype(&MHD_add_response_header) add_response_header = nullptr;
  decltype(&MHD_queue_response) queue_response = nullptr;
  decltype(&MHD_destroy_response) destroy_response = nullptr;
};

Result<Mhd> Mhd::find() {
  const os::LateLibrary library = TRY(os::LateLibrary::load("libmicrohttpd.so.12"));
  Mhd mhd;
  TRY(library.find("MHD_start_daemon", mhd.start_daemon));
  TRY(library.find("MHD_stop_daemon", mhd.stop_daemon));
  TRY(library.find("MHD_get_daemon_info", mhd.get_daemon_info));
  TRY(library.find("MHD_create_response_from_buffer", mhd.create_response_from_buffer));
  TRY(library.find("MHD_add_response_header", mhd.add_response_header));
  TRY(library.find("MHD_queue_response", mhd.queue_response));
  TRY(library.find("MHD_destroy_response", mhd.destroy_response));
  return mhd;
}

// After a server has begun to start.
const Mhd& mhd() { return *os::late<Mhd>(); }

struct Body {
  std::string text;
  bool too_large = false;
};

struct ResponseDeleter {
  void operator()(MHD_Response* response) const { mhd().destroy_response(response); }
};

MHD_Result reply(MHD_Connection* connection, const HttpAnswer& answer) {
  // The library copies the body, and writes nothing to it.
  const std::unique_ptr<MHD_Response, ResponseDeleter> response(mhd().create_response_from_buffer(
      answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY));
  if (!response) return MHD_NO;
  mhd().add_response_header(response.get(), "Content-Type", "application/json");
  return mhd().queue_response(connection, static_cast<unsigned>(answer.status), response.get());
}

}  // namespace

struct HttpServer::State {
  Handler handler;
  MHD_Daemon* daemon = nullptr;

  // Called once when the head of a request is there, then for each piece of its body, then for the answer.
  static MHD_Result asked(void* self, MHD_Connection* connection, const char* path, const char* method,
                          const char*, const char* piece, std::size_t* size, void** request) {
    try {
      if (*request == nullptr) {
        *request = new Body;
        return MHD_YES;
      }
      Body& body = *static_cast<Body*>(*request);
      if (*size != 0) {
        body.too_large = body.too_large || *size > kMostBody - body.text.size();
        if (!body.too_large) body.text.append(piece, *size);
        *size = 0;
        return MHD_YES;
      }
      if (body.too_large) return reply(connection, {413, R"({"message":"too large"})"});
      return reply(connection, static_cast<State*>(self)->handler({method, path, body.text}));
    } catch (const std::exception&) {
      return MHD_NO;  // the connection is closed
    }
  }

  static void over(void*, MHD_Connection*, void** request, MHD_RequestTerminationCode) {
    delete static_cast<Body*>(*request);
    *request = nullptr;
  }
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  if (state_->daemon != nullptr) mhd().stop_daemon(state_->daemon);
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Handler handler) {
  TRY(os::late<Mhd>());
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::unique_ptr<HttpServer> server(
      new HttpServer(std::unique_ptr<State>(new State{.handler = std::move(handler)})));
  State& state = *server->state_;
  state.daemon =
      mhd().start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, nullptr, nullptr, &State::asked,
                         &state, MHD_OPTION_SOCK_ADDR, &loopback, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
                         MHD_OPTION_NOTIFY_COMPLETED, &State::over, nullptr, MHD_OPTION_END);
  if (state.daemon == nullptr) {
    return fail(ErrorKind::io, "rehearse.directory",
                "the private directory of the rehearsal cannot listen on 127.0.0.1");
  }
  return server;
}

std::uint16_t HttpServer::port() const {
  const MHD_DaemonInfo* info = mhd().get_daemon_info(state_->daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info == nullptr ? std::uint16_t{0} : info->port;
}

}  // namespace atb::rehearse
