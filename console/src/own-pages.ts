/**
 * The pages of the console's own, below `/console/`; all others are at the addresses of the API. The build writes them down for
 * the gateway, which answers these addresses with the page.
 */
export const ownPages = ['sign-in', 'desk', 'overview'] as const
