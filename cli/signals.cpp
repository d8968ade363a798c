#include "cli/signals.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace atb::cli {
namespace {

std::atomic<int> first_signal = 0;

// Lives as long as the process: the watching thread is never joined.
std::stop_source& source() {
  static auto* const only = new std::stop_source;
  return *only;
}

void watch(sigset_t signals) {
  for (;;) {
    int number = 0;
    if (::sigwait(&signals, &number) != 0) continue;
    int none = 0;
    if (!first_signal.compare_exchange_strong(none, number)) {
      // A prompt may have switched the echo off.
      termios state{};
      if (::tcgetattr(STDIN_FILENO, &state) == 0) {
        state.c_lflag |= static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSANOW, &state);
      }
      ::_exit(128 + number);
    }
    source().request_stop();
  }
}

}  // namespace

StopToken watch_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  source();
  std::thread(watch, signals).detach();
  return source().get_token();
}

int signal_seen() { return first_signal; }

}  // namespace atb::cli
