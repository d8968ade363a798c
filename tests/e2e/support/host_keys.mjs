// What a host can do with its own key: sign operations of the identities that list it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import plc from '@did-plc/lib'

// The key with which the host of that name signs.
export async function keyOf(network, host) {
  const secrets = JSON.parse(readFileSync(join(network.dir, host, 'secrets.json'), 'utf8'))
  return Secp256k1Keypair.import(secrets.plcRotationKeyK256PrivateKeyHex)
}

// Where the host of that name keeps the signing key of an account: 32 bytes.
export const signingKeyFile = (network, host, did) =>
  join(network.dir, host, 'actors', createHash('sha256').update(did).digest('hex').slice(0, 2), did, 'key')

// The last entry of the history in force.
export const lastInForce = async (network, did) => (await network.plc.operations(did)).filter(({ nullified }) => !nullified).at(-1)

// Hands an operation to the directory; what its log says of it.
export async function publish(network, did, operation) {
  const reply = await fetch(`${network.plc.url}/${did}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(operation),
  })
  assert.equal(reply.status, 200, await reply.text())
  return (await network.plc.operations(did)).at(-1)
}

// The key signs on top of the last operation; `change` gives what is to be different.
export const signOn = async (network, did, key, change) =>
  publish(network, did, await plc.createUpdateOp((await lastInForce(network, did)).operation, key, (before) => ({ ...before, ...change(before) })))
