// Accounts that have moved away, for the tests of those that come back.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as accounts from '../../network/accounts.mjs'
import * as repositories from '../../network/repositories.mjs'
import { moveArguments, secretFiles } from './moves.mjs'
import { run } from './program.mjs'

// An account that has moved from a to b, and has been used there since. `files` are those for the way back: its
// password on a is still the first one.
export async function moved({ network, env, home }, name, { posts = 400 } = {}) {
  const account = await accounts.createAccount(network.pds.a, { handle: name })
  await accounts.createRecords(account, { 'app.bsky.feed.post': posts })
  await accounts.postPictures(account, 3)
  await accounts.setPreferences(account)
  const files = secretFiles(join(home, `${name}-secrets`), account)
  const away = await run([...moveArguments(network, account, 'b', files, { handle: `${name}.b.test` }), '--no-recovery-key', '--json'], { env })
  assert.equal(away.code, 0, away.stderr + away.text)
  const there = await accounts.logIn(network.pds.b, { did: account.did, password: readFileSync(files.newPassword, 'utf8') })
  await accounts.createRecords(there, { 'app.bsky.feed.post': 10 }, { from: 1000 })
  await accounts.postPictures(there, 2, 20_000, 'later')
  await accounts.setPreferences(there, accounts.somePreferences.slice(0, 2))
  const [first] = (await repositories.openRepo(await repositories.getRepo(network.pds.b, account.did))).records.keys()
  const [collection, rkey] = first.split('/')
  await accounts.call(there, 'com.atproto.repo.deleteRecord', { input: { repo: account.did, collection, rkey } })
  return { account, there, back: { ...files, password: files.newPassword, newPassword: files.password } }
}
