// With this flag, version 7 passes the URL as it arrived, like version 8.
export default { future: process.env.PASS_THROUGH === 'yes' ? { v8_passThroughRequests: true } : {} }
