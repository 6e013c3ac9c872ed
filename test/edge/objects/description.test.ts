// The description of the interface, as the Worker gives it: what a list may be refused for, and what webhooks deliver.
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { EVENTS } from '@postern/shared/contract/events.ts'
import { EVENT_TYPES } from '@postern/shared/contract/webhook.ts'
import { describe, expect, it } from 'vitest'
import { endEvent, progressEvent } from '../../../edge/src/batches/events.ts'
import { payloadOf } from '../../../edge/src/webhooks/outgoing.ts'
import worker from '../../../edge/src/worker.ts'
import { addresses, listed, standingQueues } from './batch-given.ts'

standingQueues()

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody: { readonly content: Record<string, { readonly schema: { readonly $ref: string } }> }
  readonly responses: Record<string, { readonly description: string }>
}

interface Description {
  readonly paths: Record<string, Record<string, Operation>>
  readonly webhooks: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, { readonly properties: Record<string, object> }> }
}

async function description(): Promise<Description> {
  const response = await worker.fetch(new Request('https://edge.test/openapi.json'), env, createExecutionContext())
  return response.json()
}

it('a list is refused for other reasons than what has a body of JSON', async () => {
  const { responses } = (await description()).paths['/v1/batches']!['post']!
  expect(responses['400']?.description).toContain('ended before')
  expect(responses['413']?.description).toBe('Over 95 MB')
  for (const type of ['text/csv', 'ndjson', 'application/json']) expect(responses['415']?.description).toContain(type)
})

describe('webhooks', () => {
  it('are described with the fields that prove them, all five', async () => {
    const { webhooks, components } = await description()
    expect(Object.keys(webhooks)).toEqual([...EVENT_TYPES])
    for (const type of EVENT_TYPES) {
      const { parameters, requestBody, responses } = webhooks[type]!['post']!
      expect(parameters.map((one) => [one.in, one.name, one.required])).toEqual(
        ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ['header', name, true]),
      )
      const name = requestBody.content['application/json']!.schema.$ref.replace('#/components/schemas/', '')
      expect(Object.keys(components.schemas[name]!.properties)).toEqual(['type', 'timestamp', 'data'])
      expect(Object.keys(responses)).toContain('2XX')
    }
    const [completed, progress] = ['VerificationCompleted', 'BatchProgress'].map((name) => components.schemas[name])
    expect(completed?.properties['data']).toEqual({ $ref: '#/components/schemas/Verification' })
    expect(progress?.properties['data']).toEqual({ $ref: '#/components/schemas/Batch' })
  })

  it('tell of a list as they are described', async () => {
    const state = (await (await listed(addresses(3))).stub.plan())!
    const pace = { now: Date.now(), rate: 1 }
    const parsed = (type: keyof typeof EVENTS, payload: string) => EVENTS[type].body.parse(JSON.parse(payload)).type
    expect(parsed('batch.progress', payloadOf(progressEvent(state, pace)))).toBe('batch.progress')
    expect(parsed('batch.completed', payloadOf(endEvent({ ...state, status: 'completed' }, pace)))).toBe(
      'batch.completed',
    )
    expect(parsed('batch.failed', payloadOf(endEvent({ ...state, status: 'failed' }, pace)))).toBe('batch.failed')
  })
})
