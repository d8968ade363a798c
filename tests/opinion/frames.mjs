// The repositories that make_opinions writes, as they come.
import { spawn } from 'node:child_process'

export async function* repositories(program, words) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  let pieces = []
  let held = 0
  const chunks = child.stdout[Symbol.asyncIterator]()
  // The next `size` bytes; null at the end.
  const take = async (size) => {
    while (held < size) {
      const { value, done } = await chunks.next()
      if (done) {
        if (held) throw new Error(`${program} ended in the middle of a repository`)
        return null
      }
      pieces.push(value)
      held += value.length
    }
    const all = Buffer.concat(pieces)
    pieces = [all.subarray(size)]
    held -= size
    return all.subarray(0, size)
  }
  const framed = async () => {
    const size = await take(4)
    return size && take(size.readUInt32BE())
  }
  for (let told; (told = await framed());) yield { ...JSON.parse(told), car: new Uint8Array(await framed()) }
  const code = await ended
  if (code !== 0) throw new Error(`${program} ended with ${code}`)
}
