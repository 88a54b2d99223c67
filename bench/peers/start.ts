import { connect } from 'node:net'
import path from 'node:path'
import { nodeProgram } from '@hotel/stack/run/node-program'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import { supervise } from '@hotel/stack/run/supervision/processes'

/** A peer that runs: where it is, and its process. */
export type Peer = AsyncDisposable & { readonly address: string; readonly pid: number }

/** The servers that the services are measured against, by their file in this folder. */
export type PeerName = 'echo' | 'guests' | 'rooms' | 'reservations'

/** Starts a peer as the services are started, as a process of its own. */
export async function startPeer(name: PeerName, folder: string, databaseUrl = ''): Promise<Peer> {
  const address = `127.0.0.1:${await freePort()}`
  const program = nodeProgram(path.join('bench', 'peers', `${name}.ts`))
  const runFile = await claim(path.join(folder, `peer-${name}`))
  const peer = supervise(
    {
      ...program,
      name: `peer ${name}`,
      env: { ...program.env, GRPC_ADDRESS: address, DATABASE_URL: databaseUrl },
      ready: () => listening(address),
      readyWithinMs: 30_000,
      stopSignal: 'SIGINT',
      stopWithinMs: 4_000,
    },
    { runFile, log: () => {}, say: console.log, restart: false, signal: new AbortController().signal },
  )
  await peer.start()
  return {
    address,
    pid: peer.pid ?? 0,
    async [Symbol.asyncDispose]() {
      await peer.stop()
      runFile.close()
    },
  }
}

function listening(address: string): Promise<void> {
  const [host = '', port] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}
