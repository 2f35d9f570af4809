/** A real Chromium for tests. */
import { createHash, createPublicKey } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** Where Chromium is: what the variable CHROMIUM says, or in the path. `undefined`: nowhere. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env
  if (CHROMIUM) return CHROMIUM
  const folders = PATH.split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A browser without a past. `await using` closes it. */
export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext
}

/**
 * With a certificate (PEM) it trusts that one, as if a root had signed it; without, each. What comes by a certificate that
 * has errors is not put into the cache.
 */
export async function launch(executablePath: string, trusted?: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'))
  const remove = (): Promise<void> => rm(profile, { recursive: true, force: true, maxRetries: 5 })
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      ignoreHTTPSErrors: trusted === undefined,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        trusted === undefined
          ? '--ignore-certificate-errors'
          : `--ignore-certificate-errors-spki-list=${fingerprint(trusted)}`,
        // The browser is to speak to the test's server and to no other.
        '--no-proxy-server',
        '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
      ],
    })
    return {
      context,
      async [Symbol.asyncDispose]() {
        await context.close()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Of the certificate's public key, as Chromium takes it. */
function fingerprint(certificate: string): string {
  const key = createPublicKey(certificate).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}
