/** How often an instance has refused a method, by reason, as its own metrics at `host:port` tell. */
export function refusalsOf(address: string, method: string): Promise<ReadonlyMap<string, number>> {
  return countsOf(address, 'hotel_refusals_total', method, 'reason')
}

/** How many calls of a method an instance has ended, by status. */
export function handledOf(address: string, method: string): Promise<ReadonlyMap<string, number>> {
  return countsOf(address, 'grpc_server_handled_total', method, 'grpc_code')
}

/** A counter of a method, by one of its labels. */
async function countsOf(address: string, counter: string, method: string, label: string) {
  const text = await (await fetch(`http://${address}/metrics`)).text()
  const lines = text.matchAll(new RegExp(`^${counter}\\{(.*)\\} (\\d+)$`, 'gm'))
  return new Map(
    [...lines]
      .filter(([, labels = '']) => labels.includes(`grpc_method="${method}"`))
      .map(([, labels = '', count]) => [new RegExp(`${label}="(\\w+)"`).exec(labels)?.[1] ?? '', Number(count)]),
  )
}
