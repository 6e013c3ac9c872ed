// Parts killed with -9 while they are needed: an honest answer in time, and the part is back by itself.
import { killLeft } from '@postern/infra/local/children.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { descendants, eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

function kill(command: RegExp): number[] {
  const pids = descendants(stack.pid, command)
  // One that was being started again may be gone by now.
  for (const pid of pids) killLeft(pid)
  return pids
}

describe('200 after kill -9', () => {
  it('of the engine: verdicts go on without memory, the log says so; and memory is back with what it held', async () => {
    expect(await stack.verify('jane.roe@strict.test')).toMatchObject({ checks: { smtp: { state: 'asked' } } })
    const [engine] = kill(/dynoxide/)
    expect(engine).toBeDefined()
    const without = await stack.verify('jane.roe@multiline.test')
    expect(without).toMatchObject({ status: 'deliverable', level: 'confirmed' })
    expect(await eventually(() => descendants(stack.pid, /dynoxide/).length === 1, 5_000)).toBe(true)
    const remembers = async () => (await stack.verify('jane.roe@strict.test')).checks.smtp.state === 'cached'
    expect(await eventually(remembers, 5_000)).toBe(true)
    expect(stack.messages()).toMatch(/table engine .*ended \(SIGKILL\)/)
  })

  it('of the engine for long: every request is answered, and the log says that memory is gone', async () => {
    const stop = setInterval(() => kill(/dynoxide/), 20)
    const answers = await Promise.all(
      ['karl.weber@strict.test', 'nina.falk@strict.test'].map((email) => stack.verify(email)),
    )
    clearInterval(stop)
    expect(answers.map(({ status }) => status)).toEqual(['deliverable', 'undeliverable'])
    expect(stack.messages()).toMatch(/going on without memory/)
    expect(await eventually(() => descendants(stack.pid, /dynoxide/).length === 1, 8_000)).toBe(true)
  })

  it('of a lane in the middle of a request: an honest answer within the deadline, and the lane is back', async () => {
    const startedAt = Date.now()
    const asked = stack.verify('jane.roe@tarpit.test', { wait_ms: 2_000 })
    const isAsking = async () => (await stack.sessions()).some(({ host }) => /tarpit/.test(host))
    expect(await eventually(isAsking, 1_500)).toBe(true)
    expect(kill(/lane/).length).toBeGreaterThan(0)
    const answer = await asked
    expect(Date.now() - startedAt).toBeLessThan(2_500)
    expect(answer).toMatchObject({ status: 'unknown', final: false, retryable: true })
    const works = async () => (await stack.verify('jane.roe@callback.test')).status === 'deliverable'
    expect(await eventually(works, 8_000)).toBe(true)
  })

  it('of every sandbox of a lane: the same request goes on by its job id', async () => {
    const asked = stack.verify('jane.roe@sluggish.test', { wait_ms: 8_000 })
    const isAsking = async () => (await stack.sessions()).some(({ host }) => /sluggish/.test(host))
    expect(await eventually(isAsking, 3_000)).toBe(true)
    expect(kill(/lane-sandbox/).length).toBeGreaterThan(0)
    expect(await asked).toMatchObject({ status: 'deliverable', level: 'confirmed' })
  })

  it('of workerd: the edge is back, with the same keys', async () => {
    expect(kill(/workerd/).length).toBeGreaterThan(0)
    const answers = async () =>
      stack.verify('jane.roe@starttls.test').then(
        ({ status }) => status === 'deliverable',
        () => false,
      )
    expect(await eventually(answers, 15_000)).toBe(true)
  })

  it('two requests at once for one address cause one conversation', async () => {
    await fetch(`${stack.worldUrl()}/world/reset`, { method: 'POST' })
    const answers = await Promise.all(Array.from({ length: 5 }, () => stack.verify('jane.roe@implicit.test')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['deliverable']))
    const sessions = await stack.sessions()
    expect(sessions).toHaveLength(1)
  })
})
