// Records of several collections, made by number: the same number gives the same record. All are valid under their
// lexicons (com.example.note has none: a collection that the server does not know).
import { createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'

const digest = (text) => createHash('sha256').update(text).digest()
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

export const inventedDid = (n) =>
  'did:plc:' + [...digest(`person ${n}`).subarray(0, 24)].map((byte) => base32[byte & 31]).join('')
const inventedCid = (n) => CID.createV1(0x71, createDigest(0x12, digest(`record ${n}`))).toString()
const inventedPost = (n) => ({
  uri: `at://${inventedDid(n)}/app.bsky.feed.post/3k${[...digest(`key ${n}`).subarray(0, 11)]
    .map((byte) => base32[byte & 31]).join('')}`,
  cid: inventedCid(n),
})

// One minute apart, from a fixed day on.
const createdAt = (n) => new Date(Date.UTC(2024, 0, 1) + n * 60_000).toISOString()

const texts = [
  'A plain post.',
  'Grüße aus Köln: Straße, Ärger, Öl 🥨',
  'Family: 👨‍👩‍👧‍👦 flag: 🏴󠁧󠁢󠁳󠁣󠁴󠁿 skin: 👍🏽 heart: ❤️‍🔥',
  'こんにちは世界 — 你好，世界 — 안녕하세요 세계',
  'مرحبا بالعالم and שלום עולם, both ways',
  'Combining: e\u0301 n\u0303 Z\u0351\u036b\u0343; beyond the BMP: 𝒳 𠜎',
  'Two lines\nand a "quote", a \\ backslash, a\ttab, <b>no markup</b> & so on',
]

const makers = {
  'app.bsky.feed.post': (n) => ({
    text: `${texts[n % texts.length]} (${n})`,
    langs: ['en'],
    ...(n % 10 === 9 ? { reply: { root: inventedPost(n), parent: inventedPost(n + 1) } } : {}),
  }),
  'app.bsky.feed.like': (n) => ({ subject: inventedPost(n) }),
  'app.bsky.feed.repost': (n) => ({ subject: inventedPost(n) }),
  'app.bsky.graph.follow': (n) => ({ subject: inventedDid(n) }),
  'app.bsky.graph.block': (n) => ({ subject: inventedDid(n) }),
  'app.bsky.graph.list': (n) => ({ name: `List ${n} 📋`, purpose: 'app.bsky.graph.defs#curatelist' }),
  'com.example.note': (n) => ({ title: `Note ${n}`, nested: { list: [1, n, null, true], map: { ключ: 'значение' } } }),
}

export const collections = Object.keys(makers)

export function record(collection, n) {
  const make = makers[collection]
  if (!make) throw new Error(`unknown collection ${collection}; one of ${collections.join(', ')}`)
  return { $type: collection, ...make(n), createdAt: createdAt(n) }
}
