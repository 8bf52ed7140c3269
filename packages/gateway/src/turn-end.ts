let due: (() => void)[] = []

/**
 * Runs a task when everything that has arrived by now has been read. What is written then, for many requests in a row, meets readers
 * that the first of them has woken; written one by one, each wakes a process that has gone to sleep again, and waits for that.
 */
export function atTurnEnd(task: () => void): void {
  if (due.length === 0) setImmediate(runDue)
  due.push(task)
}

function runDue(): void {
  const tasks = due
  due = []
  for (const task of tasks) task()
}
