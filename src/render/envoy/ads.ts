/** Where Envoy asks for what a resource refers to: on the stream that the resource came by. */
import { create } from '@bufbuild/protobuf'
import {
  ApiVersion,
  ConfigSourceSchema,
} from '../../generated/envoy/config/core/v3/config_source_pb.js'

/**
 * The initial fetch timeout stays Envoy's 15 s. A listener that goes live without its routes answers 404, one without its
 * secrets resets, and a cluster without its endpoints answers 503: all of them closed. Waiting for ever would let one missing
 * answer hold back every later update of the type.
 */
export const ADS = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: 'ads', value: {} },
  resourceApiVersion: ApiVersion.V3,
})
