/**
 * What does not keep a service from its work and is amiss all the same, or undefined, by the name under which its health
 * is told: grpc.health.v1 says NOT_SERVING of that name, while the service itself is SERVING.
 */
export type Amiss = Readonly<Record<string, string | undefined>>
