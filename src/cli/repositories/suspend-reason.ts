/** The annotation that says why a MeshRepository is suspended: for people, and for nobody else. */
export const SUSPEND_REASON = 'plumbline.dev/suspend-reason'
