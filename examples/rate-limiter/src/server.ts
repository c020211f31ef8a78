/** An HTTP server behind the limiter: 200 or 429 by the `x-api-key` of the request. */
import { createServer, type Server } from 'node:http'
import type { ActorHandle, ProtocolOf } from '@troupe/core'
import type { Limiter } from './limiter.ts'

/** Listens on a free port of this machine; resolves with the server and its address. */
export async function serve(
  limiter: ActorHandle<ProtocolOf<typeof Limiter>>,
): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    try {
      const client = String(request.headers['x-api-key'] ?? request.socket.remoteAddress)
      const { admitted, remaining, retryAfterMs } = await limiter.ask('acquire', client)
      response.setHeader('ratelimit-remaining', remaining)
      if (!admitted) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1_000))
      response.writeHead(admitted ? 200 : 429).end(admitted ? 'served\n' : 'too many requests\n')
    } catch (error) {
      response.writeHead(503).end(`${(error as Error).message}\n`)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { server, url: `http://127.0.0.1:${address.port}/` }
}
