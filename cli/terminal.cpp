#include "cli/terminal.h"

#include "core/base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace atb::cli {
namespace {

class DescriptorSink final : public ByteSink {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

  Status write(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      // Another program that shares the pipe or the terminal may have made it non-blocking.
      if (count < 0 && errno == EAGAIN) {
        pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
        (void)::poll(&ready, 1, -1);
        continue;
      }
      if (count < 0) {
        return fail(ErrorKind::io, "output.closed",
                    std::string("cannot write the output: ") + std::strerror(errno));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  int descriptor_;
};

// Echo off while it lives.
class NoEcho {
 public:
  explicit NoEcho(int descriptor) : descriptor_(descriptor) {
    known_ = ::tcgetattr(descriptor, &before_) == 0;
    if (!known_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= static_cast<tcflag_t>(ECHONL);
    ::tcsetattr(descriptor, TCSAFLUSH, &quiet);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (known_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }

 private:
  int descriptor_;
  bool known_ = false;
  termios before_{};
};

class TerminalPrompter final : public account::Prompter {
 public:
  explicit TerminalPrompter(StopToken stop) : stop_(std::move(stop)) {
    if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1)
      tty_ = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  }
  TerminalPrompter(const TerminalPrompter&) = delete;
  TerminalPrompter& operator=(const TerminalPrompter&) = delete;
  ~TerminalPrompter() override {
    if (tty_ >= 0) ::close(tty_);
  }

  bool can_ask() const override { return tty_ >= 0; }

  Result<Secret> secret(const std::string& question) override {
    if (!can_ask()) return no_terminal();
    const NoEcho quiet(tty_);
    show(question);
    return Secret(TRY(read_line()));
  }

  Result<std::string> line(const std::string& question) override {
    if (!can_ask()) return no_terminal();
    show(question);
    return read_line();
  }

  Result<bool> confirm(const std::string& question) override {
    if (!can_ask()) return no_terminal();
    for (int attempt = 0; attempt < 3; ++attempt) {
      show(question + " [yes/no] ");
      const std::string answer = lower_ascii(trim(TRY(read_line())));
      if (answer == "yes" || answer == "y") return true;
      if (answer == "no" || answer == "n" || answer.empty()) return false;
      show("Please answer yes or no.\n");
    }
    return false;
  }

  void show(const std::string& text) override {
    if (!can_ask()) return;
    DescriptorSink sink(tty_);
    (void)sink.write(as_bytes(text));
  }

 private:
  static Failure no_terminal() {
    return fail(ErrorKind::auth, "prompt.no_terminal", "there is no terminal to ask at",
                "give the answer by an option; see --help");
  }

  Result<std::string> read_line() {
    constexpr std::size_t kMaxLine = 4096;
    std::string text;
    text.reserve(kMaxLine);  // so that no piece of it stays behind where it grew
    for (;;) {
      if (stop_.stop_requested()) {
        wipe(text);
        return fail(ErrorKind::cancelled, "stopped", "interrupted", "run the same command again to go on");
      }
      pollfd ready{.fd = tty_, .events = POLLIN, .revents = 0};
      const int count = ::poll(&ready, 1, 100);
      if (count <= 0) continue;
      char c = 0;
      const ssize_t got = ::read(tty_, &c, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        wipe(text);
        return fail(ErrorKind::cancelled, "prompt.closed", "the terminal was closed");
      }
      if (c == '\n') return text;
      if (text.size() == kMaxLine) {
        wipe(text);
        return fail(ErrorKind::invalid_input, "prompt.too_long", "the answer is too long");
      }
      text.push_back(c);
    }
  }

  StopToken stop_;
  int tty_ = -1;
};

}  // namespace

std::unique_ptr<ByteSink> descriptor_sink(int descriptor) {
  return std::make_unique<DescriptorSink>(descriptor);
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

unsigned terminal_width(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::unique_ptr<account::Prompter> make_terminal_prompter(StopToken stop) {
  return std::make_unique<TerminalPrompter>(std::move(stop));
}

}  // namespace atb::cli
