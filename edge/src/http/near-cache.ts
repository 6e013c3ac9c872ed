// What a location remembers for all its isolates (the Workers Cache), and an isolate for its requests: values, within bounds.

/** The part of the Workers Cache that is used. */
export interface NearCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
}

/** What was kept there, or null: a cache that fails is one that knows nothing. */
export async function recall(cache: NearCache, url: string): Promise<unknown> {
  const [found] = await Promise.allSettled([cache.match(url).then((one): unknown => one?.json())])
  return found.status === 'fulfilled' ? (found.value ?? null) : null
}

/** Keeps a value as JSON for so long, in milliseconds. Never rejects. */
export async function keep(cache: NearCache, url: string, { value, forMs }: { value: unknown; forMs: number }) {
  const headers = { 'cache-control': `max-age=${Math.floor(forMs / 1_000)}` }
  await Promise.allSettled([cache.put(url, Response.json(value, { headers }))])
}

/** Puts an entry last, and drops the one that was put longest ago where there are too many. */
export function putLast<V>(map: Map<string, V>, [key, value]: readonly [string, V], most: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
