// What one list, or the look of a local part, says of an address: the answer of every check in this room.

export interface Signal {
  readonly signal:
    | 'disposable'
    | 'relay'
    | 'forwarding'
    | 'free'
    | 'role'
    | 'subaddress'
    | 'gibberish'
    | 'suspected_trap'
    | 'local_part_unlikely'
    | 'abuse'
  readonly value: boolean
  /** Name and month of the list, such as `roles 2026-11`, or the standard that was followed. */
  readonly source: string
  /** Where the list is right in most cases only: it raises a doubt, and outweighs no answer of a mailbox's own server. */
  readonly confidence?: 'medium'
}
