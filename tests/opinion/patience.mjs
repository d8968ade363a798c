// A library at work in a thread of its own, which can be ended.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'

// Whether it came to an end within `ms`.
export function ends(library, repository, ms) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { library, repository } })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms)
    worker.once('message', () => { clearTimeout(timer); resolve(true) })
    worker.once('error', (error) => { clearTimeout(timer); reject(error) })
  }).finally(() => worker.terminate())
}

if (!isMainThread) {
  const { opinions } = await import('./peers.mjs')
  await opinions[workerData.library](workerData.repository.car, workerData.repository)
  parentPort.postMessage('done')
}
