import type { HeaderList } from '../shared/capture.ts'

/** Edits the values of the main parameters, each in a field of its own. */
export function MainFields({
  pairs,
  onChange,
}: {
  pairs: HeaderList
  onChange: (index: number, value: string) => void
}) {
  if (pairs.length === 0) return null
  return (
    <div class="main-fields">
      {pairs.map(([name, value], index) => {
        const id = `main-field-${index}`
        return (
          <label key={index} htmlFor={id} class={name === 'Body' ? 'whole' : ''}>
            {name}
            {name === 'Body' ? (
              <textarea
                id={id}
                rows={2}
                value={value}
                onInput={({ currentTarget }) => onChange(index, currentTarget.value)}
              />
            ) : (
              <input
                id={id}
                value={value}
                spellcheck={false}
                onInput={({ currentTarget }) => onChange(index, currentTarget.value)}
              />
            )}
          </label>
        )
      })}
    </div>
  )
}
