import { type Filters, listValues, noFilters } from './filters.ts'
import { captures, filters, shown } from './state.ts'

const verdicts: readonly (readonly [Filters['verdict'], string])[] = [
  ['all', 'All'],
  ['accepted', 'Accepted'],
  ['refused', 'Refused'],
]

const change = (changed: Partial<Filters>) => {
  filters.value = { ...filters.value, ...changed }
}

export function FilterBar() {
  const { verdict, search } = filters.value
  const filtered = filters.value !== noFilters && shown.value.length !== captures.value.length
  return (
    <div class="filters">
      <fieldset class="segments">
        <legend class="sr">Verdict</legend>
        {verdicts.map(([value, label]) => (
          <button type="button" key={value} aria-pressed={verdict === value} onClick={() => change({ verdict: value })}>
            {label}
          </button>
        ))}
      </fieldset>
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
      <p class="count" role="status">
        {filtered ? `${shown.value.length} of ${captures.value.length}` : `${captures.value.length}`}
        <span class="sr"> webhooks</span>
        {filtered && (
          <button
            type="button"
            class="link"
            onClick={() => {
              filters.value = noFilters
            }}
          >
            Show all
          </button>
        )}
      </p>
    </div>
  )
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
