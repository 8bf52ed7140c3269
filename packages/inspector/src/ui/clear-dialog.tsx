import { clearShown } from './actions.ts'
import { Modal } from './modal.tsx'
import { captures, matching } from './state.ts'

/** Asks before captures are deleted, and says how many. Filters limit what is deleted. */
export function ClearDialog() {
  const isFiltered = matching.value.length !== captures.value.length
  const number = matching.value.length.toLocaleString('en')
  return (
    <Modal
      title={isFiltered ? `Delete the ${number} that the filters show?` : `Delete all ${number}?`}
      send={{ label: `Delete ${number}`, isDangerous: true, onSubmit: () => void clearShown(isFiltered) }}
    >
      <p>
        {isFiltered && `The other ${(captures.value.length - matching.value.length).toLocaleString('en')} stay. `}
        This cannot be undone. Export them first if you may need them.
      </p>
    </Modal>
  )
}
