#include "core/net/curl_library.h"

#include "core/os/late_library.h"

namespace atb::net {

Result<Curl> Curl::find() {
  const os::LateLibrary library = TRY(os::LateLibrary::load("libcurl.so.4"));
  Curl curl;
  TRY(library.find("curl_global_init", curl.global_init));
  TRY(library.find("curl_global_cleanup", curl.global_cleanup));
  TRY(library.find("curl_easy_init", curl.easy_init));
  TRY(library.find("curl_easy_cleanup", curl.easy_cleanup));
  TRY(library.find("curl_easy_reset", curl.easy_reset));
  TRY(library.find("curl_easy_setopt", curl.easy_setopt));
  TRY(library.find("curl_easy_getinfo", curl.easy_getinfo));
  TRY(library.find("curl_easy_strerror", curl.easy_strerror));
  TRY(library.find("curl_multi_init", curl.multi_init));
  TRY(library.find("curl_multi_cleanup", curl.multi_cleanup));
  TRY(library.find("curl_multi_add_handle", curl.multi_add_handle));
  TRY(library.find("curl_multi_remove_handle", curl.multi_remove_handle));
  TRY(library.find("curl_multi_setopt", curl.multi_setopt));
  TRY(library.find("curl_multi_perform", curl.multi_perform));
  TRY(library.find("curl_multi_poll", curl.multi_poll));
  TRY(library.find("curl_multi_wakeup", curl.multi_wakeup));
  TRY(library.find("curl_multi_info_read", curl.multi_info_read));
  TRY(library.find("curl_slist_append", curl.slist_append));
  TRY(library.find("curl_slist_free_all", curl.slist_free_all));
  return curl;
}

Status load_curl() {
  TRY(os::late<Curl>());
  return {};
}

const Curl& curl() { return *os::late<Curl>(); }

}  // namespace atb::net
