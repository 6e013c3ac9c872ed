// What a domain does with mail, as far as records to publish rest on it.

export interface MailUse {
  /** False where it says that it takes none (RFC 7505); null where nobody knows, or mail has nowhere to go. */
  readonly takes: boolean | null
  /** False where it takes none and nothing that it publishes speaks of a sender: a null MX alone says nothing of sending. */
  readonly sends: false | null
}
