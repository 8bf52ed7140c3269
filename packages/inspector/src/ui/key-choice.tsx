import { info } from './state.ts'

/** Chooses the token that signs. The real one is offered only if this run allows it. */
export function KeyChoice({ real, onChange }: { real: boolean; onChange: (real: boolean) => void }) {
  if (!info.value?.realToken)
    return (
      <p class="muted">
        Signed with this run's throw-away token. The gateway accepts it, but an application that verifies requests
        itself does not. For such an application, start with <code>--sign-with-real-token</code>.
      </p>
    )
  return (
    <label class="check">
      <input type="checkbox" checked={real} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      Sign with the real Auth Token instead of this run's throw-away token
    </label>
  )
}
