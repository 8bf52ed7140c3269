const http = require('node:http')
const querystring = require('node:querystring')

exports.app = http.createServer((req, res) => {
  let body = ''
  req.on('data', (chunk) => (body += chunk))
  req.on('end', () => {
    const genuine = require('twilio').validateRequest(
      process.env.TWILIO_AUTH_TOKEN,
      req.headers['x-twilio-signature'],
      `https://app.example.com${req.url}`,
      querystring.parse(body),
    )
    res.writeHead(genuine ? 204 : 403).end()
  })
})
