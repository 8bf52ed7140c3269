/** TaskRouter, Video, Verify, the debugger and account services. A question mark follows what is sent only sometimes. */
export const services = {
  'taskrouter.event': [
    'EventType AccountSid WorkspaceSid WorkspaceName? EventDescription? ResourceType ResourceSid? Timestamp?',
    'TimestampMs? Sid? TaskSid? TaskAge? TaskPriority? TaskAttributes? TaskAssignmentStatus? TaskCanceledReason?',
    'TaskCompletedReason? TaskChannelSid? TaskChannelName? TaskChannelUniqueName? TaskChannelOptimizedRouting?',
    'TaskQueueSid? TaskQueueName? TaskQueueTargetExpression? WorkflowSid? WorkflowName? WorkerSid? WorkerName?',
    'WorkerAttributes? WorkerActivitySid? WorkerActivityName? WorkerVersion? WorkerTimeInPreviousActivity?',
    'WorkerTimeInPreviousActivityMs? WorkerPreviousActivitySid? WorkerChannelAvailable?',
    'WorkerChannelAvailableCapacity? WorkerChannelPreviousCapacity? WorkerChannelTaskCount? ReservationSid?',
    'ActivitySid? ActivityName? ActivityAvailable? OperatingUnitSid?',
  ],
  'taskrouter.assignment': [
    'Timestamp? AccountSid WorkspaceSid WorkflowSid TaskQueueSid WorkerSid WorkerName WorkerAttributes TaskSid',
    'TaskAge? TaskPriority? TaskAttributes ReservationSid',
  ],
  'video.composition': [
    'AccountSid RoomSid? CompositionSid? StatusCallbackEvent Timestamp? HookSid? HookUri? HookFriendlyName?',
    'CompositionUri? MediaUri? Duration? Size? PercentageDone? SecondsRemaining? FailedOperation? ErrorMessage?',
  ],
  'video.recording': [
    'AccountSid RecordingSid Timestamp StatusCallbackEvent RoomSid RoomName? RoomType? RoomStatus? ParticipantSid?',
    'SourceSid? RecordingUri? MediaUri? Duration? Size? MediaExternalLocation? Container? Codec? ParticipantIdentity?',
    'TrackName? OffsetFromTwilioVideoEpoch? Type? FailedOperation? SequenceNumber?',
  ],
  'video.room': [
    'RoomStatus RoomType RoomSid RoomName ParticipantStatus? ParticipantIdentity? ParticipantDuration? RoomDuration?',
    'TrackSid? TrackKind? TrackName? SequenceNumber StatusCallbackEvent Timestamp ParticipantSid? AccountSid',
  ],
  'debugger.event': ['AccountSid Level ParentAccountSid? Payload PayloadType Sid Timestamp?'],
  'verify.challenge': [
    'type account_sid service_sid entity_sid? entity_identity factor_sid factor_type? factor_friendly_name?',
    'challenge_sid challenge_details? challenge_metadata? challenge_expiration_date? uuid?',
  ],
  'verify.factor': [
    'type account_sid service_sid entity_sid? entity_identity factor_sid factor_type? factor_friendly_name? uuid?',
  ],
  'regulatory.bundle': ['bodySHA256? AccountSid BundleSid Status FailureReason?'],
  'usage.trigger': [
    'AccountSid UsageTriggerSid DateFired? Recurring? UsageCategory? TriggerBy? TriggerValue? CurrentValue?',
    'UsageRecordUri? IdempotencyToken?',
  ],
} as const
