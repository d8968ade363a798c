// Finds the process at the other end of a loopback connection, so that a fault rule can kill "the client" without
// being told its process id (which a test learns only once the client is already on its way).
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

export function socketOwner(clientPort, serverPort) {
  const inode = socketInode(clientPort, serverPort)
  const wanted = `socket:[${inode}]`
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    let descriptors
    try {
      descriptors = readdirSync(`/proc/${pid}/fd`)
    } catch {
      continue // ended meanwhile, or another user's
    }
    for (const fd of descriptors) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === wanted) return Number(pid)
      } catch {
        // closed meanwhile
      }
    }
  }
  throw new Error(`no process owns the connection from port ${clientPort}`)
}

function socketInode(clientPort, serverPort) {
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/)
      if (inode && portOf(local) === clientPort && portOf(remote) === serverPort) return inode
    }
  }
  throw new Error(`no connection from port ${clientPort}`)
}

const portOf = (address) => Number.parseInt(address.split(':')[1], 16)
