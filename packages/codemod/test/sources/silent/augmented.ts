declare module 'twilio' {
  interface Extra { webhook: string }
}
export {}
