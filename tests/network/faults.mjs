// Stands in front of a real server inside its process: numbers each request in the ledger, and carries out the fault
// rule that strikes at it. "After" faults let the real server handle the request whole and hold back its reply: the
// request is sent once more over loopback, marked so that it passes by the rules, and the reply collected.
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { socketOwner } from './socket-owner.mjs'

const mark = 'x-reference-network-pass'

// Makes `app.listen` (which the real servers call themselves) listen on loopback only, behind the rules.
// `onHandled(req, status)` is told of each request that the real server has handled.
export function frontFaults(app, { name, ledger, onHandled }) {
  const listen = app.listen
  app.listen = (port) => {
    const server = listen.call(app, port, '127.0.0.1')
    const [handler] = server.listeners('request')
    server.removeAllListeners('request')
    const secret = randomBytes(16).toString('hex')
    server.on('request', (req, res) => {
      const handle = () => {
        watchStatus(res, (status) => onHandled?.(req, status))
        handler(req, res)
      }
      if (req.headers[mark] === secret) {
        delete req.headers[mark]
        return handle()
      }
      const path = req.url
      const { n, rule } = ledger.arrive({ server: name, method: req.method, path, agent: req.headers['user-agent'] ?? '' })
      watchStatus(res, (status) => ledger.answer(n, status))
      if (!rule) return handle()
      strike(rule, req, res, { handle, capture: () => capture(req, port, secret) }).catch((error) => {
        process.stderr.write(`fault ${JSON.stringify(rule)}: ${error.stack}\n`)
        req.socket.destroy()
      })
    })
    return server
  }
}

// Tells the status as soon as the handler has ended its reply, whether or not the client is still there to get it.
function watchStatus(res, tell) {
  const end = res.end
  res.end = function (...args) {
    res.end = end
    tell(res.statusCode)
    return end.apply(this, args)
  }
}

async function strike(rule, req, res, { handle, capture }) {
  const after = rule.when === 'after'
  switch (rule.action) {
    case 'kill': {
      // The client's pid is looked up now: once it is dead, its socket says nothing any more.
      const pid = victim(rule, req)
      if (after) await capture()
      process.kill(pid, 'SIGKILL')
      return drop(req)
    }
    case 'reset':
      if (after) await capture()
      return drop(req)
    case 'hang':
      if (after) await capture()
      return // the client's patience ends it, or the server's stop
    case 'delay':
      setTimeout(handle, rule.ms)
      return
    case 'reply':
      req.resume()
      return send(res, rule.status ?? 200, rule.headers, content(rule))
    case 'redirect':
      req.resume()
      return send(res, rule.status ?? 302, { location: rule.url.replace('{path}', req.url) }, '')
    case 'replace': {
      const reply = await capture()
      return send(res, rule.status ?? reply.status, { ...reply.headers, ...rule.headers }, content(rule))
    }
    case 'corrupt': {
      const reply = await capture()
      const at = rule.offset < 0 ? reply.body.length + rule.offset : rule.offset
      reply.body[at] ^= 0xff
      return send(res, reply.status, reply.headers, reply.body)
    }
    case 'cut': {
      const reply = await capture()
      const part = reply.body.subarray(0, rule.bytes)
      // "clean" is the sly kind: the reply looks whole to HTTP.
      if (rule.clean) return send(res, reply.status, reply.headers, part)
      res.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length })
      res.write(part, () => req.socket.destroySoon())
    }
  }
}

function victim(rule, req) {
  if (rule.pid === 'server') return process.pid
  if (rule.pid === 'client') return socketOwner(req.socket.remotePort, req.socket.localPort)
  if (Number.isInteger(rule.pid) && rule.pid > 1) return rule.pid
  throw new Error('pid is neither a process id nor "client" nor "server"')
}

const drop = (req) => void req.socket.resetAndDestroy()

function content(rule) {
  if (rule.json !== undefined) return Buffer.from(JSON.stringify(rule.json))
  return Buffer.from(rule.bodyBase64 ?? rule.body ?? '', rule.bodyBase64 ? 'base64' : 'utf8')
}

function send(res, status, headers = {}, body) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(body) })
  res.end(body)
}

function capture(req, port, secret) {
  return new Promise((resolve, reject) => {
    const { expect, 'accept-encoding': encoding, connection, ...headers } = req.headers
    headers[mark] = secret
    const inner = http.request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers, agent: false })
    inner.on('error', reject)
    inner.on('response', (reply) => {
      const parts = []
      reply.on('error', reject)
      reply.on('data', (part) => parts.push(part))
      reply.on('end', () => {
        const { connection, 'transfer-encoding': coding, 'keep-alive': alive, ...kept } = reply.headers
        resolve({ status: reply.statusCode, headers: kept, body: Buffer.concat(parts) })
      })
    })
    req.on('error', reject)
    req.pipe(inner)
  })
}
