// The part of tr46 that domain names need; the package comes without types.
declare module 'tr46' {
  interface Options {
    readonly checkHyphens: boolean
    readonly checkBidi: boolean
    readonly checkJoiners: boolean
    readonly useSTD3ASCIIRules: boolean
    readonly transitionalProcessing: boolean
  }
  /** A-form, or null where the name is invalid (UTS 46 §4.2). */
  export function toASCII(domain: string, options: Options): string | null
  export function toUnicode(domain: string, options: Options): { readonly domain: string; readonly error: boolean }
}
