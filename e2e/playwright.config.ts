import { existsSync } from 'node:fs'
import { defineConfig, devices } from '@playwright/test'

// Each test starts a server of its own beside its browser. Those that measure what a
// reader sees, to the pixel or the millisecond, run alone; of the others two run at
// once: most of the time they wait. There are no retries: a test that passes at times
// has found something.
const alone = /(timeline|jumps|rooms|previews|networks|large-room)\.spec\.ts$/

// Chromium without its windows draws the same pages with a quarter less work. It has no
// notifications: tests with this tag are told of by the system.
const system = /@system/
const chromium = '/usr/bin/chromium'
const shell = '/usr/bin/chromium-headless-shell'
const launchOptions = (executablePath: string) => ({
  executablePath: process.env.E2E_CHROMIUM ?? executablePath,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
})

export default defineConfig({
  testDir: 'browser',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  projects: [
    { name: 'together', testIgnore: alone, grepInvert: system, workers: 2 },
    { name: 'system', testIgnore: alone, grep: system, workers: 2, use: { launchOptions: launchOptions(chromium) } },
    { name: 'alone', testMatch: alone, workers: 1 },
  ],
  workers: 2,
  retries: 0,
  forbidOnly: true,
  // Machines that run tests are busy.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // Each test has a profile of its own, in which the worker would first fetch the whole
    // client. The specs that it has a part in allow it.
    serviceWorkers: 'block',
    // A trace takes a picture for each step, also of the tests that pass.
    trace: process.env.E2E_TRACE ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: launchOptions(existsSync(shell) ? shell : chromium),
  },
})
