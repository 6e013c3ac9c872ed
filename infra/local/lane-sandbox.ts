// What a sandbox process runs: loads the artefact once, then answers one event at a time, as the Lambda runtime does.
import { flushCompileCache } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { SandboxCall, SandboxMessage } from './sandbox.ts'

type Handler = (event: unknown, context: object) => Promise<unknown>

const say = (message: SandboxMessage): void => void process.send?.(message)

function contextOf({ requestId, deadlineAt }: SandboxCall): object {
  return {
    awsRequestId: requestId,
    functionName: process.env['LANE_ID'],
    getRemainingTimeInMillis: () => Math.max(0, deadlineAt - Date.now()),
  }
}

async function answer(handler: Handler, call: SandboxCall): Promise<SandboxMessage> {
  try {
    return { kind: 'result', result: (await handler(call.event, contextOf(call))) ?? null }
  } catch (fault) {
    process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`)
    return { kind: 'failed', reason: 'Unhandled' }
  }
}

// The lane ended without ending its sandboxes. A frozen one hears of it only when somebody thaws or kills it.
process.on('disconnect', () => process.exit())

const [artefact = ''] = process.argv.slice(2)
const { handler } = (await import(pathToFileURL(artefact).href)) as { handler: Handler }
// Sandboxes are killed, never ended, so that the cache would not be written at exit.
flushCompileCache()
process.on('message', (call) => void answer(handler, call as SandboxCall).then(say))
say({ kind: 'ready' })
