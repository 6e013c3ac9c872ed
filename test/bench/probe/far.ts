// Starts mail servers that are far away, and asks what came to them.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Counts, Offers } from './mail-host.ts'

/** Servers of one kind, each at an address of its own and at several distances. */
export interface FarHosts {
  readonly addresses: readonly string[]
  readonly offers: Offers
  readonly rttsMs: readonly number[]
}

/** The port for each round trip in milliseconds. */
export type Ports = Readonly<Record<number, number>>

export interface Far {
  port(rttMs: number): number
  /** What the servers at these addresses were asked so far. */
  counts(addresses: readonly string[]): Promise<Counts>
  stop(): Promise<void>
}

interface Counted {
  readonly answers: number
  readonly counts: Readonly<Record<string, Counts>>
}

export async function startFar(groups: readonly FarHosts[]): Promise<Far> {
  const child = fork(fileURLToPath(new URL('./far-side.ts', import.meta.url)), [JSON.stringify(groups)], {
    execArgv: [],
  })
  const [{ ports }] = (await once(child, 'message')) as [{ ports: Ports }]
  let questions = 0
  const asked = (): Promise<Readonly<Record<string, Counts>>> => {
    questions += 1
    const question = questions
    child.send(question)
    return new Promise((resolve) => {
      const hear = ({ answers, counts }: Counted): void => {
        if (answers !== question) return
        child.off('message', hear)
        resolve(counts)
      }
      child.on('message', hear)
    })
  }
  return {
    port: (rttMs) => {
      const port = ports[rttMs]
      if (port === undefined) throw new Error(`no server is ${rttMs} ms away`)
      return port
    },
    counts: async (addresses) => {
      const counts = await asked()
      const sum = (key: keyof Counts) => addresses.reduce((total, one) => total + (counts[one]?.[key] ?? 0), 0)
      return { connections: sum('connections'), recipients: sum('recipients') }
    },
    stop: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** Addresses of a network that nothing else of the house uses. */
export function farAddresses(count: number, net: number): string[] {
  return Array.from({ length: count }, (_, n) => `127.30.${net}.${n + 1}`)
}

export const FAR_NETWORK = '127.30.0.0/16'
