import { Card, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useSession } from '../api/session.ts'
import { label, messages } from '../messages/index.ts'
import { collections, visible } from './collections.ts'

/** The first page: where one can go. */
export function Home() {
  const session = useSession()
  const places = [
    ...(visible(session, 'reservations')
      ? [
          { to: '/console/desk', name: messages.desk },
          { to: '/console/overview', name: messages.overview },
        ]
      : []),
    ...collections.filter((each) => visible(session, each)).map((each) => ({ to: `/${each}`, name: label(each) })),
  ]
  return (
    <Stack>
      <Title order={1} size="h3">
        {messages.homePage.title}
      </Title>
      <div className="cards">
        {places.map(({ to, name }) => (
          <Card key={to} component={Link} to={to} withBorder padding="md" className="card">
            <Text fw={600}>{name}</Text>
            <Text size="xs" c="dimmed" ff="monospace">
              {to}
            </Text>
          </Card>
        ))}
        <Card component="a" href="/docs" withBorder padding="md" className="card">
          <Text fw={600}>{messages.apiPage}</Text>
          <Text size="xs" c="dimmed" ff="monospace">
            /docs
          </Text>
        </Card>
      </div>
    </Stack>
  )
}
