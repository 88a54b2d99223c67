import type {
  DeepPartial,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '@hotel/proto/grpc/reflection/v1/reflection'
import { openStreams } from './open-streams.ts'

type Answer = DeepPartial<ServerReflectionResponse>

/**
 * Server reflection over the descriptor set of the whole API, so that one service answers for all behind the gateway. One
 * function serves v1 and v1alpha, whose messages are the same. The descriptors, which are large, are read for the first who asks.
 */
export function reflection(): {
  serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>): AsyncGenerator<Answer>
} {
  const streams = openStreams()
  return {
    async *serverReflectionInfo(requests) {
      using _stream = streams.take()
      const { answer } = await import('./reflected.ts')
      for await (const request of requests) {
        yield { valid_host: request.host, original_request: request, ...answer(request) }
      }
    },
  }
}
