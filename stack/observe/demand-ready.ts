/** Resolves when a page is answered without an error; throws an Error that names it otherwise. */
export async function demandReady(url: string, signal: AbortSignal, request: RequestInit = {}): Promise<void> {
  const response = await fetch(url, { ...request, signal })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`${url} says ${response.status}`)
}
