export class Hooks {
  private readonly twilio = require('twilio')

  check(signature: string, url: string, params: object): boolean {
    return this.twilio.validateRequest(process.env.TWILIO_AUTH_TOKEN, signature, url, params)
  }
}
