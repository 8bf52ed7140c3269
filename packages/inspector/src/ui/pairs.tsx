import { useState } from 'preact/hooks'
import type { HeaderList } from '../shared/capture.ts'
import { SafeText } from './safe-text.tsx'

const step = 100

/** Shows names and values as a table. */
export function Pairs({ pairs, names, none }: { pairs: HeaderList; names: string; none: string }) {
  const [length, setLength] = useState(step)
  if (pairs.length === 0) return <p class="muted">{none}</p>
  return (
    <>
      <table class="pairs">
        <thead class="sr">
          <tr>
            <th scope="col">{names}</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {pairs.slice(0, length).map(([name, value], index) => (
            <tr key={index}>
              <th scope="row">
                <SafeText text={name} limit={100} />
              </th>
              <td>{value === '' ? <span class="muted">empty</span> : <SafeText text={value} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.length > length && (
        <button type="button" class="link more" onClick={() => setLength(length + step)}>
          Show {Math.min(step, pairs.length - length)} more of {pairs.length}
        </button>
      )}
    </>
  )
}
