import { useEffect } from 'preact/hooks'
import { clearShown, refreshInfo } from './actions.ts'
import { Modal } from './modal.tsx'
import { captures, info, matching } from './state.ts'

/** Asks before captures are deleted, and says how many. Filters limit what is deleted. */
export function ClearDialog() {
  useEffect(() => void refreshInfo(), [])
  const isFiltered = matching.value.length !== captures.value.length
  const all = Math.max(info.value?.kept ?? 0, captures.value.length)
  const count = isFiltered ? matching.value.length : all
  const number = count.toLocaleString('en')
  return (
    <Modal
      title={isFiltered ? `Delete the ${number} that the filters show?` : `Delete all ${number}?`}
      send={{ label: `Delete ${number}`, isDangerous: true, onSubmit: () => void clearShown(isFiltered) }}
    >
      <p>
        {isFiltered && `The other ${(all - count).toLocaleString('en')} stay. `}
        {info.value?.store === 'file' && 'They are deleted from the file too. '}
        This cannot be undone. Export them first if you may need them.
      </p>
    </Modal>
  )
}
