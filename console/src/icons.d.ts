// One file for each icon: the package's index has thousands, and a build would read them all.
declare module '@tabler/icons-react/dist/esm/icons/*' {
  import type { ComponentType } from 'react'

  const icon: ComponentType<{ size?: number; stroke?: number }>
  export default icon
}
