// A sign of life in a stream of events while there is nothing to tell: proxies close connections that look dead.

/** Well below the patience of proxies, which is half a minute and more, in milliseconds. */
const BEAT_MS = 5_000

/** A comment, which whoever reads events passes over. */
export const COMMENT = ': \n\n'

/** Beats until the work has ended, however it ends. */
export async function withHeartbeat(work: Promise<void>, beat: () => Promise<unknown>): Promise<void> {
  const timer = setInterval(() => void beat(), BEAT_MS)
  await work.finally(() => clearInterval(timer))
}
