/**
 * Reads a DiscoveryRequest by hand: only what we act on, with the caps applied while reading, so that neither a huge
 * list of names nor a deep `node.metadata` is ever turned into objects.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { messageOf } from '../model/message-of.ts'
import { err, ok, type Result } from '../model/result.ts'

export interface DiscoveryRequest {
  readonly versionInfo: string
  /** Empty where the request carries no node or the node has no id. */
  readonly nodeId: string
  readonly resourceNames: readonly string[]
  readonly typeUrl: string
  readonly responseNonce: string
  /** The message of `error_detail`; `undefined` where the request carries none. Its presence is what makes a NACK. */
  readonly errorDetail: string | undefined
}

export interface RequestLimits {
  readonly maxResourceNames: number
  readonly maxResourceNameBytes: number
}

/** Field numbers of envoy.config.core.v3.Node and google.rpc.Status. */
const NODE_ID = 1
const STATUS_MESSAGE = 2

export interface RequestRefusal {
  readonly code: 'Malformed' | 'TooManyNames' | 'NameTooLong'
  readonly message: string
}

/** A later occurrence of a singular field wins, as in every protobuf reader; unknown fields are passed over. */
export function readDiscoveryRequest(
  bytes: Uint8Array,
  limits: RequestLimits,
): Result<DiscoveryRequest, RequestRefusal> {
  try {
    return readFields(new BinaryReader(bytes), limits)
  } catch (error) {
    return err({
      code: 'Malformed',
      message: `the message is not a DiscoveryRequest: ${messageOf(error)}`,
    })
  }
}

type Draft = { -readonly [Member in keyof DiscoveryRequest]: DiscoveryRequest[Member] } & {
  resourceNames: string[]
}

type FieldReader = (
  reader: BinaryReader,
  into: Draft,
  limits: RequestLimits,
) => RequestRefusal | undefined

/** By field number; all of them length-delimited. */
const FIELDS: ReadonlyMap<number, FieldReader> = new Map<number, FieldReader>([
  [1, (reader, into) => assign(into, { versionInfo: reader.string() })],
  [2, (reader, into) => assign(into, { nodeId: stringIn(reader, NODE_ID) || into.nodeId })],
  [3, (reader, into, limits) => readName(reader, into.resourceNames, limits)],
  [4, (reader, into) => assign(into, { typeUrl: reader.string() })],
  [5, (reader, into) => assign(into, { responseNonce: reader.string() })],
  [6, (reader, into) => assign(into, { errorDetail: stringIn(reader, STATUS_MESSAGE) })],
])

function assign(into: Draft, members: Partial<Draft>): undefined {
  Object.assign(into, members)
}

function readFields(
  reader: BinaryReader,
  limits: RequestLimits,
): Result<DiscoveryRequest, RequestRefusal> {
  const request: Draft = {
    versionInfo: '',
    nodeId: '',
    resourceNames: [],
    typeUrl: '',
    responseNonce: '',
    errorDetail: undefined,
  }
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    const read = wireType === WireType.LengthDelimited ? FIELDS.get(field) : undefined
    if (read === undefined) reader.skip(wireType, field)
    const refusal = read?.(reader, request, limits)
    if (refusal !== undefined) return err(refusal)
  }
  return ok(request)
}

function readName(
  reader: BinaryReader,
  into: string[],
  limits: RequestLimits,
): RequestRefusal | undefined {
  const name = reader.bytes()
  if (name.length > limits.maxResourceNameBytes)
    return {
      code: 'NameTooLong',
      message: `a resource name of ${name.length} bytes; at most ${limits.maxResourceNameBytes} are read`,
    }
  if (into.length >= limits.maxResourceNames)
    return {
      code: 'TooManyNames',
      message: `more than ${limits.maxResourceNames} resource names in one request`,
    }
  into.push(utf8.decode(name))
  return undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The string field of an embedded message; empty where it has none. Its other fields are passed over, not built. */
function stringIn(reader: BinaryReader, wanted: number): string {
  const inner = new BinaryReader(reader.bytes())
  let text = ''
  while (inner.pos < inner.len) {
    const [field, wireType] = inner.tag()
    if (field === wanted && wireType === WireType.LengthDelimited) text = inner.string()
    else inner.skip(wireType, field)
  }
  return text
}
