// `npm start` as people meet it: help, clear refusals, a state that is kept, and nothing left behind.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { descendants, eventually, isAlive } from './processes.ts'
import { freePort, launch, runToEnd, type Stack, startStack } from './stack.ts'

const folders: string[] = []
const stacks: Stack[] = []

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'postern-test-'))
  folders.push(dir)
  return dir
}

async function start(argv: readonly string[]): Promise<Stack> {
  const stack = await startStack(argv)
  stacks.push(stack)
  return stack
}

afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()))
})
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true, force: true })
})

describe('npm start', () => {
  it.concurrent('--help says what can be said', async () => {
    const { code, stdout } = await runToEnd(['--help'])
    expect(code).toBe(0)
    for (const flag of [
      '--port',
      '--doh',
      '--smtp-port',
      '--allow-loopback-mx',
      '--state',
      '--ephemeral',
      '--json',
      '--quiet',
      '--lanes',
    ]) {
      expect(stdout).toContain(flag)
    }
  })

  it.concurrent.each([
    [['--port', 'x'], /--port takes 1 to 65535/],
    [['--port', '70000'], /--port takes 1 to 65535/],
    [['--doh', 'not a url'], /--doh takes/],
    [['--doh', 'ftp://127.0.0.1/'], /--doh takes/],
    [['--lanes', '9x9'], /--lanes takes RxL/],
    [['--speed', 'fast'], /--speed.*--help/],
    [['verify'], /--help/],
  ])('%j is refused in one line', async (argv, words) => {
    const { code, stdout, stderr } = await runToEnd(argv)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(words)
  })

  it.concurrent('a taken port gives one clear line', async () => {
    const port = await freePort()
    const server = createServer().listen(port, '127.0.0.1')
    const { code, stderr } = await runToEnd(['--json', '--ephemeral', '--port', String(port)])
    server.close()
    expect(code).toBe(1)
    expect(stderr.trim()).toBe(`postern: port ${port} is taken: use --port`)
  })

  it.concurrent.each([
    ['secrets that are no JSON', 'secrets.json', '{"keys":'],
    ['tables that are no database', 'tables.db', 'this is not a database, and never was '.repeat(500)],
  ])('a state folder with %s gives one clear line', async (_what, file, content) => {
    const dir = folder()
    writeFileSync(join(dir, file), content)
    const { code, stderr } = await runToEnd(['--json', '--quiet', '--state', dir, '--port', String(await freePort())])
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(/corrupt.*(remove|--ephemeral)/)
  })

  it.concurrent('a state folder that is a file gives one clear line', async () => {
    const file = join(folder(), 'state')
    writeFileSync(file, '')
    const { code, stderr } = await runToEnd(['--json', '--state', file, '--port', String(await freePort())])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^postern: the state folder .* cannot be used/)
  })

  it('keeps keys and evidence from run to run; one run at a time', async () => {
    const dir = folder()
    const first = await start(['--state', dir, '--lanes', '1x1'])
    await first.verify('jane.roe@strict.test')
    const second = await runToEnd(['--json', '--state', dir, '--port', String(await freePort())])
    expect(second.stderr).toMatch(/in use by process/)
    await first.stop()
    const again = await start(['--state', dir, '--lanes', '1x1'])
    expect(again.keys).toEqual(first.keys)
    expect((await again.verify('jane.roe@strict.test')).checks.smtp.state).toBe('cached')
    expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toContain(first.keys.sk_live)
  })

  it('Ctrl-C leaves no process behind, frozen ones included', async () => {
    const stack = await start([])
    await stack.verify('jane.roe@strict.test')
    const pids = descendants(stack.pid, /./)
    expect(pids.length).toBeGreaterThan(6)
    expect(await stack.stop()).toBe(0)
    expect(await eventually(() => !pids.some(isAlive), 3_000)).toBe(true)
  })

  it('a launcher that is killed takes everything along, and the next start goes on where it ended', async () => {
    const dir = folder()
    const stack = await start(['--state', dir, '--lanes', '1x1'])
    const pids = descendants(stack.pid, /./)
    process.kill(stack.pid, 'SIGKILL')
    expect(await eventually(() => !pids.some(isAlive), 6_000)).toBe(true)
    const again = await start(['--state', dir, '--lanes', '1x1'])
    expect(await again.verify('jane.roe@strict.test')).toMatchObject({ status: 'deliverable' })
  })

  it.each([300, 900, 1_600])('SIGTERM %i ms into the start leaves no process behind', async (afterMs) => {
    const child = launch(['--json', '--ephemeral', '--port', String(await freePort())])
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    const pids = descendants(child.pid!, /./)
    child.kill('SIGTERM')
    await ended
    expect(await eventually(() => !pids.some(isAlive), 5_000)).toBe(true)
  })

  it('keeps no address but in the records of the account that asked: not in messages, keys, queues or tables', async () => {
    const dir = folder()
    const stack = await start(['--state', dir, '--lanes', '1x1'])
    const key = { headers: { authorization: `Bearer ${stack.keys.sk_live}` } }
    for (const mode of ['fast', 'full']) {
      await stack.request(`/v1/verify?email=zebulon.quux@strict.test&mode=${mode}`, key)
      await stack.verify('zebulon.quux@moved.test', { mode })
    }
    await stack.stop()
    const holding = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => /zebulon/i.test(readFileSync(file, 'latin1')))
    const records = /[\\/]do[\\/]postern-edge-(Account|Records)[\\/][^\\/]+$/
    expect(holding.filter((file) => !records.test(file))).toEqual([])
    expect(holding.filter((file) => /zebulon/i.test(file))).toEqual([])
    expect(stack.messages()).not.toMatch(/zebulon/i)
  })

  it('without --json it prints the URL, the keys and three curl lines', async () => {
    const child = launch(['--ephemeral', '--port', String(await freePort()), '--lanes', '1x1'])
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    expect(await eventually(() => text.includes('Ctrl-C'), 15_000)).toBe(true)
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(text).toMatch(/Postern answers at http:\/\/127\.0\.0\.1:\d+/)
    for (const kind of ['sk_live', 'pk_live', 'sk_test', 'pk_test', 'ak']) expect(text).toContain(kind)
    expect(text.match(/^ {2}curl /gm)).toHaveLength(3)
  })

  it('a name outside the world is never called invalid where there is no way out', async () => {
    const stack = await start(['--lanes', '1x1', '--doh', `http://127.0.0.1:${await freePort()}/dns-query`])
    const answer = await stack.verify('jane@postern-has-no-such-domain.com', { wait_ms: 4_000 })
    expect(answer.status).toBe('unknown')
    expect(['dns_timeout', 'dns_failure', 'no_lane']).toContain(answer.reason)
  })
})
