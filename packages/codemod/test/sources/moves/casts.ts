import twilio from 'twilio'

enum Verdict { Genuine = 'genuine', Forged = 'forged' }

const anything = <any>twilio.twiml
const check_ = (signature: string, url: string, params: Record<string, string>): Verdict =>
  (twilio as any).validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params) &&
  (<any>twilio)!.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
    ? Verdict.Genuine
    : Verdict.Forged

export const check = (...args: [string, string, Record<string, string>]) => Boolean(anything) && check_(...args) === Verdict.Genuine
