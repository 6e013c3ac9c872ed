// A domain's own word on whether it may be asked about its mailboxes, for the edge and for lanes, which both look.

const OPT_OUT = /(^|[\s;])probe=no([\s;]|$)/i

/** Where a domain (A-form) says so: `probe=no` in a TXT record there. */
export function policyName(domain: string): string {
  return `_verify-policy.${domain}`
}

/** True where one of the TXT records (character-strings joined) asks not to be probed. */
export function declinesProbes(texts: readonly string[]): boolean {
  return texts.some((text) => OPT_OUT.test(text))
}
