/** Admission of somebody else: objects that have the API server refuse, or wait for, the TrafficTarget named `blocked`. */

const RULE = {
  apiGroups: ['access.smi-spec.io'],
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['traffictargets'],
}
const MATCH = [{ name: 'blocked', expression: "object.metadata.name == 'blocked'" }]
const GROUP = 'admissionregistration.k8s.io/v1'

/** A grant that nobody lets in, as JSON. */
export const BLOCKED = JSON.stringify({
  apiVersion: 'access.smi-spec.io/v1alpha3',
  kind: 'TrafficTarget',
  metadata: { name: 'blocked', namespace: 'bookstore' },
  spec: {
    destination: { kind: 'ServiceAccount', name: 'bookstore', namespace: 'bookstore' },
    sources: [{ kind: 'ServiceAccount', name: 'bookbuyer', namespace: 'bookstore' }],
  },
})

/** A policy that refuses in these words, and what puts it in force. */
export function aRefusal(name: string, message: string): object {
  const policy = {
    apiVersion: GROUP,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [RULE] },
      matchConditions: MATCH,
      validations: [{ expression: 'false', message }],
    },
  }
  const binding = {
    apiVersion: GROUP,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  }
  return { apiVersion: 'v1', kind: 'List', items: [policy, binding] }
}

/** A webhook at a port where nobody ever says a word. */
export function aMuteWebhook(name: string, port: number, timeoutSeconds: number): object {
  const webhook = {
    ...{ name, rules: [RULE], matchConditions: MATCH, failurePolicy: 'Fail', timeoutSeconds },
    clientConfig: { url: `https://127.0.0.1:${port}/validate` },
    ...{ sideEffects: 'None', admissionReviewVersions: ['v1'] },
  }
  const kind = 'ValidatingWebhookConfiguration'
  return { apiVersion: GROUP, kind, metadata: { name }, webhooks: [webhook] }
}
