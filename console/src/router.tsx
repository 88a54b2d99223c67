import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
  redirect,
} from '@tanstack/react-router'
import { ownPages } from './own-pages.ts'
import { Home } from './shell/home.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'

/** The parameters of an address, all of them text: the same names as in the API's query. */
export type Search = Readonly<Record<string, string>>

const validateSearch = (search: Search): Search => search
const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, validateSearch })
const page = <Path extends string>(path: Path, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch })

/** The lists that are below /reservations without being a reservation; an id below them is the reservation's own page. */
export const stayLists = ['current_and_upcoming', 'current', 'upcoming', 'in_house', 'arrivals', 'departures'] as const

const listPage = lazyRouteComponent(() => import('./browse/list-page.tsx'), 'ListPage')
const resourcePage = lazyRouteComponent(() => import('./browse/resource-page.tsx'), 'ResourcePage')

const own: Readonly<Record<(typeof ownPages)[number], RouteComponent>> = {
  'sign-in': Home,
  desk: lazyRouteComponent(() => import('./desk/desk-page.tsx'), 'DeskPage'),
  overview: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
}

/** The addresses of the pages are those of the API: what differs is what the browser asks for, HTML or JSON. */
const routes = root.addChildren([
  page('/', Home),
  page('/console', Home),
  ...ownPages.map((name) => page(`/console/${name}`, own[name])),
  ...stayLists.map((list) => page(`/reservations/${list}`, listPage)),
  createRoute({
    getParentRoute: () => root,
    path: '/reservations/current_and_upcoming/$id',
    beforeLoad: ({ params: { id } }) => {
      throw redirect({ to: '/$collection/$id', params: { collection: 'reservations', id } })
    },
  }),
  page('/$collection', listPage),
  page('/$collection/$id', resourcePage),
  page('/$collection/$id/history', resourcePage),
])

export const router = createRouter({
  routeTree: routes,
  defaultPreload: 'intent',
  scrollRestoration: false,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search as Search).filter(([, value]) => value !== undefined && value !== '')
    const text = new URLSearchParams(given).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
