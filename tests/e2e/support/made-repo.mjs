// Repositories from the repository builder: see tests/tools/make_repo.cpp.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const tool = process.env.MAKE_REPO

// options: { records, curve, order, host, did, ... } by the names of the tool's options. Gives what it prints.
export async function makeRepo(out, options) {
  if (!tool) throw new Error('MAKE_REPO must name the program make_repo (built with the tests)')
  const args = Object.entries({ ...options, out }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  return JSON.parse((await promisify(execFile)(tool, args)).stdout)
}
