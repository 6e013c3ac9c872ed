// Ends a connection in good manners.
import type { Socket } from 'node:net'

/** Whatever a server still says changes nothing: the connection is closed behind our back this long after our last word. */
const LINGER_MS = 200

/** Does not wait for the end. */
export function leave(socket: Socket): void {
  socket.resume()
  socket.end()
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}
