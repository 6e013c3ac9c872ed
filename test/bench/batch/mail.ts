// Starts the outside of a batch's measurement, and asks it what it has seen.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface MailHostSeen {
  /** Loopback address. */
  readonly host: string
  /** Instants in milliseconds since the epoch. */
  readonly connections: readonly number[]
  readonly recipients: readonly number[]
  readonly refused: number
}

export interface MailSideReport {
  readonly hosts: readonly MailHostSeen[]
  /** Addresses under test that were named, and how many of them more than once. */
  readonly asked: number
  readonly askedTwice: number
  /** How many addresses were named so many times. */
  readonly times: readonly (readonly [times: number, addresses: number])[]
  /** When an address was named that had been named before, in milliseconds since the epoch. */
  readonly repeatedAt: readonly number[]
}

export interface MailSide {
  readonly dohUrl: string
  readonly smtpPort: number
  report(): Promise<MailSideReport>
  stop(): void
}

export async function startMail(): Promise<MailSide> {
  const child = fork(fileURLToPath(new URL('./mail-side.ts', import.meta.url)), [], { execArgv: [] })
  const next = <T>(): Promise<T> => new Promise((resolve) => child.once('message', (message) => resolve(message as T)))
  const { dohPort, smtpPort } = await next<{ dohPort: number; smtpPort: number }>()
  return {
    dohUrl: `http://127.0.0.1:${dohPort}/dns-query`,
    smtpPort,
    report: async () => {
      const told = next<{ report: MailSideReport }>()
      child.send('report')
      return (await told).report
    },
    stop: () => void child.kill(),
  }
}
