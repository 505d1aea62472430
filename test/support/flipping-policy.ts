/** Two commits that differ in what they grant: each prunes, makes and changes objects of the other. */
import { grantFile, NAMESPACE_FILE, ROUTES_FILE } from './policy-yaml.ts'

const numbers = Array.from({ length: 12 }, (_, i) => i)

export const FLIP = {
  ...NAMESPACE_FILE,
  ...ROUTES_FILE,
  ...Object.assign({}, ...numbers.map((i) => grantFile('bookbuyer', `flip-${i}`))),
  ...grantFile('bookbuyer', 'both'),
}

export const FLOP = {
  ...ROUTES_FILE,
  ...Object.assign({}, ...numbers.map((i) => grantFile('bookbuyer', `flop-${i}`))),
  ...grantFile('bookthief', 'both'),
}
