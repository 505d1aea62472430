import { describe, expect, it } from 'vitest'
import { accessDiff } from '../../../src/policy/access/access-diff.ts'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { printAccessChanges } from '../../../src/review/access/print-access-changes.ts'
import { aGrant, anIntent, type IntentFixture } from './an-intent.ts'

function difference(before: IntentFixture, after: IntentFixture): readonly string[] {
  const [from, to] = [before, after].map((fixture) => buildAccessRelation(anIntent(fixture)))
  if (from === undefined || to === undefined) return []
  return printAccessChanges(accessDiff(from, to, new MatchCompiler()))
}

const books = aGrant({ from: ['shop/buyer'], to: 'store/books', http: [{ pathRegex: '/books' }] })

describe('who could newly call what', () => {
  it('is nobody when nothing changed', () => {
    expect(difference({ grants: [books] }, { grants: [books] })).toEqual([])
  })

  it('is nobody when a rule is only written another way', () => {
    const again = aGrant({
      from: ['shop/buyer'],
      to: 'store/books',
      http: [{ pathRegex: '/b(o)oks', methods: '*' }],
    })
    expect(difference({ grants: [books] }, { grants: [again] })).toEqual([])
  })

  it('is a new source, with one request it could send', () => {
    const both = aGrant({
      from: ['shop/buyer', 'shop/thief'],
      to: 'store/books',
      http: [{ pathRegex: '/books', methods: ['GET'] }],
    })
    const get = aGrant({
      from: ['shop/buyer'],
      to: 'store/books',
      http: [{ pathRegex: '/books', methods: ['GET'] }],
    })
    expect(difference({ grants: [get] }, { grants: [both] })).toEqual([
      '+ shop/thief → store/books   GET, e.g. GET /books   (policy.yaml:12)',
    ])
  })

  it('is what a wider path adds, and what a narrower one takes away', () => {
    const wide = aGrant({
      from: ['shop/buyer'],
      to: 'store/books',
      http: [{ pathRegex: '/books(/.*)?' }],
    })
    expect([
      difference({ grants: [books] }, { grants: [wide] }),
      difference({ grants: [wide] }, { grants: [books] }),
    ]).toEqual([
      ['+ shop/buyer → store/books   *, e.g. GET /books/   (policy.yaml:12)'],
      ['- shop/buyer → store/books   *, e.g. GET /books/   (policy.yaml:12)'],
    ])
  })

  it('is nothing for a second grant that allows what a first one does', () => {
    const same = aGrant({
      name: 'second',
      from: ['shop/buyer'],
      to: 'store/books',
      http: [{ pathRegex: '/books', methods: ['GET'] }],
    })
    expect(difference({ grants: [books] }, { grants: [books, same] })).toEqual([])
  })

  it('is everybody when a namespace is opened, however it is granted', () => {
    expect(
      difference(
        { grants: [books] },
        { grants: [books], meshPolicies: [{ namespace: 'store', access: 'permissive' }] },
      ),
    ).toEqual(['+ every identity of the mesh → every service of store   (policy.yaml:7)'])
  })

  it('is nobody when a namespace of the grant is not enrolled', () => {
    expect(difference({ grants: [] }, { grants: [books], namespaces: ['store'] })).toEqual([])
  })

  it('is TCP ports, apart from HTTP', () => {
    const tcp = (ports: 'any' | readonly number[]) =>
      aGrant({ from: ['shop/buyer'], to: 'store/books', tcp: [ports] })
    expect([
      difference({ grants: [tcp([3306])] }, { grants: [tcp([3306, 5432])] }),
      difference({ grants: [tcp([3306])] }, { grants: [tcp('any')] }),
      difference({ grants: [tcp('any')] }, { grants: [tcp([3306])] }),
    ]).toEqual([
      ['+ shop/buyer → store/books   TCP port 5432   (policy.yaml:13)'],
      ['+ shop/buyer → store/books   every TCP port but 3306   (policy.yaml:13)'],
      ['- shop/buyer → store/books   every TCP port but 3306   (policy.yaml:13)'],
    ])
  })

  it('is said once for all ports, and again for a port where it differs', () => {
    const port = aGrant({
      name: 'port',
      from: ['shop/buyer'],
      to: 'store/books',
      port: 1,
      http: [{}],
    })
    expect(difference({}, { grants: [books, port] })).toEqual([
      '+ shop/buyer → store/books   *, e.g. GET /books   (policy.yaml:12)',
      '+ shop/buyer → store/books:1   *, e.g. GET /   (policy.yaml:12)',
    ])
  })

  it('names the port of a grant that covers one port only', () => {
    const port = aGrant({
      from: ['shop/buyer'],
      to: 'store/books',
      port: 8080,
      http: [{ pathRegex: '/books' }],
    })
    expect(difference({}, { grants: [port] })).toEqual([
      '+ shop/buyer → store/books:8080   *, e.g. GET /books   (policy.yaml:12)',
    ])
  })
})

describe('rules too intricate to compare', () => {
  const huge = aGrant({
    from: ['shop/buyer'],
    to: 'store/books',
    http: [{ pathRegex: '/.*a.{40}' }],
  })

  it('are said to change, in the direction that matters, and nothing fails', () => {
    expect([
      difference({ grants: [books] }, { grants: [huge] }),
      difference({}, { grants: [huge] }),
      difference({ grants: [huge] }, {}),
    ]).toEqual([
      [expect.stringMatching(/^\+ shop\/buyer → store\/books {3}perhaps more than before: /)],
      [expect.stringMatching(/^\+ .*perhaps more than before: the pattern needs more than/)],
      [expect.stringMatching(/^- .*perhaps less than before: .*\(policy\.yaml:12\)$/)],
    ])
  })

  it('are no change while they are written the same', () => {
    const again = aGrant({
      from: ['shop/buyer'],
      to: 'store/books',
      http: [{ pathRegex: '/.*a.{40}' }],
    })
    expect(difference({ grants: [huge] }, { grants: [again] })).toEqual([])
  })

  it('are said to change where the difference falls into too many pieces', () => {
    // Without 8 headers of one grant, 8 pieces; without those of 4 grants, 8 to the power of 4.
    const grants = [1, 2, 3, 4].map((number) =>
      aGrant({
        name: `g${number}`,
        from: ['shop/buyer'],
        to: 'store/books',
        http: [
          {
            headers: [...'abcdefgh'].map((name) => ({ name: `${name}${number}`, valueRegex: '1' })),
          },
        ],
      }),
    )
    const any = aGrant({ name: 'z', from: ['shop/buyer'], to: 'store/books', http: [{}] })
    expect(difference({ grants }, { grants: [...grants, any] })).toEqual([
      expect.stringMatching(/^\+ .*perhaps more than before: the difference falls into more than/),
    ])
  })
})
