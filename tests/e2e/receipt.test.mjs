// A receipt from one person to another: written by verify, sent along with a copy of the backup, held against it. And what
// verify says of a broken file in its first lines. No network, no server.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { makeRepo } from './support/made-repo.mjs'
import { run, scratch } from './support/program.mjs'

const temp = scratch('receipt')
const alone = { PATH: process.env.PATH, HOME: temp.at('nobody'), ...(process.env.ASAN_OPTIONS ? { ASAN_OPTIONS: process.env.ASAN_OPTIONS } : {}) }
const car = temp.at('mine.car')
const receipt = temp.at('mine.receipt.json')
let made

const verify = (...args) => run(['verify', ...args, '--json'], { env: alone })
const ids = (result) => result.lines.filter(({ type }) => type === 'finding').map(({ id }) => id)
const read = (file) => JSON.parse(readFileSync(file, 'utf8'))
// As it comes to another person, under another name.
function copyTo(folder) {
  mkdirSync(temp.at(folder))
  for (const ending of ['', '.plc-log.json', '.did.json']) copyFileSync(car + ending, temp.at(folder, `theirs.car${ending}`))
  return temp.at(folder, 'theirs.car')
}

before(async () => {
  made = await makeRepo(car, { records: 400 })
})
after(() => temp.remove())

test('the receipt says what was verified, as sha256sum and verify --json say it', async () => {
  const result = await verify(car, '--receipt', receipt)
  assert.equal(result.code, 0, result.text)
  const written = read(receipt)
  assert.equal(written.format, 'atbackup-receipt')
  assert.equal(written.did, made.did)
  assert.equal(written.verdict, 'sound')
  assert.deepEqual(
    [written.repository.commit, written.repository.rev, written.repository.records],
    [made.commit, made.rev, made.records],
  )
  assert.deepEqual([written.key.proof, written.plcLog.head], ['plc_log', result.last.plc_log_head])
  for (const [name, ending] of [['repo.car', ''], ['plc-log.json', '.plc-log.json'], ['did.json', '.did.json']]) {
    const entry = written.files.find(({ file }) => file === name)
    const [sum] = execFileSync('sha256sum', [car + ending], { encoding: 'utf8' }).split(' ')
    assert.deepEqual(entry, { file: name, sha256: sum, bytes: statSync(car + ending).size })
  }
  const checks = result.lines.filter(({ type }) => type === 'check').map(({ type, ...check }) => check)
  assert.deepEqual(written.checks, checks)
  assert.equal(statSync(receipt).mode & 0o777, 0o600)
})

test('another person, with a copy under another name, finds the same', async () => {
  const theirs = copyTo('same')
  const result = await verify(theirs, '--against-receipt', receipt)
  assert.equal(result.code, 0, result.text)
  assert.equal(result.lines.find(({ type, name }) => type === 'check' && name === 'receipt').outcome, 'passed')
})

test('an older or newer copy, an altered receipt and another account are told', async () => {
  const theirs = copyTo('newer')
  await makeRepo(theirs, { records: 401 })
  const newer = await verify(theirs, '--against-receipt', receipt)
  assert.equal(newer.code, 23, newer.text)
  assert.deepEqual([...new Set(ids(newer))].sort(), ['receipt.commit', 'receipt.file'])

  const altered = { ...read(receipt), key: { ...read(receipt).key, proof: 'given_key' } }
  writeFileSync(temp.at('altered.json'), JSON.stringify(altered))
  const lied = await verify(car, '--against-receipt', temp.at('altered.json'))
  assert.equal(lied.code, 23, lied.text)
  assert.deepEqual(ids(lied), ['receipt.key'])

  writeFileSync(temp.at('other.json'), JSON.stringify({ ...read(receipt), did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }))
  const other = await verify(car, '--against-receipt', temp.at('other.json'))
  assert.equal(other.code, 23, other.text)
  assert.deepEqual(ids(other), ['receipt.account'])
})

test('a damaged copy is damaged whatever the receipt says, and its own receipt says so', async () => {
  const theirs = copyTo('cut')
  truncateSync(theirs, Math.floor(statSync(theirs).size / 2))
  const own = temp.at('cut.receipt.json')
  const result = await verify(theirs, '--against-receipt', receipt, '--receipt', own)
  assert.equal(result.code, 20, result.text)
  for (const id of ['car.cut', 'mst.missing_node', 'receipt.file', 'receipt.check']) assert.ok(ids(result).includes(id), id)
  assert.deepEqual([read(own).verdict, read(own).exit], ['damaged', 20])
  assert.ok(!JSON.stringify(read(own).found).includes('receipt.'))
})

test('a receipt that is there is not replaced unasked', async () => {
  const before = readFileSync(receipt)
  const refused = await verify(car, '--receipt', receipt)
  assert.equal(refused.code, 22)
  assert.equal(refused.last.id, 'receipt.exists')
  assert.deepEqual(readFileSync(receipt), before)
  assert.equal((await verify(car, '--receipt', receipt, '--force')).code, 0)
  assert.equal((await verify(car, '--receipt', temp.at('no', 'such', 'folder.json'))).last.type, 'error')
  assert.ok(!existsSync(temp.at('no')))
})

test('the first lines say what is lost, what is good, and the command that takes it out works', async () => {
  const theirs = copyTo('broken')
  truncateSync(theirs, statSync(theirs).size - 10)
  const { code, text } = await run(['verify', theirs], { env: alone })
  assert.equal(code, 20)
  assert.match(text.split('\n')[0], /DAMAGED: 1 of 400 records is lost; the other 399 are good$/)
  const command = text.split('\n').find((line) => line.startsWith('    atbackup extract')).trim().split(' ').slice(1)
  const out = temp.at('good.jsonl')
  const taken = await run(command.map((word) => (word === 'F.jsonl' ? out : word)), { env: alone })
  assert.equal(taken.code, 20)
  assert.equal(readFileSync(out, 'utf8').trimEnd().split('\n').length, 399)
})
