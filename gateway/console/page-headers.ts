import type { ConsoleSettings } from '@hotel/runtime/access/console-settings'

/**
 * The headers of every page of the console. Scripts come as files of this origin only. Styles may be inline, since
 * the libraries of the pages (Mantine, Scalar) write colours and places into `style` elements; these can run nothing.
 */
export function pageHeaders({ oidc }: ConsoleSettings): Readonly<Record<string, string>> {
  const issuer = oidc === undefined ? '' : ` ${new URL(oidc.issuer).origin}`
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self' data:",
    'font-src': "'self'",
    'connect-src': `'self'${issuer}`,
    'manifest-src': "'self'",
    'object-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
  }
  return {
    'content-security-policy': Object.entries(policy)
      .map(([directive, sources]) => `${directive} ${sources}`)
      .join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    // The provider's page opens in a window of its own, which is closed again from here.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'cross-origin-resource-policy': 'same-origin',
  }
}
