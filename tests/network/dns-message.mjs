// DNS messages, as far as a server of TXT records needs them.
export const TXT = 16
const IN = 1
export const noError = 0
export const serverFailure = 2
export const nameError = 3

// The one question of a query, or null for what is none. Names of queries are never compressed.
export function parseQuestion(query) {
  if (query.length < 17 || query[2] & 0x80 || query.readUInt16BE(4) !== 1) return null
  const labels = []
  let at = 12
  while (at < query.length && query[at] !== 0) {
    const length = query[at]
    if (length > 63 || at + 1 + length >= query.length) return null
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  if (at + 5 > query.length) return null
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

// With a text, its one answer; else the code alone.
export function reply(query, question, code, text) {
  const head = Buffer.from(query.subarray(0, question.end))
  head[2] = 0x84 | (query[2] & 0x01) // an authoritative answer; the client's wish for recursion is repeated
  head[3] = 0x80 | code
  head.writeUInt16BE(text ? 1 : 0, 6)
  head.writeUInt32BE(0, 8) // no authority and no additional records: the client's EDNS record is not repeated
  if (!text) return head
  const data = Buffer.from(text, 'latin1')
  const record = Buffer.alloc(13)
  record.writeUInt16BE(0xc00c, 0) // the name: that of the question
  record.writeUInt16BE(TXT, 2)
  record.writeUInt16BE(IN, 4)
  record.writeUInt32BE(0, 6) // a time to live of 0: handles change in the middle of tests
  record.writeUInt16BE(data.length + 1, 10)
  record[12] = data.length
  return Buffer.concat([head, record, data])
}
