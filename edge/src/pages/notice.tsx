// A page that says one thing: which domain is asked for, or why there is no report.
import { type DocumentOf, documentText } from './document.tsx'

export interface NoticeOf extends Omit<DocumentOf, 'title'> {
  readonly heading: string
  readonly text: string
}

export function noticePage({ heading, text, ...of }: NoticeOf): string {
  return documentText(
    { ...of, title: heading, focus: true },
    <section>
      <h1>{heading}</h1>
      <p>{text}</p>
    </section>,
  )
}
