import { Modal } from './modal.tsx'

const keys: readonly (readonly [keys: readonly string[], action: string])[] = [
  [['/'], 'search the list'],
  [['↑', '↓'], 'move in the list'],
  [['Home', 'End'], 'the first and the last webhook'],
  [['Enter'], 'open the webhook'],
  [['Alt + ←', 'Alt + →'], 'back and forward, as the browser does'],
  [['Esc'], 'close a dialog, or clear the search'],
  [['?'], 'show these keys'],
]

/** A dialog that lists the keys. */
export function KeysDialog() {
  return (
    <Modal title="Keys">
      <dl class="facts keys">
        {keys.map(([names, action]) => (
          <div key={action}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{action}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
