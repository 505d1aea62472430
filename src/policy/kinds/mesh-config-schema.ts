/** The fields of MeshConfig, in both versions. */
import { z } from 'zod'
import { cidrV4 } from './fields/cidr.ts'
import { durationField } from './fields/duration.ts'
import { namespaceName, objectName } from './fields/names.ts'
import { port } from './fields/ports.ts'
import { rule } from './fields/rule.ts'

const flag = z.boolean().optional()
const text = z.string().optional()

/** Older versions of TLS are not offered: the mesh's own proxies are the only peers (RFC 8996). */
const tlsVersion = z.enum(['TLS_AUTO', 'TLSv1_2', 'TLSv1_3']).optional()

const logLevel = z
  .enum(['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off', ''])
  .optional()

/** A Kubernetes quantity: `100m`, `64Mi` or a number. */
const quantity = z
  .unknown()
  .check(
    rule((value) =>
      typeof value === 'number' || typeof value === 'string'
        ? undefined
        : {
            code: 'PLB0312',
            message: 'a quantity is a number or text',
            fix: 'write one such as 100m or 64Mi',
          },
    ),
  )
  .meta({ type: ['number', 'string'] })
const quantities = z.record(z.string(), quantity).optional()

const sidecarV1Alpha1 = z.strictObject({
  enablePrivilegedInitContainer: flag,
  logLevel,
  envoyImage: text,
  envoyWindowsImage: text,
  initContainerImage: text,
  maxDataPlaneConnections: z.int().min(0).optional(),
  configResyncInterval: durationField().optional(),
  resources: z.strictObject({ limits: quantities, requests: quantities }).optional(),
})

const sidecar = z.strictObject({
  ...sidecarV1Alpha1.shape,
  tlsMinProtocolVersion: tlsVersion,
  tlsMaxProtocolVersion: tlsVersion,
  cipherSuites: z.array(z.string().min(1)).optional(),
  ecdhCurves: z.array(z.string().min(1)).optional(),
  localProxyMode: z.enum(['Localhost', 'PodIP']).optional(),
})

const externalAuthorization = z.strictObject({
  enable: flag,
  address: text,
  port: port.optional(),
  statPrefix: text,
  timeout: durationField().optional(),
  failureModeAllow: flag,
})

const traffic = z.strictObject({
  enableEgress: flag,
  outboundIPRangeExclusionList: z.array(cidrV4).optional(),
  outboundIPRangeInclusionList: z.array(cidrV4).optional(),
  outboundPortExclusionList: z.array(port).optional(),
  inboundPortExclusionList: z.array(port).optional(),
  enablePermissiveTrafficPolicyMode: flag,
  inboundExternalAuthorization: externalAuthorization.optional(),
  networkInterfaceExclusionList: z.array(z.string().min(1)).optional(),
})

const tracing = z.strictObject({
  enable: flag,
  port: port.optional(),
  address: text,
  endpoint: text,
})

const observability = z.strictObject({
  osmLogLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'disabled', 'fatal', 'panic', ''])
    .optional(),
  enableDebugServer: flag,
  tracing: tracing.optional(),
})

const certificate = z.strictObject({
  serviceCertValidityDuration: durationField({ atLeast: '1m' }).optional(),
  certKeyBitSize: z.int().optional(),
  ingressGateway: z
    .strictObject({
      subjectAltNames: z.array(z.string().min(1)).min(1),
      validityDuration: durationField({ atLeast: '1m' }),
      secret: z.strictObject({ name: objectName, namespace: namespaceName }),
    })
    .optional(),
})

const featureFlags = z.strictObject({
  enableWASMStats: flag,
  enableEgressPolicy: flag,
  enableMulticlusterMode: flag,
  enableSnapshotCacheMode: flag,
  enableAsyncProxyServiceMapping: flag,
  enableIngressBackendPolicy: flag,
  enableEnvoyActiveHealthChecks: flag,
  enableRetryPolicy: flag,
  enableMeshRootCertificate: flag,
})

export const v1alpha2 = z.strictObject({
  spec: z
    .strictObject({
      sidecar: sidecar.optional(),
      traffic: traffic.optional(),
      observability: observability.optional(),
      certificate: certificate.optional(),
      featureFlags: featureFlags.optional(),
    })
    .optional(),
})

export const v1alpha1 = z.strictObject({
  spec: z
    .strictObject({
      sidecar: sidecarV1Alpha1.optional(),
      traffic: z.strictObject({ ...traffic.shape, useHTTPSIngress: flag }).optional(),
      observability: z
        .strictObject({ ...observability.shape, prometheusScraping: flag })
        .optional(),
      certificate: certificate.optional(),
      featureFlags: featureFlags.optional(),
    })
    .optional(),
})
