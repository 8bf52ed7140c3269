export {
  type Answer,
  type AnswerFinding,
  type AnswerUse,
  checkAnswer,
} from './answer-rules.ts'
export {
  type Call,
  type CallerOptions,
  type CallOptions,
  type CallRequest,
  type CallStatus,
  type StartedCall,
  startCall,
  type Walked,
} from './call.ts'
export { type Conversation, type ConversationOptions, startConversation } from './conversation.ts'
export type { AnswerOutcome } from './inbox.ts'
export type { ProgressEvent } from './progress.ts'
export { readTwiml, type TwimlElement } from './read-twiml.ts'
export {
  type CallScenarioOptions,
  callScenario,
  type MessageScenarioOptions,
  messageScenario,
  type OpenSocket,
  type ScenarioOptions,
} from './scenario.ts'
export { cutPublicUrl } from './urls.ts'
export {
  type CallEvent,
  type CallSocket,
  type Finding,
  type OutgoingRequest,
  type Pairs,
  type Params,
  type Transport,
  type WalkFinding,
  walkFindings,
} from './walk.ts'
