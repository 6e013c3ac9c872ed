// An upload on its way into the store: looked at first, measured and digested as it passes, never held as a whole.
import { MOST_OCTETS } from '@postern/shared/contract/batch.ts'
import { hex, joined } from '../accounts/secrets.ts'
import { jsonToLines, type Lines } from './elements.ts'
import type { Layout } from './layout.ts'
import { sniff, SNIFF_OCTETS } from './sniff.ts'
import { PART_OCTETS } from './spool.ts'

export interface Wish {
  readonly type: 'csv' | 'ndjson' | 'json'
  readonly column?: string | undefined
  readonly header: 'auto' | 'yes' | 'no'
}

/** `octets` of what lies in the store, `digest` of what was sent, as SHA-256 in hex; `first` is how it begins. */
export type Uploaded =
  | {
      readonly ok: true
      readonly octets: number
      readonly digest: string
      readonly layout: Layout
      readonly first: Uint8Array
    }
  | { readonly ok: false; readonly why: 'too-large' | 'incomplete' }
  | { readonly ok: false; readonly why: 'wrong'; readonly pointer: string; readonly detail: string }

/** Most lists are shorter than a part. */
const FIRST_OCTETS = 131_072

export interface Store {
  readonly bucket: R2Bucket
  readonly key: string
}

/** Without a store, the body is read and digested only. */
export async function upload(body: ReadableStream<Uint8Array>, wish: Wish, store: Store | null): Promise<Uploaded> {
  const parts = new Parts(store)
  try {
    const uploaded = await pass(body, wish, parts)
    if (!uploaded.ok) await parts.abort()
    return uploaded
  } catch (error) {
    await parts.abort()
    if (parts.failed) throw error
    // Whoever was sending has stopped: there is nobody to be told, or somebody who sent less than announced.
    return { ok: false, why: 'incomplete' }
  }
}

async function pass(body: ReadableStream<Uint8Array>, wish: Wish, parts: Parts): Promise<Uploaded> {
  const digest = new crypto.DigestStream('SHA-256')
  const writer = digest.getWriter()
  const lines = wish.type === 'json' ? jsonToLines() : null
  let taken = 0
  for await (const octets of body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
    taken += octets.length
    if (taken > MOST_OCTETS) return { ok: false, why: 'too-large' }
    await writer.write(octets)
    const wrong = await passOn(lines === null ? { ok: true, octets } : lines.push(octets), wish, parts)
    if (wrong !== null) return wrong
  }
  await writer.close()
  const wrong = lines === null ? null : await passOn(lines.end(), wish, parts)
  if (wrong !== null) return wrong
  const sniffed = parts.sniffed(wish, true)
  if (!sniffed.ok) return { ...sniffed, why: 'wrong' }
  await parts.end()
  const { octets, first } = parts
  return { ok: true, octets, digest: hex(new Uint8Array(await digest.digest)), layout: sniffed.layout, first }
}

/** What is wrong with the list is told as soon as its beginning is there, not after all of it was sent. */
async function passOn(lines: Lines, wish: Wish, parts: Parts): Promise<Uploaded | null> {
  if (!lines.ok) {
    const { pointer, detail, at } = lines
    return { ok: false, why: 'wrong', pointer, detail: `${detail} (at octet ${at})` }
  }
  await parts.add(lines.octets)
  const sniffed = parts.isBegun ? parts.sniffed(wish, false) : null
  return sniffed === null || sniffed.ok ? null : { ...sniffed, why: 'wrong' }
}

class Parts {
  readonly #store: Store | null
  #open: R2MultipartUpload | null = null
  readonly #done: R2UploadedPart[] = []
  /** One part as it fills, used again for the next: of a long list no more is ever held. */
  #part = new Uint8Array(FIRST_OCTETS)
  #size = 0
  #sniffed: ReturnType<typeof sniff> | null = null
  octets = 0
  first = new Uint8Array(0)
  /** True where the store did, and not whoever sends. */
  failed = false

  constructor(store: Store | null) {
    this.#store = store
  }

  /** Whether there is enough of it to be looked at. */
  get isBegun(): boolean {
    return this.first.length >= SNIFF_OCTETS
  }

  sniffed({ type, column, header }: Wish, isWhole: boolean): ReturnType<typeof sniff> {
    const asked = { type: type === 'csv' ? type : 'ndjson', column, header } as const
    this.#sniffed ??= sniff(this.first, { ...asked, isWhole: isWhole && this.octets <= SNIFF_OCTETS })
    return this.#sniffed
  }

  async add(octets: Uint8Array): Promise<void> {
    this.octets += octets.length
    if (!this.isBegun) this.first = joined(this.first, octets.subarray(0, SNIFF_OCTETS - this.first.length))
    if (this.#store === null) return
    for (let at = 0; at < octets.length; ) {
      if (this.#size === this.#part.length && this.#size < PART_OCTETS) this.#grow()
      const piece = octets.subarray(at, at + this.#part.length - this.#size)
      this.#part.set(piece, this.#size)
      this.#size += piece.length
      at += piece.length
      if (this.#size === PART_OCTETS) await this.#send()
    }
  }

  async end(): Promise<void> {
    const { bucket, key } = this.#store ?? {}
    if (bucket === undefined || key === undefined) return
    await this.#trying(async () => {
      if (this.#open === null) return bucket.put(key, this.#part.subarray(0, this.#size))
      if (this.#size > 0) await this.#send()
      return this.#open.complete(this.#done)
    })
  }

  async abort(): Promise<void> {
    await Promise.allSettled([this.#open?.abort()])
  }

  #grow(): void {
    const wider = new Uint8Array(Math.min(PART_OCTETS, 4 * this.#part.length))
    wider.set(this.#part)
    this.#part = wider
  }

  async #send(): Promise<void> {
    const { bucket, key } = this.#store ?? {}
    if (bucket === undefined || key === undefined) return
    await this.#trying(async () => {
      this.#open ??= await bucket.createMultipartUpload(key)
      this.#done.push(await this.#open.uploadPart(this.#done.length + 1, this.#part.subarray(0, this.#size)))
    })
    this.#size = 0
  }

  async #trying(work: () => Promise<unknown>): Promise<void> {
    this.failed = true
    await work()
    this.failed = false
  }
}
