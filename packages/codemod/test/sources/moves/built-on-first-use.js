const express = require('express')

let hook = null
function guard(req, res, next) {
  if (!hook) hook = require('twilio').webhook({ validate: process.env.NODE_ENV !== 'development' })
  return hook(req, res, next)
}

exports.app = express()
exports.app.use(express.urlencoded({ extended: false }), (req, _res, next) => {
  Object.defineProperty(req, 'protocol', { value: 'https' })
  next()
})
exports.app.use(guard, (_req, res) => res.send('<Response/>'))
