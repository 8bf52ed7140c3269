import { RequestValidator } from 'tollgate'

const validator = new RequestValidator(process.env.TWILIO_AUTH_TOKEN ?? '12345')

// The request from Twilio's documentation. The Auth Token 12345 signed it.
const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
const params = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}
const signature = 'RSOYDt4T1cUTdK1PDd93/VVr8B8='

console.log(validator.validate(url, params, signature) ? 'genuine' : 'not from Twilio')
