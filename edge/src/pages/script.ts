// The one script of the pages: copies what a button stands beside. Without it everything can still be read and selected.

/** Runs in the browser; a page says by its class that it does. */
export const SCRIPT = `
document.documentElement.classList.add('scripted')
document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button.copy')
  if (button === null) return
  await navigator.clipboard.writeText(button.parentElement.querySelector('code').textContent)
  button.textContent = 'Copied'
  setTimeout(() => (button.textContent = 'Copy'), 2000)
})
`
