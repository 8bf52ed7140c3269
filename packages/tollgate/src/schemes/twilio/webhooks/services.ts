/**
 * Products with few kinds: TaskRouter, Flex, Sync, the debugger, Proxy, Verify, regulatory bundles
 * and usage triggers.
 */
export const services = {
  // An event of a TaskRouter workspace. `TimestampMs` and `Sid` are in captures only.
  // https://www.twilio.com/docs/taskrouter/api/event/reference (2026-11)
  'taskrouter.event': {
    rule: 'WorkspaceSid EventType ResourceType',
    parameters: [
      'EventType AccountSid WorkspaceSid WorkspaceName? EventDescription? ResourceType ResourceSid? Timestamp?',
      'TimestampMs? Sid? TaskSid? TaskAge? TaskPriority? TaskAttributes? TaskAssignmentStatus?',
      'TaskCanceledReason? TaskCompletedReason? TaskChannelSid? TaskChannelName? TaskChannelUniqueName?',
      'TaskChannelOptimizedRouting? TaskQueueSid? TaskQueueName? TaskQueueTargetExpression? WorkflowSid?',
      'WorkflowName? WorkerSid? WorkerName? WorkerAttributes? WorkerActivitySid? WorkerActivityName?',
      'WorkerVersion? WorkerTimeInPreviousActivity? WorkerTimeInPreviousActivityMs? WorkerPreviousActivitySid?',
      'WorkerChannelAvailable? WorkerChannelAvailableCapacity? WorkerChannelPreviousCapacity?',
      'WorkerChannelTaskCount? ReservationSid? ActivitySid? ActivityName? ActivityAvailable? OperatingUnitSid?',
    ],
  },
  // TaskRouter asks what to do with a reserved task.
  // https://www.twilio.com/docs/taskrouter/handle-assignment-callbacks
  'taskrouter.assignment': {
    rule: 'WorkspaceSid ReservationSid !EventType',
    parameters: [
      'Timestamp? AccountSid WorkspaceSid WorkflowSid TaskQueueSid WorkerSid WorkerName WorkerAttributes TaskSid',
      'TaskAge? TaskPriority? TaskAttributes ReservationSid',
    ],
  },
  // An event of an interaction of Flex, its channel or a participant. Only the names of
  // `onInteractionCreated` were compared with the page; those of other events are not confirmed.
  // https://www.twilio.com/docs/flex/admin-guide/setup/conversations/configure-interactions-webhook (2026-12)
  'flex.interaction': {
    rule: 'EventType=onInteraction*|onChannel*|onParticipant*|onInvite* InteractionSid',
    parameters: [
      'EventType AccountSid InstanceSid? InteractionSid ChannelSid? ParticipantSid? MediaChannelSid?',
      'MediaChannelType?',
    ],
  },
  // An object of Sync is added, changed or removed. The names of maps and streams are not confirmed.
  // https://www.twilio.com/docs/sync/webhooks (2026-12)
  sync: {
    rule: 'EventType=document_*|list_*|map_*|stream_*|endpoint_* ServiceSid',
    parameters: [
      'AccountSid EndpointId? EventType Identity? ServiceSid DocumentData? DocumentRevision? DocumentSid?',
      'DocumentUniqueName? ListRevision? ListSid? ListUniqueName? EventId? ItemData? ItemIndex? ItemRevision?',
      'MapSid? MapUniqueName? MapRevision? ItemKey? StreamSid? StreamUniqueName?',
    ],
  },
  // An error or warning in the debugger of your account. `debuggerPayload` reads its Payload.
  // https://www.twilio.com/docs/usage/troubleshooting/debugging-event-webhooks (2026-11)
  'debugger.event': {
    rule: 'Sid Level Payload PayloadType',
    parameters: ['AccountSid Level ParentAccountSid? Payload PayloadType Sid Timestamp?'],
  },
  // A message or a call passes through a Proxy session. The names are from code that handles them.
  // https://www.twilio.com/docs/proxy/api/webhooks
  'proxy.interaction': {
    rule: 'interactionSid interactionAccountSid',
    parameters: [
      'interactionSid interactionAccountSid interactionServiceSid? interactionSessionSid? interactionType?',
      'interactionData? interactionDateCreated? interactionDateUpdated? inboundParticipantSid?',
      'inboundResourceSid? inboundResourceStatus? inboundResourceType? inboundResourceUrl?',
      'outboundParticipantSid? outboundResourceSid? outboundResourceStatus? outboundResourceType?',
      'outboundResourceUrl?',
    ],
  },
  // A push challenge is approved, denied or expired. `entity_sid` and the details of the challenge
  // depend on the version of the webhook.
  // https://www.twilio.com/docs/verify/api/webhooks
  'verify.challenge': {
    rule: 'challenge_sid factor_sid type',
    parameters: [
      'type account_sid service_sid entity_sid? entity_identity factor_sid factor_type? factor_friendly_name?',
      'challenge_sid challenge_details? challenge_metadata? challenge_expiration_date? uuid?',
    ],
  },
  // A factor is created, verified or deleted. `entity_sid` depends on the version of the webhook.
  // https://www.twilio.com/docs/verify/api/webhooks
  'verify.factor': {
    rule: 'factor_sid type=factor.* !challenge_sid',
    parameters: [
      'type account_sid service_sid entity_sid? entity_identity factor_sid factor_type? factor_friendly_name?',
      'uuid?',
    ],
  },
  // The status of a regulatory bundle. The names are from a report: a GET with `bodySHA256` twice.
  // https://www.twilio.com/docs/phone-numbers/regulatory/api/bundles
  'regulatory.bundle': {
    body: 'query',
    // Reported as a GET that has bodySHA256 twice and no body. The content that the hash covers is
    // not known.
    rule: 'BundleSid Status',
    repeated: 'bodySHA256',
    parameters: ['bodySHA256? AccountSid BundleSid Status FailureReason?'],
  },
  // A usage trigger fires. Twilio may deliver it more than once, with the same `IdempotencyToken`.
  // https://www.twilio.com/docs/usage/api/usage-trigger (2026-11)
  'usage.trigger': {
    rule: 'UsageTriggerSid AccountSid',
    parameters: [
      'AccountSid UsageTriggerSid DateFired? Recurring? UsageCategory? TriggerBy? TriggerValue? CurrentValue?',
      'UsageRecordUri? IdempotencyToken?',
    ],
  },
} as const
