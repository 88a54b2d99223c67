import { expect } from '@jest/globals'
