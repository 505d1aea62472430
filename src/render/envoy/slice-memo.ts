/** Remembers what was made of a slice of the snapshot for as long as the slice lives. */
export class SliceMemo<V> {
  readonly #values = new WeakMap<object, Map<string, V>>()

  /** `variant` tells apart what is made of one slice for different readers. */
  get(slice: object, variant: string, make: () => V): V {
    const variants = this.#values.get(slice) ?? new Map<string, V>()
    const known = variants.get(variant)
    if (known !== undefined) return known
    const value = make()
    variants.set(variant, value)
    this.#values.set(slice, variants)
    return value
  }
}
