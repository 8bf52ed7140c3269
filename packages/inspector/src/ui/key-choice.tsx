import { info } from './state.ts'

/** Which token signs. The real one is offered only where this run allows it. */
export function KeyChoice({ real, onChange }: { real: boolean; onChange: (real: boolean) => void }) {
  if (!info.value?.realToken)
    return (
      <p class="muted">
        Signed with this run's throw-away token, which the gateway accepts. An application that verifies by itself does
        not: start with <code>--sign-with-real-token</code> for that.
      </p>
    )
  return (
    <label class="check">
      <input type="checkbox" checked={real} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      Sign with the real Auth Token instead of this run's throw-away one
    </label>
  )
}
