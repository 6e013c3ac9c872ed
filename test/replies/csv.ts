// Reads the comma-separated corpora of the tests (RFC 4180).

/** Rows by column name; quoted fields may hold commas, line ends and doubled quotes. */
export function csvRows(text: string): Record<string, string>[] {
  const [head = [], ...body] = cells(text)
  return body.map((row) => Object.fromEntries(head.map((name, column) => [name, row[column] ?? ''])))
}

function cells(text: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g
  const rows: string[][] = [[]]
  for (let match = field.exec(text); match !== null && match.index < text.length; match = field.exec(text)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] !== ',') rows.push([])
  }
  return rows.filter((row) => row.length > 1)
}
