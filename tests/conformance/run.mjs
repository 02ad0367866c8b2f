// Runs the public suite of HTTP caching tests against Larder: its origin server, Larder in front of it, its client.
//
//   node run.mjs LARDER CONFIGURATION [--only ID,ID] [--dump] [--json]
//
// Prints what fails, and how many of each kind pass: required (RFC 9111 says MUST), optimal (a good cache does it),
// check (only a question). Tests for browsers are left out. Exit code 1: a required test fails that is not excused below.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import fetch from 'node-fetch'
import { getResults, runTests } from 'http-cache-tests/client/runner.mjs'
import surrogate from 'http-cache-tests/tests/surrogate-control.mjs'
import suites from 'http-cache-tests/tests/index.mjs'

// Where the suite asks for something else than the RFCs, or cannot see that it got what it asks for.
const staleWithoutTheOrigin = 'a 502 is an answer without the origin; the suite takes it for one from the cache'
const badAge = 'RFC 9111 section 5.1: the first member counts, and an invalid Age is ignored; the suite wants it stale'
const edge = 'Surrogate-Control is read as a structured field (RFC 9213), whose keys are in lower case'
const excused = {
  'stale-close-must-revalidate': staleWithoutTheOrigin,
  'stale-close-proxy-revalidate': staleWithoutTheOrigin,
  'stale-close-no-cache': staleWithoutTheOrigin,
  'stale-close-s-maxage=2': staleWithoutTheOrigin,
  'age-parse-nonnumeric': badAge,
  'age-parse-negative': badAge,
  'age-parse-float': badAge,
  'age-parse-prefix-twoline': badAge,
  'age-parse-dup-0': badAge,
  'age-parse-dup-0-twoline': badAge,
  'age-parse-dup-old': badAge,
  'age-parse-parameter': badAge,
  'age-parse-numeric-parameter': badAge,
  'surrogate-fresh-cc-nostore': edge,
  'surrogate-max-age-me-target': edge,
  'surrogate-max-age-case-insensitive': edge,
  'conditional-lm-fresh-no-lm': 'its If-Modified-Since is older than the Date that stands in for Last-Modified (section 4.3.2)'
}

function freePort () {
  return new Promise(resolve => {
    const server = net.createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function listening (port) {
  for (;;) {
    const open = await new Promise(resolve => {
      const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const [larder, configuration, ...options] = process.argv.slice(2)
if (!configuration) {
  console.error('usage: node run.mjs LARDER CONFIGURATION [--only ID,ID] [--dump] [--json]')
  process.exit(2)
}
const only = options.includes('--only') ? options[options.indexOf('--only') + 1].split(',') : null
const json = options.includes('--json')
const chosen = [...suites, surrogate].map(suite => ({
  ...suite,
  tests: suite.tests.filter(test => !test.browser_only && (!only || only.includes(test.id)))
})).filter(suite => suite.tests.length > 0)
if (options.includes('--dump')) chosen.forEach(suite => suite.tests.forEach(test => { test.dump = true }))

const data = mkdtempSync(path.join(tmpdir(), 'larder-conformance-'))
const origin = await freePort()
const port = await freePort()
const server = new URL('./node_modules/http-cache-tests/server/server.mjs', import.meta.url)
const children = [
  spawn(process.execPath, [server.pathname], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, npm_config_protocol: 'http', npm_config_port: String(origin), npm_config_pidfile: path.join(data, 'pid') }
  }),
  spawn(larder, ['serve', configuration, '--listen', `127.0.0.1:${port}`, '--upstream', `http://127.0.0.1:${origin}`, '--admin', 'off',
    '--data-dir', path.join(data, 'larder'), '--access-log', 'off'], { stdio: ['ignore', 'ignore', 'inherit'] })
]
let failed = 0
try {
  children.forEach(child => child.on('exit', code => { if (code) { console.error(`${child.spawnfile} ended with ${code}`); process.exit(1) } }))
  await listening(origin)
  await listening(port)
  await runTests(chosen, fetch, false, `http://127.0.0.1:${port}`)
  const results = getResults()
  const sums = {}
  for (const suite of chosen) {
    for (const { id, kind = 'required', name } of suite.tests) {
      const sum = (sums[kind] ??= { pass: 0, excused: 0, of: 0 })
      ++sum.of
      if (results[id] === true) { ++sum.pass; continue }
      if (kind === 'check') continue
      if (excused[id]) ++sum.excused
      else if (kind === 'required') ++failed
      if (!json) console.log(`${excused[id] ? 'excused' : 'FAILED'}  ${kind}  ${suite.id}/${id}: ${name}\n        ${excused[id] ?? results[id]?.[1]}`)
    }
  }
  if (json) console.log(JSON.stringify({ sums, results }))
  else for (const [kind, sum] of Object.entries(sums)) console.log(`${kind}: ${sum.pass} of ${sum.of} pass, ${sum.excused} more are excused`)
} finally {
  children.forEach(child => { child.removeAllListeners('exit'); child.kill('SIGTERM') })
  rmSync(data, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
