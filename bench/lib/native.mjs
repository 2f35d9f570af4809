// Servers in C that serve the files of `htdocs`: nghttpd, nginx and h2o. Each has one worker with one thread, writes no
// access log and keeps a connection for any number of requests. The body of `hello` is in nginx's configuration, because
// nginx opens and reads a file for each response.
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { install, isInstalled } from '../../scripts/programs.mjs'
import { answerOf } from '../servers/support/work.mjs'
import { certificate, htdocs } from './prepare.mjs'
import { scratch } from './paths.mjs'

/** Where Debian's servers are, beside the folders of PATH. */
export const path = `${process.env.PATH}${delimiter}/usr/sbin`

/** Name → a function that gives the command of the server on `port`, with TLS or without. */
const commands = {
  nghttpd(port, isTls) {
    const where = ['-a', '127.0.0.1', '-d', htdocs]
    if (!isTls) return ['nghttpd', '--no-tls', ...where, String(port)]
    return ['nghttpd', ...where, String(port), certificate.key, certificate.cert]
  },
  nginx(port, isTls) {
    const folder = join(scratch, `nginx-${port}`)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, nginxConfig(port, isTls, folder))
    return ['nginx', '-p', folder, '-c', file, '-e', 'stderr']
  },
  h2o(port, isTls) {
    const file = join(scratch, `h2o-${port}.conf`)
    writeFileSync(file, h2oConfig(port, isTls))
    return ['h2o', '--mode', 'worker', '--conf', file]
  },
}

/** The command that starts a server, after its configuration has been written. */
export function nativeCommand(name, port, isTls) {
  return commands[name](port, isTls)
}

/**
 * Installs the Debian packages of nginx and h2o where they are missing and may be installed. Gives why a server is
 * missing, by name; the object is empty when all are there.
 */
export function missingServers() {
  const names = ['nginx', 'h2o']
  const missing = names.filter((name) => !isInstalled(name, path))
  if (missing.length > 0) install(missing)
  const reason = (name) => `not installed; on Debian: sudo apt-get install ${name}`
  const absent = missing.filter((name) => !isInstalled(name, path))
  return Object.fromEntries(absent.map((name) => [name, reason(name)]))
}

function nginxConfig(port, isTls, folder) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const secrecy = `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`
  // A worker of a master that runs as root drops its rights, and then may not read the checkout.
  const user = process.getuid() === 0 ? 'user root;' : ''
  return `
daemon off;
${user}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  sendfile on;
  tcp_nopush on;
  open_file_cache max=100 inactive=1h;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  types { }
  default_type text/plain;
  server {
    listen 127.0.0.1:${port} ${isTls ? 'ssl http2' : 'http2'};
    ${isTls ? secrecy : ''}
    root ${htdocs};
    location = /hello { return 200 '${answerOf('hello').body}'; }
  }
}
`
}

function h2oConfig(port, isTls) {
  const secrecy = `
  ssl:
    certificate-file: ${certificate.cert}
    key-file: ${certificate.key}
    ocsp-update-interval: 0`
  return `
user: ${userInfo().username}
num-threads: 1
http2-idle-timeout: 600
listen:
  host: 127.0.0.1
  port: ${port}${isTls ? secrecy : ''}
hosts:
  default:
    paths:
      /:
        file.dir: ${htdocs}
`
}
