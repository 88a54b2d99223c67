/** For so long after a fault has ended calls may still fail by it: connections, and the gateways' view of who is healthy, come back. */
export const RECOVERY_MS = 20_000
