// Pictures and films of any wanted size and unique content, without a picture library: real headers (the PDS sniffs
// the type from the bytes), the size made up by padding that viewers skip. The same seed gives the same bytes.
import { createCipheriv, createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

export function noise(size, seed) {
  const key = createHash('sha256').update(`atbackup ${seed}`).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

const uint32 = (value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

// A PNG of 64 by 64 pixels with a gradient of the seed's colours.
export function png(size, seed) {
  const edge = 64
  const colour = noise(6, seed)
  const rows = []
  for (let y = 0; y < edge; y++) {
    const row = [0] // the filter: none
    for (let x = 0; x < edge; x++) {
      for (let c = 0; c < 3; c++) row.push((colour[c] * x + colour[c + 3] * y) / edge / 2)
    }
    rows.push(Buffer.from(row))
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))])
  }
  const head = chunk('IHDR', Buffer.concat([uint32(edge), uint32(edge), Buffer.from([8, 2, 0, 0, 0])]))
  const pixels = chunk('IDAT', deflateSync(Buffer.concat(rows)))
  const tail = chunk('IEND', Buffer.alloc(0))
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const bare = signature.length + head.length + pixels.length + tail.length
  // "atBk": an ancillary, private chunk, 12 bytes longer than what it holds.
  const padding = chunk('atBk', noise(Math.max(size - bare - 12, 8), seed))
  return Buffer.concat([signature, head, padding, pixels, tail])
}

// A JPEG of 8 by 8 grey pixels: one block, whose one coefficient is nought.
export function jpeg(size, seed) {
  const segment = (marker, ...data) => {
    const body = Buffer.concat(data.map((part) => Buffer.from(part)))
    const head = Buffer.from([0xff, marker, 0, 0])
    head.writeUInt16BE(body.length + 2, 2)
    return Buffer.concat([head, body])
  }
  const oneCode = [1, ...Array(15).fill(0), 0] // a Huffman table with one code, of one bit, for the symbol 0
  const head = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, 'JFIF\0', [1, 1, 0, 0, 1, 0, 1, 0, 0]),
  ])
  const tail = Buffer.concat([
    segment(0xdb, [0], Array(64).fill(1)),
    segment(0xc0, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00], oneCode),
    segment(0xc4, [0x10], oneCode),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    Buffer.from([0x3f, 0xff, 0xd9]),
  ])
  const parts = []
  const bytes = noise(Math.max(size - head.length - tail.length, 16), seed)
  const most = 65_000
  for (let at = 0; at < bytes.length;) {
    // Comments, 4 bytes longer than what they hold; the last one must not be left with less than its own head.
    const left = bytes.length - at
    const take = left <= most ? left : left < most + 8 ? most - 8 : most
    parts.push(segment(0xfe, bytes.subarray(at, at + take - 4)))
    at += take
  }
  return Buffer.concat([head, ...parts, tail])
}

// An MP4 by its first box, which is all that a server looks at; the rest is a box that players skip.
export function mp4(size, seed) {
  const kind = Buffer.concat([uint32(24), Buffer.from('ftypisom'), uint32(512), Buffer.from('isommp42')])
  const filling = Math.max(size - kind.length - 8, 8)
  return Buffer.concat([kind, uint32(filling + 8), Buffer.from('free'), noise(filling, seed)])
}
