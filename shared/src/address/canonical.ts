import type { Address } from './parse.ts'
export const canonical = (address: Address): string => address.wire
