/** Reads the kernel's table of TCP sockets (/proc/PID/net/tcp and tcp6) for the ports that something listens on. */
const LISTEN = '0A'

export function listeningPorts(table: string): ReadonlySet<number> {
  const ports = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = '']) => Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16))
  return new Set(ports)
}
