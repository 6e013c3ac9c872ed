// What queues carry on behalf of batches: ids only. The object that is named knows the rest.

export type Work =
  | { readonly kind: 'split'; readonly account: string; readonly batch: string }
  | { readonly kind: 'check'; readonly account: string; readonly batch: string; readonly chunk: number }

/** One row that has its result: packed, and what it costs in thousandths of a unit. */
export interface Judged {
  readonly row: number
  readonly result: string
  readonly price: number
}
