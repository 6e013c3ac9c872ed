// What an account's object is told and asked of its lists.
import { DurableObject } from 'cloudflare:workers'
import {
  dropList,
  endList,
  enterList,
  forgetList,
  isListed,
  type Listed,
  lists,
  openLists,
  wasDropped,
} from './list-book.ts'
import type { Scope } from './places.ts'

export class ListKeeper<Bindings> extends DurableObject<Bindings> {
  readonly #sql = this.ctx.storage.sql

  /** Told again, the later time counts. */
  async enterList(list: Listed): Promise<void> {
    enterList(this.#sql, list)
  }

  /** As `enterList`, unless so many are open already; false then. One that is there already stays. */
  async openList(list: Listed, most: number): Promise<boolean> {
    if (!isListed(this.#sql, list.id) && openLists(this.#sql, list.scope, Date.now()) >= most) return false
    enterList(this.#sql, list)
    return true
  }

  /** It never came to be. */
  async forgetList(id: string): Promise<void> {
    forgetList(this.#sql, id)
  }

  /** It asks nobody any more; it is kept, and listed. */
  async endList(id: string): Promise<void> {
    endList(this.#sql, id)
  }

  /** Lists that were made and have not ended. */
  async openLists(scope: Scope): Promise<number> {
    return openLists(this.#sql, scope, Date.now())
  }

  async dropList(id: string): Promise<void> {
    dropList(this.#sql, id)
  }

  async wasDropped(id: string, scope: Scope): Promise<boolean> {
    return wasDropped(this.#sql, { id, scope }, Date.now())
  }

  async lists(scope: Scope, page: { before: string; limit: number }): Promise<string[]> {
    return lists(this.#sql, scope, { ...page, now: Date.now() })
  }
}
