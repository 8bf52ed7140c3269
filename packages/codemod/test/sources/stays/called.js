const { validateRequest, webhook } = require('twilio')

test('the route checks the signature', async () => {
  await post('/sms')
  expect(webhook).not.toHaveBeenCalled()
  sinon.assert.calledOnce(validateRequest)
})
