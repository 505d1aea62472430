/** A Kubernetes service account: the identity policies speak of. */
export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

declare const accountKey: unique symbol
/** `namespace/name`. Neither part can hold a slash, so the key is unambiguous (names may hold dots). */
export type AccountKey = string & { readonly [accountKey]: true }

export function toAccountKey(account: ServiceAccount): AccountKey {
  return `${account.namespace}/${account.name}` as AccountKey
}

export function fromAccountKey(key: AccountKey): ServiceAccount {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
