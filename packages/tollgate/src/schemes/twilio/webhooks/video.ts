/** Programmable Video. */
export const video = {
  // The status of a composition. A failed hook has no `CompositionSid`.
  // https://www.twilio.com/docs/video/api/status-callbacks (2026-11)
  'video.composition': {
    rule: 'StatusCallbackEvent=composition-*',
    parameters: [
      'AccountSid RoomSid? CompositionSid? StatusCallbackEvent Timestamp? HookSid? HookUri? HookFriendlyName?',
      'CompositionUri? MediaUri? Duration? Size? PercentageDone? SecondsRemaining? FailedOperation? ErrorMessage?',
    ],
  },
  // The status of the recording of a track.
  // https://www.twilio.com/docs/video/api/status-callbacks (2026-11)
  'video.recording': {
    rule: 'RecordingSid RoomSid StatusCallbackEvent=recording-*',
    parameters: [
      'AccountSid RecordingSid Timestamp StatusCallbackEvent RoomSid RoomName? RoomType? RoomStatus?',
      'ParticipantSid? SourceSid? RecordingUri? MediaUri? Duration? Size? MediaExternalLocation? Container?',
      'Codec? ParticipantIdentity? TrackName? OffsetFromTwilioVideoEpoch? Type? FailedOperation? SequenceNumber?',
    ],
  },
  // An event of a room: it starts or ends, a participant or a track comes or goes.
  // https://www.twilio.com/docs/video/api/status-callbacks (2026-11)
  'video.room': {
    rule: 'RoomSid RoomStatus StatusCallbackEvent',
    parameters: [
      'RoomStatus RoomType RoomSid RoomName ParticipantStatus? ParticipantIdentity? ParticipantDuration?',
      'RoomDuration? TrackSid? TrackKind? TrackName? SequenceNumber StatusCallbackEvent Timestamp ParticipantSid?',
      'AccountSid',
    ],
  },
} as const
