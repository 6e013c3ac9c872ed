// What is sent as a list and is none: archives, workbooks, other encodings, binary data, told by its first octets.

interface Kind {
  readonly begins: string
  readonly what: string
}

const AS_CSV = 'save the list as CSV in UTF-8 and send that'
const UNPACKED = 'unpack it and send the list in it as CSV in UTF-8'

/** By their first octets, as Latin-1. */
const KINDS: readonly Kind[] = [
  { begins: '\x1f\x8b', what: `is compressed with gzip: ${UNPACKED}` },
  { begins: 'PK\x03\x04', what: `is a zip archive: ${UNPACKED}` },
  { begins: 'PK\x05\x06', what: `is a zip archive with nothing in it: ${AS_CSV}` },
  { begins: '\xd0\xcf\x11\xe0', what: `is a workbook of an old Excel (.xls): ${AS_CSV}` },
  { begins: 'BZh', what: `is compressed with bzip2: ${UNPACKED}` },
  { begins: '\xfd7zXZ\0', what: `is compressed with xz: ${UNPACKED}` },
  { begins: '\x28\xb5\x2f\xfd', what: `is compressed with zstd: ${UNPACKED}` },
  { begins: '7z\xbc\xaf\x27\x1c', what: `is a 7z archive: ${UNPACKED}` },
  { begins: '%PDF-', what: `is a PDF: ${AS_CSV}` },
  { begins: '\xff\xfe', what: 'is in UTF-16: save it as UTF-8' },
  { begins: '\xfe\xff', what: 'is in UTF-16: save it as UTF-8' },
]

const WORKBOOKS: readonly Kind[] = [
  { begins: 'xl/', what: `is an Excel workbook (.xlsx): ${AS_CSV}` },
  { begins: 'mimetypeapplication/vnd.oasis.opendocument.spreadsheet', what: `is a spreadsheet (.ods): ${AS_CSV}` },
]

/** Where file names and kinds of an archive are looked for. */
const ARCHIVE_OCTETS = 16_384
/** One octet in so many, and more than a few of them, is more than text has by accident. */
const CONTROLS = { oneIn: 100, few: 4 } as const

/** A sentence that says what these octets are instead of a list; null for text. */
export function foreign(first: Uint8Array): string | null {
  const beginning = String.fromCharCode(...first.subarray(0, ARCHIVE_OCTETS))
  const kind = KINDS.find(({ begins }) => beginning.startsWith(begins))
  if (kind === undefined) return binary(first) ?? singleOctets(first)
  const workbook = WORKBOOKS.find(({ begins }) => kind.begins === 'PK\x03\x04' && beginning.includes(begins))
  return `The body ${(workbook ?? kind).what}.`
}

function binary(first: Uint8Array): string | null {
  let controls = 0
  const nuls = [0, 0] as [number, number]
  for (let at = 0; at < first.length; at += 1) {
    const octet = first[at] ?? 0
    if (octet === 0) nuls[(at & 1) as 0 | 1] += 1
    else if (isControl(octet)) controls += 1
  }
  // Letters of Europe in UTF-16 have a NUL each, all on the same side.
  if (Math.max(...nuls) * 4 > first.length && Math.min(...nuls) * 10 < Math.max(...nuls)) {
    return 'The body is in UTF-16: save it as UTF-8.'
  }
  const isBinary = nuls[0] + nuls[1] > 0 || (controls > CONTROLS.few && controls * CONTROLS.oneIn > first.length)
  return isBinary ? `The body is binary, not text: ${AS_CSV}.` : null
}

const decoder = new TextDecoder()

/** So many octets that are no UTF-8 may stand in a few rows that came from elsewhere: those are taken. */
const FEW_STRAYS = 4

/** Letters of Europe in one octet each: of many beyond ASCII, not one is in UTF-8. */
function singleOctets(first: Uint8Array): string | null {
  const beyond = decoder.decode(first).replaceAll(/[\0-\x7f]/g, '')
  const isNone = beyond.length > FEW_STRAYS && /^\ufffd+$/.test(beyond) && !hasReplacement(first)
  return isNone ? 'The body is not UTF-8: save it as UTF-8.' : null
}

/** U+FFFD itself, in UTF-8. */
function hasReplacement(octets: Uint8Array): boolean {
  return octets.some((octet, at) => octet === 0xef && octets[at + 1] === 0xbf && octets[at + 2] === 0xbd)
}

/** Neither a blank nor a line break. */
function isControl(octet: number): boolean {
  return (octet < 0x20 && (octet < 0x09 || octet > 0x0d)) || octet === 0x7f
}
