/** Framing of the smart protocol, and what a failed exchange means. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withAdvertisedHead } from '../../../src/reconciler/git/advertised-head.ts'
import { checkAnswer } from '../../../src/reconciler/git/check-answer.ts'
import { toAuthorization } from '../../../src/reconciler/git/credentials.ts'
import { refuseStatus, unreachable } from '../../../src/reconciler/git/http-refusals.ts'
import {
  readPktLines,
  readUploadPackResponse,
} from '../../../src/reconciler/git/upload-pack-response.ts'
import { pack } from '../../support/pack-builder.ts'

const line = (content: string | Buffer): string => {
  const bytes = Buffer.from(content)
  return (bytes.length + 4).toString(16).padStart(4, '0') + bytes.toString('latin1')
}
const body = (...parts: readonly string[]): Buffer => Buffer.from(parts.join(''), 'latin1')
const FLUSH = '0000'

describe('packet lines', () => {
  it('are what their lengths say, without flushes and delimiters', () => {
    const lines = readPktLines(body(line('one'), '0001', line(''), line('two\n'), '0002', FLUSH))
    expect(lines.ok && lines.value.map(String)).toEqual(['one', '', 'two\n'])
  })

  it.each([
    ['no length', '<html>', 'no packet length at byte 0'],
    ['the reserved length', '0003', 'it ends within a packet at byte 0'],
    ['less than they say', `${line('one')}0010abc`, 'it ends within a packet at byte 7'],
    ['half a length', `${line('one')}00`, 'no packet length at byte 7'],
  ])('with %s are refused', (_, text, error) => {
    expect(readPktLines(body(text))).toEqual({ ok: false, error })
  })

  it('come back as they went in', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (lines) => {
        const framed = body(...lines.map((bytes) => line(Buffer.from(bytes))))
        const read = readPktLines(framed)
        expect(read.ok && read.value.map((bytes) => [...bytes])).toEqual(
          lines.map((bytes) => [...bytes]),
        )
      }),
    )
  })
})

describe('the answer to a fetch', () => {
  it('is the pack of band 1, whatever progress is told between', () => {
    const answer = body(
      line('shallow abc'),
      FLUSH,
      line('NAK\n'),
      line('\u0001PA'),
      line('\u0002counting'),
      line('\u0001CK'),
      FLUSH,
    )
    expect(readUploadPackResponse(answer)).toEqual({
      ok: true,
      value: { type: 'pack', pack: Buffer.from('PACK') },
    })
  })

  it.each([
    ['on band 3', `${line('\u0001PA')}${line('\u0003out of memory')}`, 'out of memory'],
    ['as an ERR packet', line('ERR upload-pack: not our ref abc'), 'upload-pack: not our ref abc'],
    ['with a text that would steer the terminal', line('ERR a\u001b[2J\nb'), 'a [2J b'],
    ['with a text without end', line(`ERR ${'x'.repeat(5_000)}`), 'x'.repeat(200)],
  ])('may be a refusal %s', (_, text, sentence) => {
    expect(readUploadPackResponse(body(text))).toEqual({
      ok: true,
      value: { type: 'refused', sentence },
    })
  })
})

describe('an answer that ends on a packet boundary, but too early,', () => {
  const from = { url: 'https://host/p', limits: { maxObjectBytes: 1, maxUnfoldedBytes: 1 } }
  const ask = (request: string, answer: Buffer): Promise<void> =>
    checkAnswer(from, { request: Buffer.from(request), body: answer })

  it.each([
    ['to a question for capabilities', '', line('version 2\n')],
    [
      'to a question for refs',
      '0014command=ls-refs\n',
      line(`${'ab'.repeat(20)} refs/heads/main\n`),
    ],
    ['to a fetch', '0032want', line(Buffer.concat([Buffer.of(1), pack([])]))],
  ])('%s is refused, and accepted whole', async (_, request, text) => {
    await ask(request, body(text, FLUSH))
    await expect(ask(request, body(text))).rejects.toMatchObject({
      code: 'RepositoryInvalid',
      message: expect.stringContaining('it ends too early'),
    })
  })
})

describe('an advertisement', () => {
  const oid = 'ab'.repeat(20)
  const service = `${line('# service=git-upload-pack\n')}${FLUSH}`

  it('without HEAD is given a default branch, and is otherwise the same', () => {
    const given = body(
      service,
      line(`${oid} refs/heads/policy\0side-band-64k ofs-delta\n`),
      line(`${oid} refs/tags/v1\n`),
      FLUSH,
    )
    const lines = readPktLines(withAdvertisedHead(given))
    expect(lines.ok && lines.value.map(String)).toEqual([
      '# service=git-upload-pack\n',
      `${oid} refs/heads/policy\0side-band-64k ofs-delta symref=HEAD:refs/heads/unborn\n`,
      `${oid} refs/tags/v1\n`,
    ])
  })

  it.each([
    ['has HEAD', body(service, line(`${oid} HEAD\0ofs-delta\n`), FLUSH)],
    [
      'has HEAD later',
      body(service, line(`${oid} refs/a\0ofs-delta\n`), line(`${oid} HEAD\n`), FLUSH),
    ],
    ['says what HEAD is', body(service, line(`${oid} refs/a\0symref=HEAD:refs/a\n`), FLUSH)],
    ['is of protocol 2', body(line('version 2\n'), line('ls-refs\n'), FLUSH)],
    ['is garbage', body('<html>')],
  ])('that %s stays as it is', (_, given) => {
    expect(withAdvertisedHead(given)).toBe(given)
  })
})

describe('what a failed exchange means', () => {
  const url = 'https://host/policy.git'

  it.each([
    [401, 'AuthenticationFailed'],
    [403, 'AuthenticationFailed'],
    [203, 'AuthenticationFailed'],
    [404, 'RepositoryInvalid'],
    [410, 'RepositoryInvalid'],
    [418, 'RepositoryInvalid'],
    [429, 'HostUnreachable'],
    [500, 'HostUnreachable'],
    [502, 'HostUnreachable'],
  ])('status %i is %s', (status, code) => {
    const error = refuseStatus({ url, authorization: undefined }, status)
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(String(status))])
  })

  it('tells whether credentials were given, not which', () => {
    const authorization = toAuthorization({ type: 'basic', username: 'ada', password: 'hunter2' })
    expect(refuseStatus({ url, authorization }, 401).message).toContain(
      'refused the given credentials',
    )
    expect(refuseStatus({ url, authorization: undefined }, 401).message).toContain(
      'refused no credentials',
    )
    expect(refuseStatus({ url, authorization }, 401).message).not.toContain(authorization)
  })

  it.each([
    ['ENOTFOUND', 'its name is not known to DNS'],
    ['ECONNREFUSED', 'nothing listens there'],
    ['ECONNRESET', 'the connection was cut'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not trusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is not trusted'],
    ['ENETUNREACH', 'ENETUNREACH'],
  ])('%s is explained', (code, words) => {
    const error = unreachable(url, Object.assign(new Error('x'), { code }))
    expect([error.code, error.message]).toEqual(['HostUnreachable', expect.stringContaining(words)])
  })

  it('credentials become one header', () => {
    expect(toAuthorization({ type: 'basic', username: 'ada', password: 'é:1' })).toBe(
      `Basic ${Buffer.from('ada:é:1').toString('base64')}`,
    )
    expect(toAuthorization({ type: 'bearer', token: 'abc' })).toBe('Bearer abc')
  })
})
