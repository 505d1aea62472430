/** Socket addresses and prefixes, as Envoy writes them. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  AddressSchema,
  CidrRangeSchema,
} from '../../generated/envoy/config/core/v3/address_pb.js'

export function socketAddress(
  address: string,
  port: number,
): MessageInitShape<typeof AddressSchema> {
  return {
    address: {
      case: 'socketAddress',
      value: { address, portSpecifier: { case: 'portValue', value: port } },
    },
  }
}

/** The prefix that is one address, of either family. */
export function singleAddress(address: string): MessageInitShape<typeof CidrRangeSchema> {
  return { addressPrefix: address, prefixLen: address.includes(':') ? 128 : 32 }
}
