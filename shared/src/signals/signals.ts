import type { Address } from '../address/parse.ts'
import type { SignalFact } from '../verdict/evidence.ts'
export function signals(address: Address): { signal: SignalFact['signal']; value: boolean; source: string }[] {
  return [{ signal: 'role', value: address.localPart === 'postmaster', source: 'x' }]
}
