// bookbuyer and bookthief: every second looks at the books and takes one. Which of the two it is, CLIENT says.
const {
  CLIENT = 'bookbuyer',
  BOOKSTORE = 'http://bookstore.bookstore:14001',
  INTERVAL_MS = '1000',
} = process.env

async function ask(path) {
  try {
    const answer = await fetch(BOOKSTORE + path, { signal: AbortSignal.timeout(2_000) })
    await answer.arrayBuffer()
    return `${answer.status} ${answer.headers.get('bookstore') ?? ''}`.trim()
  } catch (error) {
    return error.cause?.code ?? error.name
  }
}

let before = ''
while (true) {
  const seen = `books-bought: ${await ask('/books-bought')}, buy-a-book: ${await ask('/buy-a-book/new')}`
  if (seen !== before) process.stdout.write(`${CLIENT}: ${seen}\n`)
  before = seen
  await new Promise((resolve) => setTimeout(resolve, Number(INTERVAL_MS)))
}
