import { Agent, request } from 'node:http'

/** Sends JSON by POST on connections that stay, of which there are as many as requests under way; gives the status. */
export function poster(origin: string, headers: Readonly<Record<string, string>>) {
  const agent = new Agent({ keepAlive: true })
  return {
    post: (path: string, body: string, more: Readonly<Record<string, string>> = {}) =>
      new Promise<number>((resolve, reject) => {
        const sent = request(
          `${origin}${path}`,
          {
            agent,
            method: 'POST',
            headers: {
              ...headers,
              ...more,
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
            },
          },
          (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)),
        )
        sent.on('error', reject).end(body)
      }),
    close: () => agent.destroy(),
  }
}
