// Prints the newest e-mail code for a PLC operation: node plc-token.mjs CONTROL-URL DID
const [control, did] = process.argv.slice(2)
const query = new URLSearchParams({ did, purpose: 'plc_operation' })
const reply = await fetch(`${control}/email-token?${query}`)
if (!reply.ok) throw new Error(`no code: ${reply.status}`)
console.log((await reply.json()).token)
