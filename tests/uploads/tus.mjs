// @tus/server with files in the folder that is named: /files keeps them, /brief for a second only. Prints its port; ends with its input.
import http from 'node:http'
import { mkdirSync } from 'node:fs'
import { Server } from '@tus/server'
import { FileStore } from '@tus/file-store'

const folder = process.argv[2]
for (const name of ['files', 'brief']) mkdirSync(`${folder}/${name}`, { recursive: true })
const servers = {
  files: new Server({ path: '/files', datastore: new FileStore({ directory: `${folder}/files` }) }),
  brief: new Server({ path: '/brief', datastore: new FileStore({ directory: `${folder}/brief`, expirationPeriodInMilliseconds: 1000 }) }),
}
const listener = http.createServer((request, response) => servers[request.url.split('/')[1]]?.handle(request, response) ?? response.writeHead(404).end())
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
