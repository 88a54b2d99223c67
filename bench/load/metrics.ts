/** How often an instance has refused a method, by reason, as its own metrics at `host:port` tell. */
export async function refusalsOf(address: string, method: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text()
  const lines = text.matchAll(/^hotel_refusals_total\{(.*)\} (\d+)$/gm)
  return new Map(
    [...lines]
      .filter(([, labels = '']) => labels.includes(`grpc_method="${method}"`))
      .map(([, labels = '', count]) => [/reason="(\w+)"/.exec(labels)?.[1] ?? '', Number(count)]),
  )
}
