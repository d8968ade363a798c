// Text forms of bytes, decoded strictly: one text for each value, no white space, no padding where the
// specification has none, unused bits zero. Failures have kind invalid_input and id "encoding.<name>".
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <string>
#include <string_view>

namespace atb {

std::string hex_encode(ByteView bytes);           // lower case
Result<Bytes> hex_decode(std::string_view text);  // either case

std::string base32_encode(ByteView bytes);  // RFC 4648, lower case, no padding (multibase 'b')
void base32_append(std::string& out, ByteView bytes);
Result<Bytes> base32_decode(std::string_view text);

std::string base58_encode(ByteView bytes);  // Bitcoin alphabet (multibase 'z'); for keys, not for long input
Result<Bytes> base58_decode(std::string_view text);  // at most 512 characters: the cost is quadratic

std::string base64_encode(ByteView bytes);  // standard alphabet, no padding (the data model's $bytes)
Result<Bytes> base64_decode(std::string_view text);  // standard alphabet, padding allowed if right

std::string base64url_encode(ByteView bytes);           // no padding (PLC signatures, JWT)
Result<Bytes> base64url_decode(std::string_view text);  // no padding

}  // namespace atb
