// A bookstore: sells books, says in every answer which version it is, and restocks from the warehouse after each sale.
import { createServer } from 'node:http'

const {
  VERSION = 'v1',
  PORT = '14001',
  BOOKWAREHOUSE = 'http://bookwarehouse.bookwarehouse:14001',
} = process.env
let sold = 0

async function restock() {
  try {
    const order = { method: 'POST', signal: AbortSignal.timeout(2_000) }
    const answer = await fetch(`${BOOKWAREHOUSE}/restock-books`, order)
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

async function sell() {
  sold++
  return { bookstore: VERSION, sold, restocked: await restock() }
}

const routes = {
  'GET /books-bought': () => ({ bookstore: VERSION, sold }),
  'GET /buy-a-book/new': sell,
}

createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  const headers = { 'content-type': 'application/json', bookstore: VERSION }
  response.writeHead(route ? 200 : 404, headers)
  response.end(JSON.stringify(route ? await route() : { error: 'no such page' }))
}).listen(Number(PORT))
