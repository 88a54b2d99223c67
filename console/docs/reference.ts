/** What the script of Scalar puts into the page. */
type Scalar = { createApiReference(place: Element, configuration: object): unknown }
declare global {
  interface Window {
    Scalar?: Scalar
    __zod_globalConfig?: object
  }
}

/** Its address, if stack/setup/scalar.mjs could fetch it before the build. */
const [script] = Object.values(
  import.meta.glob<string>('./scalar.js', { query: '?url', import: 'default', eager: true }),
)

/** Shows Scalar's reference of this OpenAPI document, whose calls are sent with the token; false where it was not built. */
export async function showReference(place: Element, content: unknown, token: string | undefined): Promise<boolean> {
  if (script === undefined) return false
  // Its validator would try whether it may make functions out of text, which the Content-Security-Policy forbids and reports.
  window.__zod_globalConfig = { jitless: true }
  await load(script)
  window.Scalar?.createApiReference(place, {
    content,
    // Calls go where the page comes from, and nowhere else.
    servers: [{ url: location.origin, description: 'This suite.' }],
    proxyUrl: '',
    authentication: {
      preferredSecurityScheme: 'token',
      ...(token === undefined ? {} : { securitySchemes: { token: { token } } }),
    },
    // A token is kept by the console only.
    persistAuth: false,
    telemetry: false,
    withDefaultFonts: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: 'never',
    forceDarkModeState: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    hideDarkModeToggle: true,
    operationTitleSource: 'path',
    defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
    documentDownloadType: 'json',
  })
  return true
}

function load(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tag = document.createElement('script')
    tag.src = url
    tag.onload = () => resolve()
    tag.onerror = () => reject(new Error(`${url} could not be loaded`))
    document.head.append(tag)
  })
}
