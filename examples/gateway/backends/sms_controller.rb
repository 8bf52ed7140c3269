class SmsController < ActionController::Base
  # Twilio sends no CSRF token. The gateway has verified the request.
  skip_forgery_protection

  def create
    logger.info("#{request.headers['Tollgate-Verified']} from #{request.headers['Tollgate-Account-Sid']}")
    render xml: '<Response><Message>Hello</Message></Response>'
  end
end
