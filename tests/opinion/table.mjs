// docs/second-opinion.md as the test reads it: for each library (a heading with its name) and each kind of
// disagreement (a heading below), a table whose rows explain one each.
import { readFileSync, writeFileSync } from 'node:fs'

export const kinds = {
  'It accepts, we do not': 'accepts',
  'It refuses, we accept': 'refuses',
  'It reads a record, we tell of it': 'reads',
  'It does not read a record, we find nothing': 'rejects',
  'It does not come to an end': 'hangs',
}

const quoted = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, words]) => words)
const cellsOf = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim())

// Rows: { library, kind, ids: what we find, says: what it says, after: changes ("*" at the end of one: any rest),
// times, line }. Columns by their heads: "We find" and "It says" (quoted, any of them), "After" (quoted; empty: any).
export function readTable(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  const rows = []
  let library, kind, heads
  lines.forEach((line, at) => {
    const heading = line.match(/^(#+) (.*)$/)
    if (heading) {
      if (heading[1] === '##') library = quoted(heading[2])[0]
      kind = heading[1] === '###' ? kinds[heading[2]] : undefined
      if (heading[1] === '###' && library && !kind) throw new Error(`${file}: "${heading[2]}" is no kind of disagreement`)
      heads = undefined
    } else if (line.startsWith('|') && library && kind) {
      const cells = cellsOf(line)
      if (!heads) heads = cells
      else if (!/^\| *---/.test(line)) {
        const cell = (name) => cells[heads.indexOf(name)] ?? ''
        rows.push({ library, kind, ids: quoted(cell('We find')), says: quoted(cell('It says')), after: quoted(cell('After')),
          times: Number(cell('Times')), line: at, column: heads.indexOf('Times'), seen: 0 })
      }
    }
  })
  return rows
}

// Puts the number of times that each was seen into the file.
export function writeTimes(file, rows) {
  const lines = readFileSync(file, 'utf8').split('\n')
  for (const { line, column, seen } of rows) {
    if (column < 0) continue
    const cells = cellsOf(lines[line])
    cells[column] = String(seen)
    lines[line] = `| ${cells.join(' | ')} |`
  }
  writeFileSync(file, lines.join('\n'))
}

const fits = (patterns, text) => !patterns.length ||
  patterns.some((pattern) => pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern)

// The rows that together explain a disagreement; none when they do not. Where it accepts what we do not, each of our
// reasons needs a row.
export function explain(rows, { library, kind, ids, says, change }) {
  const near = rows.filter((row) => row.library === library && row.kind === kind && fits(row.after, change) &&
    (!row.says.length || row.says.some((words) => says.includes(words))))
  const of = (id) => near.filter((row) => row.ids.includes(id))
  if (kind === 'accepts') return ids.every((id) => of(id).length) ? [...new Set(ids.flatMap(of))] : []
  if (kind === 'refuses') return near.filter((row) => row.ids.length ? row.ids.some((id) => ids.includes(id)) : !ids.length)
  if (kind === 'reads') return of(ids[0])
  return near
}
