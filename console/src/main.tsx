import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './styles.css'
import { createTheme, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { reportBack } from './api/sign-in.ts'
import { router } from './router.tsx'
import { SignIn } from './shell/sign-in.tsx'
import { WaitingNotice } from './shell/waiting-notice.tsx'

// Calls repeat themselves where that may help (api/call.ts).
const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 5_000 }, mutations: { retry: false } },
})
// Sheets instead of scroll locks: a lock writes a style element, which the Content-Security-Policy refuses.
const theme = createTheme({
  defaultRadius: 'sm',
  // Mantine keeps a dialog in the page for as long as it fades; the rule of styles.css only stops the fading.
  respectReducedMotion: true,
  components: { Modal: { defaultProps: { lockScroll: false } }, Drawer: { defaultProps: { lockScroll: false } } },
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element #root')
if (!reportBack())
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <QueryClientProvider client={queries}>
          {/* On the left: dialogs are in the middle and on the right. */}
          <Notifications position="bottom-left" limit={10} />
          <RouterProvider router={router} />
          <WaitingNotice />
          <SignIn />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
