import twilio from 'twilio'

const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN)
export const send = (to: string, body: string) => client.messages.create({ to, from: '+15005550001', body })
export type Client = ReturnType<typeof twilio>
