import type { HeaderList } from '../shared/capture.ts'

/** Finds an element of the editor that has this button. */
const findIn = (button: HTMLElement, selector: string) =>
  button.closest('.pair-editor')?.querySelector<HTMLElement>(selector)

/** Edits a list of names and values: change, add and remove. */
export function PairEditor({
  pairs,
  onChange,
  add,
}: {
  pairs: HeaderList
  onChange: (pairs: HeaderList) => void
  add: string
}) {
  const replace = (index: number, pair: HeaderList[number]) =>
    onChange(pairs.map((other, place) => (place === index ? pair : other)))
  return (
    <div class="pair-editor stack">
      {pairs.map(([name, value], index) => (
        <div class="pair" key={index}>
          <input
            aria-label={`Name ${index + 1}`}
            value={name}
            placeholder="name"
            onInput={({ currentTarget }) => replace(index, [currentTarget.value, value])}
          />
          <input
            aria-label={`Value of ${name || `parameter ${index + 1}`}`}
            value={value}
            placeholder="value"
            onInput={({ currentTarget }) => replace(index, [name, currentTarget.value])}
          />
          <button
            type="button"
            aria-label={`Remove ${name || `parameter ${index + 1}`}`}
            onClick={({ currentTarget }) => {
              onChange(pairs.filter((_, place) => place !== index))
              // The last row goes away with this button, and the focus must not be lost.
              if (index === pairs.length - 1) findIn(currentTarget, '.link')?.focus()
            }}
          >
            ✕
          </button>
        </div>
      ))}
      <button
        type="button"
        class="link"
        onClick={({ currentTarget }) => {
          onChange([...pairs, ['', '']])
          setTimeout(() => findIn(currentTarget, '.pair:last-of-type input')?.focus())
        }}
      >
        {add}
      </button>
    </div>
  )
}
