/** Has another Node process collect its garbage, over its inspector (https://chromedevtools.github.io/devtools-protocol). */

/** Resolves once it has, twice: what the first round finalises, the second frees. */
export async function collectGarbage(inspector: string): Promise<void> {
  const socket = new WebSocket(inspector)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`no inspector at ${inspector}`)))
  })
  for (const id of [1, 2]) {
    const answered = new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        if ((JSON.parse(String(data)) as { readonly id?: number }).id === id) resolve()
      })
    })
    socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }))
    await answered
  }
  socket.close()
}
