import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { createVerifier, RequestValidator } from 'tollgate'
import { compare } from '/work/wt/h/benchmarks/core/rounds.mjs'
import { authToken, cycle, makeMessages, publicUrl, url, path, signText, toHeaders } from '/work/wt/h/benchmarks/core/webhooks.mjs'
const next = cycle(makeMessages())
const key = createSecretKey(Buffer.from(authToken))
const verifier = createVerifier({ publicUrl, authToken })
const validator = new RequestValidator(authToken)
const q=(a,p=.5)=>[...a].sort((x,y)=>x-y)[Math.round(p*(a.length-1))]
const data = (i) => ({ specversion:'1.0', type:'com.twilio.messaging.message.delivered', source:`/2010-04-01/Accounts/AC${'a1'.repeat(16)}/Messages/SM${i}`, id:`EZ${String(i).padStart(32,'0')}`, dataschema:'https://events-schemas.twilio.com/Messaging.MessageStatus/3', datacontenttype:'application/json', time:'2026-11-24T10:00:00.000Z', data:{ accountSid:`AC${'a1'.repeat(16)}`, messageSid:`SM${String(i).padStart(32,'0')}`, from:'+14155550142', to:'+12025550123', messageStatus:'delivered', numSegments:'1', timestamp:'2026-11-24T10:00:00Z', messagingServiceSid:null, messageType:'sms', page: 1}})
const events = Array.from({length:64},(_, i)=>{ const body=Buffer.from(JSON.stringify([data(i),data(i+1),data(i+2)])); const query=`?bodySHA256=${createHash('sha256').update(body).digest('hex')}`; return { body, text:url+query, request:{method:'POST',url:path+query,headers:{...toHeaders(body, signText(url+query)),'content-type':'application/json'}, body} } })
const ev = cycle(events)
console.log('json bytes', events[0].body.length, (await verifier.verify(ev().request)).ok)
const hmac = () => createHmac('sha1', key).update(next().text).digest('base64')
const r = await compare({ base: hmac, contenders: { form: () => verifier.verify(next().request), forged: () => verifier.verify(next().forgedRequest), sms: () => { const m = next(); return validator.validate(url, m.params, m.signature) }, smsForged: () => { const m = next(); return validator.validate(url, m.params, m.forged) } }, rounds: 15 })
const minimal = () => { const e = ev(); createHash('sha256').update(e.body).digest('hex'); createHmac('sha1', authToken).update(e.text).digest('base64'); JSON.parse(e.body.toString()) }
const j = await compare({ base: minimal, contenders: { json: () => verifier.verify(ev().request) }, rounds: 15 })
for (const [k, v] of Object.entries({ ...r, ...j })) console.log(k, q(v).toFixed(2), q(v,.25).toFixed(2), q(v,.75).toFixed(2))
const N=20000; const s=process.cpuUsage(); for(let i=0;i<N;i++) hmac(); const u=process.cpuUsage(s); console.log('hmac µs',(u.user+u.system)/N)
