// What a run of the program costs in time and memory.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.mjs'

const peak = join(import.meta.dirname, 'peak.py')

// As run(), with `cost` in the result: { wall_s, cpu_s, peak_bytes }, measured as peak.py says. `file` is for its use.
export async function runMeasured(args, file, options) {
  const result = await run(args, { ...options, wrapper: ['python3', peak, file] })
  return { ...result, cost: JSON.parse(readFileSync(file)) }
}

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
