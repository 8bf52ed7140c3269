// Version 7 can be told to do what version 8 does: hand over the URL as it arrived.
export default { future: process.env.PASS_THROUGH === 'yes' ? { v8_passThroughRequests: true } : {} }
