/** Recordings, transcriptions, streams and conferences. A question mark follows what is sent only sometimes. */
export const callMedia = {
  'recording.status': [
    'RecordingSource? RecordingTrack? RecordingSid RecordingUrl? RecordingStatus RecordingChannels? ErrorCode?',
    'CallSid? ConferenceSid? RecordingStartTime? AccountSid RecordingDuration?',
  ],
  transcription: [
    'AccountSid ApiVersion? CallSid? CallStatus? Caller? Called? Direction? From? To? RecordingSid RecordingUrl?',
    'TranscriptionSid TranscriptionStatus TranscriptionText? TranscriptionType? TranscriptionUrl? url?',
  ],
  'transcription.realtime': [
    'LanguageCode? PartialResults? ProviderConfiguration? TranscriptionEngine? Name? InboundTrackLabel?',
    'OutboundTrackLabel? SpeechModel? EnableAutomaticPunctuation? Hints? ProfanityFilter? TranscriptionSid',
    'TranscriptionEvent CallSid TranscriptionData? Timestamp? AccountSid Track? Final? Stability? SequenceId?',
    'TranscriptionError? TranscriptionErrorCode? ErrorCode? ErrorMessage?',
  ],
  'media-stream.status': ['AccountSid CallSid StreamSid StreamName? StreamEvent StreamError? Timestamp?'],
  'conference.participant': [
    'Coaching? FriendlyName? SequenceNumber? ConferenceSid EndConferenceOnExit? CallSid StatusCallbackEvent Timestamp?',
    'StartConferenceOnEnter? AccountSid Hold? Muted? ParticipantLabel? CallSidToCoach? ParticipantCallStatus?',
    'ReasonParticipantLeft? Reason?',
  ],
  'conference.announcement': [
    'ConferenceSid FriendlyName? AccountSid SequenceNumber? Timestamp? StatusCallbackEvent CallSid? Muted? Hold?',
    'Coaching? EndConferenceOnExit? StartConferenceOnEnter? ParticipantLabel? ReasonAnnouncementFailed? AnnounceUrl?',
  ],
  'conference.status': [
    'ReasonConferenceEnded? CallSidEndingConference? ParticipantLabelEndingConference? ConferenceSid',
    'StatusCallbackEvent Reason? Timestamp? SequenceNumber? FriendlyName? AccountSid',
  ],
} as const
