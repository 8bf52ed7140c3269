/** The answer of both upstreams. */
export const answer = '<?xml version="1.0"?><Response><Message>Thank you.</Message></Response>'
