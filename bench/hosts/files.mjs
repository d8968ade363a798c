// A host over files that make_repo wrote (tests/e2e/support/file-host.mjs), for as long as standard input stays open.
//
//   node files.mjs '{"delayMs": 20, "bytesPerSecond": 12500000, "accounts": [{"made": {...}, "car": "F", "blobs": "DIR"}]}'
//
// Prints one line: {"url": ..., "environment": {...}}, what points the program at it.
import { startFileHost } from '../../tests/e2e/support/file-host.mjs'

const { accounts, ...options } = JSON.parse(process.argv[2])
const host = await startFileHost(options)
for (const { made, car, blobs } of accounts) host.add(made, car, blobs)
console.log(JSON.stringify({ url: host.url, environment: host.environment }))
process.stdin.resume().on('end', () => process.exit(0))
