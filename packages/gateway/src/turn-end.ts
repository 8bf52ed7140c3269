type Task = () => void

let requests: Task[] = []
let answers: Task[] = []
let isPlanned = false

/**
 * Runs a task that writes when everything that has arrived by now has been read. What is written then, for many requests in a row, meets
 * readers that the first of them has woken; written one by one, each wakes a process that has gone to sleep again, and waits for that.
 */
export function sendRequestAtTurnEnd(task: Task): void {
  requests.push(task)
  plan()
}

/** After the requests, so that upstreams work on those in the meantime. */
export function sendAnswerAtTurnEnd(task: Task): void {
  answers.push(task)
  plan()
}

function plan(): void {
  if (isPlanned) return
  isPlanned = true
  setImmediate(send)
}

function send(): void {
  const tasks = requests.concat(answers)
  requests = []
  answers = []
  isPlanned = false
  for (const task of tasks) task()
}
