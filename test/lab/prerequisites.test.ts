import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  decidePrerequisites,
  distributionFamily,
  ensurePrerequisites,
  type PrerequisiteFacts,
  withSystemPath,
} from '../../src/lab/prerequisites.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const iptables = {
  program: 'iptables-restore',
  packages: { debian: 'iptables', fedora: 'iptables-nft', arch: 'iptables', suse: 'iptables' },
}
const nsenter = {
  program: 'nsenter',
  packages: { debian: 'util-linux', fedora: 'util-linux', arch: 'util-linux', suse: 'util-linux' },
}

function decide(facts: Partial<PrerequisiteFacts>) {
  return decidePrerequisites({ missing: [iptables], family: 'debian', root: false, ...facts })
}

describe('decidePrerequisites', () => {
  it('goes on when nothing is missing', () => {
    expect(decide({ missing: [] })).toEqual({ type: 'ready' })
  })

  it('installs as root on Debian, each package once', () => {
    const unshare = { ...nsenter, program: 'unshare' }
    expect(decide({ root: true, missing: [iptables, nsenter, unshare] })).toEqual({
      type: 'install',
      programs: 'iptables-restore, nsenter, unshare',
      packages: ['iptables', 'util-linux'],
    })
  })

  it('tells an ordinary user on Debian what to type', () => {
    expect(decide({})).toEqual({
      type: 'refuse',
      sentence:
        'the lab needs iptables-restore, which this machine does not have; type: sudo apt-get install -y iptables',
    })
  })

  it('installs nothing elsewhere, even as root', () => {
    expect(decide({ root: true, family: 'fedora' })).toEqual({
      type: 'refuse',
      sentence:
        'the lab needs iptables-restore, which this machine does not have; type: dnf install -y iptables-nft',
    })
  })

  it('names programs and packages where it does not know the package tool', () => {
    expect(decide({ root: true, family: 'unknown' })).toEqual({
      type: 'refuse',
      sentence:
        'the lab needs iptables-restore, which this machine does not have; install iptables (Debian’s names) with its package tool and start again'.replace(
          '’',
          "'",
        ),
    })
  })
})

describe('distributionFamily', () => {
  it.each([
    ['ID=debian\n', 'debian'],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'debian'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'fedora'],
    ['ID=arch\n', 'arch'],
    ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'suse'],
    ['ID=nixos\n', 'unknown'],
    ['', 'unknown'],
  ])('reads %j as %s', (text, family) => {
    expect(distributionFamily(text)).toBe(family)
  })
})

describe('ensurePrerequisites', () => {
  /** A PATH whose apt-get knows no package before an update, and installs what `brings` says. */
  async function aMachine(brings: readonly string[]) {
    const bin = await temporaryDirectory()
    const program = (name: string, script: string) =>
      writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    for (const name of ['ip', 'unshare', 'nsenter', 'setpriv', 'mount'])
      await program(name, 'exit 0')
    const steps = brings.map((name) => `echo "#!/bin/sh" > ${bin}/${name}; chmod +x ${bin}/${name}`)
    const install = `[ -e ${bin}/lists ] || exit 100; ${steps.join('; ')}`
    await program(
      'apt-get',
      `PATH=/usr/bin:/bin; case "$*" in *update) : > ${bin}/lists ;; *) ${install || ':'} ;; esac`,
    )
    const lines: string[] = []
    const ensured = ensurePrerequisites({
      environment: { PATH: bin },
      ...{ fetchesEnvoy: false, root: true, osRelease: 'ID=debian' },
      progress: (line) => lines.push(line),
    })
    return { ensured, lines }
  }

  it('installs what is missing, after an update where the lists are too old', async () => {
    const { ensured, lines } = await aMachine(['iptables-restore'])
    await ensured
    expect(lines).toEqual(['iptables-restore missing: apt-get install iptables', 'apt-get update'])
  })

  it('says so when the program is still missing afterwards', async () => {
    const { ensured } = await aMachine(['something-else'])
    await expect(ensured).rejects.toMatchObject({
      code: 'ProgramMissing',
      message: expect.stringContaining('iptables-restore'),
    })
  })
})

describe('withSystemPath', () => {
  it('adds the folders of system programs behind the user’s own, once', () => {
    expect(withSystemPath({ PATH: '/home/me/bin:/usr/bin', A: 'b' })).toEqual({
      PATH: '/home/me/bin:/usr/bin:/usr/local/sbin:/usr/sbin:/sbin:/bin',
      A: 'b',
    })
  })
})
