/** The DER reader is strict: one encoding for one value, and nothing left over. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DER, readElements, readOid, readOnly } from '../../src/ca/der.ts'
import { der, oid } from '../support/odd-certificate.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('reading elements', () => {
  it('reads elements that fill the bytes', () => {
    expect(readElements(hex('0201 05 0500'))).toEqual([
      { tag: 2, content: hex('05'), whole: hex('020105') },
      { tag: 5, content: hex(''), whole: hex('0500') },
    ])
    expect(readElements(hex(''))).toEqual([])
  })

  it('reads back what was written, of any length', () => {
    const lengths = fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 255, 256, 65_535, 65_536))
    fc.assert(
      fc.property(lengths, fc.nat(255), (length, byte) => {
        const content = Buffer.alloc(length, byte)
        const written = der(DER.octetString, content)
        expect(readOnly(written, DER.octetString)?.content.equals(content)).toBe(true)
      }),
    )
  })

  it.each([
    ['a tag without a length', '02'],
    ['content cut short', '0202 01'],
    ['bytes after the last element', '0201 05 00'],
    ['an indefinite length', '3080 0000'],
    ['a length in long form that fits the short one', '0281 01 05'],
    ['a length with a leading zero', `028200 80 ${'00'.repeat(128)}`],
    ['a length of four bytes', '0284 00000001 05'],
    ['a length of more bytes than a number holds', `0288 ${'01'.repeat(12)}`],
    ['a length longer than the bytes that say it', '0282 01'],
    ['a tag number of several bytes', '1f20 01 00'],
  ])('refuses %s', (_, bytes) => {
    expect(readElements(hex(bytes))).toBeUndefined()
  })

  it('takes an only element by its tag', () => {
    expect(readOnly(hex('020105'), DER.integer)?.content).toEqual(hex('05'))
    expect(readOnly(hex('020105'), DER.octetString)).toBeUndefined()
    expect(readOnly(hex('020105 020105'), DER.integer)).toBeUndefined()
  })
})

describe('reading object identifiers', () => {
  it.each(['2.5.29.17', '1.3.6.1.5.5.7.3.1', '1.2.840.10045.4.3.2', '2.999.3', '0.0', '1.39'])(
    'reads %s',
    (dotted) => {
      expect(readOid(oid(dotted).subarray(2))).toBe(dotted)
    },
  )

  it.each([
    ['nothing', ''],
    ['an arc that does not end', '5581'],
    ['an arc padded in front, a second spelling of the same identifier', '558003'],
    ['an arc beyond any number we hold', `55${'ff'.repeat(9)}7f`],
  ])('refuses %s', (_, bytes) => {
    expect(readOid(hex(bytes))).toBeUndefined()
  })
})
