/** The fields of Kubernetes manifests that the lab honours. Fields left out here are dropped by parsing, and reported. */
import { z } from 'zod'

const name = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
    'use lowercase letters, digits, "-" and "." (a Kubernetes name)',
  )
const strings = z.record(z.string(), z.string()).default({})
const portNumber = z.int().min(1).max(65_535)
const protocol = z.enum(['TCP', 'UDP', 'SCTP']).default('TCP')

const metadata = z.object({
  name,
  namespace: name.default('default'),
  labels: strings,
  annotations: strings,
})

/** Envoy's own uid: whatever runs under it goes past the redirection. */
const ENVOY_USER = 1500

const container = z.object({
  name,
  image: z.string().default(''),
  imagePullPolicy: z.string().optional(),
  command: z.array(z.string(), {
    error: 'write the command: the lab pulls no image, so it cannot know the one inside',
  }),
  args: z.array(z.string()).default([]),
  workingDir: z.string().default('.'),
  env: z.array(z.object({ name: z.string().min(1), value: z.string().default('') })).default([]),
  ports: z
    .array(z.object({ name: z.string().default(''), containerPort: portNumber, protocol }))
    .default([]),
  securityContext: z
    .object({
      runAsUser: z
        .int()
        .min(1)
        .refine((uid) => uid !== ENVOY_USER, 'uid 1500 is Envoy’s; use another')
        .optional(),
    })
    .default({}),
})

export const deploymentSchema = z.object({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.object({
    replicas: z.int().min(0).max(1000).default(1),
    selector: z.object({ matchLabels: strings }),
    template: z.object({
      metadata: z.object({ labels: strings, annotations: strings }),
      spec: z.object({
        serviceAccountName: name.default('default'),
        containers: z.array(container).min(1),
      }),
    }),
  }),
})

export const serviceSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.object({
    type: z
      .literal('ClusterIP', { error: 'the lab has services of type ClusterIP only' })
      .optional(),
    clusterIP: z
      .enum(['None', ''], { error: 'leave clusterIP out (the lab assigns one) or write None' })
      .optional(),
    selector: strings,
    ports: z
      .array(
        z.object({
          name: z.string().default(''),
          port: portNumber,
          targetPort: z.union([portNumber, z.string().min(1)]).optional(),
          protocol,
          appProtocol: z.string().optional(),
        }),
      )
      .min(1),
  }),
})

export const serviceAccountSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('ServiceAccount'),
  metadata,
})

export type DeploymentManifest = z.infer<typeof deploymentSchema>
export type ServiceManifest = z.infer<typeof serviceSchema>
export type ServiceAccountManifest = z.infer<typeof serviceAccountSchema>
