// A second opinion: repositories made by chance, sound and changed, and those that verify is tested with, judged by us,
// by @atproto/repo and by @atcute/repo. Every disagreement is explained in docs/second-opinion.md, and everything
// explained there occurs, as often as it says.
//
//   OPINIONS="COUNT SEED"   more, or others: each disagreement must be explained, the times are not looked at
//   OPINIONS_WRITE=1        puts the times into the document
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { run } from '../e2e/support/program.mjs'
import { disagreements, grade } from './compare.mjs'
import { repositories } from './frames.mjs'
import { ends } from './patience.mjs'
import { opinions, rootsOf } from './peers.mjs'
import { explain, readTable, writeTimes } from './table.mjs'

const maker = process.env.MAKE_OPINIONS
if (!maker) throw new Error('MAKE_OPINIONS must name the program that makes the repositories')
const document = 'docs/second-opinion.md'
const usual = ['2400', '1']
const words = process.env.OPINIONS?.split(' ') ?? (process.env.ATBACKUP_SANITIZED ? ['400', '2'] : usual)
const counted = words.join() === usual.join()
// Enough for hundreds of repositories, so that it can be said that it will not end.
const patience = 5_000

const rows = readTable(document)
const hopeless = (library, change) =>
  explain(rows.filter(({ kind }) => kind === 'hangs'), { library, kind: 'hangs', ids: [], says: '', change }).length > 0
const bombs = []
const unlike = []
const unexplained = []
const strange = []
const sample = []
const totals = { repositories: 0, records: 0, accepted: 0 }

const shown = ({ n, change, findings, code }) =>
  `${words[1]}/${n} "${change}": code ${code}, ${findings.map(([id]) => id).join(' ') || 'nothing'}`

async function judge(repository, library) {
  if (hopeless(library, repository.change)) return bombs.push({ library, repository })
  const opinion = await opinions[library](repository.car, repository)
  for (const one of disagreements(library, repository, opinion)) {
    const found = explain(rows, one)
    if (!found.length) unexplained.push(`${shown(repository)}; ${library} ${one.kind} ${one.ids.join(' ')} ${one.says}`)
    if (!repository.change.startsWith('hostile: ')) for (const row of found) ++row.seen
  }
  if (repository.change) return
  if (opinion.refuses !== undefined) strange.push(`${shown(repository)}; ${library} refuses: ${opinion.refuses}`)
  else if ((await rootsOf[library](repository.records)) !== repository.data)
    strange.push(`${shown(repository)}; the tree of ${library} has another root`)
}

before(async () => {
  for await (const repository of repositories(maker, words)) {
    ++totals.repositories
    if (repository.code === 0) ++totals.accepted
    totals.records += repository.records?.length ?? 0
    const said = grade(repository)
    if (repository.expect !== 'any' && repository.expect !== said)
      unlike.push(`${shown(repository)}; it should be: ${repository.expect}`)
    for (const library of Object.keys(opinions)) await judge(repository, library)
    if (repository.n % 61 === 0) sample.push(repository)
  }
}, { timeout: 3_000_000 })

const none = (list, what) => assert.equal(list.length, 0, `${list.length} ${what}:\n${list.slice(0, 20).join('\n')}`)

test('our own verdict is what each change calls for', () => none(unlike, 'verdicts are others'))

test('of sound repositories all three list the same records, and make the same tree of them', () => none(strange, 'differ'))

test('every disagreement is explained', () => none(unexplained, `disagreements are not explained in ${document}`))

test('all that is explained occurs, as often as it is said', { skip: !counted }, (t) => {
  t.diagnostic(`${totals.repositories} repositories, ${totals.accepted} accepted by us, with ${totals.records} records`)
  if (process.env.OPINIONS_WRITE) return writeTimes(document, rows)
  none(rows.filter(({ kind, seen }) => kind !== 'hangs' && !seen).map(({ line }) => `line ${line + 1}`), `rows of ${document} never occur`)
  none(rows.filter(({ kind, seen, times }) => kind !== 'hangs' && seen !== times)
    .map(({ line, seen }) => `line ${line + 1}: ${seen} times`), `rows of ${document} say another number (OPINIONS_WRITE=1 puts it right)`)
})

test('a tree that other libraries never finish with is one that they never finish with', async () => {
  for (const row of rows.filter(({ kind }) => kind === 'hangs'))
    assert.ok(bombs.some(({ library, repository }) => library === row.library && row.after.includes(repository.change)), `line ${row.line + 1}`)
  for (const { library, repository } of bombs)
    assert.equal(await ends(library, repository, patience), false, `${library} ends with ${shown(repository)}`)
}, { timeout: 300_000 })

test('the program itself says what was said for it', async () => {
  const temp = mkdtempSync(join(tmpdir(), 'atbackup-opinion-'))
  after(() => rmSync(temp, { recursive: true, force: true }))
  const file = join(temp, 'F.car')
  for (const { did, log, car, ...repository } of sample) {
    writeFileSync(file, car)
    writeFileSync(`${file}.plc-log.json`, log)
    const result = await run(['verify', file, '--did', did, '--json'],
      { env: { PATH: process.env.PATH, HOME: temp, ...(process.env.ASAN_OPTIONS ? { ASAN_OPTIONS: process.env.ASAN_OPTIONS } : {}) } })
    assert.equal(result.code, repository.code, shown(repository))
    const ids = new Set(result.lines.filter(({ type }) => type === 'finding').map(({ id }) => id))
    // Its clock is another than that of the generated ones.
    ids.delete('commit.future_rev')
    assert.deepEqual([...ids].sort(), repository.findings.map(([id]) => id).filter((id) => id !== 'commit.future_rev').sort(), shown(repository))
  }
}, { timeout: 300_000 })
