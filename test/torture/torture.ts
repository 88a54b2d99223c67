import { runMain } from '@hotel/stack/run/run-main'
import { main } from './report/command.ts'

runMain(main)
