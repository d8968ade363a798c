// The ledger: one SQLite file that all servers of a network share. It numbers every request that reaches any of them,
// holds the fault rules, and counts accepted effects. A file, and not a coordinating process, because a request is
// numbered synchronously (two servers never get the same number) and because it outlives a server that is killed.
import Database from 'better-sqlite3'

const schema = `
  CREATE TABLE IF NOT EXISTS request (
    n INTEGER PRIMARY KEY, server TEXT, method TEXT, path TEXT, agent TEXT, at TEXT, status INTEGER, rule INTEGER);
  CREATE TABLE IF NOT EXISTS rule (id INTEGER PRIMARY KEY, spec TEXT, seen INTEGER DEFAULT 0, fired INTEGER DEFAULT 0);
  CREATE TABLE IF NOT EXISTS effect (
    server TEXT, did TEXT, name TEXT, count INTEGER DEFAULT 1, PRIMARY KEY (server, did, name));`

export const actions = ['kill', 'reset', 'reply', 'hang', 'delay', 'cut', 'redirect', 'replace', 'corrupt']

const matches = (spec, request) =>
  (!spec.server || spec.server === request.server) &&
  (!spec.method || spec.method === request.method) &&
  (!spec.path || new RegExp(spec.path).test(request.path)) &&
  (!spec.agent || new RegExp(spec.agent).test(request.agent))

export function openLedger(file) {
  const db = new Database(file, { timeout: 10_000 })
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = OFF') // a test's machine may lose its power; a killed process loses nothing
  db.exec(schema)

  const insertRequest = db.prepare(
    'INSERT INTO request (server, method, path, agent, at) VALUES (@server, @method, @path, @agent, @at)')
  const allRules = db.prepare('SELECT id, spec, seen, fired FROM rule ORDER BY id')
  const countRule = db.prepare('UPDATE rule SET seen = ?, fired = ? WHERE id = ?')
  const noteRule = db.prepare('UPDATE request SET rule = ? WHERE n = ?')
  const noteStatus = db.prepare('UPDATE request SET status = ? WHERE n = ?')
  const countEffect = db.prepare(`INSERT INTO effect (server, did, name) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + 1`)

  // Numbers the request and says which rule, if any, strikes at it. Every matching rule counts it, also those that
  // do not strike: a rule's n-th request is the same one whatever other rules there are.
  const arrive = db.transaction((request) => {
    const n = Number(insertRequest.run({ ...request, at: new Date().toISOString() }).lastInsertRowid)
    let struck = null
    for (const row of allRules.all()) {
      const spec = JSON.parse(row.spec)
      if (!matches(spec, request)) continue
      const seen = row.seen + 1
      const times = spec.times ?? 1
      const due = !struck && seen >= (spec.nth ?? 1) && (times === 0 || row.fired < times)
      countRule.run(seen, row.fired + (due ? 1 : 0), row.id)
      if (due) {
        struck = spec
        noteRule.run(row.id, n)
      }
    }
    return { n, rule: struck }
  })

  return {
    arrive: (request) => arrive.immediate(request),
    answer: (n, status) => void noteStatus.run(status, n),
    count: () => db.prepare('SELECT count(*) AS n FROM request').get().n,
    requests: (since = 0) => db.prepare('SELECT * FROM request WHERE n > ? ORDER BY n').all(since),
    resetRequests: () => void db.exec('DELETE FROM request; UPDATE rule SET seen = 0, fired = 0'),

    addRule(spec) {
      if (!actions.includes(spec.action)) throw new Error(`unknown action ${spec.action}; one of ${actions.join(', ')}`)
      for (const key of ['path', 'agent']) if (spec[key]) new RegExp(spec[key])
      return Number(db.prepare('INSERT INTO rule (spec) VALUES (?)').run(JSON.stringify(spec)).lastInsertRowid)
    },
    rules: () => allRules.all().map(({ spec, ...row }) => ({ ...row, ...JSON.parse(spec) })),
    clearRules: () => void db.exec('DELETE FROM rule'),

    effect: (server, did, name) => void countEffect.run(server, did, name),
    // { server: { did: { name: count } } }
    effects() {
      const all = {}
      for (const row of db.prepare('SELECT * FROM effect').all()) {
        all[row.server] ??= {}
        all[row.server][row.did] ??= {}
        all[row.server][row.did][row.name] = row.count
      }
      return all
    },
    close: () => db.close(),
  }
}
