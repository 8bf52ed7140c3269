import pkg from 'twilio';
const { validateRequest } = pkg;

export async function check(signature, url, params) {
  const forms = await Promise.all([validateRequest].map((one) => one(process.env.TWILIO_AUTH_TOKEN, signature, url, params)));
  return forms.every(Boolean);
}
