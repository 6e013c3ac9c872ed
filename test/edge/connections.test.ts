// The law of six connections: for any interleaving of calls that end well, badly or late, never more than the limit at a time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitConnections } from '../../edge/src/http/connections.ts'

/** A call that ends when it is told to. */
interface Call {
  readonly end: (well: boolean) => void
}

interface Line {
  readonly add: () => void
  readonly open: () => number
  /** Numbers of the calls, in the order in which they began. */
  readonly began: readonly number[]
  /** Ends one of the open calls, if there is one; then everything that follows from it has happened. */
  readonly end: (which: number, well: boolean) => Promise<void>
  readonly results: Promise<string>[]
}

function lineWith(limit?: number): Line {
  const connect = limitConnections(limit)
  const open: Call[] = []
  const began: number[] = []
  const results: Promise<string>[] = []
  const add = () => {
    const number = results.length
    const call = () =>
      new Promise<string>((resolve, reject) => {
        began.push(number)
        const ended = (well: boolean) => (well ? resolve(`${number}`) : reject(new Error(`${number}`)))
        open.push({ end: ended })
      })
    const settled = connect(call)
    results.push(settled.catch((error: Error) => `failed ${error.message}`))
  }
  const end = async (which: number, well: boolean) => {
    const [call] = open.length === 0 ? [] : open.splice(which % open.length, 1)
    call?.end(well)
    await new Promise(setImmediate)
  }
  return { add, open: () => open.length, began, end, results }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant('add' as const) },
  { weight: 2, arbitrary: fc.record({ which: fc.nat(20), well: fc.boolean() }) },
)

describe('for any interleaving', () => {
  it('no more than the limit are open, none waits while there is room, and the first to come is the first served', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 60 }), async (limit, steps) => {
        const line = lineWith(limit)
        let ended = 0
        for (const one of steps) {
          if (one === 'add') line.add()
          else {
            ended += line.open() > 0 ? 1 : 0
            await line.end(one.which, one.well)
          }
          await new Promise(setImmediate)
          expect(line.open()).toBe(Math.min(limit, line.results.length - ended))
        }
        while (line.open() > 0) await line.end(0, true)
        expect(line.began).toEqual(line.results.map((_, number) => number))
        const said = await Promise.all(line.results)
        expect(said.map((text) => text.replace('failed ', ''))).toEqual(line.began.map(String))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a limit', () => {
  it('is six where none is given', async () => {
    const line = lineWith()
    for (let at = 0; at < 9; at += 1) line.add()
    await new Promise(setImmediate)
    expect(line.open()).toBe(6)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('lost'))],
    [
      'throws before it began',
      () => {
        throw new Error('lost')
      },
    ],
  ])('gets its slot back from a call that %s, and the caller hears of it', async (_what, failing) => {
    const connect = limitConnections(1)
    await expect(connect(failing)).rejects.toThrow('lost')
    expect(await connect(async () => 'next')).toBe('next')
  })

  it('is kept when a call comes at the very moment a slot is handed over', async () => {
    const connect = limitConnections(1)
    let open = 0
    let most = 0
    const call = async (): Promise<void> => {
      open += 1
      most = Math.max(most, open)
      await Promise.resolve()
      open -= 1
    }
    const late = connect(call).then(() => connect(call))
    await Promise.all([late, connect(call), connect(call)])
    expect(most).toBe(1)
  })
})
