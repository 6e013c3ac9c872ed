// A thread that listens and then never looks again: once its queue is full, the kernel drops every new SYN.
import { createServer } from 'node:net'
import { parentPort } from 'node:worker_threads'

const server = createServer()
server.listen({ host: '127.27.0.2', port: 0, backlog: 1 }, () => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  parentPort?.postMessage(server.address())
  // The message has to leave before the thread stops for good.
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20)
})
