export const specialUse = (domain: string, allowed: readonly string[]): string | null => {
  const tld = domain.split('.').at(-1) ?? ''
  return ['test', 'invalid', 'example', 'localhost'].includes(tld) && !allowed.includes(tld) ? tld : null
}
