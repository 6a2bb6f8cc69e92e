import { createFileRoute } from '@tanstack/solid-router'
import { AccountFrame } from '~/account/frame'

export const Route = createFileRoute('/_app/account')({ component: AccountFrame })
