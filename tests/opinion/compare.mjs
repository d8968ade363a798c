// What one library says of a repository against what we say.

// What made our verdict: all of what we find when we accept, otherwise what is graver than told.
const reasons = ({ code, findings }) =>
  findings.filter(([, severity]) => code === 0 || !['info', 'warning'].includes(severity)).map(([id]) => id)

const listed = (records) => JSON.stringify(records.map(([key, cid]) => [key, cid]))

// [{ library, kind, ids, says, change }]; empty when both say the same.
export function disagreements(library, repository, opinion) {
  const { change, code, records } = repository
  const of = (kind, ids, says = '') => ({ library, kind, ids, says, change })
  if (opinion.refuses !== undefined) {
    return code === 0 ? [of('refuses', reasons(repository), opinion.refuses)] : []
  }
  if (code !== 0) return [of('accepts', reasons(repository))]
  if (listed(records) !== listed(opinion.records)) return [of('lists other records', [])]
  return records.flatMap(([, , deviation], i) => {
    const complaint = opinion.records[i][2]
    if (deviation && !complaint) return [of('reads', [deviation])]
    if (!deviation && complaint) return [of('rejects', [], complaint)]
    return []
  })
}

// Our own verdict in one word: clean, told, fails.
export const grade = ({ code, findings }) => code !== 0 ? 'fails' : findings.length ? 'told' : 'clean'
