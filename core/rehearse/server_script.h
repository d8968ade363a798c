// What Node.js runs to start the reference server: core/rehearse/server.mjs.
#pragma once

#include <string_view>

namespace atb::rehearse {

std::string_view server_script();

}  // namespace atb::rehearse
