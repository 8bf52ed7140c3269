# A Rack application with a check written from Twilio's page about security.
require 'base64'
require 'openssl'
require 'rack'

run lambda { |env|
  request = Rack::Request.new(env)
  query = request.query_string
  url = ENV.fetch('PUBLIC_URL') + (query.empty? ? '' : "?#{query}")
  text = url + request.POST.sort.map { |name, value| "#{name}#{value}" }.join
  expected = Base64.strict_encode64(OpenSSL::HMAC.digest('sha1', ENV.fetch('TWILIO_AUTH_TOKEN'), text))
  given = env['HTTP_X_TWILIO_SIGNATURE'].to_s
  genuine = Rack::Utils.secure_compare(expected, given)
  genuine ? [200, { 'content-type' => 'text/xml' }, ['<Response/>']] : [403, {}, []]
}
