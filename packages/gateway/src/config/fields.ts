import type { OptionRow } from 'tollgate/internal'
import * as z from 'zod'

/** The field of each type of row. Functions, objects and what a function parses have none. */
interface FieldTypes<Choice extends string> {
  readonly integer: z.ZodInt
  readonly boolean: z.ZodBoolean
  readonly string: z.ZodString
  readonly strings: z.ZodArray<z.ZodString>
  readonly choice: z.ZodEnum<{ [One in Choice]: One }>
}

type FieldType = keyof FieldTypes<string>

/** The fields for the options of a table that a file can hold. Each may be left out. */
export type Fields<Table> = {
  [Name in keyof Table as Table[Name] extends { readonly type: FieldType } ? Name : never]: z.ZodOptional<
    Table[Name] extends { readonly type: infer Type extends FieldType }
      ? FieldTypes<Table[Name] extends { readonly choices: readonly (infer One extends string)[] } ? One : never>[Type]
      : never
  >
}

/**
 * Makes fields of a schema from a table of options. Limits and choices are those of the table, so
 * an option that is new in the library is one in the file, too.
 */
export function toFields<Table extends Readonly<Record<string, OptionRow>>>(table: Table): Fields<Table> {
  const fields = Object.entries(table).flatMap(([name, row]) => {
    const field = toField(row)
    return field === undefined ? [] : [[name, field.optional()] as const]
  })
  return Object.fromEntries(fields) as Fields<Table>
}

function toField(row: OptionRow): z.ZodType | undefined {
  switch (row.type) {
    case 'integer': {
      const { least, most = Number.MAX_SAFE_INTEGER } = row
      const error = `must be an integer from ${least} to ${most}`
      return z.int({ error }).min(least, { error }).max(most, { error })
    }
    case 'boolean':
      return z.boolean()
    case 'string':
      return z.string()
    case 'strings':
      return z.array(z.string())
    case 'choice':
      return z.enum(row.choices as [string, ...string[]])
    default:
      return undefined
  }
}
