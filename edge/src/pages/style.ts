// The one style of the pages, light and dark, from a telephone to a wide screen, with no file to load.

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff; --card: #f6f8fa; --line: #d1d9e0; --edge: #7d8590; --link: #0a5bc4;
  --critical: #82071e; --high: #a40e26; --medium: #7d4e00; --low: #5c5400; --info: #0a5bc4; --ok: #116329; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9ba7b4; --paper: #0d1117; --card: #161b22; --line: #30363d; --edge: #7d8590; --link: #6cb2ff;
  --critical: #ff9aa2; --high: #ff8e86; --medium: #e8b04b; --low: #d6c95a; --info: #6cb2ff; --ok: #6fdd8b; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
a { color: var(--link) }
.bar { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .75rem 1rem; border-bottom: 1px solid var(--line) }
.bar form { display: flex; flex: 1; gap: .5rem; max-width: 34rem }
.brand { font-weight: 700; color: inherit; text-decoration: none }
input { flex: 1; min-width: 0; padding: .4rem .6rem; border: 1px solid var(--edge); border-radius: 6px; background: var(--paper); color: inherit; font: inherit }
button { padding: .4rem .9rem; border: 1px solid var(--edge); border-radius: 6px; background: var(--card); color: inherit; font: inherit; cursor: pointer }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; max-width: 62rem; margin: 1rem auto; padding: 0 1rem }
footer { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--soft); font-size: .875rem }
h1 { margin: .5rem 0 0; font-size: 1.6rem; overflow-wrap: anywhere }
h2 { margin: 0 0 .5rem; font-size: 1.15rem }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; overflow-wrap: anywhere }
p { margin: .25rem 0 }
section.card, #page::part(waiting) { padding: 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card) }
#page::part(waiting) { margin: 0; color: var(--soft); border-style: dashed }
.soft { color: var(--soft) }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
dl { display: grid; grid-template-columns: fit-content(45%) minmax(0, 1fr); gap: .15rem 1rem; margin: .5rem 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere } dd code { white-space: pre-wrap }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .875rem }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th { color: var(--soft); font-weight: 600 }
td code { white-space: nowrap; overflow-wrap: normal }
.ask { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center } .ask input { max-width: 16rem }
code { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
.paste { display: flex; gap: .5rem; align-items: start; margin: .25rem 0; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper) }
.paste code { flex: 1; white-space: pre-wrap }
button.copy { display: none; padding: 0 .5rem; font-size: .8rem } .scripted button.copy { display: block }
details { margin: .4rem 0; padding: .4rem .75rem; border-left: 4px solid var(--mark, var(--line)); background: var(--paper); border-radius: 0 6px 6px 0 }
summary { cursor: pointer; overflow-wrap: anywhere }
.grade { display: inline-block; min-width: 4.2rem; color: var(--mark); font-weight: 700; font-size: .8rem; text-transform: uppercase; letter-spacing: .03em }
.critical { --mark: var(--critical) } .high { --mark: var(--high) } .medium { --mark: var(--medium) } .low { --mark: var(--low) } .info { --mark: var(--info) } .ok { --mark: var(--ok) }
.tally { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; padding: 0; list-style: none }
.tally li { color: var(--mark) } .tally b { font-size: 1.3rem }
.first { margin: .5rem 0 0; padding-left: 0; list-style: none }
meter { width: 8rem; vertical-align: middle }
@media print { .bar, button, footer { display: none } details::details-content { content-visibility: visible; height: auto } }
`
