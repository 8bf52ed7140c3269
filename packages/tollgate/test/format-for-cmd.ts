/** Writes an argument as Chrome's "Copy as cURL (cmd)" does. */
export function formatForCmd(argument: string): string {
  const escaped = argument
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]/g, '^$&')
    .replace(/%(?=[a-zA-Z0-9_])/g, '%^')
    .replace(/\r?\n|\r/g, '^\n\n')
  return `^"${escaped}^"`
}
