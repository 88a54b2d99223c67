/** Where the console brings the code of a link. */
export const SIGN_IN = '/console/session'

/** In the directory that Envoy runs in: where `npm start` answers it. */
export const SIGN_IN_SOCKET = 'sign-in.socket'

export const SIGN_IN_CLUSTER = 'sign-in'

/** The cluster of what answers it: the process that has started the suite, and has the development issuer. */
export function signInCluster(): object {
  return {
    name: SIGN_IN_CLUSTER,
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: SIGN_IN_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: SIGN_IN_SOCKET } } } }] }],
    },
  }
}
