import { defineConfig } from '@playwright/test'
import config from './playwright.config'

// Pictures to look at, not tests: npm run screenshots leaves them in screenshots/.
export default defineConfig({ ...config, projects: [{ name: 'screenshots' }], testMatch: 'screenshots.shot.ts', timeout: 120_000 })
