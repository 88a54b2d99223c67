import { ActionIcon, Burger, Group, NavLink, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconApi from '@tabler/icons-react/dist/esm/icons/IconApi.mjs'
import IconBarrierBlock from '@tabler/icons-react/dist/esm/icons/IconBarrierBlock.mjs'
import IconBed from '@tabler/icons-react/dist/esm/icons/IconBed.mjs'
import IconBuilding from '@tabler/icons-react/dist/esm/icons/IconBuilding.mjs'
import IconCalendarEvent from '@tabler/icons-react/dist/esm/icons/IconCalendarEvent.mjs'
import IconChartBar from '@tabler/icons-react/dist/esm/icons/IconChartBar.mjs'
import IconDoor from '@tabler/icons-react/dist/esm/icons/IconDoor.mjs'
import IconId from '@tabler/icons-react/dist/esm/icons/IconId.mjs'
import IconLayoutGrid from '@tabler/icons-react/dist/esm/icons/IconLayoutGrid.mjs'
import IconLogout from '@tabler/icons-react/dist/esm/icons/IconLogout.mjs'
import IconMapPin from '@tabler/icons-react/dist/esm/icons/IconMapPin.mjs'
import IconMoon from '@tabler/icons-react/dist/esm/icons/IconMoon.mjs'
import IconSearch from '@tabler/icons-react/dist/esm/icons/IconSearch.mjs'
import IconSun from '@tabler/icons-react/dist/esm/icons/IconSun.mjs'
import IconUsers from '@tabler/icons-react/dist/esm/icons/IconUsers.mjs'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { type ComponentType, useEffect } from 'react'
import { signOut, useSession } from '../api/session.ts'
import { label, messages } from '../messages/index.ts'
import { collections, visible } from './collections.ts'
import { LocationSelect } from './house.tsx'

type Icon = ComponentType<{ size?: number; stroke?: number }>
const icons: Readonly<Record<string, Icon>> = {
  reservations: IconCalendarEvent,
  guests: IconUsers,
  rooms: IconDoor,
  room_types: IconBed,
  room_blocks: IconBarrierBlock,
  room_availability: IconSearch,
  room_type_availability: IconSearch,
  locations: IconMapPin,
  hotels: IconBuilding,
  employees: IconId,
}

/** The frame of every page: the way to the others, the location, the account. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false)
  const session = useSession()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => {
    close()
    document.title = titleOf(path)
  }, [path, close])
  return (
    <div className="shell" data-menu={opened || undefined}>
      <a className="skip-link" href="#content">
        {messages.skip}
      </a>
      <header className="shell-header">
        <Group gap="xs" wrap="nowrap">
          <Burger
            opened={opened}
            onClick={toggle}
            size="sm"
            aria-label={messages.menu}
            aria-expanded={opened}
            className="only-phone"
          />
          <Text fw={700} className="brand">
            {messages.title}
          </Text>
        </Group>
        <Group gap="xs" wrap="nowrap">
          {session.token !== undefined && <LocationSelect />}
          <ThemeButton />
          {session.token !== undefined && <SignOutButton subject={session.claims.subject ?? ''} />}
        </Group>
      </header>
      <nav className="shell-nav" aria-label={messages.navigation}>
        {visible(session, 'reservations') && (
          <>
            <Place to="/console/desk" name={messages.desk} icon={IconLayoutGrid} path={path} />
            <Place to="/console/overview" name={messages.overview} icon={IconChartBar} path={path} />
          </>
        )}
        <Text size="xs" c="dimmed" px="xs" pt="sm" pb={4} fw={500}>
          {messages.browse}
        </Text>
        {collections
          .filter((each) => visible(session, each))
          .map((each) => (
            <Place key={each} to={`/${each}`} name={label(each)} icon={icons[each] ?? IconDoor} path={path} />
          ))}
        <NavLink
          href="/docs"
          label={messages.apiPage}
          leftSection={<IconApi size={16} stroke={1.6} />}
          className="place"
        />
      </nav>
      <main id="content" tabIndex={-1} className="shell-main">
        {session.token !== undefined && <Outlet />}
      </main>
    </div>
  )
}

function SignOutButton({ subject }: { readonly subject: string }) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={signOut}
      aria-label={messages.signOut}
      title={`${messages.signOut} (${subject})`}
    >
      <IconLogout size={18} />
    </ActionIcon>
  )
}

function Place({
  to,
  name,
  icon: Sign,
  path,
}: {
  readonly to: string
  readonly name: string
  readonly icon: Icon
  readonly path: string
}) {
  const active = path === to || path.startsWith(`${to}/`)
  return (
    <NavLink
      component={Link}
      to={to}
      search={{} as never}
      label={name}
      active={active}
      aria-current={active ? 'page' : undefined}
      leftSection={<Sign size={16} stroke={1.6} />}
      className="place"
    />
  )
}

function ThemeButton() {
  // Without this Mantine stops transitions by a style element, which the Content-Security-Policy refuses.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const scheme = useComputedColorScheme('light')
  const next = scheme === 'dark' ? 'light' : 'dark'
  const words = messages.theme[next]
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={() => setColorScheme(next)}
      aria-label={words}
      title={words}
    >
      {scheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  )
}

function titleOf(path: string): string {
  const [, first = '', second = ''] = path.split('/')
  if (first === 'console' && second === 'desk') return `${messages.desk} · ${messages.title}`
  if (first === 'console' && second === 'overview') return `${messages.overview} · ${messages.title}`
  return first === '' || first === 'console' ? messages.title : `${label(first)} · ${messages.title}`
}
