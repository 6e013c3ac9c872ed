// What an account is told of its batches, under ids that stay the same however often they are told.
import { type Pace, bodyOf, type State } from './state.ts'
import type { WebhookEvent } from '../accounts/events.ts'

/** Told of at these shares of the rows. */
const QUARTERS = 4

/** How many quarters are done, for `told`. */
export function quartersOf({ isRead, rows, done }: State): number {
  return isRead && rows > 0 ? Math.floor((QUARTERS * done) / rows) : 0
}

export function progressEvent(state: State, pace: Pace): WebhookEvent {
  return { ...eventOf(state, pace), id: `evt_${state.id}_progress_${quartersOf(state)}`, type: 'batch.progress' }
}

/** `completed`, also where it was cancelled or stopped; `failed` where the upload could not be read. */
export function endEvent(state: State, pace: Pace): WebhookEvent {
  const type = state.status === 'failed' ? 'batch.failed' : 'batch.completed'
  return { ...eventOf(state, pace), id: `evt_${state.id}_end`, type }
}

function eventOf(state: State, pace: Pace): Omit<WebhookEvent, 'id' | 'type'> {
  return { at: pace.now, data: bodyOf(state, pace), scope: state.scope, subject: '', url: state.webhookUrl }
}
