import { type Filters, hasVerdict, listValues, noFilters } from './filters.ts'
import { captures, connection, filters, filtersOpen, matching } from './state.ts'

const verdicts: readonly (readonly [verdict: Filters['verdict'], label: string, title: string])[] = [
  ['all', 'All', 'every webhook'],
  ['accepted', 'Accepted', 'accepted, and answered well'],
  ['failed', 'Failed', 'accepted, but the answer is missing, or an error for Twilio'],
  ['refused', 'Refused', 'refused'],
]

const change = (changed: Partial<Filters>) => {
  filters.value = { ...filters.value, ...changed }
}

/** The verdicts with their live counts, and the filters, which a narrow page folds. */
export function FilterBar() {
  const { verdict, search, kind, code } = filters.value
  const filtered = matching.value.length !== captures.value.length
  const folded = [search.trim(), kind, code].filter((value) => value !== '').length
  return (
    <div class={`filters ${filtersOpen.value ? 'open' : ''}`}>
      <fieldset class="segments">
        <legend class="sr">Verdict</legend>
        {verdicts.map(([value, label, title]) => (
          <button
            type="button"
            key={value}
            class={value}
            title={`Show ${title}`}
            aria-pressed={verdict === value}
            onClick={() => change({ verdict: value })}
          >
            {label} <span class="num">{countOf(value)}</span>
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        class="fold"
        aria-expanded={filtersOpen.value}
        aria-controls="filter-fields"
        onClick={() => {
          filtersOpen.value = !filtersOpen.value
        }}
      >
        Filter{folded > 0 && <span class="num"> {folded}</span>}
      </button>
      <div id="filter-fields" class="filter-fields">
        <input
          id="search"
          type="search"
          placeholder="Search  /"
          aria-label="Search the list"
          value={search}
          onInput={({ currentTarget }) => change({ search: currentTarget.value })}
        />
        <Choice field="kind" label="Any kind" />
        <Choice field="code" label="Any code" />
      </div>
      <p class="count" role="status">
        {filtered && (
          <>
            {matching.value.length} of {captures.value.length} shown
            <button
              type="button"
              class="link"
              onClick={({ currentTarget }) => {
                filters.value = noFilters
                // This button goes away, and the focus must not be lost.
                currentTarget.closest('.filters')?.querySelector<HTMLElement>('.segments button')?.focus()
              }}
            >
              Show all
            </button>
          </>
        )}
      </p>
    </div>
  )
}

/** Counts the captures of a verdict. Before the list has arrived, no count is known. */
function countOf(verdict: Filters['verdict']): string {
  if (connection.value.state === 'loading') return '–'
  return captures.value.filter((one) => hasVerdict(one, verdict)).length.toLocaleString('en')
}

function Choice({ field, label }: { field: 'kind' | 'code'; label: string }) {
  const values = listValues(captures.value, field)
  return (
    <select
      aria-label={field === 'kind' ? 'Kind' : 'Code'}
      value={filters.value[field]}
      onChange={({ currentTarget }) => change({ [field]: currentTarget.value })}
    >
      <option value="">{label}</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {value === 'none' ? 'not verified' : value}
        </option>
      ))}
    </select>
  )
}
