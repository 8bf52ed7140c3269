import { explainRows } from './requests.ts'

const asked = new Set<string>()
const inView = new Set<string>()
let timer: ReturnType<typeof setTimeout> | undefined

// A row that is only scrolled past needs no cause.
const msInView = 300

function ask(): void {
  const ids = [...inView].filter((id) => !asked.has(id))
  for (const id of ids) asked.add(id)
  if (ids.length > 0) explainRows(ids).catch(() => {})
}

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const id = target.id.replace(/^row-/, '')
    if (isIntersecting) inView.add(id)
    else inView.delete(id)
  }
  clearTimeout(timer)
  timer = setTimeout(ask, msInView)
})

/**
 * Asks for the cause of a refused row while it is in view: its name comes with an event.
 * @returns a function that stops it
 */
export function explainInView(row: Element): () => void {
  observer.observe(row)
  return () => {
    observer.unobserve(row)
    inView.delete(row.id.replace(/^row-/, ''))
  }
}
