import { endedText } from './labels.ts'
import { connection } from './state.ts'

const texts = {
  reconnecting: 'The inspector does not answer. This list shows what arrived before.',
  ended: endedText,
} as const

/** Says above the list that it is no longer up to date. */
export function Notice() {
  const { state } = connection.value
  return (
    <div role="alert">{(state === 'ended' || state === 'reconnecting') && <p class="alarm">{texts[state]}</p>}</div>
  )
}
