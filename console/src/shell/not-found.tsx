import { Anchor, Stack, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { messages } from '../messages/index.ts'

/** For an address that is none of the API and none of the console. */
export function NotFound() {
  return (
    <Stack>
      <Title order={1} size="h3">
        {messages.notFound}
      </Title>
      <Anchor component={Link} to="/">
        {messages.home}
      </Anchor>
    </Stack>
  )
}
