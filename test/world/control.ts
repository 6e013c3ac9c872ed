// The calls by which another process moves the world's clock, clears its journal and reads it.

export interface Control {
  advance(ms: number): void
  reset(): void
  sessions(): readonly unknown[]
  violations(): readonly unknown[]
  queries(): readonly unknown[]
}

interface Answer {
  readonly status: 200 | 400 | 405
  readonly body: unknown
}

/** Null where the path is none of the world's. */
export function control(world: Control, method: string, url: URL): Answer | null {
  const [, room, call = '', ...rest] = url.pathname.split('/')
  if (room !== 'world' || rest.length > 0) return null
  if (call === 'advance' || call === 'reset') {
    if (method !== 'POST') return { status: 405, body: { allow: 'POST' } }
    return call === 'advance' ? advance(world, url) : reset(world)
  }
  if (call !== 'sessions' && call !== 'violations' && call !== 'queries') return null
  return method === 'GET' ? { status: 200, body: world[call]() } : { status: 405, body: { allow: 'GET' } }
}

function advance(world: Control, url: URL): Answer {
  const text = url.searchParams.get('ms') ?? ''
  if (!/^\d{1,12}$/u.test(text)) return { status: 400, body: { ms: 'must be a whole number of milliseconds' } }
  world.advance(Number(text))
  return { status: 200, body: { advanced: Number(text) } }
}

function reset(world: Control): Answer {
  world.reset()
  return { status: 200, body: { reset: true } }
}
