// The warehouse: restocks bookstores and counts how often.
import { createServer } from 'node:http'

const { PORT = '14001' } = process.env
let restocked = 0

createServer((request, response) => {
  const known = request.method === 'POST' && request.url === '/restock-books'
  response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(known ? { restocked: ++restocked } : { error: 'no such page' }))
}).listen(Number(PORT))
