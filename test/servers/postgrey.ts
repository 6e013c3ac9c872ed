// Postgrey, the greylisting policy server that Postfix sites run, as tests need it: on a port, with a short memory.
import { freePort, type Leashed, newFolder, onLeash } from './leash.ts'
import { POSTGREY } from './programs.ts'

const HOST = '127.29.1.250'

export interface Postgrey extends Leashed {
  /** For `check_policy_service`. */
  readonly service: string
}

interface Greylisting {
  readonly delayS: number
  /** Its own words where absent, which name a page and no time. `%s` is what is left of the delay, in seconds. */
  readonly text?: string
}

export async function startPostgrey({ delayS, text }: Greylisting): Promise<Postgrey> {
  const dir = newFolder('postgrey')
  const port = await freePort(HOST)
  const leashed = await onLeash({
    dir,
    start: [
      `set -- --inet=${HOST}:${port} --dbdir="$dir" --user=root --group=root --delay=${delayS}`,
      'test -z "$text" || set -- "$@" --greylist-text="$text"',
      `${POSTGREY} "$@" & pid=$!`,
    ].join('\n'),
    end: 'kill $pid; wait $pid',
    env: { text: text ?? '' },
    at: [{ host: HOST, port }],
  })
  return { ...leashed, service: `inet:${HOST}:${port}` }
}
