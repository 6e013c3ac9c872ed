// The one script of the pages: copies what a button stands beside, and has a page that is loaded again make no new report. Without it everything can still be read and selected.

/** Runs in the browser; a page says by its class that it does, and that there is a clipboard, which wants https. */
export const SCRIPT = `
if (navigator.clipboard) document.documentElement.classList.add('scripted')
const here = new URL(location.href)
if (here.searchParams.has('refresh')) {
  here.searchParams.delete('refresh')
  history.replaceState(null, '', here)
}
document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button.copy')
  if (button === null) return
  const text = button.parentElement.querySelector('code').textContent
  button.textContent = await navigator.clipboard.writeText(text).then(() => 'Copied', () => 'Select it')
  setTimeout(() => (button.textContent = 'Copy'), 2000)
})
`
